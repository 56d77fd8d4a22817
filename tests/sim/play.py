"""One story: a Mooring, the shops it speaks with, the people who press buttons, and what ought to be true.

Every verb does one thing to the real system over the ways that people, Shopify and the clock have, and tells the model.
Nothing here decides what happens next: the machine does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from mooring import app as composition
from mooring.app import Built
from mooring.db import operations, pending, stores
from mooring.db.operations import Operation
from mooring.errors import ConfirmationMissing, MooringError, Refused
from mooring.usecases import (
    connect,
    delete,
    delete_preview,
    disconnect,
    drain,
    health,
    import_store,
    people,
    schedule,
)
from mooring.usecases.connect import Connected
from mooring.usecases.context import App
from mooring.usecases.operations import Runner
from mooring.usecases.receive import Webhook
from mooring.usecases.who import Who
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.merchant import Merchant
from mooring_sandbox.shopify.server_log import Entry
from mooring_sandbox.shopify.shops import domain_of, set_state
from mooring_sandbox.shopify.webhook_outbox import Delivery
from tests.sim.model import BASE, Card, Life, Model
from tests.sim.seams import Crashed, Frozen, Seams, Stop
from tests.sim.stage import NAMES, SESSION, Complaints, Stage, came_back, work_off
from tests.sim.time import CountedIds

DOMAINS = tuple(f"{name}.myshopify.com" for name in NAMES)
_FIRST_ID = 100_000


@dataclass
class Step:
    """What the step that is going on concerns: whose rows may change (`everybody`, or `stores`), at which shops a
    person has calls made (`people`), and whose imported rows a person or a privacy topic touches (`hands`)."""

    everybody: bool = False
    stores: set[str] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    hands: set[str] = field(default_factory=set)


class Play:
    def __init__(self, stage: Stage, number: int) -> None:
        self.stage, self.model, self.story = stage, Model(), list[str]()
        self.step, self.complaints = Step(), Complaints()
        self.folder = stage.folder / f"play-{number}"
        self._ids = CountedIds(_FIRST_ID)
        self._address, self._forget = stage.fresh(self.folder)
        self._loop = asyncio.new_event_loop()
        self.halted: Frozen | None = None
        stage.begin()
        self.shops = [self._sandbox.state.shop_id(domain) or 0 for domain in DOMAINS]
        self._start()
        self.who = self._admin()
        self.projects = [project["id"] for project in people.projects(self.app, self.who)]
        self.model.cards = [card.again() for card in stage.living]
        self._sandbox.log.clear()

    def _admin(self) -> Who:
        with self.app.db.read() as connection:
            person = connection.exec_driver_sql("SELECT id FROM people").scalar_one()
        return people.signed_in(self.app, person).who

    @property
    def _sandbox(self):
        return self.stage.sandbox

    @property
    def app(self) -> App:
        return self.built.app

    @property
    def now(self) -> datetime:
        return self.stage.time.now

    def tell(self, sentence: str) -> None:
        self.story.append(f"{self.now:%d %b %H:%M:%S}  {sentence}")

    def close(self) -> None:
        if self.halted is not None:
            self.halted.kill()
        self.built.close()
        self._loop.close()
        self._forget()

    # -- processes --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        settings = self.stage.settings(self._address, self.folder)
        self.built: Built
        self.seams: Seams
        self.built, self.seams = self.stage.build(settings, self._ids, self.complaints)
        self.workers = [
            Runner(self.app, name, composition.WORKS, composition.ENDINGS, composition.CALLED_OFF)
            for name in ("one", "two")
        ]

    def restart(self) -> None:
        """The process ends, as by kill -9, and another one starts on the same files."""
        self.everything()
        if self.halted is not None:
            self.halted.kill()
            self.halted = None
        self.built.close()
        self._start()
        with self.app.db.write() as connection:
            operations.release_all(connection)
        connect.app_of_settings(self.app)
        self._resume()
        self.tell("the process is gone, another one starts")

    def _resume(self) -> None:
        """What a start does about round trips that stopped half-way; the model learns what came of them."""
        schedule.attempt(self.app, lambda app: connect.resume(app, grace=timedelta()))
        self.catch_up_with_trips()

    # -- what a step concerns ---------------------------------------------------------------------------------------

    def everything(self) -> None:
        self.step.everybody = True

    def concerns(self, *cards: Card) -> None:
        self.step.stores |= {card.store_id for card in cards}

    def by_a_person(self, *shops: int) -> None:
        """A person has Mooring speak with these shops now."""
        self.step.people |= set(shops)

    # -- the round trip ---------------------------------------------------------------------------------------------

    def shop_at(self, domain: str) -> int:
        found = self._sandbox.state.shop_id(domain)
        assert found is not None, f"no shop answers at {domain}"
        return found

    def authorise(
        self, project: int, domain: str, of: Card | None, scopes: frozenset[str], *, stop: int | None = None,
        crash: bool = False,
    ) -> None:  # fmt: skip
        """Connect, or with `of` reconnect. It stands still, or with `crash` dies, after `stop` answers."""
        found = self.shop_at(domain)
        self.by_a_person(found)
        self.concerns(*self.model.of_shop(found), *([of] if of else []))
        may = self.model.may_begin(project, domain, of)
        with self.refused_unless(may):
            url = connect.request(
                self.app, self.who, self.projects[project], domain, session=SESSION,
                store_id=of.store_id if of else None,
            )  # fmt: skip
        query = came_back(self.stage.http, url, scopes) if may else None
        if query is None:
            self.tell(f"project {project} may not connect {domain}" if not may else f"{domain} shows no consent page")
        else:
            self._go(Trip(self, project, domain, of, found, scopes, query), stop, crash)

    def _go(self, trip: Trip, stop: int | None, crash: bool) -> None:
        """Its exchange installs the app with what was ticked, and kills the older pair of whoever speaks there."""
        if self.model.may_answer(trip.domain, trip.answered, trip.of):
            self.model.lost_at(trip.found, "a round trip is on its way")
            if not trip.scopes >= BASE:
                self.model.lost_at(trip.found, "a permission was not granted")
        if stop is None:
            trip.go()
        elif crash:
            self._crash(trip.go, stop)
        else:
            self._halt(trip.go, stop)

    def catch_up_with_trips(self) -> None:
        """Round trips that were decided without their person: the card that came of them is known by its claim."""
        with self.app.db.read() as connection:
            there = [store for project in self.projects for store in stores.of_project(connection, project)]
        for store in there:
            known = next((card for card in self.model.there() if card.store_id == store.id), None)
            if self.open_trips and (known is None or store.claim != known.claim or _revived(known, store)):
                self.model.authorized(
                    store.id, self.projects.index(store.project_id), store.shop_id, {store.shop_domain},
                    store.granted_scopes,
                )  # fmt: skip
        with self.app.db.read() as connection:
            waiting = pending.undecided(connection, self.app.vault, used_before=self.now + timedelta(days=1))
        if not waiting:
            self.open_trips = 0

    open_trips = 0

    # -- work -------------------------------------------------------------------------------------------------------

    def due(self) -> list[Operation]:
        with self.app.db.read() as connection:
            return operations.due(connection, at=self.now)

    def slice(self, operation: Operation, worker: int = 0) -> float | None:
        self._concerned_by(operation)
        return self.workers[worker].advance(operation.id)

    def _concerned_by(self, operation: Operation) -> None:
        if operation.store_id is None:
            self.everything()
        else:
            self.step.stores.add(operation.store_id)

    def rest(self) -> None:
        """Everything that can be done now is done."""
        self.everything()
        work_off(self.app, self.workers[0], self.stage.time)

    def freeze(self, operation: Operation, after: int) -> None:
        """A worker takes a slice and stands still with what it fetched."""
        self._concerned_by(operation)
        self._halt(lambda: self.workers[1].advance(operation.id), after)
        self.tell(f"a worker at {operation.kind} stands still" if self.halted else f"a worker did {operation.kind}")

    def crash(self, operation: Operation, after: int) -> None:
        self._concerned_by(operation)
        self._crash(lambda: self.workers[0].advance(operation.id), after)

    def thaw(self) -> None:
        assert self.halted is not None
        self.everything()
        halted, self.halted = self.halted, None
        self.tell("who stood still goes on")
        halted.thaw()

    def _halt(self, work: Callable[[], Any], after: int) -> None:
        frozen = Frozen(work, self.seams, after)
        if frozen.begin():
            self.halted = frozen
        else:
            frozen.thaw()

    def _crash(self, work: Callable[[], Any], after: int) -> None:
        """Only what had not happened yet is lost: the process dies after so many answers, or at the end of the work."""

        def die() -> None:
            raise Crashed

        try:
            with self.seams.stopping(Stop(after, die)):
                work()
        except Crashed:
            self.tell("kill -9 between an answer and what was to be done with it")
        self.restart()

    # -- people -----------------------------------------------------------------------------------------------------

    def start_import(self, card: Card) -> None:
        self.concerns(card)
        try:
            import_store.request(self.app, self.who, card.store_id)
            card.started = True
            self.tell(f"{self.name(card)}: start the import")
        except Refused as refused:
            self.tell(f"{self.name(card)}: no import ({refused.sentence})")

    def check_health(self, card: Card) -> None:
        self.concerns(card)
        self.by_a_person(card.shop)
        try:
            found = health.check(self.app, self.who, card.store_id)
        except Refused as refused:
            assert card.life is not Life.LIVE or not card.claim, refused
            self.tell(f"{self.name(card)}: not checked ({refused.sentence})")
            return
        if found.passed:
            assert self.is_well(card), f"the check passed, but {self.ills(card)}"
            card.causes.clear()
            card.lost = False
        self.tell(f"{self.name(card)}: check health: {found.sentence or 'passed'}")

    def check_health_slowly(self, card: Card, answers: int) -> None:
        """It stands still with what it was told; whatever it does then must fit what has happened meanwhile."""
        self.concerns(card)
        self.by_a_person(card.shop)
        self.tell(f"{self.name(card)}: check health, slowly")
        self._halt(partial(self._look, card), answers)

    def _look(self, card: Card) -> None:
        with suppress(MooringError):
            health.check(self.app, self.who, card.store_id)

    def disconnect(self, card: Card) -> None:
        self.concerns(card)
        may = card.life is Life.LIVE
        with self.refused_unless(may):
            disconnect.request(self.app, self.who, card.store_id)
        if may:
            card.life, card.disconnected_at = Life.DISCONNECTED, self.now
            card.troubles.clear()
        self.tell(f"{self.name(card)}: {'disconnect' if may else 'cannot be disconnected'}")

    def delete(self, card: Card) -> None:
        """Preview, type the domain, confirm."""
        self.concerns(card)
        self.by_a_person(card.shop)
        may = card.life in (Life.LIVE, Life.DISCONNECTED)
        with self.refused_unless(may):
            shown = delete_preview.preview(self.app, self.who, card.store_id)
            delete.request(self.app, self.who, card.store_id, token=shown.token, typed_domain=shown.store.shop_domain)
        if may:
            card.life = Life.DELETING
            self.tell(f"{self.name(card)}: delete")

    # -- Shopify ----------------------------------------------------------------------------------------------------

    def edit(self, shop: int, seed: int) -> None:
        done = Merchant(self._sandbox.state, shop, seed, self._sandbox.clock).live(1, step=timedelta())
        self.tell(f"the merchant of {self.at(shop)}: {', '.join(one.act for one in done) or 'nothing'}")

    def uninstall(self, shop: int) -> None:
        app_id = self._sandbox.apps.all()[0].id
        if self._sandbox.installations.get(shop, app_id) is None:
            return
        self._sandbox.installations.uninstall(shop, app_id)
        self.model.lost_at(shop, "uninstalled")
        self.tell(f"{self.at(shop)}: the app is uninstalled")

    def revoke_scope(self, shop: int, scope: str) -> None:
        app_id = self._sandbox.apps.all()[0].id
        if self._sandbox.installations.get(shop, app_id) is None:
            return
        self._sandbox.installations.revoke(shop, app_id, [scope])
        self.model.lost_at(shop, f"{scope} was taken back")
        self.tell(f"{self.at(shop)}: {scope} is taken back")

    def set_state(self, shop: int, state: str) -> None:
        set_state(self._sandbox.state, shop, state)
        if state != "active":
            self.model.trouble_at(shop, f"the shop is {state}")
        self.tell(f"{self.at(shop)} is {state}")

    def rename(self, shop: int) -> None:
        before = self.at(shop)
        name = f"new-{before}"[:50]
        if self._sandbox.state.shop_id(name) is None:
            shops.rename(self._sandbox.state, shop, name)
            self.tell(f"{before} is now {name}")

    def take_over(self, shop: int, domain: str) -> None:
        """Another shop at this domain: whoever was reached there is not any more."""
        if self._sandbox.state.shop_id(domain) in (None, shop):
            return
        shops.hand_over(self._sandbox.state, domain, shop)
        for card in self.model.there():
            if domain in card.domains:
                card.causes.add("another shop is at the domain")
                card.troubles.add("another shop is at the domain")
        self.tell(f"{domain} now belongs to another shop")

    def fault(self, **how: Any) -> None:
        self._sandbox.faults.add(Fault(**how))
        for card in self.model.there():
            card.troubles.add(f"a fault: {how}")
        self.tell(f"Shopify is to answer with {how}")

    # -- webhooks ---------------------------------------------------------------------------------------------------

    def waiting(self) -> list[Delivery]:
        """What has left Shopify, oldest first."""
        return self._sandbox.webhooks.outbox.due(self.now.timestamp())

    def deliver(self, one: Delivery, *, settle: bool = True) -> None:
        self.everything()
        said = one.headers.get
        outcome = self._loop.run_until_complete(
            self.app.receiver.receive(
                Webhook(
                    app_id=self.shopify_app(),
                    body=one.body,
                    signature=said("X-Shopify-Hmac-Sha256", ""),
                    topic=said("X-Shopify-Topic", ""),
                    shop_domain=said("X-Shopify-Shop-Domain", ""),
                    webhook_id=said("X-Shopify-Webhook-Id", ""),
                    event_id=said("X-Shopify-Event-Id", ""),
                    triggered_at=said("X-Shopify-Triggered-At", ""),
                )
            )
        )
        assert outcome.value == "kept", f"{one.topic} was answered with {outcome}"
        if settle:
            self.settle(one, "delivered")
        self.tell(f"{one.topic} arrives" + ("" if settle else " (and will again)"))

    def deliver_all(self) -> None:
        for one in self.waiting():
            self.deliver(one)

    def lose_all(self) -> None:
        for one in self.waiting():
            self.settle(one, "lost")
        self.tell("webhooks are lost")

    def drain(self) -> None:
        self.everything()
        if done := drain.drain_all(self.app):
            self.tell(f"{done} deliveries are worked off")

    def settle(self, one: Delivery, status: str) -> None:
        one.status = status
        self._sandbox.webhooks.outbox.save(one)

    def shopify_app(self) -> str:
        return connect.apps(self.app)[0]["id"]

    # -- the clock --------------------------------------------------------------------------------------------------

    def pause(self, seconds: float) -> None:
        self.stage.time.advance(seconds)
        self.tick()

    def tick(self) -> None:
        self.everything()
        schedule.tick(self.app)
        if self.open_trips:
            self.catch_up_with_trips()

    # -- looking ----------------------------------------------------------------------------------------------------

    def address(self, card: Card) -> str:
        with self.app.db.read() as connection:
            return stores.load(connection, card.store_id).shop_domain

    def state(self, card: Card) -> str:
        with self.app.db.read() as connection:
            return stores.load(connection, card.store_id).state

    def at(self, shop: int) -> str:
        return domain_of(self._sandbox.state, shop).partition(".")[0]

    def name(self, card: Card) -> str:
        return f"{self.at(card.shop)} in project {card.project}"

    def calls(self) -> list[Entry]:
        """The requests of this step, and forget them."""
        found = self._sandbox.log.entries()
        self._sandbox.log.clear()
        return found

    def installed(self, shop: int) -> bool:
        return self._sandbox.installations.get(shop, self._sandbox.apps.all()[0].id) is not None

    def ills(self, card: Card) -> list[str]:
        """Everything that keeps this card's shop from being well, as Shopify sees it."""
        state, app_id = self._sandbox.state, self._sandbox.apps.all()[0].id
        held = self._sandbox.installations.get(card.shop, app_id)
        with self.app.db.read() as connection:
            domain = stores.load(connection, card.store_id).shop_domain
        found = {
            "not installed": held is None,
            "closed": shops.closed(state.shop(card.shop)) is not None,
            "another shop is at the domain": state.shop_id(domain) != card.shop,
            "a permission is missing": held is not None and not held.scopes >= BASE,
        }
        return [ill for ill, there in found.items() if there]

    def is_well(self, card: Card) -> bool:
        return not self.ills(card)

    # -- refusals ---------------------------------------------------------------------------------------------------

    @contextmanager
    def refused_unless(self, may: bool) -> Generator[None]:
        """What may not be done is refused with a sentence and changes nothing; what may be done is not refused."""
        from tests.sim.rows import everything

        if may:
            yield
            return
        with self.app.db.read() as connection:
            before = everything(connection)
        try:
            yield
        except ConfirmationMissing:
            raise
        except Refused as refused:
            assert refused.sentence.endswith((".", "project")) or ":" in refused.sentence, refused.sentence
        else:
            raise AssertionError("this ought to have been refused")
        with self.app.db.read() as connection:
            assert everything(connection) == before, "a refused act changed something"


def _revived(card: Card, store: stores.Store) -> bool:
    return card.life is Life.DISCONNECTED and store.state not in ("disconnected", "deleting", "deleted")


@dataclass
class Trip:
    """The second half of a round trip: the browser is back, and what comes of it."""

    play: Play
    project: int
    domain: str
    of: Card | None
    found: int
    scopes: frozenset[str]
    query: dict[str, str]

    @property
    def answered(self) -> str:
        return self.query["shop"]

    def go(self) -> None:
        play = self.play
        play.open_trips += 1
        try:
            done: Connected | None = connect.finish(play.app, self.query, session=SESSION)
        except MooringError as error:
            self._judge(error)
            return
        assert play.model.may_end(self.project, self.found, self.of), "this ought not to have been connected"
        play.open_trips -= 1
        domains = {self.answered, domain_of(play.stage.sandbox.state, self.found)}
        card = play.model.authorized(done.store_id, self.project, self.found, domains, self.scopes)
        play.concerns(card)
        play.tell(f"{play.name(card)}: {'re' if self.of else ''}connected")

    def _judge(self, error: MooringError) -> None:
        play = self.play
        play.tell(f"{self.domain} in project {self.project}: not connected ({error.sentence})")
        if not play.installed(self.found):
            play.model.lost_at(self.found, "uninstalled where it was not wanted")
        if isinstance(error, Refused):
            play.open_trips -= 1
            begins = play.model.may_begin(self.project, self.domain, self.of)
            begins = begins and play.model.may_answer(self.domain, self.answered, self.of)
            ends = play.model.may_end(self.project, self.found, self.of)
            assert not (begins and ends) or error.code == "already_decided", f"refused without a cause: {error}"

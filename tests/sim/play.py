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

from sqlalchemy import select

from mooring import app as composition
from mooring.app import Built
from mooring.db import drains, inbox, operations, operations_stalled, stores
from mooring.db.operations import Operation
from mooring.db.tables import customers, oauth_pending
from mooring.errors import ConfirmationMissing, MooringError, Refused
from mooring.usecases import (
    connect,
    delete,
    delete_preview,
    disconnect,
    drain,
    edits,
    health,
    import_store,
    people,
    pull,
    schedule,
    shopify_apps,
    signing_in,
)
from mooring.usecases.connect import Connected
from mooring.usecases.context import App
from mooring.usecases.operations_drive import Runner
from mooring.usecases.receive import Webhook
from mooring.usecases.who import Who
from mooring_sandbox.shopify import shops
from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.merchant import Merchant
from mooring_sandbox.shopify.server_log import Entry
from mooring_sandbox.shopify.shops import domain_of, set_state
from mooring_sandbox.shopify.webhook_outbox import Delivery
from tests.sim.compare import number
from tests.sim.model import BASE, Card, Life, Model
from tests.sim.seams import Crashed, Frozen, Seams, Stop
from tests.sim.stage import NAMES, SESSION, Complaints, Stage, came_back, work_off
from tests.sim.time import START, CountedIds

DOMAINS = tuple(f"{name}.myshopify.com" for name in NAMES)
_FIRST_ID = 100_000
_REFRESH_DAYS = 85
_AT_A_STRETCH = 30


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
        self._halted_at = set[int]()
        self.open_trips: list[Trip] = []
        stage.begin()
        self.shops = [self._sandbox.state.shop_id(domain) or 0 for domain in DOMAINS]
        self.addresses = {shop: {self.address_at_shopify(shop)} for shop in self.shops}
        self._start()
        self.who = self._admin()
        self.projects = [project["id"] for project in people.projects(self.app, self.who)]
        self.model.cards = [card.again() for card in stage.living]
        self._sandbox.log.clear()

    def _admin(self) -> Who:
        with self.app.db.read() as connection:
            person = connection.exec_driver_sql("SELECT id FROM people").scalar_one()
        return signing_in.signed_in(self.app, person).who

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
            operations_stalled.release_all(connection)
            drains.release_all(connection)
        shopify_apps.app_of_settings(self.app)
        self._resume()
        self.tell("the process is gone, another one starts")

    def _resume(self) -> None:
        """What a start does about round trips that stopped half-way; the model learns what came of them."""
        self.by_a_person(*(trip.found for trip in self.open_trips))
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
            self.lost_at(trip.found, "a round trip is on its way")
            if not trip.scopes >= BASE:
                self.lost_at(trip.found, "a permission was not granted")
        if stop is None:
            trip.go()
        elif crash:
            self._crash(trip.go, stop)
        else:
            self._halt(trip.go, stop)

    def catch_up_with_trips(self) -> None:
        """Round trips that were decided without their person: the model hears what came of them."""
        for trip in list(self.open_trips):
            if outcome := self._outcome(trip):
                self.open_trips.remove(trip)
                self.tell(f"the round trip of {trip.domain} in project {trip.project} went on by itself: {outcome}")
                if outcome == "authorized":
                    self._believe(trip)

    def _outcome(self, trip: Trip) -> str | None:
        with self.app.db.read() as connection:
            row = oauth_pending.c
            mine = select(row.outcome).where(row.nonce_hash == connect.hashed(trip.query["state"]))
            return connection.execute(mine).scalar_one_or_none()

    def _believe(self, trip: Trip) -> None:
        with self.app.db.read() as connection:
            store = stores.card(connection, self.projects[trip.project], trip.found)
        assert store is not None, "a round trip was decided, and there is no card"
        self.authorized(store.id, trip)

    def authorized(self, store_id: str, trip: Trip) -> Card:
        """One card speaks for the shop now."""
        assert self.model.may_end(trip.project, trip.found, trip.of), "this ought not to have been connected"
        domains = {trip.answered, domain_of(self._sandbox.state, trip.found)}
        card = self.model.authorized(store_id, trip.project, trip.found, domains, trip.scopes)
        card.causes |= trip.causes
        self.concerns(card)
        return card

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
        """A worker takes slice after slice, and stands still with what it fetched."""
        self._concerned_by(operation)
        self._halt(partial(self._go_on, operation.id), after)
        self.tell(f"a worker at {operation.kind} stands still" if self.halted else f"a worker did {operation.kind}")

    def _go_on(self, operation_id: str) -> None:
        for _ in range(_AT_A_STRETCH):
            if self.workers[1].advance(operation_id) != 0:
                return

    def ask_for_a_pull(self, card: Card) -> None:
        self.concerns(card)
        with suppress(Refused):
            pull.request(self.app, self.who, card.store_id)

    def work_of(self, card: Card) -> list[Operation]:
        return [one for one in self.due() if one.store_id == card.store_id]

    def crash(self, operation: Operation, after: int) -> None:
        self._concerned_by(operation)
        self._crash(lambda: self.workers[0].advance(operation.id), after)

    def thaw(self) -> None:
        assert self.halted is not None
        self.everything()
        halted, self.halted = self.halted, None
        self.step.people |= self._halted_at
        self.tell("who stood still goes on")
        halted.thaw()

    def _halt(self, work: Callable[[], Any], after: int) -> None:
        frozen = Frozen(work, self.seams, after)
        if frozen.begin():
            self.halted, self._halted_at = frozen, set(self.step.people)
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
        except MooringError as error:  # neither well nor ill: Shopify could not be asked
            self.tell(f"{self.name(card)}: not checked ({error.sentence})")
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

    def change_customer(self, card: Card, which: int, changes: dict[str, str]) -> None:
        """On the customer's page; what is refused is refused with a sentence."""
        self.concerns(card)
        self.step.hands.add(card.store_id)
        with self.app.db.read() as connection:
            found = connection.execute(
                select(customers.c.hub_id).where(customers.c.store_id == card.store_id).order_by(customers.c.hub_id)
            )
            ids = list(found.scalars())
        if not ids:
            return
        try:
            edits.change(self.app, self.who, ids[which % len(ids)], changes)
            self.tell(f"{self.name(card)}: a customer is changed here: {', '.join(changes)}")
        except MooringError as refused:
            self.tell(f"{self.name(card)}: no change of a customer ({refused.sentence})")

    def ask_for_privacy(self, shop: int, topic: str, which: int) -> None:
        """Shopify forwards what a person asked for; at `customers/redact` it has forgotten the person itself."""
        state, app = self._sandbox.state, self._sandbox.apps.all()[0]
        people = sorted(number(doc["id"]) for doc in state.scan(shop, "Customer"))
        if not people:
            return
        person = people[which % len(people)]
        doc = state.get(shop, "Customer", person) or {}
        who = {"id": person, "email": doc.get("email"), "phone": doc.get("phone")}
        self._sandbox.webhooks.privacy(shop, app, topic, who, [])
        if topic == "customers/redact":
            self.model.redacted[shop].add(person)
        self.tell(f"{self.at(shop)}: {topic} is on its way")

    # -- Shopify ----------------------------------------------------------------------------------------------------

    def edit(self, shop: int, seed: int) -> None:
        done = Merchant(self._sandbox.state, shop, seed, self._sandbox.clock).live(1, step=timedelta())
        self.tell(f"the merchant of {self.at(shop)}: {', '.join(one.act for one in done) or 'nothing'}")

    def uninstall(self, shop: int) -> None:
        app_id = self._sandbox.apps.all()[0].id
        if self._sandbox.installations.get(shop, app_id) is None:
            return
        self._sandbox.installations.uninstall(shop, app_id)
        self.lost_at(shop, "uninstalled")
        self.tell(f"{self.at(shop)}: the app is uninstalled")

    def revoke_scope(self, shop: int, scope: str) -> None:
        app_id = self._sandbox.apps.all()[0].id
        if self._sandbox.installations.get(shop, app_id) is None:
            return
        self._sandbox.installations.revoke(shop, app_id, [scope])
        self.lost_at(shop, f"{scope} was taken back")
        self.model.trouble_at(shop, "an import may have asked without the permission")
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
            self.addresses[shop].add(self.address_at_shopify(shop))
            self.tell(f"{before} is now {name}")

    def take_over(self, shop: int, domain: str) -> None:
        """Another shop at this domain: whoever was reached there is not any more."""
        if self._sandbox.state.shop_id(domain) in (None, shop):
            return
        shops.hand_over(self._sandbox.state, domain, shop)
        for one in self.shops:
            self.addresses[one].add(self.address_at_shopify(one))
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
        for card in self.model.of_shop(one.shop_id):
            card.counting_down |= one.topic == "shop/redact"
            card.forgetting |= one.topic == "customers/redact"
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

    def drain_slowly(self, answers: int) -> None:
        """Whoever works off the inbox stands still with what was read again."""
        self.everything()
        self._halt(partial(drain.drain_all, self.app), answers)
        self.tell("whoever works off the inbox stands still" if self.halted else "the inbox is worked off")

    def inbox_waits(self) -> bool:
        with self.app.db.read() as connection:
            return bool(inbox.shops_waiting(connection, at=self.now))

    def settle(self, one: Delivery, status: str) -> None:
        one.status = status
        self._sandbox.webhooks.outbox.save(one)

    def shopify_app(self) -> str:
        return shopify_apps.apps(self.app)[0]["id"]

    def lost_at(self, shop: int, cause: str) -> None:
        """What a card of this shop may ask for a reconnect for, and one that is about to be."""
        self.model.lost_at(shop, cause)
        for trip in self.open_trips:
            if trip.found == shop:
                trip.causes.add(cause)

    # -- the clock --------------------------------------------------------------------------------------------------

    def pause(self, seconds: float) -> None:
        self.stage.time.advance(seconds)
        if (self.now - START).days > _REFRESH_DAYS:
            for card in self.model.there():
                card.causes.add("its refresh token may have run out")
        self.tick()

    def tick(self) -> None:
        self.everything()
        schedule.attempt(self.app, lambda _: self.workers[0].free_stuck())
        schedule.tick(self.app)
        self.by_a_person(*(trip.found for trip in self.open_trips))
        self.catch_up_with_trips()

    # -- looking ----------------------------------------------------------------------------------------------------

    def address(self, card: Card) -> str:
        with self.app.db.read() as connection:
            return stores.load(connection, card.store_id).shop_domain

    def address_at_shopify(self, shop: int) -> str:
        return domain_of(self._sandbox.state, shop)

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


@dataclass(eq=False)
class Trip:
    """The second half of a round trip: the browser is back, and what comes of it."""

    play: Play
    project: int
    domain: str
    of: Card | None
    found: int
    scopes: frozenset[str]
    query: dict[str, str]
    causes: set[str] = field(default_factory=set)
    """What befell the shop since the consent."""

    @property
    def answered(self) -> str:
        return self.query["shop"]

    def go(self) -> None:
        """It is open until something has come of it; another one of the same shop that gets this far ends it."""
        play = self.play
        play.open_trips.append(self)
        try:
            done: Connected = connect.finish(play.app, self.query, session=SESSION)
        except MooringError as error:
            self._judge(error)
            return
        self._close()
        card = play.authorized(done.store_id, self)
        play.tell(f"{play.name(card)}: {'re' if self.of else ''}connected")

    def _judge(self, error: MooringError) -> None:
        play = self.play
        play.tell(f"{self.domain} in project {self.project}: not connected ({error.sentence})")
        if not play.installed(self.found):
            play.lost_at(self.found, "uninstalled where it was not wanted")
        if isinstance(error, Refused):
            self._close()
        if isinstance(error, Refused) and error.code != "already_decided":
            begins = play.model.may_begin(self.project, self.domain, self.of)
            begins = begins and play.model.may_answer(self.domain, self.answered, self.of)
            ends = play.model.may_end(self.project, self.found, self.of)
            mine = play.model.card(self.project, self.found)
            paused = error.code == "disconnected_meanwhile" and mine is not None and mine.life is Life.DISCONNECTED
            assert paused or not (begins and ends), f"refused without a cause: {error}"

    def _close(self) -> None:
        """The clock may have been faster, and have gone on with it."""
        if self in self.play.open_trips:
            self.play.open_trips.remove(self)

"""Two stores that sync to one Odoo in the worst of weather, repeatable by seed: answers lost, Odoo committing half a
minute later, time run out, races lost, no connection, workers killed, two workers at one batch, the mapping cleared in
the middle. What the stores hold, and what of it Odoo has to hold in the end, is their cast's to say."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo_kinds, operations, operations_parked
from mooring.db.operations import Operation
from mooring.db.tables import (
    kind_states,
    mappings,
    odoo_turns,
    order_books,
    order_steps,
    projects,
    sync_intents,
    sync_items,
)
from mooring.db.tables import stores as store_rows
from mooring.domain.mapping import MODULE
from mooring.domain.rules import Work
from mooring.errors import OutcomeUnknown, Refused, Unreachable
from mooring.ports import ODOO_LIMIT, Odoo
from mooring.usecases import sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.operations_drive import Runner
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.moving import later
from tests.usecases.odoo_world import OdooWorld
from tests.usecases.weather_cast import Cast, Event, Shop

WEATHER = (
    "lost_answer", "late_commit", "late_queued", "timed_out", "serialization", "gone", "status", "killed_before",
    "killed_after", "killed_late", "other_worker", *3 * ("other_store",), "cleared",
)  # fmt: skip
STORMY, STEPS = 4, 300
COMES = 0.1
"""How likely it is at each step that something happens at Shopify."""
PAUSES = (1, 5, 30, 90)
TIMEOUT = ODOO_LIMIT.total_seconds() + 10
PAST = "the-past"
"""The project of stores whose story is told: nobody looks after them any more."""


class Killed(BaseException):
    """The process is gone: nobody catches this, nothing is cleaned up."""


class Stormy:
    """The real adapter, and what happens around its calls."""

    def __init__(self, real: Odoo, story: Story) -> None:
        self._real, self._story = real, story

    def __getattr__(self, name: str) -> Any:
        method, story = getattr(self._real, name), self._story

        def call(*args: Any, **how: Any) -> Any:
            after = story.before_call()
            try:
                result = method(*args, **how)
            except (OutcomeUnknown, Unreachable):
                if after == "killed_late":
                    raise Killed from None
                story.pass_time(TIMEOUT if after == "timed_out" else 0)
                raise
            if after == "other_store":
                story.other_store()
            if after == "killed_after":
                raise Killed
            return result

        return call


class Story:
    """`tag` tells its records from those of other stories. A twin, of the same cast and without any weather, shows
    what ought to become of them."""

    def __init__(self, world: OdooWorld, cast: Cast, seed: int, *, twin: bool = False) -> None:
        self.world, self.cast, self.seed = world, cast, seed
        self.chance = 0.0 if twin else cast.chance
        self.tag = f"{'twin' if twin else 'storm'}{seed}"
        self.dice = random.Random(seed)
        self.app: App = replace(world.app, odoo=Stormy(world.app.odoo, self))  # type: ignore[arg-type]
        self.workers = 0
        self.runner = self._new_runner()
        self.busy: str | None = None
        self.calls = self.struck = 0
        self.to_come: list[Event] = []
        self.shops = [self._shop(n) for n in range(1, cast.shops + 1)]
        if twin:
            self.all_happens()

    # -- the world ----------------------------------------------------------------------------------------------------

    def _shop(self, n: int) -> Shop:
        number = self.seed * 10 + n + (5 if self.tag.startswith("twin") else 0)
        shop = Shop(f"{self.world.store_id}-{self.tag}-{n}", 70_000_000 + number, n)
        with self.world.app.db.write() as connection:
            mine = select(store_rows).where(store_rows.c.id == self.world.store_id)
            row = dict(connection.execute(mine).mappings().one())
            row |= {"id": shop.store_id, "shop_id": shop.shop_id, "shop_domain": f"s{shop.shop_id}.myshopify.com"}
            connection.execute(insert(store_rows).values(**row))
            for kind in self.cast.kinds:
                connection.execute(insert(kind_states).values(store_id=shop.store_id, kind=kind))
        self.to_come += self.cast.fill(self.world, shop, self.tag, n * 100)
        return shop

    def all_happens(self) -> None:
        """What was still to come at Shopify."""
        while self.to_come:
            self.to_come.pop(0)()

    def over(self) -> None:
        """Its stores belong to the past, so that they cost later stories nothing."""
        with self.world.app.db.write() as connection:
            if not connection.execute(select(projects.c.id).where(projects.c.id == PAST)).first():
                connection.execute(insert(projects).values(id=PAST, name="The past", created_at=self.app.clock.now()))
            mine = store_rows.c.id.in_([shop.store_id for shop in self.shops])
            connection.execute(update(store_rows).where(mine).values(project_id=PAST))

    # -- the weather --------------------------------------------------------------------------------------------------

    def before_call(self) -> str:
        """What is to happen once the call is made, if anything."""
        self.calls += self.chance > 0
        if self.dice.random() >= self.chance:
            return ""
        self.struck += 1
        kind = self.dice.choice(WEATHER)
        if kind == "killed_before":
            raise Killed
        if kind == "other_worker":
            self._other_worker()
        elif kind == "cleared":
            self._clear(self.dice.choice(self.shops))
        elif kind not in ("killed_after", "other_store"):
            self._fault(kind)
        return kind

    def _fault(self, kind: str) -> None:
        how: dict[str, Any] = {"seconds": 30.0} if "late" in kind else {}
        how |= {"queued": True} if kind == "late_queued" else {"status": 503} if kind == "status" else {}
        real = {"late_queued": "late_commit", "killed_late": "late_commit", "timed_out": "lost_answer"}.get(kind, kind)
        self.world.odoo.fault(real, **how)

    def _other_worker(self) -> None:
        """This one stalls until its lease is over, and somebody else goes on with the operation meanwhile."""
        busy = self.busy
        if busy is None:
            return
        self.pass_time(operations.LEASE.total_seconds() + 1)
        self.busy = None  # no second stall inside the first
        mine, self.runner = self.runner, self._new_runner()
        try:
            for _ in range(self.dice.randint(1, 3)):
                self.runner.advance(busy)
        finally:
            self.runner, self.busy = mine, busy

    def other_store(self) -> None:
        """Some slices of the other store's sync in the very middle of this one's: what this one has just read may
        not be so any more when it acts on it."""
        busy = self.busy
        for found in map(self._newest, self.shops if busy else ()):
            if found.id != busy and not found.finished and not self._of(found).clearing:
                self.busy = None
                for _ in range(self.dice.randint(1, 4)):
                    self.runner.advance(found.id)
                self.busy = busy

    def _of(self, operation: Operation) -> Shop:
        return next(shop for shop in self.shops if shop.store_id == operation.store_id)

    def _clear(self, shop: Shop) -> None:
        """What Clear does in its first transaction: syncs end, and what they planned binds nothing any more. Half of
        the time the syncs end a little later, so that the epoch alone has to hold them back."""
        with self.world.app.db.write() as connection:
            if self.dice.random() < 0.5:
                self._end_syncs(connection, shop)
            for kind in self.cast.kinds:
                odoo_kinds.raise_epoch(connection, shop.store_id, kind)
        shop.clearing = shop.cleared = True

    def _end_syncs(self, connection: Connection, shop: Shop) -> None:
        ended = frozenset({Work.SYNC_ODOO})
        operations_parked.end_all(connection, shop.store_id, ended, at=self.app.clock.now(), sentence="Cleared.")

    def _go_on_clearing(self, shop: Shop) -> None:
        """What it does then: the call in flight is waited for; external ids and rows go. No sync begins meanwhile."""
        with self.world.app.db.write() as connection:
            self._end_syncs(connection, shop)
        if self._in_flight(shop):
            self.pass_time(self.dice.choice(PAUSES))
            return
        names = [["module", "=", MODULE], ["name", "=like", f"s{shop.shop_id}.%"]]
        ids = [row["id"] for row in self.world.odoo.rows("ir.model.data", names, "name")]
        if ids:
            self.world.odoo.does("ir.model.data", "unlink", ids=ids)
        with self.world.app.db.write() as connection:
            for table in (mappings, sync_items, sync_intents, order_books, order_steps):
                connection.execute(delete(table).where(table.c.store_id == shop.store_id))
        shop.clearing = False

    def _in_flight(self, shop: Shop) -> bool:
        now = self.app.clock.now()
        with self.app.db.read() as connection:
            held = connection.execute(select(odoo_turns.c.model).where(odoo_turns.c.until > now)).first()
            young = sync_intents.c.at > now - SETTLED
            sent = select(sync_intents.c.kind).where(sync_intents.c.store_id == shop.store_id, young)
            step = order_steps.c
            taken = select(step.step).where(step.store_id == shop.store_id, step.sent_at > now - SETTLED)
            return held is not None or any(connection.execute(query).first() for query in (sent, taken))

    # -- going on -----------------------------------------------------------------------------------------------------

    def _new_runner(self) -> Runner:
        self.workers += 1
        return Runner(self.app, f"worker-{self.seed}-{self.workers}", WORKS, ENDINGS)

    def pass_time(self, seconds: float) -> None:
        later(self.world.app, timedelta(seconds=seconds))
        self.world.odoo.server.sandbox.clock.advance(timedelta(seconds=seconds))

    def play(self) -> None:
        """Both stores sync again and again; then each until it is through."""
        for step in range(STEPS):
            if self.to_come and self.dice.random() < COMES:
                self.to_come.pop(0)()
            left = [shop for shop in self.shops if step < STORMY or self._is_open(shop)]
            if not left:
                return
            self._step(self.dice.choice(left))
        told = [(one.state, one.error, one.cursor) for one in map(self._newest, self.shops)]
        raise AssertionError(f"seed {self.seed}: the syncs do not come to an end: {told}")

    def _is_open(self, shop: Shop) -> bool:
        return shop.clearing or self._newest(shop).state != "done"

    def calm(self) -> None:
        """The weather is over, and what was late has happened."""
        self.chance = 0.0
        self.all_happens()
        self.world.odoo.control("DELETE", "/faults")
        self.pass_time(200)
        self.world.odoo.server.sandbox.settle()

    def sync(self, shop: Shop) -> Operation:
        asked = self._ask(shop)
        for _ in range(STEPS):
            found = self._newest(shop)
            if found.id >= asked.id and found.finished:
                return found
            self._advance(found.id)
        raise AssertionError(f"seed {self.seed}: the sync does not come to an end")

    def _step(self, shop: Shop) -> None:
        if shop.clearing:
            self._go_on_clearing(shop)
            return
        found = self._newest(shop)
        if found.finished:
            found = self._ask(shop)
        self._advance(found.id)

    def _advance(self, operation_id: str) -> None:
        self.busy = operation_id
        try:
            wait = self.runner.advance(operation_id)
        except Killed:
            self.runner.drop()
            self.runner, wait = self._new_runner(), self.dice.choice((None, operations.LEASE.total_seconds() + 1))
        self.busy = None
        if wait != 0:
            self.pass_time((wait or 0) + self.dice.choice(PAUSES))

    def _ask(self, shop: Shop) -> Operation:
        try:
            return sync_odoo_request.request(self.app, SYSTEM, shop.store_id, self.cast.kinds)
        except Refused as refused:
            if refused.code != "busy":  # somebody was quicker
                raise
            return self._newest(shop)

    def _newest(self, shop: Shop) -> Operation:
        with self.app.db.read() as connection:
            found = operations.newest(connection, shop.store_id, Work.SYNC_ODOO)
        return found or self._ask(shop)

    # -- the reckoning ------------------------------------------------------------------------------------------------

    def open_intents(self) -> int:
        with self.app.db.read() as connection:
            return sum(len(connection.execute(select(row)).all()) for row in (sync_intents.c.kind, order_steps.c.step))

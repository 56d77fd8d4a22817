"""Two stores that sync to one Odoo in the worst of weather, repeatable by seed: answers lost, Odoo committing half a
minute later, races lost, no connection, workers killed, two workers at one batch, the mapping cleared in the middle."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo_kinds, operations, records
from mooring.db.operations import Operation
from mooring.db.tables import kind_states, mappings, odoo_turns, sync_intents, sync_items
from mooring.db.tables import stores as store_rows
from mooring.domain import records as r
from mooring.domain.mapping import MODULE, MappedKind, SyncKind, reference
from mooring.domain.rules import Work
from mooring.domain.translate_rows import ADDRESS, CUSTOMER, Stamp
from mooring.errors import Refused
from mooring.ports import Odoo
from mooring.usecases import sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.operations_drive import Runner
from mooring.usecases.sync_odoo_turn import SETTLED
from mooring.usecases.who import SYSTEM
from tests.usecases.odoo_world import OdooWorld

AT = "2026-11-01T10:00:00Z"
WEATHER = ("lost_answer", "late_commit", "late_queued", "serialization", "gone", "status", "killed_before",
           "killed_after", "other_worker", "cleared")  # fmt: skip
CHANCE = 0.3
STORMY, STEPS = 6, 300


class Killed(BaseException):
    """The process is gone: nobody catches this, nothing is cleaned up."""


@dataclass
class Shop:
    store_id: str
    shop_id: int
    customers: dict[int, tuple[str, int]] = field(default_factory=dict)
    """E-mail address ("" for none) and number of further addresses, by id."""
    clearing: bool = False


class Stormy:
    """The real adapter, and what happens around its calls."""

    def __init__(self, real: Odoo, story: Story) -> None:
        self._real, self._story = real, story

    def __getattr__(self, name: str) -> Any:
        method, story = getattr(self._real, name), self._story

        def call(*args: Any, **how: Any) -> Any:
            after = story.before_call()
            result = method(*args, **how)
            if after:
                raise Killed
            return result

        return call


class Story:
    def __init__(self, world: OdooWorld, seed: int, chance: float = CHANCE) -> None:
        self.world, self.seed, self.chance = world, seed, chance
        self.dice = random.Random(seed)
        self.app: App = replace(world.app, odoo=Stormy(world.app.odoo, self))  # type: ignore[arg-type]
        self.workers = 0
        self.runner = self._new_runner()
        self.busy: str | None = None
        self.calls = self.struck = 0
        self.shops = [self._shop(n) for n in (1, 2)]

    # -- the world ----------------------------------------------------------------------------------------------------

    def _shop(self, n: int) -> Shop:
        shop = Shop(f"{self.world.store_id}-{self.seed}-{n}", 70_000_000 + self.seed * 10 + n)
        with self.world.app.db.write() as connection:
            row = dict(
                connection.execute(select(store_rows).where(store_rows.c.id == self.world.store_id)).mappings().one()
            )
            row |= {"id": shop.store_id, "shop_id": shop.shop_id, "shop_domain": f"s{shop.shop_id}.myshopify.com"}
            connection.execute(insert(store_rows).values(**row))
            connection.execute(insert(kind_states).values(store_id=shop.store_id, kind="customers"))
            self._fill(connection, shop, n)
        return shop

    def _fill(self, connection: Any, shop: Shop, n: int) -> None:
        stamp = Stamp(shop.store_id, AT)
        roots, below = [], []
        for place in range(self.dice.randint(5, 6)):
            customer_id = self.seed * 1_000 + n * 100 + place
            shared = f"both{place}.{self.seed}@example.com"
            email = "" if place == 4 else shared if place < 3 else f"own{n}-{place}.{self.seed}@example.com"
            further = self.dice.randint(0, 2)
            shop.customers[customer_id] = (email, further)
            roots.append(CUSTOMER.row(_customer(customer_id, email), stamp))
            below += [ADDRESS.row(_address(customer_id, number), stamp) for number in range(further + 1)]
        records.write_roots(connection, CUSTOMER, shop.store_id, roots)
        records.write_children(connection, ADDRESS, CUSTOMER, shop.store_id, below, AT)

    # -- the weather --------------------------------------------------------------------------------------------------

    def before_call(self) -> bool:
        """True: the worker dies after the call."""
        self.calls += self.chance > 0
        if self.dice.random() >= self.chance:
            return False
        self.struck += 1
        kind = self.dice.choice(WEATHER)
        if kind == "killed_before":
            raise Killed
        if kind == "other_worker":
            self._other_worker()
        elif kind == "cleared":
            self._clear(self.dice.choice(self.shops))
        elif kind != "killed_after":
            self._fault(kind)
        return kind == "killed_after"

    def _fault(self, kind: str) -> None:
        how: dict[str, Any] = {"seconds": 30.0} if kind.startswith("late") else {}
        how |= {"queued": True} if kind == "late_queued" else {"status": 503} if kind == "status" else {}
        self.world.odoo.fault("late_commit" if kind == "late_queued" else kind, **how)

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

    def _clear(self, shop: Shop) -> None:
        """What Clear does in its first transaction: syncs end, and what they planned binds nothing any more."""
        with self.world.app.db.write() as connection:
            ended = frozenset({Work.SYNC_ODOO})
            operations.end_all(connection, shop.store_id, ended, at=self.app.clock.now(), sentence="Cleared.")
            odoo_kinds.raise_epoch(connection, shop.store_id, SyncKind.CUSTOMERS)
        shop.clearing = True

    def _go_on_clearing(self, shop: Shop) -> None:
        """What it does then: the call in flight is waited for; external ids and rows go. No sync begins meanwhile."""
        if self._in_flight(shop):
            self.pass_time(self.dice.choice((1, 5, 20)))
            return
        names = [["module", "=", MODULE], ["name", "=like", f"s{shop.shop_id}.%"]]
        ids = [row["id"] for row in self.world.odoo.rows("ir.model.data", names, "name")]
        if ids:
            self.world.odoo.does("ir.model.data", "unlink", ids=ids)
        with self.world.app.db.write() as connection:
            for table in (mappings, sync_items, sync_intents):
                connection.execute(delete(table).where(table.c.store_id == shop.store_id))
        shop.clearing = False

    def _in_flight(self, shop: Shop) -> bool:
        now = self.app.clock.now()
        with self.app.db.read() as connection:
            held = connection.execute(select(odoo_turns.c.model).where(odoo_turns.c.until > now)).first()
            young = sync_intents.c.at > now - SETTLED
            sent = select(sync_intents.c.kind).where(sync_intents.c.store_id == shop.store_id, young)
            return held is not None or connection.execute(sent).first() is not None

    # -- going on -----------------------------------------------------------------------------------------------------

    def _new_runner(self) -> Runner:
        self.workers += 1
        return Runner(self.app, f"worker-{self.seed}-{self.workers}", WORKS, ENDINGS)

    def pass_time(self, seconds: float) -> None:
        self.world.app.clock.advance(timedelta(seconds=seconds))  # type: ignore[attr-defined]
        self.world.odoo.server.sandbox.clock.advance(timedelta(seconds=seconds))

    def play(self) -> None:
        """Both stores sync again and again; then each until it is through."""
        for step in range(STEPS):
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
            self.runner, wait = self._new_runner(), operations.LEASE.total_seconds() + 1
        self.busy = None
        if wait != 0:
            self.pass_time((wait or 0) + self.dice.choice((1, 5, 20)))

    def _ask(self, shop: Shop) -> Operation:
        try:
            return sync_odoo_request.request(self.app, SYSTEM, shop.store_id, [SyncKind.CUSTOMERS])
        except Refused as refused:
            if refused.code != "busy":  # somebody was quicker
                raise
            return self._newest(shop)

    def _newest(self, shop: Shop) -> Operation:
        with self.app.db.read() as connection:
            found = operations.newest(connection, shop.store_id, Work.SYNC_ODOO)
        return found or self._ask(shop)

    # -- the reckoning ------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """0 doubled, 0 lost, by what Odoo itself holds."""
        of_story = ["|", ["email", "=like", f"%.{self.seed}@example.com"]]
        refs = [reference(shop.shop_id, one) for shop in self.shops for one in shop.customers]
        rows = self.world.odoo.rows("res.partner", [*of_story, ["ref", "in", refs]], "email", "ref", "child_ids")
        ids = [row["id"] for row in rows]
        below = self.world.odoo.rows("res.partner", [["parent_id", "in", ids]], "street", "parent_id")
        for shop in self.shops:
            mapped = self._mapped(shop)
            for customer_id, (email, further) in shop.customers.items():
                ref = reference(shop.shop_id, customer_id)
                found = [row["id"] for row in rows if (row["email"] == email if email else row["ref"] == ref)]
                told = f"seed {self.seed}, customer {customer_id} of {shop.store_id}: {found}"
                assert len(found) == 1, told
                assert mapped.get(customer_id) == found[0], told
                streets = [row["street"] for row in below if row["parent_id"][0] == found[0]]
                assert len(streets) == len(set(streets)), (told, streets)
                assert {f"{n} Quay of {customer_id}" for n in range(1, further + 1)} <= set(streets), (told, streets)

    def _mapped(self, shop: Shop) -> dict[int, int]:
        row = mappings.c
        query = select(row.shopify_id, row.odoo_id).where(
            row.store_id == shop.store_id, row.kind == MappedKind.CUSTOMER
        )
        with self.app.db.read() as connection:
            return {found.shopify_id: found.odoo_id for found in connection.execute(query)}

    def open_intents(self) -> int:
        with self.app.db.read() as connection:
            return len(connection.execute(select(sync_intents.c.kind)).all())


def _customer(customer_id: int, email: str) -> r.Customer:
    return r.Customer(
        id=f"gid://shopify/Customer/{customer_id}", updated_at=AT, first_name="Ann", last_name=f"No {customer_id}",
        default_email_address=r.Email(email_address=email) if email else None,
        default_address=r.Ref(f"gid://shopify/MailingAddress/{customer_id * 10}"),
    )  # fmt: skip


def _address(customer_id: int, number: int) -> r.Address:
    return r.Address(
        id=f"gid://shopify/MailingAddress/{customer_id * 10 + number}",
        parent_id=f"gid://shopify/Customer/{customer_id}", updated_at=AT, first_name="Ann",
        address1=f"{number} Quay of {customer_id}", city="Bath", country_code="GB",
    )  # fmt: skip

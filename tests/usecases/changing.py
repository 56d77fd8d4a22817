"""A shop that lives on after its import, and a hub that is held against it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from mooring.db import operations as rows_of_operations
from mooring.db import operations_stalled, stores, tables
from mooring.db.operations import Operation
from mooring.domain.changed import FEW
from mooring.domain.kinds import Kind
from mooring.domain.rules import Work
from mooring.usecases import catch_up, import_store, pull, sweep
from mooring.usecases.operations_drive import Runner, drive
from mooring.usecases.operations_run import Advance
from mooring.usecases.who import SYSTEM
from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.merchant.live import Merchant
from tests.usecases.importing import World, world

WORKS: dict[Work, Advance] = {
    Work.IMPORT: import_store.advance, Work.PULL: pull.advance, Work.CATCH_UP: catch_up.advance,
    Work.SWEEP: sweep.advance,
}  # fmt: skip
ALL_ORDERS = ("read_customers", "read_all_orders", "read_orders", "read_products")
ROOTS: dict[Table, str] = {
    tables.customers: "Customer", tables.orders: "Order", tables.products: "Product", tables.collections: "Collection",
}  # fmt: skip


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2].partition("?")[0])


def many(database_url: str, data_dir: Path) -> AbstractContextManager[World]:
    """Imported, with more customers than are ever read one by one."""
    sizes = {"customers": FEW + 50, "orders": 8, "products": 4}
    return world(database_url, data_dir, sizes=sizes, scopes=ALL_ORDERS, imported=True)


def change_everybody(shop: World, most: int | None = None) -> int:
    """All customers at once, as an app of the merchant's would, or so many of them; how many they are."""
    changed = {"firstName": "Everybody", "updatedAt": iso(shop.clock.now())}
    customers = [(document | changed, None) for document in shop.documents("Customer")[:most]]
    shop.sandbox.state.put_many(shop.shop_id, "Customer", customers)
    return len(customers)


# -- time and people -----------------------------------------------------------------------------------------------


def later(shop: World, by: timedelta) -> None:
    """For everybody."""
    shop.clock.advance(by)
    shop.app.clock.advance(by)  # pyright: ignore[reportAttributeAccessIssue]


def live(shop: World, by: timedelta, *, seed: int = 1, step: timedelta = timedelta(minutes=1)) -> list[Any]:
    """The merchant works for so long; nobody tells Mooring."""
    before = shop.clock.now()
    done = Merchant(shop.sandbox.state, shop.shop_id, seed, shop.clock).live(until=before + by, step=step)
    shop.app.clock.advance(shop.clock.now() - before)  # pyright: ignore[reportAttributeAccessIssue]
    return done


# -- work ----------------------------------------------------------------------------------------------------------


def run_pull(shop: World) -> Operation:
    return drive(shop.app, pull.request(shop.app, SYSTEM, shop.store_id).id, WORKS)


def run_sweep(shop: World, *kinds: Kind) -> Operation:
    return drive(shop.app, sweep.request(shop.app, SYSTEM, shop.store_id, kinds).id, WORKS)


def kinds_of(operation: Operation) -> dict[str, Any]:
    assert operation.receipt is not None
    return operation.receipt["kinds"]


def unfinished(shop: World, *works: Work) -> list[Operation]:
    with shop.app.db.read() as connection:
        found = rows_of_operations.unfinished(connection, shop.store_id)
    return [one for one in found if not works or one.kind in works]


def run_in_slices(shop: World, operation_id: str, between: Callable[[int], None] = lambda _: None) -> Operation:
    """After every slice the worker is gone and another one goes on."""
    for slices in range(400):
        with shop.app.db.write() as connection:
            operations_stalled.release_all(connection)
        runner = Runner(shop.app, f"worker-{slices}", WORKS)
        shop.app.clock.sleep(runner.advance(operation_id) or 0.0)
        operation = shop.operation(operation_id)
        if operation.finished:
            return operation
        until = operation.not_before or shop.app.clock.now()
        later(shop, max(timedelta(), until - shop.app.clock.now()))
        between(slices)
    raise AssertionError("it never ended")


def run_all(shop: World) -> list[Operation]:
    """Whatever is unfinished, each a slice in turn, until nothing is: one may wait for another."""
    runner, seen = Runner(shop.app, "worker", WORKS), dict[str, None]()
    for _ in range(400):
        waiting = unfinished(shop)
        if not waiting:
            return [shop.operation(one) for one in seen]
        seen |= dict.fromkeys(one.id for one in waiting)
        waits = [wait for one in waiting if (wait := runner.advance(one.id)) is not None]
        shop.app.clock.sleep(min(waits, default=0.0))
        if not waits:
            later(shop, timedelta(seconds=5))
    raise AssertionError("it never ended")


def calls_during(shop: World, work: Callable[[], Any]) -> int:
    """Requests that reached the shop while `work` ran, without those for a token."""
    before = len(shop.sandbox.log.entries())
    work()
    return sum(entry.kind != "token" for entry in shop.sandbox.log.entries()[before:])


def change_store(shop: World, **values: Any) -> None:
    with shop.app.db.write() as connection:
        stores.change(connection, shop.store_id, **values)


# -- comparing -----------------------------------------------------------------------------------------------------


def alive(shop: World, table: Table) -> set[int]:
    return {row[0] for row in shop.rows(table, "shopify_id", "deleted_at") if row[1] is None}


def at_the_shop(shop: World, type_: str) -> set[int]:
    return {number(document["id"]) for document in shop.documents(type_)}


def gone(shop: World) -> dict[str, list[int]]:
    """What the hub still shows although the shop has it no more."""
    found = {table.name: sorted(alive(shop, table) - at_the_shop(shop, type_)) for table, type_ in ROOTS.items()}
    return {name: ids for name, ids in found.items() if ids}


def unlike(shop: World) -> dict[str, list[Any]]:
    """How the hub differs from the sandbox's own documents, record by record, in what the shop still has."""
    found = {name: here ^ there for name, (here, there) in _both(shop).items()}
    return {name: sorted(difference, key=repr) for name, difference in found.items() if difference}


def _both(shop: World) -> dict[str, tuple[set[Any], set[Any]]]:
    return {
        "customers": (_here(shop, tables.customers, "first_name", "last_name", "email_state"), _customers(shop)),
        "orders": (_here(shop, tables.orders, "total", "financial_status", "fulfillment_status"), _orders(shop)),
        "products": (_here(shop, tables.products, "title", "status", "vendor"), _products(shop)),
        "collections": (_here(shop, tables.collections, "title"), _collections(shop)),
        "addresses": _children(shop, tables.addresses, "customer_id", "Customer", "addressesV2"),
        "lines": _children(shop, tables.order_lines, "order_id", "Order", "lineItems"),
        "refunds": _children(shop, tables.refunds, "order_id", "Order", "refunds"),
        "variants": (_children_here(shop, tables.variants, "product_id", "Product"), _variants(shop)),
    }


def _here(shop: World, table: Table, *columns: str) -> set[Any]:
    there = at_the_shop(shop, ROOTS[table])
    rows = shop.rows(table, "shopify_id", "deleted_at", *columns)
    return {(row[0], *map(_plain, row[2:])) for row in rows if row[1] is None and row[0] in there}


def _plain(value: Any) -> Any:
    """A suppressed channel says so behind what Shopify says of it."""
    if isinstance(value, str):
        return value.removesuffix(" (SUPPRESSED)") or None
    return value.normalize() if isinstance(value, Decimal) else value


def _customers(shop: World) -> set[Any]:
    return {
        (number(one["id"]), one["firstName"] or None, one["lastName"] or None,
         (one.get("defaultEmailAddress") or {}).get("marketingState"))
        for one in shop.documents("Customer")
    }  # fmt: skip


def _orders(shop: World) -> set[Any]:
    return {
        (number(one["id"]), Decimal(one["totalPriceSet"]["shopMoney"]["amount"]).normalize(),
         one["displayFinancialStatus"], one["displayFulfillmentStatus"])
        for one in shop.documents("Order")
    }  # fmt: skip


def _products(shop: World) -> set[Any]:
    return {
        (number(one["id"]), one["title"] or None, one["status"], one["vendor"] or None)
        for one in shop.documents("Product")
    }  # fmt: skip


def _collections(shop: World) -> set[Any]:
    return {(number(one["id"]), one["title"] or None) for one in shop.documents("Collection")}


def _variants(shop: World) -> set[Any]:
    return {(number(one["id"]), number(one["productId"])) for one in shop.documents("ProductVariant")}


def _children(shop: World, table: Table, parent: str, type_: str, name: str) -> tuple[set[Any], set[Any]]:
    there = {(number(child["id"]), number(one["id"])) for one in shop.documents(type_) for child in one.get(name) or ()}
    return _children_here(shop, table, parent, type_), there


def _children_here(shop: World, table: Table, parent: str, type_: str) -> set[Any]:
    there = at_the_shop(shop, type_)
    return {row for row in shop.rows(table, "shopify_id", parent) if row[1] in there}


def resync_writes(shop: World) -> dict[str, int]:
    """How many records a complete import writes, kind by kind: none when the hub is what a fresh import would make.

    Records, not what belongs to them: an order's line forgets a product that was deleted, and nothing but an import of
    that order tells of it, since the order's own updatedAt does not move.
    """
    receipt = drive(shop.app, shop.issue().id, WORKS).receipt
    assert receipt is not None
    assert all(found["verified"] for found in receipt["kinds"].values())
    return {kind: found["written"] for kind, found in receipt["kinds"].items()}


NOTHING = dict.fromkeys(map(str, Kind), 0)

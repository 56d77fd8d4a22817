"""A connected store to import from: a real sandbox over HTTP on one side, a real database on the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Table, func, select

from mooring.app import Built, SystemClock, build
from mooring.db import lists, operations, people, records_kinds, stores, tables
from mooring.db.operations import Operation
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Work
from mooring.settings import load
from mooring.usecases import connect, import_store, shopify_apps
from mooring.usecases.context import App
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM
from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.sandbox import Sandbox
from mooring_sandbox.shopify.shops_new import NewShop, open_shop
from mooring_sandbox.shopify.state import State
from tests.usecases import prepared

SCOPES = ("read_customers", "read_orders", "read_products")
PROJECT = "project-1"
STATE = "sandbox.sqlite"
WORKS = {Work.IMPORT: import_store.advance}
ENDINGS = {Work.IMPORT: import_store.ended}
HUB_TABLES: tuple[Table, ...] = (
    tables.customers, tables.addresses, tables.orders, tables.order_lines, tables.refunds,
    tables.products, tables.variants, tables.collections, tables.collection_products,
)  # fmt: skip


class Hasty(SystemClock):
    """Does not wait as long as it is asked to: the sandbox is quicker than Shopify."""

    def sleep(self, seconds: float) -> None:
        super().sleep(min(seconds, 0.05))


@dataclass
class World:
    """`shop_id` is the sandbox's, `store_id` Mooring's."""

    built: Built
    sandbox: Sandbox
    clock: Clock
    shop_id: int
    store_id: str

    @property
    def app(self) -> App:
        return self.built.app

    @property
    def store(self) -> stores.Store:
        with self.app.db.read() as connection:
            return stores.load(connection, self.store_id)

    def run_import(self, *kinds: Kind) -> Operation:
        """To its end, in this thread."""
        return drive(self.app, self.issue(*kinds).id, WORKS, ENDINGS)

    def settle(self, imported: bool | tuple[Kind, ...]) -> None:
        connect_store(self.app)
        self.store_id = _store_id(self.app)
        if imported:
            self.imported(*(() if imported is True else imported))

    def imported(self, *kinds: Kind) -> None:
        """An import, complete if no kinds are named, some time ago: an answer of the very second of its file could not
        be told from it."""
        assert self.run_import(*kinds).state == "done"
        self.clock.advance(timedelta(seconds=5))
        self.app.clock.advance(timedelta(seconds=5))  # pyright: ignore[reportAttributeAccessIssue]

    def issue(self, *kinds: Kind) -> Operation:
        return import_store.request(self.app, SYSTEM, self.store_id, kinds)

    def kind(self, kind: Kind) -> Any:
        with self.app.db.read() as connection:
            return records_kinds.of_store(connection, self.store_id)[kind]

    def rows(self, table: Table, *columns: str) -> list[tuple[Any, ...]]:
        chosen = [table.c[name] for name in columns] or list(table.c)
        with self.app.db.read() as connection:
            found = connection.execute(select(*chosen).where(table.c.store_id == self.store_id))
            return sorted((tuple(row) for row in found), key=repr)

    def count(self, table: Table) -> int:
        with self.app.db.read() as connection:
            query = select(func.count()).select_from(table).where(table.c.store_id == self.store_id)
            return connection.execute(query).scalar_one()

    def hub(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything imported, to be compared before and after."""
        return {table.name: self.rows(table) for table in HUB_TABLES}

    def operation(self, operation_id: str) -> Operation:
        with self.app.db.read() as connection:
            return operations.load(connection, operation_id)

    def release_directory(self) -> None:
        """Let another process work on the database; this one only looks from now on."""
        if self.built.lock is not None:
            self.built.lock.release()
            self.built.lock = None

    def fault(self, kind: str, **how: Any) -> Fault:
        return self.sandbox.faults.add(Fault(kind=kind, **how))  # pyright: ignore[reportArgumentType]

    def settings(self, **toggles: bool) -> None:
        import msgspec

        with self.app.db.write() as connection:
            store = stores.load(connection, self.store_id)
            changed = msgspec.structs.replace(store.settings, **toggles)
            stores.change(connection, self.store_id, settings=msgspec.json.encode(changed).decode())

    def documents(self, type_: str) -> list[dict[str, Any]]:
        """The sandbox's own records, for comparison."""
        return list(self.sandbox.state.scan(self.shop_id, type_))

    def change(self, type_: str, document: dict[str, Any]) -> None:
        """The merchant edits a record, now."""
        self.sandbox.state.put(self.shop_id, type_, document)


@contextlib.contextmanager
def world(
    database_url: str, data_dir: Path, *, sizes: dict[str, Any], scopes: tuple[str, ...] = SCOPES,
    imported: bool | tuple[Kind, ...] = False, fresh: bool = False, **app: Any,
) -> Iterator[World]:  # fmt: skip
    """A sandbox shop of these sizes, connected by client credentials, its sync settings as they are at first;
    `imported`, all of it or some kinds, a moment ago. The second world of a description is a copy of the first, and its
    clocks go on from there; those of a `fresh` one are right, for processes that know no other."""
    described = (repr(sizes), scopes, repr(app))

    def opened() -> datetime:
        return _open_shop(data_dir, sizes, scopes, app)

    def settled() -> datetime:
        with _running(database_url, data_dir, opened()) as made:
            made.settle(imported)
            return made.app.clock.now()

    if fresh:
        at = settled()
    elif imported or database_url.startswith("sqlite"):
        at = prepared.once((prepared.kind_of(database_url), imported, *described), data_dir, settled, database_url)
    else:  # to connect is quicker than to copy a database of PostgreSQL
        at = prepared.once(("shop", *described), data_dir, opened)
    with _running(database_url, data_dir, at) as made:
        if not made.store_id:
            made.settle(False)
        yield made


def _open_shop(data_dir: Path, sizes: dict[str, Any], scopes: tuple[str, ...], app: dict[str, Any]) -> datetime:
    clock = Clock()
    with contextlib.closing(State(data_dir / STATE)) as state:
        shop_id = open_shop(state, clock, NewShop(name="harbour-teas", seed=7, **sizes))
        sandbox = Sandbox(state, clock, data=data_dir / "sandbox")
        installed = sandbox.apps.create({"scopes": list(scopes), **app})
        sandbox.installations.install(shop_id, installed.id, frozenset(scopes))
        sandbox.settings.change({"bulk_created_seconds": 0.0, "bulk_seconds": 0.0, "throttle_restore": 100_000.0,
                                 "throttle_maximum": 100_000.0})  # fmt: skip
        sandbox.close()
    return clock.now()


@contextlib.contextmanager
def _running(database_url: str, data_dir: Path, at: datetime) -> Iterator[World]:
    """Sandbox and Mooring on what lies in this directory, where it is `at` o'clock."""
    clock = Clock(at - datetime.now(UTC))
    with contextlib.closing(State(data_dir / STATE)) as state:
        asgi = server.create(state, clock, data=data_dir / "sandbox")
        sandbox = asgi.sandbox
        app, shop_id = sandbox.apps.all()[0], state.shop_id("harbour-teas")
        assert shop_id is not None
        with server.run_in_thread(asgi) as url:
            built = connected(database_url, data_dir, url, app.client_id, app.secrets[0].value, clock.offset)
            try:
                yield World(built, sandbox, clock, shop_id, _store_id(built.app))
            finally:
                built.close()


def _store_id(app: App) -> str:
    """Empty as long as there is no store."""
    with app.db.read() as connection:
        return connection.execute(select(tables.stores.c.id)).scalar() or ""


def connected(
    database_url: str, data_dir: Path, url: str, client_id: str, secret: str, ahead: timedelta = timedelta()
) -> Built:  # fmt: skip
    """Mooring on this database, pointed at a sandbox, without its engine."""
    settings = load(
        data_dir=data_dir, database_url=database_url, shopify_url=f"{url}/{{shop}}",
        shopify_client_id=client_id, shopify_client_secret=secret,
    )  # fmt: skip
    clock = Hasty()
    clock.advance(ahead)
    return build(settings, clock=clock, with_engine=False, logger=structlog.get_logger())


def connect_store(app: App) -> None:
    """A project with one connected store and its list."""
    app_id = shopify_apps.app_of_settings(app)
    with app.db.write() as connection:
        people.create_project(connection, id=PROJECT, name="Harbour", at=app.clock.now())
    done = connect.request_client_credentials(app, SYSTEM, PROJECT, "harbour-teas", app_id=app_id)
    with app.db.write() as connection:
        lists.create(connection, id="list-1", project_id=PROJECT, name="Harbour", at=app.clock.now())
        lists.dedicate(connection, "list-1", done.store_id)
        store = stores.load(connection, done.store_id)
        if store.state == "connecting":
            stores.move(connection, store, Event.READY, at=app.clock.now(), actor="test")

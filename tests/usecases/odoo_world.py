"""A store to sync from and an Odoo to sync to: two sandboxes over real HTTP, a real database, a connection made."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import insert

from mooring.db import odoo, tables
from mooring.db.odoo import OdooConnection
from mooring.domain.mapping import ExternalId, MappedKind, reference
from mooring.usecases import odoo_connect, odoo_gate
from mooring.usecases.odoo_connect import Wish
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.who import SYSTEM
from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import server as odoo_server
from mooring_sandbox.odoo.faults import Fault as OdooFault
from mooring_sandbox.odoo.settings import Settings as OdooSettings
from tests.usecases import importing
from tests.usecases.importing import PROJECT, World

DATABASE, LOGIN = "shop", "admin"
CONNECTOR = (
    "base.group_user", "base.group_erp_manager", "sales_team.group_sale_manager", "account.group_account_invoice",
    "product.group_product_manager", "stock.group_stock_user",
)  # fmt: skip
"""What a connector's user has and no more: it cannot read the database's uuid."""


@dataclass
class Odoo:
    """A Sandbox Odoo and somebody who works in it. `key` is the administrator's."""

    server: odoo_server.App
    url: str
    key: str
    http: httpx.Client

    def control(self, verb: str, path: str, /, **body: Any) -> Any:
        answer = self.http.request(verb, f"{self.url}/_sandbox{path}", json=body or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def does(self, model: str, method: str, /, *, in_database: str = DATABASE, **arguments: Any) -> Any:
        """Somebody in Odoo does this: without pace and faults, not counted."""
        path = f"/databases/{in_database}/call"
        return self.control("POST", path, model=model, method=method, arguments=arguments)

    def rows(self, model: str, domain: list[Any], *fields: str, in_database: str = DATABASE) -> list[dict[str, Any]]:
        """Archived ones too, oldest first."""
        found = {"domain": domain, "fields": list(fields), "order": "id", "context": {"active_test": False}}
        return self.does(model, "search_read", in_database=in_database, **found)

    def external_ids(self, beginning: str = "") -> dict[str, tuple[str, int]]:
        """Names of the module `mooring` that begin so, with model and id."""
        named = [["module", "=", "mooring"], ["name", "=like", f"{beginning}%"]]
        found = self.rows("ir.model.data", named, "name", "model", "res_id")
        return {row["name"]: (row["model"], row["res_id"]) for row in found}

    def calls(self) -> dict[str, int]:
        """How often each operation was asked for, as in `{"res.partner.load": 2}`."""
        operations = self.control("GET", "/counts")["operations"]
        return {name: counted["calls"] for name, counted in operations.items()}

    def forget(self) -> None:
        self.control("DELETE", "/requests")

    def writing_calls(self) -> dict[str, int]:
        reading = (".search_read", ".search_count", ".search", ".read", ".context_get", ".has_access", ".get_param",
                   ".fields_get", ".has_group", ".check_object_reference")  # fmt: skip
        return {name: calls for name, calls in self.calls().items() if name and not name.endswith(reading)}

    def fault(self, kind: str, **how: Any) -> OdooFault:
        return self.server.sandbox.faults.add(OdooFault(kind=kind, **how))  # pyright: ignore[reportArgumentType]

    def snapshot(self, label: str = "before") -> None:
        self.control("POST", f"/databases/{DATABASE}/snapshot", label=label)

    def restore(self, label: str = "before") -> None:
        self.control("POST", f"/databases/{DATABASE}/restore", label=label)

    def user(self, login: str, *groups: str) -> str:
        """The key of a new user with exactly these groups."""
        path = f"/databases/{DATABASE}/users"
        return self.control("POST", path, login=login, groups=list(groups or CONNECTOR))["key"]


@dataclass
class OdooWorld(World):
    odoo: Odoo

    @property
    def connection(self) -> OdooConnection:
        with self.app.db.read() as connection:
            return odoo.load(connection, PROJECT)

    def wish(self, **other: Any) -> Wish:
        usual: dict[str, Any] = {"url": self.odoo.url, "database": DATABASE, "login": LOGIN, "key": self.odoo.key}
        return Wish(**usual | other)

    def connect_odoo(self, **other: Any) -> OdooConnection:
        return odoo_connect.request(self.app, SYSTEM, PROJECT, self.wish(**other)).connection

    def map_contacts(self, *numbers: int, origin: str = "created") -> dict[int, int]:
        """Contacts in Odoo that the mapping knows, as a sync would leave them; Odoo's ids by Shopify's."""
        shop_id, now = self.store.shop_id, self.app.clock.now()
        names = [ExternalId(shop_id, MappedKind.CUSTOMER, number) for number in numbers]
        rows = [[str(one), f"Contact {one.shopify_id}", reference(shop_id, one.shopify_id)] for one in names]
        ids = odoo_gate.load(self.app, self.ticket(), "res.partner", ["id", "name", "ref"], rows).ids
        assert ids is not None
        mark = self.connection.fingerprint
        with self.app.db.write() as connection:
            for number, odoo_id in zip(numbers, ids, strict=True):
                connection.execute(insert(tables.mappings).values(
                    store_id=self.store_id, kind=MappedKind.CUSTOMER, shopify_id=number, odoo_id=odoo_id,
                    fingerprint=mark, model="res.partner", origin=origin, planted=True, epoch=1, written_at=now,
                ))  # fmt: skip
        return dict(zip(numbers, ids, strict=True))

    def ticket(self, **how: Any) -> Ticket:
        return odoo_gate.ticket(self.app, PROJECT, **how)


@contextlib.contextmanager
def an_odoo(*, data: Path | None = None) -> Iterator[Odoo]:
    """Without pace: it answers as quickly as it can."""
    app = odoo_server.create(Clock(), data=data, settings=OdooSettings(pace=0), database=DATABASE)
    key = app.sandbox.databases.key_for(app.sandbox.databases.get(DATABASE))
    with odoo_server.run_in_thread(app) as url, httpx.Client(timeout=20, trust_env=False) as http:
        yield Odoo(app, url, key, http)


@contextlib.contextmanager
def odoo_world(
    database_url: str, data_dir: Path, *, sizes: dict[str, Any], connected: bool = True, **how: Any
) -> Iterator[OdooWorld]:
    """`how`: scopes, what is imported and the app's settings, as `importing.world` takes them."""
    with an_odoo() as one, importing.world(database_url, data_dir, sizes=sizes, **how) as world:
        one.server.sandbox.clock.set(world.clock.now())
        built = OdooWorld(world.built, world.sandbox, world.clock, world.shop_id, world.store_id, one)
        if connected:
            built.connect_odoo()
        yield built

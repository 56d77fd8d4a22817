"""Two Odoos to hold the adapter against: the shipped stand-in, and a real one where its address is given.

`MOORING_TEST_ODOO_URL`, `_DB`, `_LOGIN`, `_KEY` name a real Odoo. Every run marks what it makes with a token of its
own, assumes nothing about what is there already, and takes away what it made.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from mooring.errors import MooringError
from mooring.http import Http
from mooring.odoo.client import OdooClient
from mooring.odoo.hosts import OdooHosts
from mooring.ports import Loaded, OdooAccess
from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import server
from mooring_sandbox.odoo.settings import Settings

REAL = {name: os.environ.get(f"MOORING_TEST_ODOO_{name}", "") for name in ("URL", "DB", "LOGIN", "KEY")}
KINDS = ["sandbox", *(["real"] if all(REAL.values()) else [])]
ARCHIVED_TOO = {"active_test": False}
_UNLINK_FIRST = ("sale.order", "product.product", "product.template", "product.attribute", "res.partner", "account.tax")
"""In this order nothing stands in another's way."""


@dataclass
class At:
    """An Odoo and what this run made there. `run` marks names, codes and external ids."""

    client: OdooClient
    access: OdooAccess
    server: server.App | None = None
    run: str = field(default_factory=lambda: "t" + secrets.token_hex(4))
    made: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def xid(self, name: str) -> str:
        return f"mooring.{self.run}_{name}"

    def load(self, model: str, fields: list[str], *rows: list[str], **more: Any) -> Loaded:
        loaded = self.client.load(self.access, model, fields, rows, **more)
        self.made += [(model, id_) for id_ in loaded.ids or ()]
        return loaded

    def kept(self, model: str, fields: list[str], *rows: list[str], **more: Any) -> list[int]:
        """The ids of a load that must go well."""
        loaded = self.load(model, fields, *rows, **more)
        assert loaded.ids is not None, loaded.messages
        return list(loaded.ids)

    def create(self, model: str, *values: dict[str, Any]) -> list[int]:
        ids = self.client.create(self.access, model, values)
        self.made += [(model, id_) for id_ in ids]
        return ids

    def rows(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[dict[str, Any]]:
        return self.client.search_read(self.access, model, domain, fields, **{"order": "id", **more})

    def planted(self, beginning: str = "") -> dict[str, int]:
        """What this run's external ids point to, by the part of their names that follows the token."""
        domain = [["module", "=", "mooring"], ["name", "=like", rf"{self.run}\_{beginning}%"]]
        return {row["name"].removeprefix(f"{self.run}_"): row["res_id"] for row in
                self.rows("ir.model.data", domain, "name", "res_id")}  # fmt: skip

    def over(self, protocol: str) -> At:
        """The same Odoo over the other protocol; what is made there is taken away with the rest."""
        return replace(self, access=replace(self.access, protocol=protocol))

    def clean_up(self) -> None:
        for model in _UNLINK_FIRST:
            for id_ in sorted({id_ for of, id_ in self.made if of == model}, reverse=True):
                self._unlink(model, id_)
        self.forget()

    def forget(self) -> None:
        """The external ids of this run; the records stay."""
        left = self.rows("ir.model.data", [["module", "=", "mooring"], ["name", "=like", rf"{self.run}%"]], "id")
        if left:
            self.client.unlink(self.access, "ir.model.data", [row["id"] for row in left])

    def _unlink(self, model: str, id_: int) -> None:
        try:
            self.client.unlink(self.access, model, [id_])
        except MooringError as error:
            if error.code != "odoo_missing":  # somebody was quicker: a test, or Odoo with its parent
                self.client.write(self.access, model, [id_], {"active": False})


@contextmanager
def at(kind: str) -> Iterator[At]:
    http = Http(OdooHosts(), inside_transaction=lambda: False, monotonic=time.monotonic, read_seconds=130)
    client = OdooClient(http)
    try:
        if kind == "real":
            yield _real(client)
        else:
            with _sandbox(client) as found:
                yield found
    finally:
        http.close()


def _real(client: OdooClient) -> At:
    access = OdooAccess(REAL["URL"], REAL["DB"], REAL["LOGIN"], REAL["KEY"])
    return At(client, replace(access, user_id=client.sign_in(access)))


@contextmanager
def _sandbox(client: OdooClient) -> Iterator[At]:
    app = server.create(Clock(), settings=Settings(pace=0), database="shop")
    key = app.sandbox.databases.key_for(app.sandbox.databases.get("shop"))
    with server.run_in_thread(app) as url:
        access = OdooAccess(url, "shop", "admin", key)
        yield At(client, replace(access, user_id=client.sign_in(access)), app)

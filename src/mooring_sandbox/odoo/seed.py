"""What a new database holds: the modules base, contacts, product, sale_management, account and stock, without demonstration data.

Ids of countries, currencies and so on are whatever comes first; external ids are Odoo's own.
"""

from __future__ import annotations

import uuid
from functools import cache
from importlib import resources
from typing import Any

from mooring_sandbox.odoo.orm.environment import Env
from mooring_sandbox.odoo.orm.registry import REGISTRY
from mooring_sandbox.odoo.rights import ADMINISTRATOR, GROUPS, group_name

ADMIN = "admin"
_UK = {"gb": "uk"}
_MODULES: dict[str, str] = {
    "account": "19.0.1.4", "base": "19.0.1.3", "contacts": "19.0.1.0", "mail": "19.0.1.19", "product": "19.0.1.2",
    "sale": "19.0.1.2", "sale_management": "19.0.1.0", "sale_stock": "19.0.1.0", "sales_team": "19.0.1.1",
    "stock": "19.0.1.1", "stock_account": "19.0.1.1", "uom": "19.0.1.0", "web": "19.0.1.0", "base_import": "19.0.2.0",
}  # fmt: skip
_NOT_INSTALLED = (
    "crm",
    "delivery",
    "helpdesk",
    "mrp",
    "point_of_sale",
    "project",
    "purchase",
    "sale_loyalty",
    "website",
    "website_sale",
)


def fill(env: Env) -> None:
    """In a database that has its tables and nothing else."""
    world = World(env)
    world.geography()
    world.people()
    world.technical()


class World:
    def __init__(self, env: Env) -> None:
        self.env = env

    def make(self, model: str, rows: list[tuple[str, dict[str, Any]]]) -> list[int]:
        """Records with their external ids ("" for none)."""
        ids = list(self.env[model]._make([dict(row) for _, row in rows]).ids)
        named = [(xid, model, id_) for (xid, _), id_ in zip(rows, ids, strict=True) if xid]
        self.env["ir.model.data"]._bind(named)
        return ids

    def geography(self) -> None:
        countries = _table("countries")
        self.make("res.country", [(f"base.{_xid(code)}", {"code": code, "name": name}) for code, name in countries])
        ids = {code: self.env.ref(f"base.{_xid(code)}") for code, _ in countries}
        states = [
            (f"base.{xid}", {"country_id": ids[c], "code": code, "name": name})
            for xid, c, code, name in _table("states")
        ]
        self.make("res.country.state", states)
        self.make("res.currency", [(f"base.{row[0]}", _currency(*row)) for row in _table("currencies")])
        self.make(
            "res.lang", [("base.lang_en", {"name": "English (US)", "code": "en_US", "iso_code": "en", "active": True})]
        )

    def people(self) -> None:
        self.make("res.groups", [(xid, {"name": GROUPS[xid][1], "full_name": group_name(xid)}) for xid in GROUPS])
        us = self.env.ref("base.us")
        firm = {"name": "My Company", "is_company": True, "country_id": us, "lang": "en_US"}
        robot = {"name": "OdooBot", "email": "odoobot@example.com", "active": False}
        boss = {"name": "Administrator", "email": "admin@example.com"}
        partners = [("base.main_partner", firm), ("base.partner_root", robot), ("base.partner_admin", boss)]
        main, root, admin = self.make("res.partner", partners)
        company = {"name": "My Company", "partner_id": main, "currency_id": self.env.ref("base.USD"), "account_fiscal_country_id": us,
                   "chart_template": "generic_coa"}  # fmt: skip
        self.make("res.company", [("base.main_company", company)])
        groups = [[6, 0, [self.env.ref(xid) for xid in ADMINISTRATOR]]]
        common = {"company_id": 1, "company_ids": [[6, 0, [1]]]}
        self.make("res.users", [
            ("base.user_root", common | {"partner_id": root, "login": "__system__", "active": False, "group_ids": groups}),
            ("base.user_admin", common | {"partner_id": admin, "login": ADMIN, "group_ids": groups}),
        ])  # fmt: skip

    def technical(self) -> None:
        installed = [
            {"name": n, "state": "installed", "latest_version": v, "application": True}
            for n, v in sorted(_MODULES.items())
        ]
        others = [{"name": name, "state": "uninstalled"} for name in _NOT_INSTALLED]
        self.make("ir.module.module", [(f"base.module_{row['name']}", row) for row in [*installed, *others]])
        self.make("ir.config_parameter", [("", {"key": "database.uuid", "value": str(uuid.uuid4())})])
        models = sorted(REGISTRY.values(), key=lambda model: model._name)
        rows = [{"name": m._description, "model": m._name, "transient": m._transient} for m in models]
        ids = self.make("ir.model", [(f"base.model_{m._table}", row) for m, row in zip(models, rows, strict=True)])
        fields = [_field(m._name, id_, f) for m, id_ in zip(models, ids, strict=True) for f in m._fields.values()]
        self.make("ir.model.fields", [("", row) for row in fields])


def _field(model: str, id_: int, field: Any) -> dict[str, Any]:
    said = field.described()
    return {
        "name": field.name, "model": model, "model_id": id_, "field_description": field.string, "ttype": field.type,
        "relation": said.get("relation", False), "required": said["required"], "readonly": said["readonly"], "store": said["store"],
    }  # fmt: skip


def _xid(code: str) -> str:
    return _UK.get(code.lower(), code.lower())


def _currency(code: str, name: str, symbol: str, digits: str) -> dict[str, Any]:
    places = int(digits)
    return {"name": code, "full_name": name, "symbol": symbol, "decimal_places": places, "rounding": round(10.0**-places, 6),
            "active": code == "USD"}  # fmt: skip


@cache
def _table(name: str) -> list[tuple[str, ...]]:
    text = resources.files("mooring_sandbox.odoo").joinpath(f"data/{name}.tsv").read_text("utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines()]

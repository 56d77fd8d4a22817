"""What a new database holds: base, contacts, product, sale_management, account and stock; no demonstration data.

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

_UNITS = [
    ("product_uom_unit", "Units", 1.0), ("product_uom_dozen", "Dozens", 12.0), ("product_uom_hour", "Hours", 1.0),
    ("product_uom_day", "Days", 8.0), ("product_uom_gram", "g", 0.001), ("product_uom_kgm", "kg", 1.0),
    ("product_uom_lb", "lb", 0.45359237), ("product_uom_oz", "oz", 0.028349523), ("product_uom_ton", "t", 1000.0),
    ("product_uom_cm", "cm", 0.01), ("product_uom_meter", "m", 1.0), ("product_uom_km", "km", 1000.0),
    ("product_uom_inch", "in", 0.0254), ("product_uom_foot", "ft", 0.3048), ("product_uom_litre", "L", 1.0),
]  # fmt: skip
_ACCOUNTS = [
    ("receivable", "121000", "Account Receivable", "asset_receivable"),
    ("payable", "211000", "Account Payable", "liability_payable"),
    ("bank", "101401", "Bank", "asset_cash"), ("cash", "101501", "Cash", "asset_cash"),
    ("outstanding", "101403", "Outstanding Receipts", "asset_current"),
    ("tax_received", "251000", "Tax Received", "liability_current"),
    ("tax_paid", "131000", "Tax Paid", "asset_current"), ("income", "400000", "Product Sales", "income"),
    ("other_income", "450000", "Other Income", "income_other"), ("expense", "600000", "Expenses", "expense"),
]  # fmt: skip
_JOURNALS = [
    ("sale", "Sales", "INV", "sale"), ("purchase", "Purchases", "BILL", "purchase"), ("bank", "Bank", "BNK1", "bank"),
    ("cash", "Cash", "CSH1", "cash"), ("general", "Miscellaneous Operations", "MISC", "general"),
]  # fmt: skip
_TAXES = [
    ("sale_tax_template", "15%", 15.0, "sale"), ("purchase_tax_template", "15%", 15.0, "purchase"),
    ("sale_tax_template_exempt", "0% Exports", 0.0, "sale"),
    ("purchase_tax_template_exempt", "0% Imports", 0.0, "purchase"),
]  # fmt: skip
_TERMS = [
    ("immediate", "Immediate Payment", 0), ("15days", "15 Days", 15), ("21days", "21 Days", 21),
    ("30days", "30 Days", 30),
    ("45days", "45 Days", 45),
]  # fmt: skip


def fill(env: Env) -> None:
    """In a database that has its tables and nothing else."""
    world = World(env)
    world.geography()
    world.people()
    world.units()
    world.accounting()
    world.stock()
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
        company = {"name": "My Company", "partner_id": main, "currency_id": self.env.ref("base.USD"),
            "account_fiscal_country_id": us,
                   "chart_template": "generic_coa"}  # fmt: skip
        self.make("res.company", [("base.main_company", company)])
        groups = [[6, 0, [self.env.ref(xid) for xid in ADMINISTRATOR]]]
        common = {"company_id": 1, "company_ids": [[6, 0, [1]]]}
        self.make("res.users", [
            ("base.user_root", common | {"partner_id": root, "login": "__system__", "active": False,
            "group_ids": groups}),
            ("base.user_admin", common | {"partner_id": admin, "login": ADMIN, "group_ids": groups}),
        ])  # fmt: skip

    def units(self) -> None:
        self.make(
            "uom.uom",
            [
                (f"uom.{xid}", {"name": name, "factor": factor, "relative_factor": factor})
                for xid, name, factor in _UNITS
            ],
        )
        self.make("product.category", [
            ("product.product_category_goods", {"name": "Goods"}),
            ("product.product_category_services", {"name": "Services"}),
            ("product.product_category_expenses", {"name": "Expenses"}),
        ])  # fmt: skip

    def accounting(self) -> None:
        """The generic chart: some accounts, the journals, and its taxes of 15 %."""
        accounts = [
            (f"account.1_{xid}", {"code": code, "name": name, "account_type": kind})
            for xid, code, name, kind in _ACCOUNTS
        ]
        self.make("account.account", accounts)
        income = self.env.ref("account.1_income")
        self.make("account.journal", [
            (f"account.1_{xid}", {"name": name, "code": code, "type": kind, "sequence": order,
            "default_account_id": income,
                                  "refund_sequence": kind in ("sale", "purchase")})
            for order, (xid, name, code, kind) in enumerate(_JOURNALS, 5)
        ])  # fmt: skip
        us = self.env.ref("base.us")
        self.make("account.tax.group", [("account.1_tax_group_15", {"name": "Tax 15%", "country_id": us})])
        self.make("account.tax", [
            (f"account.1_{xid}", {"name": name, "amount": amount, "type_tax_use": use, "country_id": us,
            "invoice_label": name})
            for xid, name, amount, use in _TAXES
        ])  # fmt: skip
        taxes = {"account_sale_tax_id": self.env.ref("account.1_sale_tax_template"),
                 "account_purchase_tax_id": self.env.ref("account.1_purchase_tax_template")}  # fmt: skip
        self.env["res.company"]._browse([1])._change(taxes)
        self.make(
            "account.payment.term",
            [(f"account.account_payment_term_{xid}", {"name": name, "days": days}) for xid, name, days in _TERMS],
        )
        banks = [self.env.ref(f"account.1_{xid}") for xid in ("bank", "cash")]
        self.make("account.payment.method.line", [
            ("", {"name": "Manual Payment", "journal_id": bank,
            "payment_type": way}) for bank in banks for way in ("inbound", "outbound")
        ])  # fmt: skip
        self.make("crm.team", [("sales_team.team_sales_department", {"name": "Sales"})])

    def stock(self) -> None:
        places = self.make("stock.location", [
            ("stock.stock_location_locations", {"name": "Physical Locations", "usage": "view"}),
            ("stock.stock_location_locations_partner", {"name": "Partners", "usage": "view"}),
            ("stock.stock_location_locations_virtual", {"name": "Virtual Locations", "usage": "view"}),
        ])  # fmt: skip
        self.make("stock.location", [
            ("stock.stock_location_suppliers", {"name": "Vendors", "location_id": places[1], "usage": "supplier"}),
            ("stock.stock_location_customers", {"name": "Customers", "location_id": places[1], "usage": "customer"}),
            ("stock.location_inventory", {"name": "Inventory adjustment", "location_id": places[2],
            "usage": "inventory"}),
        ])  # fmt: skip
        self.make(
            "stock.warehouse",
            [
                (
                    "stock.warehouse0",
                    {"name": "My Company", "code": "WH", "partner_id": self.env.ref("base.main_partner")},
                )
            ],
        )
        stock = self.env["stock.warehouse"]._browse([self.env.ref("stock.warehouse0")])._get("lot_stock_id")
        self.env["ir.model.data"]._bind([("stock.stock_location_stock", "stock.location", stock)])

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
        "relation": said.get("relation", False), "required": said["required"], "readonly": said["readonly"],
        "store": said["store"],
    }  # fmt: skip


def _xid(code: str) -> str:
    return _UK.get(code.lower(), code.lower())


def _currency(code: str, name: str, symbol: str, digits: str) -> dict[str, Any]:
    places = int(digits)
    return {"name": code, "full_name": name, "symbol": symbol, "decimal_places": places,
        "rounding": round(10.0**-places, 6),
            "active": code == "USD"}  # fmt: skip


@cache
def _table(name: str) -> list[tuple[str, ...]]:
    text = resources.files("mooring_sandbox.odoo").joinpath(f"data/{name}.tsv").read_text("utf-8")
    return [tuple(line.split("\t")) for line in text.splitlines()]

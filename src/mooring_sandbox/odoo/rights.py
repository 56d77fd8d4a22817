"""Groups, what each may do with each model, and which records it may reach.

Taken from Odoo 19 where the recordings show it; the rest follows the same lines: internal users read, the users of an
application write its documents, its administrators its settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

USER, ACCESS, SYSTEM = "base.group_user", "base.group_erp_manager", "base.group_system"
CONTACTS, EXPORT = "base.group_partner_manager", "base.group_allow_export"
SELLER, ALL_LEADS, SALES = (
    "sales_team.group_sale_salesman", "sales_team.group_sale_salesman_all_leads", "sales_team.group_sale_manager",
)  # fmt: skip
INVOICING, ACCOUNTS, READONLY = (
    "account.group_account_invoice",
    "account.group_account_manager",
    "account.group_account_readonly",
)
PRODUCTS = "product.group_product_manager"
STOCK, STOCK_ADMIN = "stock.group_stock_user", "stock.group_stock_manager"

# external id -> (privilege it belongs to, own name, groups it implies)
GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    USER: ("", "Role / User", ()),
    "base.group_portal": ("", "Role / Portal", ()),
    "base.group_public": ("", "Role / Public", ()),
    ACCESS: ("", "Access Rights", (USER, EXPORT)),
    SYSTEM: ("", "Role / Administrator", (ACCESS,)),
    CONTACTS: ("Contact", "Creation", ()),
    EXPORT: ("Export", "Allowed", ()),
    "base.group_no_one": ("", "Technical Features", ()),
    "base.group_multi_company": ("", "Multi Companies", ()),
    "base.group_multi_currency": ("", "Multi Currencies", ()),
    PRODUCTS: ("Products", "Create", (USER,)),
    "product.group_product_pricelist": ("", "Basic Pricelists", ()),
    "product.group_product_variant": ("", "Manage Product Variants", ()),
    "uom.group_uom": ("", "Manage Multiple Units of Measure", ()),
    SELLER: ("Sales", "User: Own Documents Only", (USER,)),
    ALL_LEADS: ("Sales", "User: All Documents", (SELLER,)),
    SALES: ("Sales", "Administrator", (ALL_LEADS,)),
    READONLY: ("", "Show Accounting Features - Readonly", (USER,)),
    INVOICING: ("Accounting", "Invoicing", (USER,)),
    "account.group_account_basic": ("Accounting", "Bank", (INVOICING,)),
    "account.group_account_user": ("", "Show Full Accounting Features", (INVOICING, READONLY)),
    ACCOUNTS: ("Accounting", "Administrator", ("account.group_account_basic",)),
    STOCK: ("Inventory", "User", (USER,)),
    STOCK_ADMIN: ("Inventory", "Administrator", (STOCK,)),
    "stock.group_stock_multi_locations": ("", "Manage Multiple Stock Locations", ()),
    "stock.group_stock_multi_warehouses": ("", "Manage Multiple Warehouses", ()),
}
ADMINISTRATOR = (
    SYSTEM, CONTACTS, PRODUCTS, SALES, ACCOUNTS, STOCK_ADMIN, "product.group_product_variant",
    "base.group_multi_company",
)  # fmt: skip


def group_name(xid: str) -> str:
    privilege, name, _ = GROUPS[xid]
    return f"{privilege}/{name}" if privilege else name


def spaced_group_name(xid: str) -> str:
    privilege, name, _ = GROUPS[xid]
    return f"{privilege} / {name}" if privilege else name


def implied(xids: Any) -> set[str]:
    """The groups themselves and all that come with them."""
    found: set[str] = set()
    left = list(xids)
    while left:
        xid = left.pop()
        if xid not in found and xid in GROUPS:
            found.add(xid)
            left.extend(GROUPS[xid][2])
    return found


_ALL = "rwcd"
_PRODUCT = {USER: "r", PRODUCTS: _ALL}
_MOVE = {INVOICING: _ALL, READONLY: "r", SELLER: "r", STOCK: "r"}
_SETTING = {USER: "r", ACCOUNTS: _ALL}
_STOCK = {USER: "r", STOCK: "rwc", STOCK_ADMIN: _ALL}

# model -> group -> letters of read, write, create, delete
RIGHTS: dict[str, dict[str, str]] = {
    "res.partner": {USER: "r", CONTACTS: _ALL, SELLER: "rwc", SALES: "rwc", INVOICING: "rwc", STOCK: "r"},
    "res.partner.category": {USER: "r", CONTACTS: _ALL, SALES: _ALL},
    "res.country": {USER: "r", SYSTEM: _ALL, CONTACTS: _ALL},
    "res.country.state": {USER: "r", SYSTEM: _ALL, CONTACTS: _ALL},
    "res.currency": {USER: "r", SYSTEM: _ALL, ACCOUNTS: _ALL},
    "res.currency.rate": {USER: "r", SYSTEM: _ALL, ACCOUNTS: _ALL},
    "res.company": {USER: "r", ACCESS: _ALL},
    "res.lang": {USER: "r", SYSTEM: _ALL},
    "res.groups": {USER: "r", ACCESS: _ALL},
    "res.users": {USER: "r", ACCESS: _ALL},
    "res.users.apikeys": {USER: "r"},
    "res.users.apikeys.description": {USER: _ALL},
    "res.users.apikeys.show": {USER: "r"},
    "res.users.identitycheck": {USER: "rwc"},
    "ir.model": {USER: "r", ACCESS: "r", SYSTEM: _ALL},
    "ir.model.fields": {USER: "r", ACCESS: "r", SYSTEM: _ALL},
    "ir.model.data": {ACCESS: _ALL},
    "ir.config_parameter": {SYSTEM: _ALL},
    "ir.module.module": {USER: "r", SYSTEM: _ALL},
    "ir.sequence": {USER: "r", SYSTEM: _ALL},
    "uom.uom": _PRODUCT,
    "product.category": _PRODUCT,
    "product.template": _PRODUCT | {INVOICING: "r"},
    "product.product": _PRODUCT | {INVOICING: "r"},
    "product.attribute": _PRODUCT,
    "product.attribute.value": _PRODUCT,
    "product.template.attribute.line": _PRODUCT,
    "product.template.attribute.value": _PRODUCT,
    "product.pricelist": {USER: "r", PRODUCTS: _ALL, SALES: _ALL},
    "product.pricelist.item": {USER: "r", PRODUCTS: _ALL, SALES: _ALL},
    "account.tax": _SETTING | {SELLER: "r", INVOICING: "r"},
    "account.tax.group": _SETTING,
    "account.account": _SETTING | {INVOICING: "r"},
    "account.journal": {ACCOUNTS: _ALL, INVOICING: "r", READONLY: "r", SELLER: "r"},
    "account.payment.method.line": {ACCOUNTS: _ALL, INVOICING: "r"},
    "account.payment.term": _SETTING,
    "account.fiscal.position": _SETTING,
    "account.move": _MOVE,
    "account.move.line": _MOVE,
    "account.partial.reconcile": {INVOICING: _ALL, READONLY: "r"},
    "account.payment": {INVOICING: _ALL, READONLY: "r"},
    "account.payment.register": {INVOICING: "rwc"},
    "account.move.reversal": {INVOICING: "rwc"},
    "crm.team": {USER: "r", SALES: _ALL},
    "sale.order": {SELLER: "rwc", SALES: _ALL, INVOICING: "rw", STOCK: "rwc"},
    "sale.order.line": {SELLER: _ALL, SALES: _ALL, INVOICING: "rw", STOCK: "rwc"},
    "sale.advance.payment.inv": {SELLER: "rwc"},
    "stock.warehouse": {USER: "r", STOCK_ADMIN: _ALL},
    "stock.location": {USER: "r", STOCK_ADMIN: _ALL},
    "stock.picking.type": {USER: "r", STOCK_ADMIN: _ALL},
    "stock.picking": _STOCK | {SELLER: "rwc"},
    "stock.move": _STOCK | {SELLER: "rwc"},
    "stock.quant": {USER: "r", STOCK: "r", STOCK_ADMIN: _ALL},
}

Rule = Callable[[Any], list[Any]]


def _own(field: str) -> Rule:
    return lambda env: ["|", (field, "=", env.uid), (field, "=", False)]


def _own_invoices(env: Any) -> list[Any]:
    ours = ["|", ("invoice_user_id", "=", env.uid), ("invoice_user_id", "=", False)]
    return ["&", ("move_type", "in", ["out_invoice", "out_refund"]), *ours]


def _everything(env: Any) -> list[Any]:
    return []


# model -> (group, what its members may reach); those of several groups add up
RULES: dict[str, list[tuple[str, Rule]]] = {
    "sale.order": [(SELLER, _own("user_id")), (ALL_LEADS, _everything)],
    "sale.order.line": [(SELLER, _own("salesman_id")), (ALL_LEADS, _everything)],
    "account.move": [
        (SELLER, _own_invoices),
        (ALL_LEADS, _everything),
        (INVOICING, _everything),
        (READONLY, _everything),
    ],
}

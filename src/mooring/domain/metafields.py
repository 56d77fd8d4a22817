"""The metafields Mooring writes at Shopify: every address in one place.

They are app-owned (`$app:…`: no other app sees or changes them; staff may look), their definitions are made by API
before the first value, and imports never ask for them, so that our own writing cannot make a record look changed.
"""

from __future__ import annotations

from dataclasses import dataclass

from mooring.domain.mapping import MappedKind, SyncKind

NAMESPACE = "$app:mooring"


@dataclass(frozen=True, slots=True)
class Definition:
    owner: str
    key: str
    type: str
    name: str
    description: str


ENGAGEMENT: dict[str, Definition] = {
    one.key: one
    for one in (
        Definition("CUSTOMER", "last_open_at", "date_time", "Last open", "When a message was last opened."),
        Definition("CUSTOMER", "last_click_at", "date_time", "Last click", "When an e-mail's link was last clicked."),
        Definition(
            "CUSTOMER", "last_sms_click_at", "date_time", "Last SMS click", "When an SMS's link was last clicked."
        ),
        Definition("CUSTOMER", "total_messages", "number_integer", "Total messages", "How many messages were sent."),
        Definition("CUSTOMER", "rfm", "single_line_text_field", "RFM group", "Recency, frequency, money."),
    )
}
"""By the name of the hub edit whose value it carries."""

ALL: tuple[Definition, ...] = tuple(ENGAGEMENT.values())

ODOO_ID, ODOO_DATABASE, INVOICE_ID = "odoo_id", "odoo_database", "invoice_id"
OWNERS: dict[MappedKind, str] = {
    MappedKind.CUSTOMER: "CUSTOMER",
    MappedKind.PRODUCT: "PRODUCT",
    MappedKind.VARIANT: "PRODUCTVARIANT",
    MappedKind.ORDER: "ORDER",
}
"""Shopify has no metafields on addresses and order lines: those are found by what they belong to."""
_RECORD = {"CUSTOMER": "customer", "PRODUCT": "product", "PRODUCTVARIANT": "variant", "ORDER": "order"}


def _mapping(kind: MappedKind) -> tuple[Definition, ...]:
    owner = OWNERS[kind]
    what = _RECORD[owner]
    found = (
        Definition(owner, ODOO_ID, "number_integer", "Odoo id", f"Which record in Odoo this {what} is."),
        Definition(owner, ODOO_DATABASE, "single_line_text_field", "Odoo database", "In which Odoo database that is."),
    )
    if kind is not MappedKind.ORDER:
        return found
    return (*found, Definition(owner, INVOICE_ID, "list.number_integer", "Odoo invoices", "Its invoices in Odoo."))


MAPPING: dict[SyncKind, tuple[Definition, ...]] = {
    SyncKind.CUSTOMERS: _mapping(MappedKind.CUSTOMER),
    SyncKind.PRODUCTS: (*_mapping(MappedKind.PRODUCT), *_mapping(MappedKind.VARIANT)),
    SyncKind.ORDERS: _mapping(MappedKind.ORDER),
}
"""The third home of the mapping."""
WRITE_SCOPES: dict[SyncKind, str] = {
    SyncKind.CUSTOMERS: "write_customers",
    SyncKind.PRODUCTS: "write_products",
    SyncKind.ORDERS: "write_orders",
}
"""Without it the kind does without that home: two suffice."""
EVERY: tuple[Definition, ...] = (*ALL, *(one for kind in MAPPING.values() for one in kind))
AT_ONCE = 25
"""Shopify takes so many values in one call, all or none."""

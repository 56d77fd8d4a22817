"""What the kinds of the mapping, and what a rebuild or a check found of them, are called for people."""

from __future__ import annotations

from mooring.domain.mapping import MappedKind

PLURAL: dict[MappedKind, str] = {
    MappedKind.CUSTOMER: "customers",
    MappedKind.ADDRESS: "addresses",
    MappedKind.PRODUCT: "products",
    MappedKind.VARIANT: "variants",
    MappedKind.ORDER: "orders",
    MappedKind.ORDER_LINE: "order lines",
}
STATES = {
    "matched": "Matched",
    "ambiguous": "Ambiguous",
    "unmatched": "No match",
    "accepted": "Linked",
    "undone": "Taken back",
}
"""Of a record in a rebuild."""
FOUND_BY = {
    "external_id": "by its external id in Odoo",
    "metafield": "by its metafield at Shopify",
    "reference": "by its reference",
    "email": "by its e-mail",
    "barcode": "by its barcode",
    "sku": "by its SKU",
    "address": "by its address",
    "name": "by its name",
    "sequence": "by its place in the order",
    "person": "chosen by hand",
}
VERIFIED = {
    "agree": "Agree",
    "missing_in_odoo": "Missing in Odoo",
    "missing_here": "Missing here",
    "not_planted": "Without external id",
    "elsewhere": "External id leads elsewhere",
    "other_database": "Of another database",
    "doubled": "Shared in Odoo",
    "orphan": "Orphans in Odoo",
    "other_total": "Orders of another total",
    "invoice_missing": "Invoices missing in Odoo",
    "invoice_unknown": "Invoices unknown here",
    "invoiced_too_much": "Invoiced too much",
}
"""What a check of the mapping can find, in the order of its page."""


def plural(kind: str) -> str:
    """Of a mapped kind by its name; a name nobody knows stands for itself."""
    return PLURAL[MappedKind(kind)] if kind in set(MappedKind) else kind

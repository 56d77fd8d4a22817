"""What is said of records that need a person, or that Odoo refused. No sentence names anybody."""

from __future__ import annotations

from mooring.domain.mapping import MappedKind
from mooring.domain.plan import Ambiguous, Differences

_NOUNS = {
    MappedKind.CUSTOMER: ("contact", "contacts"),
    MappedKind.ADDRESS: ("contact", "contacts"),
    MappedKind.PRODUCT: ("product", "products"),
    MappedKind.VARIANT: ("variant", "variants"),
    MappedKind.ORDER: ("order", "orders"),
    MappedKind.ORDER_LINE: ("order line", "order lines"),
}
_SHARED = {
    "reference": "carry our reference of it",
    "email": "have this e-mail address",
    "address": "say this address",
    "barcode": "have this barcode",
    "sku": "have this SKU",
    "name": "have this name, and neither SKU nor barcode to tell them by",
}
_CHOOSE = "Choose which one it is, or have a new one created."
FIELDS = {
    "name": "name", "company_name": "company", "email": "e-mail", "phone": "phone", "street": "street",
    "street2": "second line of the street", "city": "city", "zip": "postal code", "country_id": "country",
    "state_id": "state", "ref": "reference", "list_price": "price", "sale_ok": "whether it is for sale",
    "description_sale": "description", "default_code": "SKU", "barcode": "barcode", "weight": "weight",
    "partner_id": "customer", "partner_invoice_id": "invoice address", "partner_shipping_id": "delivery address",
    "pricelist_id": "pricelist", "warehouse_id": "warehouse", "client_order_ref": "reference", "origin": "source",
    "date_order": "date", "product_id": "product", "product_uom_qty": "quantity", "price_unit": "price",
    "discount": "discount", "tax_ids": "taxes",
}  # fmt: skip
MISSING = (
    "Missing in Odoo: the record it was mapped to is not there any more. Unlink it, choose another one, or have it "
    "created again."
)
BARCODE = (
    "Odoo has this barcode at another product, and keeps each barcode once, so it was left out here. Give each variant "
    "a barcode of its own in Shopify, or keep it as it is in Odoo."
)
UNLINKED = (
    "It was unlinked by hand from this record of Odoo, which is the one that was found again. Link it again, choose "
    "another one, or have a new one created."
)
PARTLY = (
    "Some of its variants are in Odoo and some are not. Choose the product it is, or have those that are missing "
    "created as products of their own."
)


def field_label(name: str) -> str:
    return FIELDS.get(name, name)


def ambiguous(kind: MappedKind, found: Ambiguous) -> str:
    if found.by == "missing":
        return MISSING
    if found.by == "partly":
        return PARTLY
    if found.by == "unlinked":
        return UNLINKED
    one, many = _NOUNS[kind]
    count = len(found.candidates)
    if count == 1:
        return f"A {one} in Odoo may be this one, but it is not certain: {_doubt(found.by)} {_CHOOSE}"
    return f"{count} {many} in Odoo {_SHARED[found.by]}. {_CHOOSE}"


_DOUBTS = {
    "email": "the e-mail address stands on an address below another contact.",
    "barcode": "several variants of this store have the same barcode.",
    "sku": "several variants of this store have the same SKU.",
    "name": "they share no more than their name.",
}


def _doubt(by: str) -> str:
    return _DOUBTS.get(by, "more than one record of this store may be meant.")


def differing(found: Differences) -> str:
    """Which fields, never what they say."""
    names = [field_label(name) for name in found]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    verb = "differs" if len(names) == 1 else "differ"
    return f"{listed[:1].upper()}{listed[1:]} {verb} between Odoo and Shopify. Odoo's is kept until somebody decides."

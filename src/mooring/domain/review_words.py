"""Every cause for which something waits in Needs review, explained: of orders (`order_causes`), and of any kind of
record those that a plan finds (`plan`)."""

from __future__ import annotations

from enum import StrEnum

from mooring.domain.order_causes import WORDS, Cause, Words

_CHOOSE = "Choose which one it is, or have a new one created."

PLANNED: dict[str, Words] = {
    "missing": Words(
        "Missing in Odoo",
        "The record it was mapped to is not in Odoo any more. Nothing is made again unasked.",
        "Have it created again, choose the record it is, or unlink it.",
    ),
    "unlinked": Words(
        "Unlinked by hand",
        "Somebody unlinked it from the record of Odoo that was found again.",
        _CHOOSE,
    ),
    "reference": Words("Several carry our reference", "Several records of Odoo carry our reference of it.", _CHOOSE),
    "email": Words("Same e-mail address", "A contact in Odoo with this e-mail address may be this one.", _CHOOSE),
    "address": Words("Same address", "Several contacts in Odoo say this address.", _CHOOSE),
    "barcode": Words(
        "Same barcode",
        "Products in Odoo with this barcode may be this one, or keep Odoo from taking it a second time.",
        "Choose which one it is, or give each variant a barcode of its own in Shopify.",
    ),
    "sku": Words("Same SKU", "Products in Odoo with this SKU may be this one.", _CHOOSE),
    "name": Words("Same name", "Products in Odoo share its name, and nothing that tells them apart.", _CHOOSE),
    "partly": Words(
        "Some variants are in Odoo",
        "Some of its variants are in Odoo and some are not.",
        "Choose the product it is, or have those that are missing created as products of their own.",
    ),
    "differs": Words(
        "Both sides differ",
        "Fields were changed in Odoo and in Shopify. Odoo's values are kept until somebody decides.",
        "Take Shopify's values or keep Odoo's.",
    ),
}
"""Causes that a plan finds, of records of any kind."""
_OTHER = Words("Needs a look", "It waits for a person.", "Open it to see why.")


def explained(cause: str | None) -> Words:
    """`odoo` is said of records that failed, too: they are in another tab."""
    if cause in list(Cause):
        return WORDS[Cause(cause)]
    return PLANNED.get(cause or "", _OTHER)


class Place(StrEnum):
    """Where a cause is mended in Mooring."""

    TAXES = "taxes"
    PRICELISTS = "pricelists"
    JOURNALS = "journals"
    SERVICES = "services"
    PRODUCTS = "products"
    CUSTOMERS = "customers"


_PLACES: dict[str, Place] = {
    Cause.TAX: Place.TAXES,
    Cause.TAX_CHANNEL: Place.TAXES,
    Cause.TOTAL: Place.TAXES,
    Cause.CURRENCY: Place.PRICELISTS,
    Cause.GATEWAY: Place.JOURNALS,
    Cause.SERVICE_PRODUCT: Place.SERVICES,
    Cause.PRODUCT_MISSING: Place.PRODUCTS,
    Cause.AMBIGUOUS_PRODUCT: Place.PRODUCTS,
    Cause.CUSTOMER_MISSING: Place.CUSTOMERS,
}


def place_of(cause: str | None) -> Place | None:
    """None where it is mended in Odoo, or decided where it is shown."""
    return _PLACES.get(cause or "")

"""What the mapping is made of: kinds, external ids, reference fields, and where else a pair is written down.

A pair (Shopify record, Odoo record) has three homes that can rebuild each other: Mooring's table `mappings`; an
external id in Odoo (a row of `ir.model.data`); a metafield in Shopify. `HOMES` lists them in one place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

MODULE = "mooring"
_NAME = re.compile(r"s(\d+)\.([a-z_]+)\.(\d+)")


class SyncKind(StrEnum):
    """What people choose to sync, to clear and to rebuild, in the order of a sync: orders need the other two."""

    CUSTOMERS = "customers"
    PRODUCTS = "products"
    ORDERS = "orders"

    @property
    def label(self) -> str:
        return self.value.capitalize()


class MappedKind(StrEnum):
    """What one row of the mapping stands for."""

    CUSTOMER = "customer"
    ADDRESS = "address"
    PRODUCT = "product"
    VARIANT = "variant"
    ORDER = "order"
    ORDER_LINE = "order_line"


MAPPED: dict[SyncKind, tuple[MappedKind, ...]] = {
    SyncKind.CUSTOMERS: (MappedKind.CUSTOMER, MappedKind.ADDRESS),
    SyncKind.PRODUCTS: (MappedKind.PRODUCT, MappedKind.VARIANT),
    SyncKind.ORDERS: (MappedKind.ORDER, MappedKind.ORDER_LINE),
}
"""What belongs to a kind: the records people see first, then what lives inside them."""

MODELS: dict[MappedKind, str] = {
    MappedKind.CUSTOMER: "res.partner",
    MappedKind.ADDRESS: "res.partner",
    MappedKind.PRODUCT: "product.template",
    MappedKind.VARIANT: "product.product",
    MappedKind.ORDER: "sale.order",
    MappedKind.ORDER_LINE: "sale.order.line",
}

HOMES = {
    "mooring": "The table of mappings in Mooring's own database",
    "odoo": "External ids in Odoo (Settings -> Technical -> External Identifiers, module mooring)",
    "shopify": "Metafields odoo_id, odoo_database and (of orders) invoice_id in Mooring's own namespace at Shopify",
}


def sync_kind(kind: MappedKind) -> SyncKind:
    return next(one for one, mapped in MAPPED.items() if kind in mapped)


@dataclass(frozen=True, slots=True)
class ExternalId:
    """The key Mooring plants in Odoo. It names the shop, not the store: who connects the same shop anew, or in another
    project, finds the same records."""

    shop_id: int
    kind: MappedKind
    shopify_id: int

    @property
    def name(self) -> str:
        """Within the module, as `ir.model.data` keeps it."""
        return f"s{self.shop_id}.{self.kind}.{self.shopify_id}"

    def __str__(self) -> str:
        """`mooring.s1.customer.5`, as `load()` takes it."""
        return f"{MODULE}.{self.name}"


def parsed(name: str) -> ExternalId | None:
    """The external id behind a name within the module; None for one that Mooring did not make."""
    found = _NAME.fullmatch(name)
    if found is None or found[2] not in set(MappedKind):
        return None
    return ExternalId(int(found[1]), MappedKind(found[2]), int(found[3]))


def pattern(shop_id: int, kind: MappedKind) -> str:
    """For Odoo's `=like`: every external id of a kind of a shop. `_` stands for any letter there unless it is
    escaped, and the dot behind the kind keeps `order` apart from `order_line`."""
    return f"s{shop_id}.{kind}.%".replace("_", r"\_")


SHARED: dict[SyncKind, tuple[str, ...]] = {
    SyncKind.PRODUCTS: ("attribute.%", r"attribute\_value.%"),
    SyncKind.ORDERS: ("service.%",),
}
"""For `=like`: external ids of what belongs to no shop, because every shop with a Size, or with shipping, shares it.
Those of attributes go with the last products that are mapped in a database, those of service products with the last
store whose orders are booked on any there."""


def reference(shop_id: int, customer_id: int) -> str:
    """What stands in `ref` of a contact that Mooring made."""
    return f"shopify:{shop_id}:{customer_id}"


def fingerprint(database: str, company_id: int) -> str:
    """Which database and company a mapping belongs to. `database`: its uuid, or address and name where the uuid may not
    be read."""
    return f"{database}/{company_id}"


def database_of(fingerprint: str) -> str:
    return fingerprint.rpartition("/")[0]

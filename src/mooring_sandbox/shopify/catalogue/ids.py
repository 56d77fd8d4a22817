"""Record ids that look like Shopify's: thirteen or fourteen digits, per shop, in order of creation.

The catalogue numbers its records from the start of a type's range; whatever is created later (by the merchant, a
mutation or a CSV file) is numbered from the middle of it by `State.next_id`, so the two can never meet.
"""

from __future__ import annotations

from functools import cache

from mooring_sandbox.shopify.state import State, gid

_BASE = {
    "Customer": 6_800_000_000_000, "Order": 5_400_000_000_000, "Product": 8_100_000_000_000,
    "ProductVariant": 44_100_000_000_000, "InventoryItem": 46_200_000_000_000, "InventoryLevel": 9_100_000_000_000,
    "Collection": 431_000_000_000, "Location": 71_000_000_000, "LineItem": 13_700_000_000_000,
    "ShippingLine": 4_500_000_000_000, "OrderTransaction": 6_600_000_000_000, "Refund": 880_000_000_000,
    "RefundLineItem": 540_000_000_000, "RefundShippingLine": 1_500_000_000_000, "OrderAdjustment": 310_000_000_000,
    "Fulfillment": 4_900_000_000_000, "FulfillmentLineItem": 11_200_000_000_000, "MailingAddress": 8_300_000_000_000,
    "MediaImage": 33_800_000_000_000, "ImageSource": 35_900_000_000_000, "ProductOption": 10_300_000_000_000,
    "ProductOptionValue": 3_400_000_000_000, "Domain": 122_000_000_000, "ShopAddress": 69_000_000_000,
}  # fmt: skip
_SHOPS, _ROOM = 97, 4_000_000_000
_STRIDE = {"Customer": 37, "Order": 41, "Product": 29}


def room(type_: str) -> int:
    """How many ids one shop has of a type."""
    return min(_ROOM, _BASE[type_] // (10 * _SHOPS))


@cache
def first(type_: str, shop_id: int) -> int:
    """Where a shop's ids of a type begin. Shops are apart as well, as they are at Shopify."""
    return _BASE[type_] + shop_id % _SHOPS * room(type_)


@cache
def _series(type_: str, shop_id: int) -> tuple[str, int, int]:
    return f"gid://shopify/{type_}/", first(type_, shop_id), _STRIDE.get(type_, 1)


def numbered(type_: str, shop_id: int, index: int) -> str:
    """The gid of the catalogue's record number `index`."""
    prefix, start, stride = _series(type_, shop_id)
    return f"{prefix}{start + index * stride}"


def fresh(state: State, shop_id: int, type_: str) -> str:
    """A gid for a record created after the catalogue, never given out before."""
    return gid(type_, state.next_id(f"{shop_id}:{type_}", first(type_, shop_id) + room(type_) // 2))

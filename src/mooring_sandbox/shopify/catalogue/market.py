"""What all orders of one shop share."""

from __future__ import annotations

from typing import NamedTuple

from mooring_sandbox.shopify.catalogue.basket import Shelf
from mooring_sandbox.shopify.catalogue.money import Exchange


class Market(NamedTuple):
    shop_id: int
    handle: str
    currency: str
    exchanges: dict[str, Exchange]
    """By country: what customers there pay in."""
    taxes_included: bool
    home: str
    """The country of the shop: what is bought over the counter is taxed there."""
    locations: tuple[str, ...]
    shelf: Shelf
    customers: int
    total: int
    as_of: int

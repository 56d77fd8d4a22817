"""Do one act by its name."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.merchant import checkout, collections, customers, orders, products, stock
from mooring_sandbox.shopify.merchant.desk import ACTS, Desk, Doc
from mooring_sandbox.shopify.state import State

__all__ = ["checkout", "collections", "customers", "orders", "perform", "products", "stock"]


def perform(state: State, shop_id: int, clock: Clock, name: str, arguments: dict[str, Any]) -> Doc:
    """All or nothing; listeners are told afterwards. Refusals are `ValueError`s, unknown records `LookupError`s."""
    if name not in ACTS:
        raise LookupError(f"there is no act {name!r}; there are {', '.join(sorted(ACTS))}")
    desk = Desk(state, shop_id, clock)
    with desk.acting():
        return ACTS[name](desk, **arguments)

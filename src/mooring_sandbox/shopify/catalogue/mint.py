"""Where ids come from: counted from the record's number in the catalogue, given out by the state afterwards."""

from __future__ import annotations

from collections.abc import Callable

from mooring_sandbox.shopify.catalogue import ids
from mooring_sandbox.shopify.state import State

Mint = Callable[[str], str]

_WIDTH = 16
"""How many ids of each type one order may use; its lines are at most six, its transactions fewer."""

_ORDER_ADDRESSES = 1_000_000_000
"""Customers' addresses are numbered below this, orders' copies from here."""


def counted(shop_id: int, index: int) -> Mint:
    """Ids of the parts of order number `index`: the same every time it is made."""
    used: dict[str, int] = {"MailingAddress": _ORDER_ADDRESSES}

    def mint(type_: str) -> str:
        at = used.get(type_, 0)
        used[type_] = at + 1
        return ids.numbered(type_, shop_id, index * _WIDTH + at)

    return mint


def fresh(state: State, shop_id: int) -> Mint:
    return lambda type_: ids.fresh(state, shop_id, type_)

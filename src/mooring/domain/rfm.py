"""RFM: how recently, how often and for how much a customer bought, and the group that follows.

Each of the three is scored from 1 to 5 by fifths of the store's own buyers: 5 is the best fifth. The group follows from
the score for recency and the mean of the other two, rounded half up. The names of the groups are Shopify's
(`CustomerRfmGroup` of the Admin API), and so is the method; the exact borders between the groups are ours:

             FM 1          FM 2          FM 3             FM 4               FM 5
    R 5      New           Active        Active           Champions          Champions
    R 4      Promising     Promising     Active           Loyal              Loyal
    R 3      Promising     Almost lost   Needs attention  Loyal              Loyal
    R 2      Dormant       Almost lost   At risk          At risk            Previously loyal
    R 1      Dormant       Dormant       At risk          Previously loyal   Previously loyal

Who never bought is a Prospect.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Group(StrEnum):
    CHAMPIONS = "Champions"
    LOYAL = "Loyal"
    ACTIVE = "Active"
    NEW = "New"
    PROMISING = "Promising"
    NEEDS_ATTENTION = "Needs attention"
    PREVIOUSLY_LOYAL = "Previously loyal"
    AT_RISK = "At risk"
    ALMOST_LOST = "Almost lost"
    DORMANT = "Dormant"
    PROSPECTS = "Prospects"


_G = Group
_GRID: dict[int, tuple[Group, Group, Group, Group, Group]] = {
    5: (_G.NEW, _G.ACTIVE, _G.ACTIVE, _G.CHAMPIONS, _G.CHAMPIONS),
    4: (_G.PROMISING, _G.PROMISING, _G.ACTIVE, _G.LOYAL, _G.LOYAL),
    3: (_G.PROMISING, _G.ALMOST_LOST, _G.NEEDS_ATTENTION, _G.LOYAL, _G.LOYAL),
    2: (_G.DORMANT, _G.ALMOST_LOST, _G.AT_RISK, _G.AT_RISK, _G.PREVIOUSLY_LOYAL),
    1: (_G.DORMANT, _G.DORMANT, _G.AT_RISK, _G.PREVIOUSLY_LOYAL, _G.PREVIOUSLY_LOYAL),
}


@dataclass(frozen=True, slots=True)
class Buyer:
    """`last_order_at` None: no order of theirs is visible, so the last one is older than every visible one."""

    orders: int
    spent: Decimal
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class Scale:
    """The buyers of a store, each dimension sorted."""

    recency: tuple[datetime, ...] = ()
    orders: tuple[int, ...] = ()
    spent: tuple[Decimal, ...] = ()


def scale(buyers: Iterable[Buyer]) -> Scale:
    known = [one for one in buyers if one.orders > 0]
    return Scale(
        tuple(sorted(one.last_order_at for one in known if one.last_order_at)),
        tuple(sorted(one.orders for one in known)),
        tuple(sorted(one.spent for one in known)),
    )


def group(buyer: Buyer, among: Scale) -> Group:
    if buyer.orders <= 0:
        return Group.PROSPECTS
    recency = 1 if buyer.last_order_at is None else _score(buyer.last_order_at, among.recency)
    often, much = _score(buyer.orders, among.orders), _score(buyer.spent, among.spent)
    return _GRID[recency][(often + much + 1) // 2 - 1]


def _score(value: Any, known: tuple[Any, ...]) -> int:
    """In which fifth a value stands: by the middle of those who are equal, so that ties share one score."""
    if not known:
        return 3
    middle = (bisect_left(known, value) + bisect_right(known, value)) / 2
    return min(5, int(5 * middle / len(known)) + 1)

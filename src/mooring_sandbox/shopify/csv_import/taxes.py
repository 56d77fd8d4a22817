"""Taxes of the order export: names with rates ("DE MwSt. 19%") and sums, given to the lines they are taxes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import Any

from mooring_sandbox.shopify.catalogue.basket import Row as Line
from mooring_sandbox.shopify.catalogue.money import Exchange, share
from mooring_sandbox.shopify.csv_import.reading import Row

Doc = dict[str, Any]
_MANY = 12
"""Orders of more lines are not searched for the goods of a reduced rate."""

_NAMED = re.compile(r"(?P<title>.*?)\s*\(?(?P<rate>\d+(?:[.,]\d+)?)\s?%\)?$")


def levy(
    row: Row, lines: list[Line], freight: list[Line], taxes: int, exchange: Exchange, *, included: bool = False
) -> None:
    """Give every tax to the lines of which its rate makes what is told, to all goods rather than to some; where no
    lines do, to all that can bear it. Each line has its share by its price, so that they add up to what is told."""
    if not taxes:
        return
    bearers = [line for line in (*lines, *freight) if line.taxable and line.net] or [*lines, *freight]
    goods = [line for line in bearers if line in lines]
    for title, rate, amount in _told(row, taxes, sum(line.net or 1 for line in bearers), exchange.shop.code):
        some, before = _bearing(goods, bearers, rate, amount, included), 0
        weights = [line.net or 1 for line in some]
        for line, weight in zip(some, weights, strict=True):
            part = share(amount, weight, sum(weights), before)
            before += weight
            line.doc["taxLines"].append({
                "title": title, "rate": rate, "ratePercentage": round(rate * 100, 6), "priceSet": exchange.bag(part),
                "channelLiable": False,
            })  # fmt: skip


def _bearing(goods: list[Line], bearers: list[Line], rate: float, amount: int, included: bool) -> Sequence[Line]:
    """The export says neither whether shipping is taxed nor which goods have a reduced rate; the rate tells. What is
    told may be rounded once, or line by line: half a unit apart for each line, or exactly equal where lines are picked
    out, since among many choices some are near."""
    for some in (goods, bearers) if rate else ():
        if some and abs(sum(_tax(line.net, rate, included) for line in some) - amount) <= (len(some) + 1) // 2:
            return some
    for some in _picked(bearers) if rate else ():
        if sum(_tax(line.net, rate, included) for line in some) == amount:
            return some
    return bearers


def _picked(bearers: list[Line]) -> Iterator[Sequence[Line]]:
    for size in range(len(bearers) - 1, 0, -1) if len(bearers) <= _MANY else ():
        yield from combinations(bearers, size)


def _tax(net: int, rate: float, included: bool) -> int:
    """Half up, in minor units."""
    exact = Decimal(str(rate))
    return int((net * exact / (1 + exact if included else 1)).to_integral_value(ROUND_HALF_UP))


def _told(row: Row, taxes: int, base: int, code: str) -> list[tuple[str, float, int]]:
    """Title, rate and amount of each tax; one nameless tax where the named ones do not make the order's sum."""
    named = []
    for at in range(1, 6):
        amount, name = row.money(f"Tax {at} Value", code), row.text(f"Tax {at} Name")
        if amount and name:
            named.append((*_rate(name), amount))
    if sum(amount for *_, amount in named) == taxes:
        return named
    return [("Tax", round(taxes / base, 4), taxes)]


def _rate(name: str) -> tuple[str, float]:
    found = _NAMED.fullmatch(name)
    if not found:
        return name, 0.0
    return found["title"] or name, round(float(found["rate"].replace(",", ".")) / 100, 6)

"""Taxes of the order export: names with rates ("DE MwSt. 19%") and sums, spread over what they are taxes on."""

from __future__ import annotations

import re
from typing import Any

from mooring_sandbox.shopify.catalogue.basket import Row as Line
from mooring_sandbox.shopify.catalogue.money import Exchange, share
from mooring_sandbox.shopify.csv_import.reading import Row

Doc = dict[str, Any]

_NAMED = re.compile(r"(?P<title>.*?)\s*\(?(?P<rate>\d+(?:[.,]\d+)?)\s?%\)?$")


def levy(row: Row, lines: list[Line], freight: list[Line], taxes: int, exchange: Exchange) -> None:
    """Give every tax its share on each line, in proportion to the line's price, so that they add up to what is told."""
    if not taxes:
        return
    bearers = [line for line in (*lines, *freight) if line.taxable and line.net] or [*lines, *freight]
    weights = [line.net or 1 for line in bearers]
    for title, rate, amount in _told(row, taxes, sum(weights), exchange.shop.code):
        before = 0
        for line, weight in zip(bearers, weights, strict=True):
            part = share(amount, weight, sum(weights), before)
            before += weight
            line.doc["taxLines"].append({
                "title": title, "rate": rate, "ratePercentage": round(rate * 100, 6), "priceSet": exchange.bag(part),
                "channelLiable": False,
            })  # fmt: skip


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

"""Discounts of the catalogue's orders: codes, automatic and manual ones, allocated to lines to the cent."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.catalogue.basket import Row
from mooring_sandbox.shopify.catalogue.dice import Dice, weighted
from mooring_sandbox.shopify.catalogue.money import Exchange, share

Doc = dict[str, Any]

_DISCOUNTS = weighted(
    code_percentage=30, code_fixed=15, automatic=20, manual_line=10, manual_order=8, shipping=12, two=5
)
_CODES = ("WELCOME10", "SOMMER-2025", "FRIENDS&FAMILY", "été20", "BLACKFRIDAY", "LOYAL5")


def discount(dice: Dice, rows: list[Row], exchange: Exchange) -> list[Doc]:
    """Discount applications for about three orders in ten, allocated to the rows; shipping's own is allocated later."""
    if dice.random() > 0.3:
        return []
    kind = dice.one(_DISCOUNTS)
    if kind == "two":
        return [_automatic(dice, rows, exchange, 0), _fixed_code(dice, rows, exchange, 1)]
    return [_ONE[kind](dice, rows, exchange, 0)]


def application(index: int, kind: str, name: str, value: Doc, *, method: str = "ACROSS", selection: str = "ALL",
                target: str = "LINE_ITEM") -> Doc:  # fmt: skip
    """A discount application; `kind` is DiscountCode, Automatic or Manual. A code's name is its code."""
    titled = {"code": name} if kind == "DiscountCode" else {"title": name}
    return {
        "__typename": f"{kind}Application" if kind == "DiscountCode" else f"{kind}DiscountApplication",
        "index": index, "allocationMethod": method, "targetSelection": selection, "targetType": target,
        "value": value, **titled,
    }  # fmt: skip


def percentage(percent: float) -> Doc:
    return {"__typename": "PricingPercentageValue", "percentage": float(percent)}


def fixed(exchange: Exchange, amount: int) -> Doc:
    """A fixed value is told in the money the customer sees."""
    return {"__typename": "MoneyV2", **exchange.presentment.moneys[exchange.presented(amount)]}


def spread(rows: list[Row], index: int, amount: int, exchange: Exchange) -> None:
    """Allocate an amount over rows in proportion to what they still cost; the parts add up to it exactly."""
    nets = [row.net for row in rows]
    whole, before = sum(nets), 0
    for row, net in zip(rows, nets, strict=True):
        if net:
            row.take(index, share(min(amount, whole), net, whole, before), exchange)
        before += net


def percent_of(rows: list[Row], index: int, percent: int, exchange: Exchange) -> None:
    for row in rows:
        row.take(index, (row.net * percent + 50) // 100, exchange)


def _percent_code(dice: Dice, rows: list[Row], exchange: Exchange, index: int) -> Doc:
    percent = dice.one((5, 10, 15, 20, 33, 100))
    percent_of(rows, index, percent, exchange)
    return application(index, "DiscountCode", dice.one(_CODES), percentage(percent))


def _fixed_code(dice: Dice, rows: list[Row], exchange: Exchange, index: int) -> Doc:
    amount = dice.one((500, 1000, 2500))
    spread(rows, index, amount, exchange)
    return application(index, "DiscountCode", f"{dice.one(_CODES)}-{index}", fixed(exchange, amount))


def _automatic(dice: Dice, rows: list[Row], exchange: Exchange, index: int) -> Doc:
    """Only some lines are entitled, each gets its own."""
    percent = dice.one((10, 25, 50))
    percent_of(rows[: dice.between(1, len(rows))], index, percent, exchange)
    return application(index, "Automatic", "Mid-season sale", percentage(percent), method="EACH", selection="ENTITLED")


def _manual_line(dice: Dice, rows: list[Row], exchange: Exchange, index: int) -> Doc:
    row = dice.one(rows)
    amount = min(row.net, 300)
    row.take(index, amount, exchange)
    doc = application(index, "Manual", "Scratched", fixed(exchange, amount), method="ONE", selection="EXPLICIT")
    return {**doc, "description": "Scratched, agreed on the phone"}


def _manual_order(dice: Dice, rows: list[Row], exchange: Exchange, index: int) -> Doc:
    amount = dice.one((199, 700, 1234))
    spread(rows, index, amount, exchange)
    return {**application(index, "Manual", "Goodwill", fixed(exchange, amount)), "description": None}


def _shipping(dice: Dice, rows: list[Row], exchange: Exchange, index: int) -> Doc:
    return application(
        index, "DiscountCode", "FREESHIP", percentage(dice.one((50, 100))), method="EACH", target="SHIPPING_LINE"
    )


_ONE = {
    "code_percentage": _percent_code, "code_fixed": _fixed_code, "automatic": _automatic,
    "manual_line": _manual_line, "manual_order": _manual_order, "shipping": _shipping,
}  # fmt: skip

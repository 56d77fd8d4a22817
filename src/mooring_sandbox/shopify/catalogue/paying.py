"""How the catalogue's orders are paid at first: the transactions they start with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mooring_sandbox.shopify.catalogue.dice import Dice, stamp, weighted
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.payments import Sides, transaction

Doc = dict[str, Any]
Way = Callable[[Dice, Mint, Doc, Sides, str], list[Doc]]

_PAID = weighted(card=124, paypal=28, bank=8, cod=8, open=8, held=6, part=4, gift=10, void=1)


def pay(dice: Dice, mint: Mint, doc: Doc, channel: str, due: Sides, at: int) -> None:
    """Write the transactions an order of this cost starts with."""
    how = "gift" if channel == "pos" and dice.random() < 0.1 else "till" if channel == "pos" else dice.one(_PAID)
    doc["transactions"] = _WAYS[how](dice, mint, doc, due, stamp(at)) if due != (0, 0) else []
    doc["paymentGatewayNames"] = list(dict.fromkeys(t["gateway"] for t in doc["transactions"]))


def _sale(gateway: str) -> Way:
    def paid(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
        return [transaction(mint, doc, "SALE", gateway, due, at)]

    return paid


def _card(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
    """Sold at once, or authorised and captured; now and then a first attempt fails."""
    failed = (
        [transaction(mint, doc, "SALE", "shopify_payments", due, at, status="FAILURE")] if dice.random() < 0.03 else []
    )
    if dice.random() < 0.7:
        return [*failed, transaction(mint, doc, "SALE", "shopify_payments", due, at)]
    held = transaction(mint, doc, "AUTHORIZATION", "shopify_payments", due, at)
    return [*failed, held, transaction(mint, doc, "CAPTURE", "shopify_payments", due, at, parent=held["id"])]


def _held(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
    return [transaction(mint, doc, "AUTHORIZATION", "shopify_payments", due, at)]


def _void(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
    held = transaction(mint, doc, "AUTHORIZATION", "shopify_payments", due, at)
    return [held, transaction(mint, doc, "VOID", "shopify_payments", due, at, parent=held["id"])]


def _part(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
    """A deposit."""
    part = Sides(due.shop * 3 // 10, due.presentment * 3 // 10)
    return [transaction(mint, doc, "SALE", "manual", part, at)] if part != (0, 0) else []


def _gift(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
    """A gift card redeemed, the rest by card."""
    percent = dice.one((20, 50, 100))
    part = Sides(due.shop * percent // 100, due.presentment * percent // 100)
    rest = Sides(due.shop - part.shop, due.presentment - part.presentment)
    paid = (
        (gateway, amount) for gateway, amount in (("gift_card", part), ("shopify_payments", rest)) if amount != (0, 0)
    )
    return [transaction(mint, doc, "SALE", gateway, amount, at) for gateway, amount in paid]


def _open(dice: Dice, mint: Mint, doc: Doc, due: Sides, at: str) -> list[Doc]:
    gateway = dice.one(("manual", "Bank Deposit", "Cash on Delivery (COD)"))
    return [transaction(mint, doc, "SALE", gateway, due, at, status="PENDING")]


_WAYS: dict[str, Way] = {
    "card": _card, "paypal": _sale("paypal"), "bank": _sale("Bank Deposit"), "cod": _sale("Cash on Delivery (COD)"),
    "till": _sale("cash"), "open": _open, "held": _held, "part": _part, "gift": _gift, "void": _void,
}  # fmt: skip

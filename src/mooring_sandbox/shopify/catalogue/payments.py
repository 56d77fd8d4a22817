"""How orders are paid: transactions by gateway, and money paid back to where it came from."""

from __future__ import annotations

from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import currency, of_bag
from mooring_sandbox.shopify.catalogue.totals import read

Doc = dict[str, Any]

NAMES = {
    "shopify_payments": "Shopify Payments", "paypal": "PayPal", "manual": "Manual", "gift_card": "Gift card",
    "Cash on Delivery (COD)": "Cash on Delivery (COD)", "Bank Deposit": "Bank Deposit", "cash": "Cash",
}  # fmt: skip
MANUAL = frozenset({"manual", "Cash on Delivery (COD)", "Bank Deposit", "cash"})


class Sides(NamedTuple):
    """An amount on both sides of a money bag, in minor units."""

    shop: int
    presentment: int


def sides(bag: Doc) -> Sides:
    return Sides(of_bag(bag, "shopMoney"), of_bag(bag, "presentmentMoney"))


def total(order: Doc, name: str) -> Sides:
    """A total of a settled order, by its field's name without `Set`."""
    found = read(order, name)
    return sides(found) if found else Sides(0, 0)


def bag(order: Doc, amount: Sides) -> Doc:
    """A money bag in an order's two currencies."""
    shop, presentment = order["currencyCode"], order["presentmentCurrencyCode"]
    if shop == presentment:
        return currency(shop).bags[amount.shop]
    return {
        "shopMoney": currency(shop).moneys[amount.shop],
        "presentmentMoney": currency(presentment).moneys[amount.presentment],
    }


def transaction(
    mint: Mint, order: Doc, kind: str, gateway: str, amount: Sides, at: str, *, status: str = "SUCCESS",
    parent: str | None = None,
) -> Doc:  # fmt: skip
    """A transaction, not yet part of the order."""
    doc: Doc = {
        "id": mint("OrderTransaction"), "kind": kind, "status": status, "gateway": gateway,
        "formattedGateway": NAMES.get(gateway, gateway), "amountSet": bag(order, amount), "createdAt": at,
        "processedAt": at, "test": order["test"], "manualPaymentGateway": gateway in MANUAL,
    }  # fmt: skip
    if parent:
        doc["parentTransactionId"] = parent
    if gateway == "shopify_payments":
        doc["paymentDetails"] = {"__typename": "CardPaymentDetails", "company": "Visa", "number": "•••• •••• •••• 4242",
                                 "paymentMethodName": "card"}  # fmt: skip
    return doc


def received(order: Doc) -> list[Doc]:
    """The transactions that brought money in."""
    return [t for t in order["transactions"] if t["kind"] in {"SALE", "CAPTURE"} and t["status"] == "SUCCESS"]


def refundable(order: Doc) -> Sides:
    """What came in and has not gone back."""
    return total(order, "netPayment")


def pay_back(mint: Mint, order: Doc, amount: Sides, at: str) -> list[Doc]:
    """Refund transactions for an amount, each to the payment it came from, the latest payment first."""
    made, (shop, presentment) = [], amount
    for paid in reversed(received(order)):
        left = _left(order, paid)
        part = Sides(min(shop, left.shop), min(presentment, left.presentment))
        if part != (0, 0):
            made.append(transaction(mint, order, "REFUND", paid["gateway"], part, at, parent=paid["id"]))
            shop, presentment = shop - part.shop, presentment - part.presentment
    if shop or presentment:
        raise ValueError(f"order {order['name']} has not received what is to be refunded")
    return made


def _left(order: Doc, paid: Doc) -> Sides:
    shop, presentment = sides(paid["amountSet"])
    for other in order["transactions"]:
        if (
            other.get("parentTransactionId") == paid["id"]
            and other["kind"] == "REFUND"
            and other["status"] == "SUCCESS"
        ):
            back = sides(other["amountSet"])
            shop, presentment = shop - back.shop, presentment - back.presentment
    return Sides(shop, presentment)

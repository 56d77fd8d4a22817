"""What the order export says happened: paid, sent, paid back, cancelled."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.catalogue import fulfilment, refunds
from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import currency
from mooring_sandbox.shopify.catalogue.payments import Sides, total, transaction
from mooring_sandbox.shopify.catalogue.totals import settle
from mooring_sandbox.shopify.csv_import.reading import Row

Doc = dict[str, Any]

_FINANCIAL = {status: status for status in (
    "paid", "pending", "authorized", "partially_paid", "partially_refunded", "refunded", "voided", "expired", "unpaid",
)}  # fmt: skip
_FULFILMENT = {status: status for status in ("fulfilled", "partial", "unfulfilled", "pending", "restocked", "null")}
_GATEWAYS = {
    "shopify payments": "shopify_payments", "paypal express checkout": "paypal", "paypal": "paypal",
    "manual": "manual", "gift card": "gift_card", "bogus": "bogus",
}  # fmt: skip


def live(head: Row, rows: list[Row], order: Doc, mint: Mint, location: str) -> None:
    """Pay, send, pay back and cancel a settled order as its first row tells."""
    status = head.choice("Financial Status", _FINANCIAL, "paid")
    back = head.money("Refunded Amount", order["currencyCode"]) or 0
    _pay(head, order, mint, status)
    settle(order)
    _send(head, rows, order, mint, location)
    _take_back(head, order, mint, location, back if back or status != "refunded" else total(order, "netPayment").shop)
    settle(order)
    _stamp(head, order)


def _pay(row: Row, order: Doc, mint: Mint, status: str) -> None:
    due, at = total(order, "totalPrice").shop, row.moment("Paid at") or order["createdAt"]
    told = row.text("Payment Method")
    gateway = _GATEWAYS.get(told.casefold(), told) if told else "manual"
    order["paymentGatewayNames"] = [gateway] if due else []
    if status == "partially_paid":
        due -= min(due, row.money("Outstanding Balance", order["currencyCode"]) or 0)
    if not due:
        return
    kind = "AUTHORIZATION" if status in {"authorized", "voided", "expired"} else "SALE"
    state = "PENDING" if status in {"pending", "unpaid"} else "SUCCESS"
    first = transaction(mint, order, kind, gateway, Sides(due, due), at, status=state)
    if payment := row.text("Payment ID", "Payment Reference"):
        first["paymentId"] = payment
    order["transactions"].append(first)
    if status in {"voided", "expired"}:
        order["transactions"].append(transaction(mint, order, "VOID", gateway, Sides(due, due), at, parent=first["id"]))


def _send(head: Row, rows: list[Row], order: Doc, mint: Mint, location: str) -> None:
    """All of a fulfilled order, of a partly fulfilled one the lines that say so."""
    status = head.choice("Fulfillment Status", _FULFILMENT, "unfulfilled")
    lines = [row for row in rows if row.text("Lineitem name")]
    sent = [
        status == "fulfilled" or row.choice("Lineitem fulfillment status", _FULFILMENT, "") == "fulfilled"
        for row in lines
    ]
    units = {line["id"]: line["quantity"] for line, gone in zip(order["lineItems"], sent, strict=True) if gone}
    if units and status in {"fulfilled", "partial"}:
        fulfilment.ship(mint, order, units, head.moment("Fulfilled at") or order["createdAt"], location)


def _take_back(row: Row, order: Doc, mint: Mint, location: str, back: int) -> None:
    received, at = total(order, "totalReceived").shop, row.moment("Cancelled at")
    if back > received and not row.table.wrong_since(row.number):
        row.wrong("Refunded Amount", f"no more than was paid ({currency(order['currencyCode']).price(received)})")
    back = min(back, received)
    if at:
        refunds.cancel(mint, order, at, "OTHER", location, refund=back > 0, fee=received - back if back else 0)
    elif back and back == received == total(order, "totalPrice").shop:
        refunds.take_back(
            mint, order, refunds.everything(order), order["createdAt"], shipping=True, tip=True, location=location
        )
    elif back:
        refunds.give_back(mint, order, Sides(back, back), order["createdAt"])


def _stamp(row: Row, order: Doc) -> None:
    """The order was last touched by the last thing the export dates."""
    moments = [row.moment(column) for column in ("Paid at", "Fulfilled at", "Cancelled at")]
    order["updatedAt"] = max([order["createdAt"], *(moment for moment in moments if moment)])

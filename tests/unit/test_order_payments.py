"""What was paid for an order, and through which gateway."""

from __future__ import annotations

from typing import Any

import msgspec

from mooring.domain.order_causes import Cause
from mooring.domain.order_payments import by_journal, gateways, given_back, received, total, unassigned
from mooring.domain.records_orders import Order, Refund


def bag(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": "EUR"},
            "presentmentMoney": {"amount": "999", "currencyCode": "USD"}}  # fmt: skip


def paid(id_: int, kind: str, amount: str, gateway: str = "shopify_payments", **more: Any) -> dict[str, Any]:
    return {"id": f"gid://shopify/OrderTransaction/{id_}", "kind": kind, "status": "SUCCESS", "gateway": gateway,
            "processedAt": f"2026-11-01T10:00:{id_:02}Z", "amountSet": bag(amount)} | more  # fmt: skip


def order(*transactions: dict[str, Any]) -> Order:
    return msgspec.convert({"id": "", "transactions": list(transactions)}, Order)


def test_money_comes_in_by_sales_and_captures_that_succeeded() -> None:
    found = received(order(
        paid(1, "AUTHORIZATION", "10"), paid(2, "CAPTURE", "10"), paid(3, "SALE", "5", "gift_card"),
        paid(4, "SALE", "7", status="FAILURE"), paid(5, "SALE", "7", status="PENDING"), paid(6, "VOID", "10"),
        paid(7, "REFUND", "2"), paid(8, "SALE", "0"),
    ))  # fmt: skip
    assert [(one.transaction_id, str(one.amount), one.gateway) for one in found] == [
        (2, "10", "shopify_payments"), (3, "5", "gift_card"),
    ]  # fmt: skip
    assert total(found) == 15 and found[0].date == "2026-11-01"


def test_payments_stand_in_the_order_of_their_moments_in_utc() -> None:
    late = paid(1, "SALE", "1", processedAt="2026-11-01T12:30:00+02:00")
    early = paid(2, "SALE", "2", processedAt=None, createdAt="2026-11-01T10:00:00Z")
    assert [(one.transaction_id, one.at) for one in received(order(late, early))] == [
        (2, "2026-11-01T10:00:00Z"), (1, "2026-11-01T10:30:00Z"),
    ]  # fmt: skip


def test_change_is_taken_off_what_was_handed_over() -> None:
    parent = {"parentTransaction": {"id": "gid://shopify/OrderTransaction/1"}}
    told = [paid(1, "SALE", "50", "cash"), paid(2, "SALE", "20", "cash"), paid(3, "CHANGE", "7.5", "cash")]
    assert [str(one.amount) for one in received(order(*told))] == ["50", "12.5"]
    assert [str(one.amount) for one in received(order(*told[:2], told[2] | parent))] == ["42.5", "20"]
    assert [str(one.amount) for one in received(order(told[0], paid(3, "CHANGE", "7.5", "card")))] == ["50"]


def test_cash_rounding_is_part_of_what_moved() -> None:
    (one,) = received(order(paid(1, "SALE", "10.02", "cash", amountRoundingSet=bag("-0.02"))))
    assert (str(one.amount), str(one.rounding)) == ("10.00", "-0.02")


def test_what_went_back_is_told_by_the_refund() -> None:
    body = {"id": "", "transactions": [paid(1, "REFUND", "3"), paid(2, "REFUND", "3", status="PENDING"),
                                       paid(3, "SALE", "4")]}  # fmt: skip
    assert [str(one.amount) for one in given_back(msgspec.convert(body, Refund))] == ["3"]


def test_every_gateway_needs_a_journal() -> None:
    found = received(
        order(paid(1, "SALE", "1", " PayPal "), paid(2, "SALE", "2", "paypal"), paid(3, "SALE", "3", "Wire"))
    )
    missing = unassigned(found, {"paypal": 7})
    assert missing is not None and missing.cause is Cause.GATEWAY and missing.sentence.endswith("chosen for: Wire.")
    assert unassigned(found, {"paypal": 7, "wire": 8}) is None
    journals = by_journal(found, {"paypal": 7, "wire": 7})
    assert {journal: total(ones) for journal, ones in journals.items()} == {7: 6}


def test_gateways_are_listed_with_their_labels() -> None:
    told = order(paid(1, "SALE", "1", "gift_card", formattedGateway="Gift card"), paid(2, "SALE", "1", ""))
    assert gateways(told) == {"gift_card": "Gift card", "": "unnamed"}

"""The steps themselves: confirm, invoice, post, pay, cancel. Each is done once, and read back before the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mooring.domain.order_causes import Review
from mooring.domain.order_payments import Payment
from mooring.domain.order_standing import Act, Step
from mooring.usecases import book_orders_credit as credits
from mooring.usecases import odoo_gate
from mooring.usecases.book_orders_hand import Hand
from mooring.usecases.book_orders_wanted import Order

Do = Callable[[Hand, Order, Step], Review | None]


def do(hand: Hand, order: Order, step: Step) -> Review | None:
    """Why a person has to look after all, if so. Raises what calls to Odoo raise."""
    return _ACTS[step.act](hand, order, step)


def _confirm(hand: Hand, order: Order, _: Step) -> None:
    hand.call("sale.order", "action_confirm", {}, [order.odoo_id])
    set_date(hand, order)


def set_date(hand: Hand, order: Order) -> None:
    """Confirming makes the order one of today."""
    if order.booking.date_order:
        hand.write("sale.order", [order.odoo_id], {"date_order": order.booking.date_order})


def _invoice(hand: Hand, order: Order, _: Step) -> None:
    wish = {
        "advance_payment_method": "delivered",
        "sale_order_ids": [[6, 0, [order.odoo_id]]],
        "consolidated_billing": False,
    }
    hand.wizard("sale.advance.payment.inv", "create_invoices", wish, {})


def _post(hand: Hand, order: Order, step: Step) -> None:
    """On the day the order was placed, in UTC."""
    if day := order.booking.date_order[:10]:
        hand.write("account.move", step.on, {"invoice_date": day})
    hand.call("account.move", "action_post", {}, step.on)


def _pay(hand: Hand, order: Order, step: Step) -> None:
    if step.subject is None:
        _carry_over(hand, step)
        return
    payment = order.payment(step.subject)
    wish: dict[str, Any] = _payment(payment, order.wanted.journals) | {
        "amount": float(step.amount),
        "currency_id": order.entries[step.on[0]]["currency_id"][0],
    }
    if len(step.on) > 1:
        wish["group_payment"] = True
    context = {"active_model": "account.move", "active_ids": [*step.on]}
    hand.wizard("account.payment.register", "action_create_payments", wish, context)


def _carry_over(hand: Hand, step: Step) -> None:
    """The open item of a credit note is matched with the invoice."""
    invoice, credit = step.on
    job, domain = hand.job, [["move_id", "=", credit], ["display_type", "=", "payment_term"]]
    for row in odoo_gate.search_read(job.app, job.ticket, "account.move.line", domain, ["reconciled"]):
        if not row["reconciled"]:
            hand.call("account.move", "js_assign_outstanding_line", {"line_id": row["id"]}, [invoice])


def _payment(payment: Payment, journals: Mapping[str, int]) -> dict[str, Any]:
    said = {"communication": str(payment.transaction_id), "journal_id": journals[payment.gateway]}
    return said | ({"payment_date": payment.date} if payment.date else {})


def _cancel(hand: Hand, order: Order, _: Step) -> None:
    """Its draft invoice goes with it."""
    hand.call("sale.order", "action_cancel", {}, [order.odoo_id])


_ACTS: dict[Act, Do] = {
    Act.CONFIRM: _confirm,
    Act.INVOICE: _invoice,
    Act.POST: _post,
    Act.PAY: _pay,
    Act.CREDIT: credits.credit,
    Act.POST_CREDIT: credits.post,
    Act.PAY_CREDIT: _pay,
    Act.CANCEL: _cancel,
}

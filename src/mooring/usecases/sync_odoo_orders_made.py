"""Orders made up as they are to stand in Odoo, whatever stands there: booked, with who buys them and on what products;
or why they cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.order_booking import Booking
from mooring.domain.order_buyers import Buyer, Contact
from mooring.domain.order_causes import Cause, Review, review
from mooring.domain.order_rules import excluded, facts_of
from mooring.domain.records import number
from mooring.domain.translate_odoo import Tree
from mooring.domain.translate_odoo_order_rows import COMING, Header, order
from mooring.domain.translate_odoo_orders import Told, booking
from mooring.usecases import sync_odoo_buyers as buyers
from mooring.usecases.order_terms import OrderTerms
from mooring.usecases.sync_odoo_buyers import Wish
from mooring.usecases.sync_odoo_orders_hub import Hub
from mooring.usecases.sync_odoo_place import Job


@dataclass(slots=True)
class Made:
    """On its way through the plan. `excluded`: by which rule it is left out; `review`: why it cannot be booked;
    `tree`: its rows, where neither is so. `quiet`: they are known to be in Odoo just so."""

    told: Told
    booking: Booking | None = None
    wish: Wish | None = None
    buyer: Buyer | None = None
    tree: Tree | None = None
    excluded: str | None = None
    review: Review | None = None
    quiet: bool = False

    @property
    def id(self) -> int:
        return self.told.order_id


class Maker:
    def __init__(self, job: Job, hub: Hub, terms: OrderTerms, ours: frozenset[Key]) -> None:
        """`ours`: what was sent to be created and not answered."""
        self._job, self._hub, self._terms, self._ours = job, hub, terms, ours

    def orders(self) -> list[Made]:
        """Those that are still being read from Shopify are left out."""
        orders = [self._booked(told) for told in self._hub.told.values() if told.is_whole]
        self._find_buyers([one for one in orders if one.booking])
        for one in orders:
            self._put_together(one)
        return orders

    def _booked(self, told: Told) -> Made:
        """A rule decides on orders that are not in Odoo; one that is stays in our care."""
        one = Made(told)
        if (MappedKind.ORDER, told.order_id) not in {*self._hub.mapped, *self._ours}:
            one.excluded = excluded(self._terms.rule, facts_of(told.order))
        if one.excluded is None:
            made = booking(told, self._terms.terms)
            one.booking, one.review = (made, None) if isinstance(made, Booking) else (None, made)
        return one

    def _find_buyers(self, orders: Sequence[Made]) -> None:
        for one in orders:
            one.wish = self._wish(one)
        wishes = {one.id: one.wish for one in orders if one.wish and one.wish[1] != COMING}
        found = buyers.resolve(self._job, wishes) if wishes else {}
        for one in orders:
            who = found.get(one.id)
            if isinstance(who, Review):
                one.review = who
            elif one.wish:
                coming = Contact(COMING)
                one.buyer = who or Buyer(coming, coming, coming)

    def _wish(self, one: Made) -> Wish | None:
        """A customer who is not in the hub any more is a guest by now."""
        customer = number(one.told.order.customer.id) if one.told.order.customer else 0
        if customer in self._hub.waiting:
            one.review = review(Cause.CUSTOMER_MISSING)
            return None
        return one.told.order, self._hub.partners.get(customer)

    def _put_together(self, one: Made) -> None:
        if one.review or not one.booking or not one.buyer:
            return
        header, table = self._header(one.booking, one.buyer), self._terms.terms.taxes
        made = order(one.booking, header, self._hub.shelf, table, self._hub.lines_of(one.id))
        one.review, one.tree = (made, None) if isinstance(made, Review) else (None, made)

    def _header(self, made: Booking, buyer: Buyer) -> Header:
        partner, invoice, delivery = (one.id or COMING for one in buyer.all())
        return Header(
            partner, invoice, delivery, self._terms.pricelists[made.currency], self._terms.warehouse_id or 0
        )  # fmt: skip

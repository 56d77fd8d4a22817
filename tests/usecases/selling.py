"""Orders that live: sold, paid, edited, refunded, cancelled, deleted; put into the hub as an import would each time.

Tax is 10 % on top of prices in whole dollars, so that every amount is exact and a story need not reckon cents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import update

from mooring.db import records
from mooring.db.tables import orders as order_rows
from mooring.domain import records as r
from mooring.domain import records_orders as ro
from mooring.domain.translate_orders import LINE, ORDER, REFUND
from mooring.domain.translate_rows import Stamp
from mooring.usecases.context import App

BEGINNING = datetime(2026, 11, 1, 10, tzinfo=UTC)
RATE = Decimal("0.10")
CURRENCY, GATEWAY = "USD", "card"


@dataclass
class Item:
    """`quantity`: as ordered; `cut`: units that an edit took out; `back`: units that refunds took out."""

    id: int
    price: int
    quantity: int = 1
    variant: int | None = None
    cut: int = 0
    back: int = 0

    @property
    def booked(self) -> int:
        return self.quantity - self.cut

    @property
    def left(self) -> int:
        return self.booked - self.back


@dataclass
class Back:
    """A refund; `paid`: how much money went back."""

    id: int
    units: dict[int, int]
    shipping: bool
    paid: Decimal
    at: str


@dataclass
class Sale:
    """An order of a store. Its methods are what happens to it at Shopify; `put` brings it into the hub."""

    app: App
    store_id: str
    id: int
    items: list[Item]
    shipping: int = 0
    customer: int | None = None
    paid: list[Decimal] = field(default_factory=list[Decimal])
    backs: list[Back] = field(default_factory=list[Back])
    cancelled: bool = False
    changes: int = 0
    said: dict[str, Any] = field(default_factory=dict[str, Any])

    # -- money --------------------------------------------------------------------------------------------------------

    @property
    def total(self) -> Decimal:
        """After edits, before refunds."""
        return self._goods(one.price * one.booked for one in self.items) + self.shipping

    @property
    def current(self) -> Decimal:
        return self.total - sum((self.worth(back) for back in self.backs), Decimal(0))

    def worth(self, back: Back) -> Decimal:
        prices = {one.id: one.price for one in self.items}
        goods = self._goods(prices[id_] * units for id_, units in back.units.items())
        return goods + (self.shipping if back.shipping else 0)

    def _goods(self, amounts: Iterable[int]) -> Decimal:
        return sum(amounts) * (1 + RATE)

    # -- what happens at Shopify --------------------------------------------------------------------------------------

    def pay(self, amount: Decimal | None = None) -> Sale:
        """All that is owed by default."""
        self.paid.append(self.total - sum(self.paid, Decimal(0)) if amount is None else amount)
        return self

    def edit(self, line: int, cut: int) -> Sale:
        """So many units of a line are taken out, and nothing refunded."""
        self.items[line].cut += cut
        return self

    def refund(self, *units: int, shipping: bool = False, money: bool = True) -> Sale:
        """So many units of each line."""
        back = Back(self.id * 10 + len(self.backs), {}, shipping, Decimal(0), self._now())
        for one, count in zip(self.items, units, strict=False):
            if count:
                back.units[one.id] = count
                one.back += count
        back.paid = self.worth(back) if money else Decimal(0)
        self.backs.append(back)
        return self

    def cancel(self, *, refunded: bool = True) -> Sale:
        """All that is left of it goes back."""
        self.cancelled = True
        shipping = bool(self.shipping) and not any(back.shipping for back in self.backs)
        return self.refund(*(one.left for one in self.items), shipping=shipping, money=refunded)

    # -- into the hub -------------------------------------------------------------------------------------------------

    def put(self) -> Sale:
        self.changes += 1
        at = self._now()
        stamp = Stamp(self.store_id, at)
        with self.app.db.write() as connection:
            records.write_roots(connection, ORDER, self.store_id, [ORDER.row(self._order(at), stamp)])
            lines = [LINE.row(self._line(one, at), stamp) for one in self.items]
            records.write_children(connection, LINE, ORDER, self.store_id, lines, at)
            refunds = [REFUND.row(self._refund(back), stamp) for back in self.backs]
            records.write_refunds(connection, self.store_id, refunds)
            if self.backs:
                text = msgspec.json.encode(ro.OrderDetail(self._freight())).decode()
                records.save_details(connection, self.store_id, {self.id: text}, _moment(at))
        return self

    def delete(self) -> None:
        """At Shopify; the hub has heard of it."""
        mine = (order_rows.c.store_id == self.store_id, order_rows.c.shopify_id == self.id)
        with self.app.db.write() as connection:
            connection.execute(update(order_rows).where(*mine).values(deleted_at=_moment(self._now())))

    def _now(self) -> str:
        """Each change a minute after the one before."""
        return (BEGINNING + timedelta(minutes=self.changes)).isoformat().replace("+00:00", "Z")

    def _order(self, at: str) -> ro.Order:
        first = BEGINNING.isoformat().replace("+00:00", "Z")
        usual: dict[str, Any] = {
            "name": f"#{self.id}", "display_financial_status": "PAID", "processed_at": first, "created_at": first,
            "currency_code": CURRENCY, "presentment_currency_code": CURRENCY, "taxes_included": False,
        }  # fmt: skip
        tax = self.total - self.shipping - sum(one.price * one.booked for one in self.items)
        freight = self._freight()
        return ro.Order(
            id=f"gid://shopify/Order/{self.id}", updated_at=at, **usual | self.said,
            customer=r.Ref(f"gid://shopify/Customer/{self.customer}") if self.customer else None,
            cancelled_at=at if self.cancelled else None, cancel_reason="CUSTOMER" if self.cancelled else None,
            total_price_set=bag(self.total), current_total_price_set=bag(self.current),
            total_shipping_price_set=bag(Decimal(self.shipping)), tax_lines=(_vat(tax),) if tax else (),
            shipping_line=freight[0] if freight else None,
            transactions=tuple(self._payment(place, amount) for place, amount in enumerate(self.paid)),
            refunds=tuple(ro.RefundHead(id=f"gid://shopify/Refund/{back.id}") for back in self.backs),
        )  # fmt: skip

    def _line(self, one: Item, at: str) -> ro.Line:
        tax = one.price * one.quantity * RATE
        return ro.Line(
            id=f"gid://shopify/LineItem/{one.id}", updated_at=at, parent_id=f"gid://shopify/Order/{self.id}",
            title=f"Thing {one.id}", quantity=one.quantity, current_quantity=one.left,
            variant=r.Ref(f"gid://shopify/ProductVariant/{one.variant}") if one.variant else None,
            original_unit_price_set=bag(Decimal(one.price)), tax_lines=(_vat(tax),) if tax else (),
        )  # fmt: skip

    def _freight(self) -> tuple[ro.ShippingLine, ...]:
        if not self.shipping:
            return ()
        money = bag(Decimal(self.shipping))
        id_ = f"gid://shopify/ShippingLine/{self.id}"
        return (ro.ShippingLine(id=id_, title="Post", original_price_set=money, discounted_price_set=money),)

    def _payment(self, place: int, amount: Decimal) -> ro.Transaction:
        return _transaction(self.id * 100 + place, "SALE", amount, BEGINNING.isoformat())

    def _refund(self, back: Back) -> ro.Refund:
        freight = self._freight()[0].id if back.shipping else None
        return ro.Refund(
            id=f"gid://shopify/Refund/{back.id}", updated_at=back.at, parent_id=f"gid://shopify/Order/{self.id}",
            created_at=back.at, processed_at=back.at, total_refunded_set=bag(back.paid),
            refund_line_items=tuple(self._back(id_, units) for id_, units in back.units.items()),
            refund_shipping_lines=(
                ro.RefundShipping(id=f"gid://shopify/RefundShippingLine/{back.id}", shipping_line=r.Ref(freight),
                                  subtotal_amount_set=bag(Decimal(self.shipping)), tax_amount_set=bag(Decimal(0))),
            ) if freight else (),
            transactions=(_transaction(back.id * 100 + 99, "REFUND", back.paid, back.at),) if back.paid else (),
        )  # fmt: skip

    def _back(self, id_: int, units: int) -> ro.RefundLine:
        goods = Decimal(units * next(one.price for one in self.items if one.id == id_))
        return ro.RefundLine(
            quantity=units, restock_type="RETURN", line_item=r.Ref(f"gid://shopify/LineItem/{id_}"),
            subtotal_set=bag(goods), total_tax_set=bag(goods * RATE),
        )  # fmt: skip


def bag(amount: Decimal) -> r.Bag:
    money = r.Money(f"{amount:.2f}", CURRENCY)
    return r.Bag(money, money)


def _vat(amount: Decimal) -> ro.Tax:
    return ro.Tax("VAT", float(RATE), price_set=bag(amount))


def _transaction(id_: int, kind: str, amount: Decimal, at: str) -> ro.Transaction:
    return ro.Transaction(
        id=f"gid://shopify/OrderTransaction/{id_}", kind=kind, status="SUCCESS", gateway=GATEWAY,
        formatted_gateway="Card", created_at=at, processed_at=at, amount_set=bag(amount),
    )  # fmt: skip


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)

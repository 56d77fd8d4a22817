"""Orders as Shopify might have them, drawn from a seed, and what they cost by plain arithmetic.

Written without the code under test: whole minor units and fractions, each rule of Shopify's spelt out here once more.
Taxes are rounded half up on each line; discounts come off each line; what goes back of a line is its share, so that the
parts add up to the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

import msgspec

from mooring.domain import records_orders as ro
from mooring.domain.order_taxes import TaxEntry, TaxKey, percent_of
from mooring.domain.translate_odoo_orders import Terms, Told

ORDER_ID = 5_400_000_000_123
CURRENCIES = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
RATES: tuple[tuple[tuple[str, float], ...], ...] = (
    (), (("MwSt.", 0.19),), (("MwSt.", 0.07),), (("GST", 0.05), ("QST", 0.09975)), (("VAT", 0.0),),
    (("Texas State Tax", 0.0625), ("Austin City Tax", 0.01), ("Austin MTA Transit Tax", 0.01)),
)  # fmt: skip


def half_up(amount: Fraction) -> int:
    """Away from zero at the half."""
    whole = (abs(amount) * 2 + 1) // 2
    return int(whole if amount >= 0 else -whole)


@dataclass
class Sold:
    """A line of goods or of shipping, in minor units. `net`: after discounts, for all that was ordered. `left`: units
    that are still in the order; `cut`: units that an edit removed without a refund."""

    id: int
    unit: int
    quantity: int
    rates: tuple[tuple[str, float], ...]
    offs: list[int] = field(default_factory=list[int])
    left: int = 0
    cut: int = 0
    gift: bool = False
    variant: bool = True

    @property
    def net(self) -> int:
        return self.unit * self.quantity - sum(self.offs)

    def taxes(self, included: bool) -> list[int]:
        rates = [Fraction(str(rate)) for _, rate in self.rates]
        whole = 1 + sum(rates) if included else 1
        return [half_up(self.net * rate / whole) for rate in rates]


@dataclass
class Back:
    """A refund: units by line, shipping lines, and what is kept (or, below zero, given on top)."""

    id: int
    units: dict[int, int]
    shipping: bool
    kept: int
    value: int
    node: dict[str, Any]


@dataclass
class Made:
    """`total` and `current`: Shopify's, in minor units, in the words of its API."""

    currency: str
    included: bool
    lines: list[Sold]
    shipping: list[Sold]
    tip: int
    backs: list[Back] = field(default_factory=list[Back])

    @property
    def decimals(self) -> int:
        return CURRENCIES[self.currency]

    def cost(self, lines: Sequence[Sold]) -> int:
        return sum(one.net + (0 if self.included else sum(one.taxes(False))) for one in lines)

    @property
    def total(self) -> int:
        return self.cost(self.lines) + self.cost(self.shipping) + self.tip

    @property
    def current(self) -> int:
        return self.total - sum(back.value for back in self.backs)

    def bag(self, minor: int) -> dict[str, Any]:
        money = {"amount": text(minor, self.decimals), "currencyCode": self.currency}
        return {"shopMoney": money, "presentmentMoney": money}

    @property
    def told(self) -> Told:
        return self.told_with()

    def told_with(self, **said: Any) -> Told:
        """With fields of the order as the API names them."""
        order = self._record(ro.Order, self._order() | said)
        lines = [(one.id, self._record(ro.Line, self._line(one))) for one in self.lines]
        refunds = [(back.id, self._record(ro.Refund, back.node)) for back in self.backs]
        detail = self._record(ro.OrderDetail, {"shippingLines": [self._freight(one) for one in self.shipping]})
        return Told(ORDER_ID, order, lines, refunds, detail)

    def _record(self, kind: Any, node: dict[str, Any]) -> Any:
        return msgspec.convert(node, kind)

    def _order(self) -> dict[str, Any]:
        return {
            "id": "", "name": "#1001", "currencyCode": self.currency, "presentmentCurrencyCode": self.currency,
            "taxesIncluded": self.included, "processedAt": "2026-11-01T10:00:00Z",
            "totalPriceSet": self.bag(self.total), "currentTotalPriceSet": self.bag(self.current),
            "totalTipReceivedSet": self.bag(self.tip),
            "refunds": [{"id": f"gid://shopify/Refund/{back.id}"} for back in self.backs],
        }  # fmt: skip

    def _line(self, sold: Sold) -> dict[str, Any]:
        variant = {"id": f"gid://shopify/ProductVariant/{sold.id + 1}"} if sold.variant else None
        return {
            "id": "", "title": f"Tea {sold.id}", "quantity": sold.quantity, "currentQuantity": sold.left,
            "variant": variant, "isGiftCard": sold.gift, "originalUnitPriceSet": self.bag(sold.unit),
            "discountAllocations": [{"allocatedAmountSet": self.bag(off), "discountApplication": {"code": "TEN"}}
                                    for off in sold.offs],
            "taxLines": self._taxes(sold),
        }  # fmt: skip

    def _freight(self, sold: Sold) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/ShippingLine/{sold.id}", "title": "Standard", "isRemoved": False,
            "originalPriceSet": self.bag(sold.unit), "discountedPriceSet": self.bag(sold.net),
            "taxLines": self._taxes(sold),
        }  # fmt: skip

    def _taxes(self, sold: Sold) -> list[dict[str, Any]]:
        return [
            {"title": title, "rate": rate, "priceSet": self.bag(amount)}
            for (title, rate), amount in zip(sold.rates, sold.taxes(self.included), strict=True)
        ]

    # -- afterwards ----------------------------------------------------------------------------------------------------

    def take_back(self, units: dict[int, int], *, shipping: bool = False, kept: int = 0) -> None:
        """A refund of so many units of each line."""
        by_id = {one.id: one for one in self.lines}
        goods = [self._back(by_id[id_], count) for id_, count in units.items() if count]
        freight = [self._freight_back(one) for one in self.shipping] if shipping else []
        worth = sum(value for _, value in (*goods, *freight))
        node = {
            "id": "", "createdAt": "2026-11-05T09:00:00Z", "refundLineItems": [one for one, _ in goods],
            "refundShippingLines": [one for one, _ in freight],
            "orderAdjustments": [{"id": "gid://shopify/OrderAdjustment/1", "amountSet": self.bag(kept)}]
            if kept else [],
        }  # fmt: skip
        self.backs.append(Back(880 + len(self.backs), units, shipping, kept, worth - kept, node))

    def _back(self, sold: Sold, count: int) -> tuple[dict[str, Any], int]:
        gone = sold.quantity - sold.left
        sold.left -= count
        goods = share(sold.net, count, sold.quantity, gone)
        tax = sum(share(one, count, sold.quantity, gone) for one in sold.taxes(self.included))
        node = {
            "lineItem": {"id": f"gid://shopify/LineItem/{sold.id}"}, "quantity": count, "restockType": "RETURN",
            "subtotalSet": self.bag(goods), "totalTaxSet": self.bag(tax),
        }  # fmt: skip
        return node, goods + (0 if self.included else tax)

    def _freight_back(self, sold: Sold) -> tuple[dict[str, Any], int]:
        tax = sum(sold.taxes(self.included))
        node = {
            "id": "gid://shopify/RefundShippingLine/1", "subtotalAmountSet": self.bag(sold.net),
            "shippingLine": {"id": f"gid://shopify/ShippingLine/{sold.id}"}, "taxAmountSet": self.bag(tax),
        }  # fmt: skip
        return node, sold.net + (0 if self.included else tax)


def share(total: int, part: int, whole: int, before: int) -> int:
    return total * (before + part) // whole - total * before // whole


def text(minor: int, decimals: int) -> str:
    whole, rest = divmod(abs(minor), 10**decimals)
    return f"{'-' if minor < 0 else ''}{whole}" + (f".{rest:0{decimals}d}" if decimals else "")


# -- drawing -------------------------------------------------------------------------------------------------------


def drawn(seed: int, *, currency: str | None = None, included: bool | None = None) -> Made:
    """The order of this seed."""
    dice = Random(seed)
    chosen = currency or dice.choice(list(CURRENCIES))
    taxed = dice.random() < 0.5 if included is None else included
    lines = [_goods(dice, at, CURRENCIES[chosen]) for at in range(dice.randint(1, 5))]
    freight = [_parcel(dice, at) for at in range(dice.choice((0, 1, 1, 1, 2)))]
    made = Made(chosen, taxed, lines, freight, dice.choice((0, 0, 0, 300)))
    _discount(dice, lines)
    for _ in range(dice.choice((0, 0, 1, 1, 2))):
        _refund(dice, made)
    return made


def _goods(dice: Random, at: int, decimals: int) -> Sold:
    unit = dice.choice((0, 1, 990, 1999, 8900, dice.randint(1, 30_000)))
    quantity = dice.choice((1, 1, 1, 2, 3, 7, 12))
    unit = unit if decimals else unit // 10 * 10
    return Sold(700 + 10 * at, unit, quantity, dice.choice(RATES), left=quantity, gift=dice.random() < 0.05,
                variant=dice.random() < 0.85)  # fmt: skip


def _parcel(dice: Random, at: int) -> Sold:
    made = Sold(450 + at, dice.choice((0, 490, 595, 1490)), 1, dice.choice(RATES), left=1)
    if dice.random() < 0.2:
        made.offs.append(half_up(Fraction(made.net * dice.choice((50, 100, 33)), 100)))
    return made


def _discount(dice: Random, lines: list[Sold]) -> None:
    kind = dice.random()
    if kind < 0.3:
        percent = dice.choice((5, 10, 15, 33, 100))
        for line in lines:
            line.offs.append(half_up(Fraction(line.net * percent, 100)))
    elif kind < 0.6:
        _spread(lines, dice.choice((199, 500, 1234)))
    if dice.random() < 0.2:
        line = dice.choice(lines)
        line.offs.append(min(line.net, 300))


def _spread(lines: list[Sold], amount: int) -> None:
    nets, before = [line.net for line in lines], 0
    for line, net in zip(lines, nets, strict=True):
        if sum(nets):
            line.offs.append(share(min(amount, sum(nets)), net, sum(nets), before))
        before += net


def _refund(dice: Random, made: Made) -> None:
    units = {line.id: dice.randint(0, line.left) for line in made.lines}
    if dice.random() < 0.3:
        units = {line.id: line.left for line in made.lines}
    shipping = dice.random() < 0.3 and not any(back.shipping for back in made.backs)
    made.take_back(units, shipping=shipping)
    last = made.backs[-1]
    if last.value and dice.random() < 0.3:
        kept = min(last.value, 200)
        last.kept, last.value = kept, last.value - kept
        last.node["orderAdjustments"] = [{"id": "gid://shopify/OrderAdjustment/1", "amountSet": made.bag(kept)}]


def terms_for(*orders: Made, **more: Any) -> Terms:
    """A tax table in which everything is confirmed, each key a tax of its own; rates of 0 % are none."""
    keys = {key for made in orders for key in _keys(made)}
    table = {key: TaxEntry(key, at, key.percent, key.included, confirmed=True)
             for at, key in enumerate(sorted(keys, key=repr), 1)}  # fmt: skip
    usual: dict[str, Any] = {"price_decimals": max((2, *(made.decimals for made in orders)))}
    return Terms(table, dict(CURRENCIES), **usual | more)


def _keys(made: Made) -> set[TaxKey]:
    return {
        TaxKey(percent_of(rate), made.included, title.casefold())
        for one in (*made.lines, *made.shipping) for title, rate in one.rates if rate
    }  # fmt: skip


# -- what Odoo makes of lines --------------------------------------------------------------------------------------


def odoo_total(lines: Sequence[Any], table: dict[TaxKey, TaxEntry], decimals: int) -> Fraction:
    """Rounded per line, by fractions. Lines have quantity, price_unit, discount and taxes."""
    total = Fraction(0)
    for line in lines:
        unit = Fraction(10) ** -decimals
        raw = line.quantity * Fraction(line.price_unit) * (1 - Fraction(line.discount) / 100)
        start = half_up(raw / unit) * unit
        rates = [(Fraction(table[key].percent) / 100, table[key].included) for key in line.taxes]
        inside = sum((rate for rate, included in rates if included), Fraction(0))
        held = sum((half_up(start * rate / (1 + inside) / unit) * unit for rate, inc in rates if inc), Fraction(0))
        on_top = sum((half_up((start - held) * rate / unit) * unit for rate, inc in rates if not inc), Fraction(0))
        total += start + on_top
    return total

"""Which orders a rule takes and another one does not, in numbers: how many, how much money, which fiscal years."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from mooring.db.order_facts import Brief
from mooring.domain import order_rules
from mooring.domain.order_booking import plain
from mooring.domain.order_rules import OrderRule, fiscal_year
from mooring.domain.order_settings import Books
from mooring.domain.wording import counted

Money = dict[str, Decimal]


@dataclass(slots=True)
class Taken:
    """Orders, and what they cost in total, by currency."""

    count: int = 0
    money: Money = field(default_factory=dict[str, Decimal])

    def add(self, one: Brief) -> None:
        self.count += 1
        self.money[one.currency] = self.money.get(one.currency, Decimal(0)) + one.total

    @property
    def amounts(self) -> str:
        return ", ".join(f"{amount:,f} {currency}" for currency, amount in sorted(self.money.items()))

    @property
    def text(self) -> str:
        return f"{counted(self.count, 'orders')} ({self.amounts})" if self.money else counted(self.count, "orders")


@dataclass(frozen=True, slots=True)
class Year:
    """`more`: of the orders that the saved rule leaves out."""

    label: str
    taken: Taken
    more: Taken


@dataclass(slots=True)
class Count:
    old: OrderRule
    new: OrderRule
    books: Books
    taken: Taken = field(default_factory=Taken)
    more: Taken = field(default_factory=Taken)
    less: Taken = field(default_factory=Taken)
    years: dict[str, Year] = field(default_factory=dict[str, Year])
    reasons: dict[str, int] = field(default_factory=dict[str, int])

    def all(self, orders: Iterable[Brief]) -> None:
        for one in orders:
            self.add(one)

    def add(self, one: Brief) -> None:
        reason = order_rules.excluded(self.new, one.facts)
        before = order_rules.excluded(self.old, one.facts) is None
        if reason is not None:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
            if before:
                self.less.add(one)
            return
        for taken in (self.taken, self._year(one).taken) if before else (
            self.taken, self.more, self._year(one).taken, self._year(one).more,
        ):  # fmt: skip
            taken.add(one)

    def _year(self, one: Brief) -> Year:
        label = year_of(one, self.books)
        return self.years.setdefault(label, Year(label, Taken(), Taken()))


def year_of(one: Brief, books: Books) -> str:
    """The fiscal year of the company that it falls into."""
    if not one.facts.at:
        return "no date"
    return fiscal_year(date.fromisoformat(one.facts.at[:10]), books.last_month, books.last_day).label


def years_of(labels: str) -> str:
    return f"the fiscal years {labels}" if "," in labels else f"the fiscal year {labels}"


SLACK = 10
"""Orders by which what was shown may have moved since, or 1 % of them, as with a delete."""


def moved(shown: int, now: int) -> bool:
    return abs(now - shown) > max(SLACK, shown // 100)


def texts(money: Money) -> dict[str, str]:
    return {currency: plain(amount) for currency, amount in sorted(money.items())}

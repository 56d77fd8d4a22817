"""Exact money: whole minor units (cents, yen) inside, Shopify's decimal strings and money bags on the wire.

Shopify writes `MoneyV2.amount` as a decimal without padding ("15.0", "12.5", "9.99") and the older `Money` scalar
(`ProductVariant.price`) with two places ("15.00"). Nothing here ever passes through a float.

Bags and money objects are cached and therefore *shared* between documents: replace them, never change one in place.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Bag = dict[str, dict[str, str]]

_NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_CACHED = 20_000


def decimals(currency: str) -> int:
    """How many decimals a currency has (ISO 4217)."""
    return 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2


class _Cache(dict[Any, Any]):
    """Answers worth remembering: a look-up costs no call. Emptied when full, so that it stays small."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        if len(self) >= _CACHED:
            self.clear()
        made = self[key] = self._make(key)
        return made


class Currency:
    """One currency's minor units, read from and written to the wire."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.decimals = decimals(code)
        self.one = 10**self.decimals
        self.minors: dict[str, int] = _Cache(self._read)
        """1250 of "12.5". A finer amount than the currency has is an error, not something to round away."""
        self.moneys: dict[int, dict[str, str]] = _Cache(
            lambda minor: {"amount": self.text(minor), "currencyCode": code}
        )
        self.bags: dict[int, Bag] = _Cache(self._bag)
        """Money bags whose two sides are this currency."""

    def _read(self, amount: str) -> int:
        scaled = Decimal(amount) * self.one
        if scaled != (whole := int(scaled)):
            raise ValueError(f"{amount} has more decimals than {self.code}")
        return whole

    def _bag(self, minor: int) -> Bag:
        money = self.moneys[minor]
        return {"shopMoney": money, "presentmentMoney": money}

    def text(self, minor: int) -> str:
        """ "12.5" of 1250: `Decimal` on the wire, at least one decimal, no padding."""
        whole, rest = divmod(abs(minor), self.one)
        fraction = f"{rest:0{self.decimals}d}".rstrip("0") if rest else ""
        return f"{'-' if minor < 0 else ''}{whole}.{fraction or '0'}"

    def price(self, minor: int) -> str:
        """ "12.50" of 1250: the older `Money` scalar, always with two decimals."""
        return str((Decimal(minor) / self.one).quantize(Decimal("0.01")))


_currencies: dict[str, Currency] = {}


def currency(code: str) -> Currency:
    found = _currencies.get(code)
    return found if found is not None else _currencies.setdefault(code, Currency(code))


class Exchange:
    """A shop's currency and the one the customer paid in. `rate` is presentment per shop unit."""

    def __init__(self, shop: str, presentment: str | None = None, rate: str = "1") -> None:
        self.shop = currency(shop)
        self.presentment = currency(presentment or shop)
        self.same = self.shop is self.presentment
        self.rate = rate
        self._factor = Decimal(rate).scaleb(self.presentment.decimals - self.shop.decimals)

    def presented(self, minor: int) -> int:
        """Shop minor units in presentment minor units, half up, as one amount: sums add what was converted before."""
        return minor if self.same else int((minor * self._factor).to_integral_value(ROUND_HALF_UP))

    def bag(self, minor: int) -> Bag:
        return self.shop.bags[minor] if self.same else self.pair(minor, self.presented(minor))

    def pair(self, shop: int, presentment: int) -> Bag:
        if self.same:
            return self.shop.bags[shop]
        return {"shopMoney": self.shop.moneys[shop], "presentmentMoney": self.presentment.moneys[presentment]}


def of_bag(bag: Bag, side: str) -> int:
    """The minor units on one side of a bag: "shopMoney" or "presentmentMoney"."""
    money = bag[side]
    return currency(money["currencyCode"]).minors[money["amount"]]


def share(total: int, part: int, whole: int, before: int = 0) -> int:
    """What `part` of `whole` units carry of `total`, `before` units having theirs: shares add up to the total."""
    return total * (before + part) // whole - total * before // whole

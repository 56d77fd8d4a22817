"""Write a whole catalogue into the state: products, orders, then the customers with what their orders add up to.

Everything is made from the seed, written in chunks and forgotten, so memory stays flat: what is kept is one bounded
shelf of wares, the numbers of the products per collection rule, and four numbers per customer.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.catalogue import collections as sets
from mooring_sandbox.shopify.catalogue import customers, ids, orders, products, shop, taxes
from mooring_sandbox.shopify.catalogue.basket import Shelf, Ware
from mooring_sandbox.shopify.catalogue.dice import Dice
from mooring_sandbox.shopify.catalogue.market import Market
from mooring_sandbox.shopify.catalogue.money import Exchange, currency
from mooring_sandbox.shopify.state import State

Doc = dict[str, Any]

_CHUNK = 1000
_MOST = {"customers": 20_000_000, "orders": 20_000_000, "products": 400_000, "collections": 5_000}


@dataclass(frozen=True)
class Sizes:
    """How many records of each kind. Collections follow from the products unless told."""

    customers: int = 0
    orders: int = 0
    products: int = 0
    collections: int | None = None

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            wanted = getattr(self, name)
            if wanted is not None and not 0 <= wanted <= most:
                raise ValueError(f"{name} must be between 0 and {most:,}, not {wanted:,}")

    @property
    def sets(self) -> int:
        found = self.collections
        return found if found is not None else min(60, 4 + self.products // 25) if self.products else 0


def fill(
    state: State, shop_id: int, seed: int, sizes: Sizes, clock: Clock | None = None, *, as_of: datetime | None = None
) -> None:
    """Fill a shop that `State.add_shop` has added. Same seed, sizes and `as_of` (else the clock): the same bytes."""
    moment = as_of or (clock or Clock()).now()
    Filling(state, shop_id, seed, sizes, int(moment.timestamp())).run()


class Filling:
    """One run of `fill`."""

    def __init__(self, state: State, shop_id: int, seed: int, sizes: Sizes, as_of: int) -> None:
        self.state, self.shop_id, self.seed, self.sizes, self.as_of = state, shop_id, seed, sizes, as_of
        self.shop = state.shop(shop_id)
        self.money = currency(self.shop["currencyCode"])
        self.locations = shop.locations(self.shop, shop_id)
        self.shelf = Shelf()
        self.rules = sets.Rules()

    def run(self) -> None:
        self.state.put_many(self.shop_id, "Location", ((location, None) for location in self.locations))
        self._products()
        self._collections()
        self._customers(self._orders())

    def _products(self) -> None:
        dice = Dice(self.seed, "product")
        bench = products.Bench(self.shop_id, self.money, self._location_ids(), self.sizes.products, self.as_of)
        for numbers in _chunks(self.sizes.products):
            made = [products.product(dice, bench, number) for number in numbers]
            for number, each in zip(numbers, made, strict=True):
                self._stock_shelf(
                    each, bench.as_of - products.OLDEST + (2 * number + 1) * products.OLDEST // (2 * bench.total)
                )
                self.rules.see(number, each.product)
            self._put_products(made)

    def _put_products(self, made: list[products.Made]) -> None:
        put, shop_id = self.state.put_many, self.shop_id
        with self.state.transaction():
            put(shop_id, "Product", ((each.product, None) for each in made))
            put(shop_id, "ProductVariant", ((v, v["productId"]) for each in made for v in each.variants))
            put(shop_id, "InventoryItem", ((i, i["variantId"]) for each in made for i in each.items))
            self.state.embed_many(shop_id, (
                (each.product["id"], node["id"])
                for each in made for field in ("media", "options") for node in each.product[field]
            ))  # fmt: skip

    def _stock_shelf(self, made: products.Made, since: int) -> None:
        """The first variants of what is on sale."""
        product = made.product
        if product["status"] != "ACTIVE":
            return
        for variant, item in zip(made.variants[:20], made.items, strict=False):
            title = None if variant["title"] == "Default Title" else variant["title"]
            self.shelf.add(Ware(
                product["id"], variant["id"], product["title"], title, variant["sku"], product["vendor"],
                _minor_price(variant["price"], self.money.decimals), int(item["measurement"]["weight"]["value"]),
                item["requiresShipping"],
                product["isGiftCard"], variant["taxable"], product["productType"] in taxes.REDUCED_TYPES,
            ), since)  # fmt: skip

    def _collections(self) -> None:
        made = sets.collections(Dice(self.seed, "collection"), self.shop_id, self.sizes.sets, self.rules, self.as_of)
        self.state.put_many(self.shop_id, "Collection", ((doc, None) for doc in made))

    def _orders(self) -> _Ledger:
        """Write the orders; returns what each customer's add up to."""
        dice, crowd, market = Dice(self.seed, "order"), Dice(self.seed, "person"), self._market()
        ledger = _Ledger(self.sizes.customers)
        nodes: list[tuple[str, str]] = []

        def made(numbers: Iterable[int]) -> Iterator[tuple[Doc, None]]:
            for number in numbers:
                sold = orders.order(dice, crowd, market, number)
                ledger.add(number, sold)
                nodes.extend(_order_nodes(sold.order))
                yield sold.order, None

        for numbers in _chunks(self.sizes.orders):
            nodes.clear()
            with self.state.transaction():
                self.state.put_many(self.shop_id, "Order", made(numbers))
                self.state.embed_many(self.shop_id, nodes)
        return ledger

    def _customers(self, ledger: _Ledger) -> None:
        dice, total = Dice(self.seed, "person"), self.sizes.customers
        nodes: list[tuple[str, str]] = []

        def made(numbers: Iterable[int]) -> Iterator[tuple[Doc, None]]:
            for number in numbers:
                bought = ledger.of(self.shop_id, number)
                doc = customers.customer(dice, self.shop_id, number, total, self.as_of, bought, self.money)
                nodes.extend((doc["id"], address["id"]) for address in doc["addressesV2"])
                yield doc, None

        for numbers in _chunks(total):
            nodes.clear()
            with self.state.transaction():
                self.state.put_many(self.shop_id, "Customer", made(numbers))
                self.state.embed_many(self.shop_id, nodes)

    def _market(self) -> Market:
        code = self.money.code
        return Market(
            self.shop_id, self.shop["myshopifyDomain"].removesuffix(".myshopify.com"), code,
            _exchanges(code, self.shop["enabledPresentmentCurrencies"]), self.shop["taxesIncluded"],
            self.shop["shopAddress"]["countryCodeV2"], self._location_ids(), self.shelf, self.sizes.customers,
            self.sizes.orders, self.as_of,
        )  # fmt: skip

    def _location_ids(self) -> tuple[str, ...]:
        return tuple(location["id"] for location in self.locations)


def _order_nodes(order: Doc) -> Iterator[tuple[str, str]]:
    """What `node(id:)` finds inside an order."""
    owner = order["id"]
    for field in ("lineItems", "transactions", "fulfillments", "refunds"):
        for node in order[field]:
            yield owner, node["id"]


class _Ledger:
    """Orders per customer, in arrays: count, money spent, last order and its moment."""

    def __init__(self, customers: int) -> None:
        self._count, self._spent, self._last, self._at = (array("q", bytes(8 * customers)) for _ in range(4))

    def add(self, number: int, sold: orders.Sold) -> None:
        if sold.customer is not None:
            self._count[sold.customer] += 1
            self._spent[sold.customer] += 0 if sold.order["test"] else sold.spent
            self._last[sold.customer], self._at[sold.customer] = number, sold.at

    def of(self, shop_id: int, customer: int) -> customers.Purchases:
        if not self._count[customer]:
            return customers.Purchases()
        last = ids.numbered("Order", shop_id, self._last[customer])
        return customers.Purchases(self._count[customer], self._spent[customer], last, self._at[customer])


_COUNTRY_CURRENCY = {"US": "USD", "GB": "GBP", "CH": "CHF", "JP": "JPY", "CA": "CAD", "DE": "EUR", "FR": "EUR"}


def _exchanges(code: str, enabled: Iterable[str]) -> dict[str, Exchange]:
    """What customers of a country pay in, where it is not the shop's own money; that one is under ""."""
    own = Decimal(shop.RATES.get(code, "1"))
    found = {"": Exchange(code)}
    for country, other in _COUNTRY_CURRENCY.items():
        if other != code and other in set(enabled):
            rate = (Decimal(shop.RATES[other]) / own).quantize(Decimal("0.000001"))
            found[country] = Exchange(code, other, str(rate))
    return found


def _minor_price(price: str, places: int) -> int:
    return int(Decimal(price) * 10**places)


def _chunks(count: int) -> Iterator[range]:
    return (range(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))

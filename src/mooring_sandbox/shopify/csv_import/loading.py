"""Load the three files in one transaction: products, customers, then the orders that link to both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.catalogue import shop as shops
from mooring_sandbox.shopify.catalogue.mint import fresh
from mooring_sandbox.shopify.csv_import.customers import customers
from mooring_sandbox.shopify.csv_import.errors import CsvError, CsvRefused
from mooring_sandbox.shopify.csv_import.links import Links
from mooring_sandbox.shopify.csv_import.orders import REQUIRED, orders
from mooring_sandbox.shopify.csv_import.products import products
from mooring_sandbox.shopify.csv_import.reading import Source, Table
from mooring_sandbox.shopify.state import State

Doc = dict[str, Any]


@dataclass
class Loaded:
    """How many records came out of the files."""

    products: int = 0
    variants: int = 0
    customers: int = 0
    orders: int = 0


def load(
    state: State,
    shop_id: int,
    *,
    products: Source | None = None,
    customers: Source | None = None,
    orders: Source | None = None,
    clock: Clock | None = None,
) -> Loaded:
    """Each file is a path or its bytes. Raises `CsvRefused`, with nothing written, if anything is wrong in any."""
    with state.transaction():
        loading = _Loading(state, shop_id, iso((clock or Clock()).now()))
        if products is not None:
            loading.products(products)
        if customers is not None:
            loading.customers(customers)
        if orders is not None:
            loading.orders(orders)
        if loading.errors:
            raise CsvRefused(loading.errors)
    return loading.loaded


class _Loading:
    """One call of `load`, inside its transaction."""

    def __init__(self, state: State, shop_id: int, now: str) -> None:
        self.state, self.shop_id, self.now = state, shop_id, now
        self.errors: list[CsvError] = []
        self.loaded = Loaded()
        self.shop = state.shop(shop_id)
        self.mint = fresh(state, shop_id)
        self.locations = [location["id"] for location in self._locations()]

    def _locations(self) -> list[Doc]:
        found = list(self.state.scan(self.shop_id, "Location"))
        if not found:
            found = shops.locations(self.shop, self.shop_id)
            self.state.put_many(self.shop_id, "Location", ((location, None) for location in found))
        return found

    def products(self, source: Source) -> None:
        table = Table("products", source, ("Handle", "Title"))
        taken = {product["handle"] for product in self.state.scan(self.shop_id, "Product")}
        made = products(table, self.mint, self.shop["currencyCode"], self.locations, self.now, taken)
        for product, variants, items in made:
            self._put("Product", product)
            self.state.put_many(self.shop_id, "ProductVariant", ((variant, product["id"]) for variant in variants))
            self.state.put_many(self.shop_id, "InventoryItem", ((item, item["variantId"]) for item in items))
            self._embed(product, "media", "options")
            self.loaded.products += 1
            self.loaded.variants += len(variants)
        self.errors += table.errors

    def customers(self, source: Source) -> None:
        table = Table("customers", source, ("Email",))
        links = Links(self.state, self.shop_id)
        for customer in customers(table, self.mint, self.shop["currencyCode"], self.now, links):
            self._put("Customer", customer)
            self._embed(customer, "addressesV2")
            self.loaded.customers += 1
        self.errors += table.errors

    def orders(self, source: Source) -> None:
        table = Table("orders", source, REQUIRED)
        links = Links(self.state, self.shop_id)
        links.see_wares()
        handle = self.shop["myshopifyDomain"]
        for order in orders(table, self.mint, links, self.locations[0], f"https://{handle}/{self.shop_id}/orders"):
            self._put("Order", order)
            self._embed(order, "lineItems", "transactions", "fulfillments", "refunds")
            links.bought(order)
            self.loaded.orders += 1
        self.errors += table.errors
        self._write_purchases(links)

    def _write_purchases(self, links: Links) -> None:
        """Customers' sums follow from the orders that were loaded, not from what a customer file told."""
        for customer in links.buyers():
            self.state.put(self.shop_id, "Customer", customer)

    def _put(self, type_: str, doc: Doc) -> None:
        self.state.put(self.shop_id, type_, doc)

    def _embed(self, owner: Doc, *fields: str) -> None:
        self.state.embed_many(self.shop_id, _nodes(owner, fields))


def _nodes(owner: Doc, fields: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for field in fields:
        for node in owner[field]:
            yield owner["id"], node["id"]

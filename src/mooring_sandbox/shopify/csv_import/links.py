"""How orders find their customer (by e-mail) and their lines' variant (by SKU, else by name)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue.money import currency, of_bag
from mooring_sandbox.shopify.state import State, parse_gid

Doc = dict[str, Any]


class Ware(NamedTuple):
    product: str
    variant: str
    title: str
    variant_title: str | None
    gift: bool


class _Purchases:
    def __init__(self) -> None:
        self.orders, self.spent, self.last, self.at = 0, 0, "", ""


class Links:
    """What the shop holds, by the words an export uses for it."""

    def __init__(self, state: State, shop_id: int) -> None:
        self._state, self._shop_id = state, shop_id
        self.customers: dict[str, str] = {}
        self.customer_ids: set[str] = set()
        self.order_names = {order["name"] for order in state.scan(shop_id, "Order")}
        self._by_sku: dict[str, Ware | None] = {}
        self._by_name: dict[str, Ware] = {}
        self._bought: dict[str, _Purchases] = {}
        for customer in state.scan(shop_id, "Customer"):
            self.add_customer(customer)

    def add_customer(self, customer: Doc) -> None:
        self.customer_ids.add(customer["id"])
        if customer["email"]:
            self.customers[customer["email"].casefold()] = customer["id"]

    def see_wares(self) -> None:
        """Note every variant; a SKU that several share tells none of them."""
        products = {p["id"]: (p["title"], p["isGiftCard"]) for p in self._state.scan(self._shop_id, "Product")}
        for variant in self._state.scan(self._shop_id, "ProductVariant"):
            title, gift = products[variant["productId"]]
            own = None if variant["title"] == "Default Title" else variant["title"]
            ware = Ware(variant["productId"], variant["id"], title, own, gift)
            self._by_name.setdefault(f"{title} - {own}" if own else title, ware)
            if sku := variant["sku"]:
                self._by_sku[sku] = None if sku in self._by_sku else ware

    def ware(self, sku: str | None, name: str) -> Ware | None:
        return (self._by_sku.get(sku) if sku else None) or self._by_name.get(name)

    def bought(self, order: Doc) -> None:
        if not (id_ := order["customerId"]):
            return
        sums = self._bought.setdefault(id_, _Purchases())
        sums.orders += 1
        sums.spent += of_bag(order["netPaymentSet"], "shopMoney") if "netPaymentSet" in order else 0
        if order["createdAt"] >= sums.at:
            sums.last, sums.at = order["id"], order["createdAt"]

    def buyers(self) -> Iterator[Doc]:
        """The customers who bought, with what their orders add up to."""
        for id_, sums in self._bought.items():
            parsed = parse_gid(id_)
            customer = self._state.get(self._shop_id, "Customer", parsed[1]) if parsed else None
            if customer:
                money = currency(customer["amountSpent"]["currencyCode"])
                customer["numberOfOrders"], customer["lastOrderId"] = str(sums.orders), sums.last
                yield {**customer, "amountSpent": money.moneys[sums.spent]}

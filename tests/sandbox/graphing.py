"""A graph over one small shop, asked in-process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.graph import Graph
from mooring_sandbox.shopify.state import State

SHOP_ID = 1
SCOPES = frozenset(
    {
        "read_all_orders",
        "read_merchant_managed_fulfillment_orders",
        "write_customers",
        "write_inventory",
        "write_locations",
        "write_orders",
        "write_products",
    }
)
Doc = dict[str, Any]


@dataclass
class Asked:
    graph: Graph
    state: State
    clock: Clock
    caller: Caller

    def body(self, query: str, version: str = "2026-10", **variables: Any) -> Doc:
        return self.graph.execute(self.caller, version, {"query": query, "variables": variables}).body

    def data(self, query: str, /, **variables: Any) -> Doc:
        body = self.body(query, "2026-10", **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    def ids(self, root: str, arguments: str) -> list[int]:
        found = self.data(f"{{ {root}({arguments}) {{ nodes {{ id }} }} }}")[root]["nodes"]
        return [int(n["id"].rsplit("/", 1)[1]) for n in found]

    def having(self, **changes: Any) -> Asked:
        return replace(self, caller=replace(self.caller, **changes))

    def put(self, type_: str, number: int, parent: str | None = None, **fields: Any) -> Doc:
        stamp = iso(self.clock.now())
        doc = {"id": f"gid://shopify/{type_}/{number}", "createdAt": stamp, "updatedAt": stamp, **fields}
        self.state.put(SHOP_ID, type_, doc, parent)
        return doc

    def customer(self, number: int, **fields: Any) -> Doc:
        return self.put("Customer", number, **{"firstName": f"Person {number}", "tags": [], **fields})


def asked() -> Asked:
    state, clock = State(), Clock()
    state.add_shop(SHOP_ID, "harbour", shop())
    caller = Caller(SHOP_ID, 7, "app", "App", SCOPES)
    return Asked(Graph(state, clock), state, clock, caller)


def shop() -> Doc:
    return {
        "id": f"gid://shopify/Shop/{SHOP_ID}",
        "name": "Harbour",
        "myshopifyDomain": "harbour.myshopify.com",
        "currencyCode": "EUR",
        "ianaTimezone": "Etc/UTC",
        "createdAt": "2024-01-01T00:00:00Z",
    }


def money(amount: str) -> Doc:
    one = {"amount": amount, "currencyCode": "EUR"}
    return {"shopMoney": one, "presentmentMoney": one}


def ago(clock: Clock, **span: float) -> str:
    return iso(clock.now() - timedelta(**span))

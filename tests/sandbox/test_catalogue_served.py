"""Orders still add up when they are read over GraphQL: what documents leave out means the same to the resolvers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.catalogue import Sizes, fill, shop_doc
from mooring_sandbox.shopify.catalogue.laws import broken
from mooring_sandbox.shopify.graph import Graph
from mooring_sandbox.shopify.merchant import Merchant, perform
from mooring_sandbox.shopify.state import State

START = datetime(2026, 10, 1, 12, tzinfo=UTC)
CALLER = Caller(1, 1, "app", "App", frozenset({"read_orders", "read_all_orders", "read_customers", "read_products"}))

BAG = "{shopMoney{amount currencyCode} presentmentMoney{amount currencyCode}}"
TOTALS = """
subtotalPrice totalPrice originalTotalPrice totalTax totalDiscounts totalShippingPrice totalTipReceived netPayment
currentSubtotalPrice currentTotalPrice currentTotalTax currentTotalDiscounts currentShippingPrice totalReceived
totalRefunded totalRefundedShipping totalOutstanding refundDiscrepancy cartDiscountAmount
"""
TAXES = f"taxLines{{title rate priceSet{BAG}}}"
OFF = f"discountAllocations{{allocatedAmountSet{BAG} discountApplication{{index}}}}"
QUERY = f"""
query Orders($after: String) {{ orders(first: 5, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{
  name edited currencyCode presentmentCurrencyCode taxesIncluded cancelledAt displayFinancialStatus
  subtotalLineItemsQuantity currentSubtotalLineItemsQuantity
  {" ".join(f"{name}Set{BAG}" for name in TOTALS.split())}
  taxLines {{ priceSet{BAG} }} currentTaxLines {{ priceSet{BAG} }}
  discountApplications(first: 9) {{ nodes {{ index }} }}
  lineItems(first: 20) {{ nodes {{ id name quantity currentQuantity originalUnitPriceSet{BAG} {OFF} {TAXES} }} }}
  shippingLines(first: 5) {{ nodes {{ id title originalPriceSet{BAG} discountedPriceSet{BAG} {OFF} {TAXES} }} }}
  transactions {{ id kind status amountSet{BAG} parentTransaction {{ id }} }}
  fulfillments {{ status fulfillmentLineItems(first: 20) {{ nodes {{ quantity lineItem {{ id }} }} }} }}
  refunds {{ id totalRefundedSet{BAG}
    refundLineItems(first: 20) {{ nodes {{ quantity lineItem {{ id }} subtotalSet{BAG} totalTaxSet{BAG} }} }}
    refundShippingLines(first: 5) {{ nodes {{ shippingLine {{ id }} subtotalAmountSet{BAG} taxAmountSet{BAG} }} }}
    orderAdjustments(first: 5) {{ nodes {{ amountSet{BAG} taxAmountSet{BAG} }} }}
    transactions(first: 5) {{ nodes {{ id status amountSet{BAG} }} }} }}
}} }} }}
"""


def as_document(value: Any) -> Any:
    """The answer in the shape of a document: connections as lists, references as ids."""
    if isinstance(value, list):
        return [as_document(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"nodes"}:
        return as_document(value["nodes"])
    doc = {key: as_document(each) for key, each in value.items()}
    for key in ("lineItem", "parentTransaction"):
        if doc.get(key):
            doc[f"{key}Id"] = doc[key]["id"]
    if "discountApplication" in doc:
        doc["discountApplicationIndex"] = doc["discountApplication"]["index"]
    return doc


def shipping_unknown(order: dict[str, Any]) -> list[str]:
    """Shipping that went back of a line that the order does not have."""
    ours = {line["id"] for line in order["shippingLines"]}
    back = [line for refund in order["refunds"] for line in refund["refundShippingLines"]]
    return [order["name"] for line in back if (line["shippingLine"] or {}).get("id") not in ours]


def test_orders_read_over_graphql_add_up() -> None:
    state, clock = State(), Clock()
    clock.set(START)
    state.add_shop(1, "harbour", shop_doc("harbour", 7, shop_id=1, as_of=iso(START)))
    fill(state, 1, 7, Sizes(customers=30, orders=60, products=12), as_of=START)
    Merchant(state, 1, 3, clock).live(90)
    bought = perform(state, 1, clock, "create_order", {"lines": [{"title": "A", "price": "25.00"}], "shipping": "5"})
    line = bought["lineItems"][0]["id"]
    perform(state, 1, clock, "refund_order", {"id": bought["id"], "lines": {line: 1}, "shipping": True})
    graph, after, read, freight, found = Graph(state, clock), None, 0, 0, []
    while True:
        body = graph.execute(CALLER, "2026-10", {"query": QUERY, "variables": {"after": after}}).body
        page = body["data"]["orders"]
        read += len(page["nodes"])
        orders = [as_document(order) for order in page["nodes"]]
        found += [said for order in orders for said in (*broken(order), *shipping_unknown(order))]
        freight += sum(len(refund["refundShippingLines"]) for order in orders for refund in order["refunds"])
        clock.advance(timedelta(minutes=1))
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert found == [] and freight and read == state.count(1, "Order") > 60

"""What a field that must not be null holds when no document says: a neutral value of its type.

Wide selections of third-party clients thus always work; nothing here is an invented fact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
)

from mooring_sandbox.shopify.graph import connections
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.reading import number_of

Neutral = Callable[[Context, Doc], Any]
_EPOCH = "1970-01-01T00:00:00Z"

_ENUMS = {
    "CurrencyCode": lambda c, _: c.currency,
    "CountryCode": lambda c, _: (c.shop.get("billingAddress") or {}).get("countryCodeV2") or "US",
    "CustomerState": lambda _, __: "DISABLED",
    "CustomerEmailAddressMarketingState": lambda _, __: "NOT_SUBSCRIBED",
    "CustomerEmailMarketingState": lambda _, __: "NOT_SUBSCRIBED",
    "CustomerSmsMarketingState": lambda _, __: "NOT_SUBSCRIBED",
    "CustomerMarketingState": lambda _, __: "NOT_SUBSCRIBED",
    "CustomerWhatsAppMarketingState": lambda _, __: "NOT_SUBSCRIBED",
    "CustomerEmailAddressOpenTrackingLevel": lambda _, __: "UNKNOWN",
    "CustomerProductSubscriberStatus": lambda _, __: "NEVER_SUBSCRIBED",
    "OrderDisplayFulfillmentStatus": lambda _, __: "UNFULFILLED",
    "OrderReturnStatus": lambda _, __: "NO_RETURN",
    "OrderRiskLevel": lambda _, __: "LOW",
    "RefundLineItemRestockType": lambda _, __: "NO_RESTOCK",
    "WeightUnit": lambda c, _: c.shop.get("weightUnit") or "KILOGRAMS",
}  # fmt: skip

_SCALARS: dict[str, Neutral] = {
    "Boolean": lambda _, __: False,
    "Int": lambda _, __: 0,
    "Float": lambda _, __: 0.0,
    "Decimal": lambda _, __: "0.0",
    "Money": lambda _, __: "0.0",
    "UnsignedInt64": lambda _, __: "0",
    "BigInt": lambda _, __: "0",
    "DateTime": lambda _, doc: doc.get("updatedAt") or doc.get("createdAt") or _EPOCH,
    "Date": lambda _, __: _EPOCH[:10],
    "URL": lambda c, _: c.shop.get("url") or "https://example.com",
    "JSON": lambda _, __: {},
    "UtcOffset": lambda _, __: "+00:00",
    "Color": lambda _, __: "#000000",
    "HTML": lambda _, __: "",
    "FormattedString": lambda _, __: "",
}


def neutral(type_: GraphQLOutputType) -> Neutral:
    """How to make a neutral value of a field's type; null where null is allowed."""
    if not isinstance(type_, GraphQLNonNull):
        return lambda _, __: None
    inner = type_.of_type
    if isinstance(inner, GraphQLList):
        return lambda _, __: []
    if isinstance(inner, GraphQLObjectType):
        return _object(inner)
    if isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
        return lambda _, __: {}
    return _leaf(inner)


def _leaf(type_: Any) -> Neutral:
    if isinstance(type_, GraphQLEnumType):
        first = next(iter(type_.values))
        return _ENUMS.get(type_.name, lambda _, __: first)
    if type_.name == "ID":
        return lambda _, doc: doc.get("id") or "gid://shopify/Node/0"
    return _SCALARS.get(type_.name, lambda _, __: "")


def _object(type_: GraphQLObjectType) -> Neutral:
    if type_.name.endswith("Connection") and "pageInfo" in type_.fields:
        return lambda _, __: connections.empty()
    if type_.name == "MoneyV2":
        return lambda c, _: {"amount": "0.0", "currencyCode": c.currency}
    if type_.name == "MoneyBag":
        return _zero_bag
    if type_.name == "Count":
        return lambda _, __: {"count": 0, "precision": "EXACT"}
    if "id" in type_.fields:
        return lambda _, doc: {"id": f"gid://shopify/{type_.name}/{number_of(doc.get('id'))}"}
    return lambda _, __: {}


def _zero_bag(context: Context, doc: Doc) -> Doc:
    zero = {"amount": "0.0", "currencyCode": context.currency}
    shown = doc.get("presentmentCurrencyCode") or context.currency
    return {"shopMoney": zero, "presentmentMoney": {**zero, "currencyCode": shown}}

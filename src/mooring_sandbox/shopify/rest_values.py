"""REST spelling of what GraphQL documents hold: numeric ids, snake_case, lower-case words, money sets."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.state import Doc, parse_gid

Json = dict[str, Any]
_WHOLE = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF", "UGX", "PYG", "RWF", "DJF", "GNF", "KMF"})
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def number(id_: str | None) -> int | None:
    """The numeric id behind a gid."""
    parsed = parse_gid(id_) if id_ else None
    return parsed[1] if parsed else None


def head(doc: Doc) -> Json:
    return {"id": number(doc["id"]), "admin_graphql_api_id": doc["id"]}


def snake(name: str) -> str:
    return _HUMP.sub("_", name).lower()


def lower(word: str | None) -> str | None:
    return word.lower() if word else None


def amount(money: Doc) -> str:
    """`"12.50"`, with as many decimals as the currency has; GraphQL writes `"12.5"`."""
    places = 0 if money["currencyCode"] in _WHOLE else 3 if money["currencyCode"] in _THOUSANDTHS else 2
    return f"{Decimal(money['amount']):.{places}f}"


def money_set(bag: Doc | None) -> Json | None:
    if not bag:
        return None
    return {snake(side): {"amount": amount(m), "currency_code": m["currencyCode"]} for side, m in bag.items() if m}


def shop_amount(bag: Doc | None) -> str | None:
    return amount(bag["shopMoney"]) if bag else None


def priced(name: str, bag: Doc | None) -> Json:
    """`total_price` in shop money and `total_price_set` in both, as the REST API doubles every amount."""
    return {name: shop_amount(bag), f"{name}_set": money_set(bag)}


def times(bag: Doc | None, quantity: int) -> Doc | None:
    if not bag:
        return None
    return {side: {**m, "amount": str(Decimal(m["amount"]) * quantity)} for side, m in bag.items() if m}


def added(bags: list[Doc | None]) -> Doc | None:
    """The sum of money bags of one order; None of none."""
    found = [bag for bag in bags if bag]
    if not found:
        return None
    return {
        side: {**money, "amount": str(sum(Decimal(bag[side]["amount"]) for bag in found))}
        for side, money in found[0].items()
    }  # fmt: skip


def joined(tags: list[str] | None) -> str:
    return ", ".join(tags or [])


def address(doc: Doc | None, *, customer: bool = False) -> Json | None:
    if not doc:
        return None
    plain = ("address1", "address2", "city", "company", "country", "phone", "province", "zip", "name")
    out: Json = {"first_name": doc.get("firstName"), "last_name": doc.get("lastName")}
    out |= {name: doc.get(name) for name in plain}
    out |= {"country_code": doc.get("countryCodeV2"), "province_code": doc.get("provinceCode")}
    if customer:
        return {"id": number(doc.get("id"))} | out | {"country_name": doc.get("country")}
    return out | {"latitude": doc.get("latitude"), "longitude": doc.get("longitude")}


def tax_lines(found: list[Doc] | None) -> list[Json]:
    return [
        {"title": tax.get("title"), "rate": tax.get("rate"), **priced("price", tax.get("priceSet")),
         "channel_liable": tax.get("channelLiable")}
        for tax in found or []
    ]  # fmt: skip


def attributes(found: list[Doc] | None) -> list[Json]:
    return [{"name": pair.get("key"), "value": pair.get("value")} for pair in found or []]

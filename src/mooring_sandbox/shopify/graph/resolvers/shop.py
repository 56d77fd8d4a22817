"""The shop itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.reading import number_of
from mooring_sandbox.shopify.graph.registry import derived, value
from mooring_sandbox.shopify.state import gid


@value("QueryRoot.shop", "CustomerDeletePayload.shop", "ProductCreatePayload.shop", "ProductDeletePayload.shop")
def _shop(context: Context, _: Doc, __: Doc) -> Doc:
    return context.shop


@derived("Shop.url", "Shop.storefrontUrl")
def _url(_: Context, doc: Doc, __: Doc) -> str:
    return f"https://{doc.get('myshopifyDomain', '')}"


@derived("Shop.primaryDomain")
def _primary_domain(context: Context, doc: Doc, _: Doc) -> Doc:
    host = doc.get("myshopifyDomain", "")
    return {"id": gid("Domain", number_of(doc["id"])), "host": host, "url": f"https://{host}", "sslEnabled": True}


@derived("Shop.domains")
def _domains(context: Context, doc: Doc, _: Doc) -> list[Doc]:
    return [doc.get("primaryDomain") or _primary_domain(context, doc, {})]


@value("QueryRoot.domain")
def _domain(context: Context, _: Doc, args: Doc) -> Any:
    found = _domains(context, context.shop, {}) + list(context.shop.get("domains") or ())
    return next((d for d in found if d.get("id") == args["id"]), None)


def _offset(context: Context) -> timedelta:
    return context.now.astimezone(context.zone).utcoffset() or timedelta()


@derived("Shop.timezoneOffsetMinutes")
def _offset_minutes(context: Context, _: Doc, __: Doc) -> int:
    return int(_offset(context).total_seconds() // 60)


@derived("Shop.timezoneOffset")
def _offset_text(context: Context, _: Doc, __: Doc) -> str:
    return context.now.astimezone(context.zone).strftime("%z")


@derived("Shop.timezoneAbbreviation")
def _abbreviation(context: Context, _: Doc, __: Doc) -> str:
    return context.now.astimezone(context.zone).strftime("%Z")


@derived("Shop.ianaTimezone")
def _zone(_: Context, __: Doc, ___: Doc) -> str:
    return "Etc/UTC"


@derived("Shop.contactEmail")
def _contact(_: Context, doc: Doc, __: Doc) -> str:
    return doc.get("email") or ""


@derived("Shop.shopAddress")
def _address(_: Context, doc: Doc, __: Doc) -> Doc:
    return doc.get("billingAddress") or {"id": gid("ShopAddress", number_of(doc["id"]))}


@derived("Shop.enabledPresentmentCurrencies")
def _currencies(context: Context, _: Doc, __: Doc) -> list[str]:
    return [context.currency]


@derived("Shop.unitSystem")
def _units(_: Context, __: Doc, ___: Doc) -> str:
    return "METRIC_SYSTEM"


@value("QueryRoot.shopLocales")
def _locales(context: Context, _: Doc, args: Doc) -> list[Doc]:
    """One, published: the sandbox translates nothing."""
    return [{"locale": context.shop.get("$locale") or "en", "name": "English", "primary": True, "published": True}]

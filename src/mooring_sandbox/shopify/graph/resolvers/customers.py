"""Customers: names, addresses, consent in its old and new places, orders."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.graph import reading
from mooring_sandbox.shopify.graph.connections import Listed, Records, Source
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.fields import linked
from mooring_sandbox.shopify.graph.registry import derived, source, value
from mooring_sandbox.shopify.state import Selection


@derived("Customer.displayName")
def _display_name(_: Context, doc: Doc, __: Doc) -> str:
    return reading.full_name(doc) or reading.email_of(doc) or reading.phone_of(doc) or ""


@derived("Customer.email")
def _email(_: Context, doc: Doc, __: Doc) -> Any:
    return reading.email_of(doc)


@derived("Customer.phone")
def _phone(_: Context, doc: Doc, __: Doc) -> Any:
    return reading.phone_of(doc)


@derived("Customer.defaultEmailAddress")
def _email_address(_: Context, doc: Doc, __: Doc) -> Any:
    email = doc.get("email")
    return {"emailAddress": email, "marketingState": "NOT_SUBSCRIBED", "validFormat": True} if email else None


@derived("Customer.defaultPhoneNumber")
def _phone_number(_: Context, doc: Doc, __: Doc) -> Any:
    phone = doc.get("phone")
    return {"phoneNumber": phone, "marketingState": "NOT_SUBSCRIBED"} if phone else None


@derived("CustomerEmailAddress.validFormat", "Customer.validEmailAddress")
def _valid(_: Context, doc: Doc, __: Doc) -> bool:
    return "@" in (doc.get("emailAddress") or reading.email_of(doc) or "")


@derived("Customer.emailMarketingConsent")
def _email_consent(_: Context, doc: Doc, __: Doc) -> Any:
    """The deprecated form of what stands at the default e-mail address."""
    held = doc.get("defaultEmailAddress")
    return held and {**_consent(held), "sourceLocationId": held.get("sourceLocationId")}


@derived("Customer.smsMarketingConsent")
def _sms_consent(_: Context, doc: Doc, __: Doc) -> Any:
    held = doc.get("defaultPhoneNumber")
    return held and {**_consent(held), "consentCollectedFrom": held.get("marketingCollectedFrom")}


def _consent(held: Doc) -> Doc:
    return {
        "marketingState": held.get("marketingState") or "NOT_SUBSCRIBED",
        "marketingOptInLevel": held.get("marketingOptInLevel"),
        "consentUpdatedAt": held.get("marketingUpdatedAt"),
    }


@derived("CustomerPhoneNumber.smsMarketingConsent")
def _phone_consent(_: Context, doc: Doc, __: Doc) -> Doc:
    """The form of 2026-10; older versions have the same facts beside the number, and one state under another name."""
    state = doc.get("marketingState") or "NOT_SUBSCRIBED"
    return {
        "state": "NEVER_SUBSCRIBED" if state == "NOT_SUBSCRIBED" else state,
        "optInLevel": doc.get("marketingOptInLevel"),
        "updatedAt": doc.get("marketingUpdatedAt"),
        "collectedFrom": doc.get("marketingCollectedFrom"),
        "sourceLocationId": doc.get("sourceLocationId"),
    }


@value("Customer.addresses")
def _addresses(_: Context, doc: Doc, args: Doc) -> Any:
    found = reading.addresses_of(doc)
    return [linked(a, doc) for a in (found if args.get("first") is None else found[: args["first"]])]


@source("Customer.addressesV2")
def _addresses_v2(_: Context, doc: Doc, __: Doc) -> Source:
    return Listed([linked(a, doc) for a in reading.addresses_of(doc)])


@value("Customer.defaultAddress")
def _default_address(_: Context, doc: Doc, __: Doc) -> Any:
    return reading.default_address_of(doc)


@source("Customer.orders")
def _orders(_: Context, doc: Doc, __: Doc) -> Source:
    return Records("Order", "orders", parent=doc["id"])


@value("Customer.lastOrder")
def _last_order(context: Context, doc: Doc, _: Doc) -> Any:
    newest = Selection(parent=doc["id"], descending=True)
    rows = context.state.ordered(context.shop_id, "Order", "created_at", newest, page=1)
    return next((order for _, _, order in rows if context.sees("Order", order)), None)


@derived("Customer.numberOfOrders")
def _number_of_orders(context: Context, doc: Doc, _: Doc) -> str:
    return str(context.state.count(context.shop_id, "Order", doc["id"]))


@derived("Customer.amountSpent")
def _amount_spent(context: Context, doc: Doc, _: Doc) -> Doc:
    orders = context.state.scan(context.shop_id, "Order", doc["id"])
    total = sum((reading.money(o.get("totalPriceSet")) for o in orders if not o.get("test")), start=reading.money(None))
    return reading.money_v2(total, context.currency)


@derived("Customer.canDelete")
def _can_delete(context: Context, doc: Doc, _: Doc) -> bool:
    return context.state.count(context.shop_id, "Order", doc["id"]) == 0


@derived("Customer.locale")
def _locale(_: Context, __: Doc, ___: Doc) -> str:
    return "en"


@derived("Customer.image")
def _image(context: Context, doc: Doc, _: Doc) -> Doc:
    return {"url": f"{context.shop.get('url', '')}/avatars/{reading.number_of(doc.get('id'))}.png"}


@derived("CustomerMergeable.isMergeable")
def _mergeable(_: Context, __: Doc, ___: Doc) -> bool:
    return True


@derived("MailingAddress.name")
def _address_name(_: Context, doc: Doc, __: Doc) -> Any:
    return reading.full_name(doc) or None


@derived("MailingAddress.formatted")
def _formatted(_: Context, doc: Doc, args: Doc) -> list[str]:
    lines = [reading.full_name(doc)] if args.get("withName") else []
    lines += [doc.get("company")] if args.get("withCompany", True) else []
    place = " ".join(p for p in (doc.get("city"), doc.get("provinceCode"), doc.get("zip")) if p)
    return [line for line in (*lines, doc.get("address1"), doc.get("address2"), place, doc.get("country")) if line]


@derived("MailingAddress.formattedArea")
def _formatted_area(_: Context, doc: Doc, __: Doc) -> Any:
    return ", ".join(p for p in (doc.get("city"), doc.get("provinceCode"), doc.get("country")) if p) or None


@derived("MailingAddress.countryCode")
def _country_code(_: Context, doc: Doc, __: Doc) -> Any:
    return doc.get("countryCodeV2")


@derived("MailingAddress.coordinatesValidated")
def _coordinates_validated(_: Context, doc: Doc, __: Doc) -> bool:
    return doc.get("latitude") is not None

"""What a merchant does with customers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mooring_sandbox.shopify.catalogue.money import currency
from mooring_sandbox.shopify.merchant.desk import Desk, Doc, Ref, act, retagged
from mooring_sandbox.shopify.state import parse_gid

EMAIL_STATES = ("NOT_SUBSCRIBED", "PENDING", "SUBSCRIBED", "UNSUBSCRIBED", "INVALID")
SMS_STATES = ("NOT_SUBSCRIBED", "PENDING", "SUBSCRIBED", "UNSUBSCRIBED", "REDACTED")
_FIELDS = {
    "first_name": "firstName", "last_name": "lastName", "note": "note", "locale": "locale",
    "tax_exempt": "taxExempt", "state": "state",
}  # fmt: skip
_ADDRESS = {
    "first_name": "firstName", "last_name": "lastName", "company": "company", "address1": "address1",
    "address2": "address2", "city": "city", "province": "province", "province_code": "provinceCode",
    "country": "country", "country_code": "countryCodeV2", "zip": "zip", "phone": "phone",
}  # fmt: skip


@act
def create_customer(
    desk: Desk, first_name: str | None = None, last_name: str | None = None, email: str | None = None,
    phone: str | None = None, tags: Iterable[str] = (), note: str | None = None, locale: str = "en",
) -> Doc:  # fmt: skip
    """A customer without addresses and consent; those are acts of their own."""
    if not (first_name or last_name or email or phone):
        raise ValueError("a customer has a name, an e-mail address or a telephone number")
    now = desk.now
    doc: Doc = {
        "id": desk.mint("Customer"), "firstName": first_name, "lastName": last_name, "email": None, "phone": None,
        "locale": locale, "state": "DISABLED", "createdAt": now, "updatedAt": now, "verifiedEmail": email is not None,
        "note": note, "tags": sorted(set(tags)), "taxExempt": False, "taxExemptions": [], "dataSaleOptOut": False,
        "numberOfOrders": "0", "amountSpent": currency(desk.shop["currencyCode"]).moneys[0], "lastOrderId": None,
        "addressesV2": [], "defaultAddressId": None, "defaultEmailAddress": None, "defaultPhoneNumber": None,
    }  # fmt: skip
    _set_contact(desk, doc, email, phone)
    return desk.keep("Customer", doc, "CUSTOMERS_CREATE")


def _set_contact(desk: Desk, doc: Doc, email: str | None, phone: str | None) -> None:
    """A new address or number carries no consent over from the old one."""
    if email and email.lower() != doc["email"]:
        _refuse_taken(desk, "email", email.lower())
        doc["email"] = email.lower()
        doc["defaultEmailAddress"] = {"emailAddress": doc["email"], "validFormat": True, "openTrackingLevel": "UNKNOWN",
                                      "marketingState": "NOT_SUBSCRIBED", "marketingOptInLevel": None,
                                      "marketingUpdatedAt": None}  # fmt: skip
    if phone and phone != doc["phone"]:
        _refuse_taken(desk, "phone", phone)
        doc["phone"] = phone
        doc["defaultPhoneNumber"] = {"phoneNumber": phone, "marketingState": "NOT_SUBSCRIBED",
                                     "marketingOptInLevel": "SINGLE_OPT_IN", "marketingUpdatedAt": None,
                                     "marketingCollectedFrom": None}  # fmt: skip


def _refuse_taken(desk: Desk, field: str, value: str) -> None:
    taken = desk.state.db.execute(
        "SELECT 1 FROM record WHERE shop_id = ? AND type = 'Customer' AND CAST(doc AS TEXT) ->> ? = ? LIMIT 1",
        (desk.shop_id, f"$.{field}", value),
    ).fetchone()
    if taken:
        raise ValueError(f"{field.capitalize()} has already been taken")


@act
def edit_customer(desk: Desk, id: Ref, email: str | None = None, phone: str | None = None, **changes: Any) -> Doc:
    """`first_name`, `last_name`, `note`, `locale`, `tax_exempt`, `state`, `email`, `phone`."""
    doc = desk.find("Customer", id)
    for name, value in changes.items():
        doc[_known(_FIELDS, name)] = value
    _set_contact(desk, doc, email, phone)
    return desk.keep("Customer", doc, "CUSTOMERS_UPDATE")


def _known(fields: dict[str, str], name: str) -> str:
    if name not in fields:
        raise ValueError(f"{name!r} cannot be changed here, only {', '.join(fields)}")
    return fields[name]


@act
def delete_customer(desk: Desk, id: Ref) -> Doc:
    """Only a customer without orders can be deleted, as at Shopify."""
    doc = desk.find("Customer", id)
    if desk.state.count(desk.shop_id, "Order", doc["id"]):
        raise ValueError("Customer can't be deleted because they have associated orders")
    return desk.drop("Customer", doc, "CUSTOMERS_DELETE")


@act
def change_consent(
    desk: Desk, id: Ref, channel: str = "email", state: str = "SUBSCRIBED", opt_in_level: str = "SINGLE_OPT_IN"
) -> Doc:
    """`channel` is email or sms. Consent has topics of its own; `customers/update` says nothing about it."""
    doc = desk.find("Customer", id)
    if channel not in ("email", "sms"):
        raise ValueError(f"the channel is email or sms, not {channel!r}")
    email = channel == "email"
    held = doc["defaultEmailAddress" if email else "defaultPhoneNumber"]
    if held is None:
        raise ValueError(f"the customer has no {'e-mail address' if email else 'telephone number'}")
    allowed = EMAIL_STATES if email else SMS_STATES
    if state not in allowed:
        raise ValueError(f"the state is one of {', '.join(allowed)}, not {state!r}")
    held.update(marketingState=state, marketingOptInLevel=opt_in_level, marketingUpdatedAt=desk.now)
    if not email:
        held["marketingCollectedFrom"] = "SHOPIFY"
    kind = "EMAIL_MARKETING" if email else "MARKETING"
    return desk.keep("Customer", doc, f"CUSTOMERS_{kind}_CONSENT_UPDATE")


@act
def add_address(desk: Desk, id: Ref, default: bool = False, **parts: str | None) -> Doc:
    """Parts: `address1`, `city`, `country_code`, `province_code`, `zip`, `first_name` and so on."""
    doc = desk.find("Customer", id)
    address: Doc = {"id": desk.mint("MailingAddress")} | dict.fromkeys(_ADDRESS.values())
    address.update(firstName=doc["firstName"], lastName=doc["lastName"])
    for name, value in parts.items():
        address[_known(_ADDRESS, name)] = value
    address["name"] = " ".join(part for part in (address["firstName"], address["lastName"]) if part)
    doc["addressesV2"].append(address)
    if default or doc["defaultAddressId"] is None:
        doc["defaultAddressId"] = address["id"]
    desk.embed(doc, "addressesV2")
    return desk.keep("Customer", doc, "CUSTOMERS_UPDATE")


@act
def tag_customer(desk: Desk, id: Ref, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Doc:
    doc = desk.find("Customer", id)
    new, gone = retagged(doc, add, remove)
    desk.keep("Customer", doc)
    for topic, tags in (("CUSTOMER_TAGS_ADDED", new), ("CUSTOMER_TAGS_REMOVED", gone)):
        if tags:
            body = {"customerId": doc["id"], "tags": tags, "occurredAt": desk.now}
            desk.tell(topic, doc["id"], {**doc, "$payload": body})
    return doc


@act
def merge_customers(
    desk: Desk, id: Ref, into: Ref, instead: Doc | None = None, job: str | None = None
) -> Doc:  # fmt: skip
    """The customer `id` goes up in `into`: orders, tags, addresses and notes move, what `into` lacks is filled.

    `instead` are fields that are to be as given, whoever had them; `job` is the gid under which it was asked for.
    """
    gone, kept = desk.find("Customer", id), desk.find("Customer", into)
    if gone["id"] == kept["id"]:
        raise ValueError("a customer cannot be merged with itself")
    for order in list(desk.state.scan(desk.shop_id, "Order", gone["id"])):
        desk.keep("Order", {**order, "customerId": kept["id"]}, "ORDERS_UPDATED")
    for field in ("firstName", "lastName", "email", "phone", "defaultEmailAddress", "defaultPhoneNumber"):
        kept[field] = kept[field] or gone[field]
    kept["tags"] = sorted({*kept["tags"], *gone["tags"]})
    kept["note"] = "\n".join(note for note in (kept["note"], gone["note"]) if note) or None
    kept["addressesV2"] += gone["addressesV2"]
    kept["defaultAddressId"] = kept["defaultAddressId"] or gone["defaultAddressId"]
    kept |= instead or {}
    desk.embed(kept, "addressesV2")
    desk.drop("Customer", gone)
    desk.keep("Customer", kept, "CUSTOMERS_UPDATE")
    count_purchases(desk, kept["id"])
    body = {"admin_graphql_api_customer_kept_id": kept["id"], "admin_graphql_api_customer_deleted_id": gone["id"],
            "admin_graphql_api_job_id": job, "status": "completed", "errors": []}  # fmt: skip
    desk.tell("CUSTOMERS_MERGE", kept["id"], {**kept, "$payload": body})
    return desk.find("Customer", kept["id"])


def count_purchases(desk: Desk, customer_id: str | None) -> None:
    """Write anew what a customer's orders add up to, and tell it if it changed."""
    parsed = parse_gid(customer_id) if customer_id else None
    doc = desk.state.get(desk.shop_id, "Customer", parsed[1]) if parsed else None
    if doc is None:
        return
    orders = list(desk.state.scan(desk.shop_id, "Order", doc["id"]))
    spent = sum(_spent(order) for order in orders if not order["test"])
    last = max(orders, key=lambda order: (order["createdAt"], order["id"]), default=None)
    sums = {"numberOfOrders": str(len(orders)), "lastOrderId": last and last["id"],
            "amountSpent": currency(doc["amountSpent"]["currencyCode"]).moneys[spent]}  # fmt: skip
    if sums != {name: doc.get(name) for name in sums}:
        desk.keep("Customer", {**doc, **sums})
        body = {"customerId": doc["id"], **sums, "occurredAt": desk.now}
        desk.tell("CUSTOMERS_PURCHASING_SUMMARY", doc["id"], {**doc, **sums, "$payload": body})


def _spent(order: Doc) -> int:
    money = order.get("netPaymentSet", {}).get("shopMoney")
    return currency(money["currencyCode"]).minors[money["amount"]] if money else 0

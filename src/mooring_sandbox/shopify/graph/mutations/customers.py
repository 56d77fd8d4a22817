"""customerCreate, customerUpdate, customerDelete."""

from __future__ import annotations

import re
from typing import Any

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, embed, fresh_id, remove, save
from mooring_sandbox.shopify.graph.mutations.consent import EMAIL, SMS, apply_consent
from mooring_sandbox.shopify.graph.mutations.metafields import set_inputs
from mooring_sandbox.shopify.graph.mutations.tags import clean_tags
from mooring_sandbox.shopify.graph.reading import addresses_of, email_of, phone_of

_EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s.,;<>()]+(\.[^@\s.,;<>()]+)+\Z")
_LOCALE = re.compile(r"[a-z]{2,3}(-([A-Z][a-z]{3}|[A-Z]{2}|\d{3}))*\Z")
_LONGEST, _LONGEST_NOTE, _MOST_TAGS = 255, 5000, 250
_PLAIN = ("firstName", "lastName", "note", "locale", "taxExempt", "taxExemptions", "multipassIdentifier")
_NAMES = ("firstName", "lastName")  # blank ones are kept as none
_CONSENTS = {
    "emailMarketingConsent": "customerEmailMarketingConsentUpdate",
    "smsMarketingConsent": "customerSmsMarketingConsentUpdate",
}


@mutation
def customer_create(context: Context, input: Doc) -> Doc:
    errors = _check_new(input) or _check(context, input, None) or _check_identity(input)
    if errors:
        return {"customer": None, "userErrors": errors}
    doc: Doc = {
        "id": fresh_id(context, "Customer"),
        "state": "DISABLED",
        "verifiedEmail": True,
        "tags": [],
        "createdAt": context.timestamp,
    }
    _apply(context, doc, input)
    for key, channel in (("emailMarketingConsent", EMAIL), ("smsMarketingConsent", SMS)):
        if input.get(key):
            apply_consent(context, doc, input[key], channel)
    return _saved(context, doc, input, "CUSTOMERS_CREATE")


@mutation
def customer_update(context: Context, input: Doc) -> Doc:
    doc = editable(context, input.get("id"), "Customer")
    if doc is None:
        return {"customer": None, "userErrors": [user_error(["id"], "Customer does not exist")]}
    errors = _check(context, input, doc) + _check_consents(input)
    if errors:
        return {"customer": None, "userErrors": errors}
    _apply(context, doc, input)
    return _saved(context, doc, input, "CUSTOMERS_UPDATE")


@mutation
def customer_delete(context: Context, input: Doc) -> Doc:
    doc = editable(context, input["id"], "Customer")
    if doc is None:
        return {"deletedCustomerId": None, "userErrors": [user_error(["id"], "Customer can't be found")]}
    if context.state.count(context.shop_id, "Order", doc["id"]):
        message = "Customer can’t be deleted because they have associated orders"
        return {"deletedCustomerId": None, "userErrors": [user_error(["id"], message)]}
    remove(context, "Customer", doc, "CUSTOMERS_DELETE")
    return {"deletedCustomerId": doc["id"], "userErrors": []}


def _saved(context: Context, doc: Doc, input_: Doc, topic: str) -> Doc:
    save(context, "Customer", doc, topic)
    embed(context, doc["id"], addresses_of(doc))
    errors = set_inputs(context, doc["id"], input_.get("metafields"))
    return {"customer": doc, "userErrors": errors}


def normal_email(text: str | None) -> str | None:
    """Blanks anywhere in it are dropped."""
    return re.sub(r"\s+", "", text) or None if text else None


def normal_phone(text: str | None) -> str | None:
    """`+` and digits; None if it cannot be a telephone number."""
    digits = re.sub(r"[\s().\-/]", "", text or "")
    match = re.match(r"\+?(\d{7,15})\Z", digits)
    return f"+{match[1]}" if match else None


def _check(context: Context, input_: Doc, doc: Doc | None) -> list[Doc]:
    checks = (_check_email, _check_phone)
    errors = [e for check in checks for e in check(context, input_, doc)]
    if input_.get("locale") and not _LOCALE.match(input_["locale"]):
        errors.append(user_error(["locale"], "Locale is invalid"))
    errors += [
        user_error([key], f"{label} is too long (maximum is {_LONGEST} characters)")
        for key, label in (("firstName", "First name"), ("lastName", "Last name"))
        if len(input_.get(key) or "") > _LONGEST
    ]
    if len(input_.get("note") or "") > _LONGEST_NOTE:
        errors.append(user_error(["note"], f"Note is too long (maximum is {_LONGEST_NOTE} characters)"))
    return errors + _check_tags(clean_tags(input_.get("tags") or []))


def _check_tags(tags: list[str]) -> list[Doc]:
    if any(len(tag) > _LONGEST for tag in tags):
        return [user_error(["tags"], f"Tags is too long (maximum is {_LONGEST} characters)")]
    return [user_error(["tags"], f"Tags cannot be more than {_MOST_TAGS}")] if len(tags) > _MOST_TAGS else []


def _check_email(context: Context, input_: Doc, doc: Doc | None) -> list[Doc]:
    email = normal_email(input_.get("email"))
    if email is None:
        return []
    errors = []
    if len(email) > _LONGEST:
        errors.append(user_error(["email"], f"Email is too long (maximum is {_LONGEST} characters)"))
    if errors or not _EMAIL.match(email):
        return [*errors, user_error(["email"], "Email is invalid")]
    taken = _is_taken(context, doc, lambda c: (email_of(c) or "").casefold() == email.casefold())
    return [user_error(["email"], "Email has already been taken")] if taken else []


def _check_phone(context: Context, input_: Doc, doc: Doc | None) -> list[Doc]:
    if not input_.get("phone"):
        return []
    phone = normal_phone(input_["phone"])
    if phone is None:
        return [user_error(["phone"], "Phone is invalid")]
    taken = _is_taken(context, doc, lambda c: phone_of(c) == phone)
    return [user_error(["phone"], "Phone has already been taken")] if taken else []


def _is_taken(context: Context, doc: Doc | None, same: Any) -> bool:
    others = context.state.scan(context.shop_id, "Customer")
    return any(same(c) for c in others if doc is None or c["id"] != doc["id"])


def _check_new(input_: Doc) -> list[Doc]:
    return [user_error(["id"], "Cannot specify ID on creation")] if input_.get("id") else []


def _check_identity(input_: Doc) -> list[Doc]:
    if any((input_.get(k) or "").strip() for k in ("firstName", "lastName", "phone", "email")):
        return []
    return [user_error(None, "A name, phone number, or email address must be present")]


def _check_consents(input_: Doc) -> list[Doc]:
    return [
        user_error([key], f"To update {key}, please use the {instead} Mutation instead")
        for key, instead in _CONSENTS.items()
        if input_.get(key)
    ]


def _apply(context: Context, doc: Doc, input_: Doc) -> None:
    doc.update({k: input_[k] for k in _PLAIN if k in input_})
    doc.update({k: None for k in _NAMES if k in input_ and not (input_[k] or "").strip()})
    if "email" in input_:
        _set_contact(doc, "defaultEmailAddress", "emailAddress", normal_email(input_["email"]))
        doc["email"] = normal_email(input_["email"])
    if "phone" in input_:
        _set_contact(doc, "defaultPhoneNumber", "phoneNumber", normal_phone(input_["phone"]))
        doc["phone"] = normal_phone(input_["phone"])
    if "tags" in input_:
        doc["tags"] = clean_tags(input_["tags"] or [])
    if input_.get("addresses") is not None:
        doc["addressesV2"] = [address_doc(context, a, doc) for a in input_["addresses"]]
        doc.pop("addresses", None)
        doc.pop("defaultAddress", None)
        doc["defaultAddressId"] = doc["addressesV2"][0]["id"] if doc["addressesV2"] else None


def _set_contact(doc: Doc, key: str, name: str, value: str | None) -> None:
    held = doc.get(key) or {"marketingState": "NOT_SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN"}
    doc[key] = {**held, name: value} if value else None


def address_doc(context: Context, input_: Doc, customer: Doc, known: Doc | None = None) -> Doc:
    """An address as stored; names are the customer's where none are given."""
    taken = {k: v for k, v in input_.items() if k not in ("id", "countryCode")}
    kept = known or {"id": f"{fresh_id(context, 'MailingAddress')}?model_name=CustomerAddress"}
    names = {k: customer.get(k) for k in ("firstName", "lastName") if not known and k not in input_}
    code = {"countryCodeV2": input_["countryCode"]} if "countryCode" in input_ else {}
    return {**names, **kept, **taken, **code}

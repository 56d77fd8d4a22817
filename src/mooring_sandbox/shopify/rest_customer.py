"""Customers in webhooks as they are since 2025-01: tags, consent and totals have topics of their own."""

from __future__ import annotations

from mooring_sandbox.shopify.rest_values import Json, address, head, lower, number
from mooring_sandbox.shopify.state import Doc


def customer(doc: Doc) -> Json:
    owner = {"customer_id": number(doc["id"])}
    addresses = [{**(address(one, customer=True) or {}), **owner} for one in doc.get("addressesV2") or []]
    default = address(doc.get("defaultAddress"), customer=True) or (addresses[0] if addresses else None)
    return head(doc) | {
        "created_at": doc.get("createdAt"),
        "updated_at": doc.get("updatedAt"),
        "first_name": doc.get("firstName"),
        "last_name": doc.get("lastName"),
        "state": lower(doc.get("state")),
        "note": doc.get("note"),
        "verified_email": bool(doc.get("verifiedEmail")),
        "multipass_identifier": doc.get("multipassIdentifier"),
        "tax_exempt": bool(doc.get("taxExempt")),
        "tax_exemptions": doc.get("taxExemptions") or [],
        "email": email_of(doc),
        "phone": phone_of(doc),
        "currency": ((doc.get("amountSpent") or {}).get("currencyCode")),
        "addresses": [{**one, "default": bool(default) and one["id"] == default["id"]} for one in addresses],
        "default_address": {**default, **owner, "default": True} if default else None,
    }


def email_of(doc: Doc) -> str | None:
    return (doc.get("defaultEmailAddress") or {}).get("emailAddress") or doc.get("email")


def phone_of(doc: Doc) -> str | None:
    return (doc.get("defaultPhoneNumber") or {}).get("phoneNumber") or doc.get("phone")


def email_consent(doc: Doc) -> Json:
    held = doc.get("defaultEmailAddress") or {}
    consent = {
        "state": lower(held.get("marketingState")),
        "opt_in_level": lower(held.get("marketingOptInLevel")),
        "consent_updated_at": held.get("marketingUpdatedAt"),
    }
    id_ = number(doc["id"])
    return {"customer_id": id_, "email_address": email_of(doc), "email_marketing_consent": consent}


def sms_consent(doc: Doc) -> Json:
    held = doc.get("defaultPhoneNumber") or {}
    nested = held.get("smsMarketingConsent") or {}
    consent = {
        "state": lower(nested.get("state") or held.get("marketingState")),
        "opt_in_level": lower(nested.get("optInLevel") or held.get("marketingOptInLevel")),
        "consent_updated_at": nested.get("updatedAt") or held.get("marketingUpdatedAt"),
        "consent_collected_from": lower(nested.get("collectedFrom") or held.get("marketingCollectedFrom")),
    }
    return {"id": number(doc["id"]), "phone": phone_of(doc), "sms_marketing_consent": consent}

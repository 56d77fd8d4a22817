"""Marketing consent by e-mail and SMS. The two differ in field and code for the same cause, as recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import FieldError
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, save

_NOT_FOR_INPUT = {"REDACTED", "NOT_SUBSCRIBED", "INVALID"}


@dataclass(frozen=True)
class Channel:
    input: str
    holder: str
    topic: str
    unknown: Doc
    unreachable: list[Doc]  # what a customer without such an address gets; by e-mail nothing is said, as recorded
    shown_with_errors: bool  # whether a refusal still answers the customer: by e-mail yes, by SMS no, as recorded


EMAIL = Channel(
    "emailMarketingConsent",
    "defaultEmailAddress",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE",
    user_error(["input", "customerId"], "Customer not found", "INVALID"),
    [],
    shown_with_errors=True,
)
SMS = Channel(
    "smsMarketingConsent",
    "defaultPhoneNumber",
    "CUSTOMERS_MARKETING_CONSENT_UPDATE",
    user_error(None, "Customer not found"),
    [
        user_error(
            ["input", "smsMarketingConsent"], "A phone number is required to set the SMS consent state.", "INVALID"
        )
    ],
    shown_with_errors=False,
)


@mutation
def customer_email_marketing_consent_update(context: Context, input: Doc) -> Doc:
    return _update(context, input, EMAIL)


@mutation
def customer_sms_marketing_consent_update(context: Context, input: Doc) -> Doc:
    return _update(context, input, SMS)


def _update(context: Context, input_: Doc, channel: Channel) -> Doc:
    asked = input_[channel.input]
    if asked["marketingState"] in _NOT_FOR_INPUT:
        raise FieldError(f"Cannot specify {asked['marketingState']} as a marketing state input", "INVALID")
    doc = editable(context, input_["customerId"], "Customer")
    if doc is None:
        return {"customer": None, "userErrors": [channel.unknown]}
    errors = _check(context, asked, channel)
    if not errors and _holder(doc, channel) is None:
        errors = channel.unreachable
    elif not errors:
        apply_consent(context, doc, asked, channel)
        save(context, "Customer", doc, channel.topic)
    return {"customer": doc if channel.shown_with_errors or not errors else None, "userErrors": errors}


def _check(context: Context, asked: Doc, channel: Channel) -> list[Doc]:
    at, level = ["input", channel.input], asked.get("marketingOptInLevel")
    if asked["marketingState"] == "SUBSCRIBED" and not level:
        message = "Marketing opt in level must exist"
        return [user_error([*at, "marketingOptInLevel"], message, "MISSING_ARGUMENT")]
    if asked["marketingState"] == "PENDING" and level != "CONFIRMED_OPT_IN":
        message = "Marketing opt in level must be confirmed opt-in for pending consent state"
        return [user_error([*at, "marketingOptInLevel"], message, "INVALID")]
    if _is_future(context, asked.get("consentUpdatedAt")):
        return [user_error([*at, "consentUpdatedAt"], "Consent updated at must not be in the future", "INVALID")]
    return []


def _is_future(context: Context, stamp: str | None) -> bool:
    return stamp is not None and datetime.fromisoformat(stamp) > context.now


def _holder(doc: Doc, channel: Channel) -> Doc | None:
    """Where the state stands; made from the plain address if that is all there is."""
    held = doc.get(channel.holder)
    if held:
        return held
    plain, name = ("email", "emailAddress") if channel is EMAIL else ("phone", "phoneNumber")
    return {name: doc[plain]} if doc.get(plain) else None


def apply_consent(context: Context, doc: Doc, asked: Doc, channel: Channel) -> None:
    held = _holder(doc, channel)
    if held is None:
        return
    doc[channel.holder] = {
        **held,
        "marketingState": asked["marketingState"],
        "marketingOptInLevel": asked.get("marketingOptInLevel") or held.get("marketingOptInLevel"),
        "marketingUpdatedAt": asked.get("consentUpdatedAt") or context.timestamp,
        "sourceLocationId": asked.get("sourceLocationId"),
        **({"marketingCollectedFrom": "OTHER"} if channel is SMS else {}),
    }

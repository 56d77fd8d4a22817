"""The calls of a write-back, and what their answers mean for the edits that were sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from mooring.db import edits
from mooring.db.edits import Edit
from mooring.domain.consent import SUBSCRIBED, Channel
from mooring.domain.edits import CHANNEL, EditState, Verdict
from mooring.domain.lifecycle import Purpose
from mooring.ports import Reply
from mooring.usecases.context import App
from mooring.usecases.operations_run import Run

Outcome = Mapping[Edit, Verdict]
SENT = Verdict(EditState.SENT)
_PROFILE = {"first_name": "firstName", "last_name": "lastName", "email": "email", "phone": "phone"}
_ADDRESS = {
    "address.company": "company",
    "address.address1": "address1",
    "address.address2": "address2",
    "address.city": "city",
    "address.zip": "zip",
    "address.province_code": "provinceCode",
    "address.country_code": "countryCode",
}


def call(app: App, run: Run, document: str, variables: dict[str, Any]) -> Reply:
    reply = run.call(app.shopify.document(document), variables, purpose=Purpose.WRITE_BACK)
    run.counts["requests"] = run.counts.get("requests", 0) + 1
    return reply


def settle(app: App, run: Run, outcome: Outcome) -> None:
    """What became of some edits, in one transaction. Those that a newer word replaced meanwhile are left alone."""
    if not outcome:
        return
    now, done = app.clock.now(), Counter[str]()
    with run.checkpoint() as connection:
        for edit, said in outcome.items():
            if said.state is not None:
                ids, why = [edit.id], said.sentence
                done[said.state] += edits.settle(connection, run.store.id, ids, said.state, at=now, sentence=why)
        for state, number in done.items():
            run.counts[state] = run.counts.get(state, 0) + number


_DENIED = "Shopify does not permit this app to change customers. Grant it by a reconnect, then retry."


def user_errors(reply: Reply, mutation: str) -> list[dict[str, Any]]:
    """What Shopify has against it. A permission that was taken away meanwhile leaves nothing but a null."""
    answer: dict[str, Any] | None = reply.data.get(mutation)
    return answer["userErrors"] if answer is not None else [{"field": None, "message": _DENIED}]


# -- one call each -------------------------------------------------------------------------------------------------


def send_profile(app: App, run: Run, customer: str, mine: list[Edit]) -> Outcome:
    values = {_PROFILE[one.field]: one.value for one in mine}
    reply = call(app, run, "write_back_profile", {"input": {"id": customer, **values}})
    return _told(mine, _PROFILE, user_errors(reply, "customerUpdate"))


def send_address(app: App, run: Run, customer: str, address_id: str | None, mine: list[Edit]) -> Outcome:
    """Into the default address, or as a new one where there is none."""
    variables: dict[str, Any] = {"customer": customer, "address": {_ADDRESS[one.field]: one.value for one in mine}}
    if address_id is None:
        reply = call(app, run, "write_back_new_address", variables)
        return _told(mine, _ADDRESS, user_errors(reply, "customerAddressCreate"))
    reply = call(app, run, "write_back_address", variables | {"id": address_id})
    return _told(mine, _ADDRESS, user_errors(reply, "customerAddressUpdate"))


def _told(mine: list[Edit], names: Mapping[str, str], errors: list[dict[str, Any]]) -> Outcome:
    """All or none are written: with errors, the fields they name have failed and the others are sent again without
    them. Errors that name no field of ours are about all of them."""
    if not errors:
        return dict.fromkeys(mine, SENT)
    blamed = {one: _failed(said) for one in mine if (said := _said(errors, names[one.field]))}
    return blamed or {one: _failed(_said(errors, None)) for one in mine}


def _said(errors: Iterable[dict[str, Any]], field: str | None) -> str:
    return " ".join(one["message"] for one in errors if field is None or field in (one.get("field") or ()))


def _failed(message: str) -> Verdict:
    return Verdict(EditState.FAILED, f"Shopify says: {message}")


_CONSENT = {
    Channel.EMAIL: ("write_back_email", "emailMarketingConsent", "customerEmailMarketingConsentUpdate"),
    Channel.SMS: ("write_back_sms", "smsMarketingConsent", "customerSmsMarketingConsentUpdate"),
}


def send_consent(app: App, run: Run, customer: str, edit: Edit, shopify_now: datetime) -> Outcome:
    """Dated when it was decided here, though never in Shopify's future."""
    document, key, answer = _CONSENT[CHANNEL[edit.field]]
    at = min(edit.made_at, shopify_now).isoformat(timespec="seconds").replace("+00:00", "Z")
    consent: dict[str, Any] = {"marketingState": edit.value, "consentUpdatedAt": at}
    if edit.value == SUBSCRIBED:
        consent["marketingOptInLevel"] = "SINGLE_OPT_IN"
    reply = call(app, run, document, {"input": {"customerId": customer, key: consent}})
    errors = user_errors(reply, answer)
    return {edit: _failed(_said(errors, None)) if errors else SENT}

"""Consent to be contacted: the two channels, what Shopify says of each, and addresses that must not be contacted.

Rule: a suppression outranks what Shopify says, until somebody consents anew at Shopify (later than the suppression, by
Shopify's clock) or an admin lifts it. The imported record keeps Shopify's own words; only the columns that are
searched and shown say `SUPPRESSED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from mooring.domain.records import Customer, email_key, phone_key


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"


class Cause(StrEnum):
    """Why an address must not be contacted."""

    UNSUBSCRIBE = "unsubscribe"
    REDACT = "redact"
    ADMIN = "admin"


SUBSCRIBED, UNSUBSCRIBED = "SUBSCRIBED", "UNSUBSCRIBED"
SUPPRESSED = "UNSUBSCRIBED (SUPPRESSED)"
"""What is shown for a channel whose address must not be contacted, whatever Shopify says of it."""

STATE_COLUMN = {Channel.EMAIL: "email_state", Channel.SMS: "sms_state"}
KEY_COLUMN = {Channel.EMAIL: "email_key", Channel.SMS: "phone_key"}


@dataclass(frozen=True, slots=True)
class Said:
    """What Shopify says of a channel, and when that was decided there."""

    state: str | None = None
    at: datetime | None = None


def key(channel: Channel, address: str | None) -> str | None:
    """What two spellings of one address have in common."""
    return email_key(address) if channel is Channel.EMAIL else phone_key(address)


def purpose(channel: Channel) -> str:
    """For keyed hashes of addresses on this channel."""
    return f"suppression.{channel}"


def said(body: str, channel: Channel) -> Said:
    """Out of a customer's stored canonical form."""
    return said_of(msgspec.json.decode(body, type=Customer), channel)


def said_of(record: Customer, channel: Channel) -> Said:
    if channel is Channel.EMAIL:
        email = record.default_email_address
        return Said(email.marketing_state, moment(email.marketing_updated_at)) if email else Said()
    phone = record.default_phone_number
    consent = phone.sms_marketing_consent if phone else None
    return Said(consent.state, moment(consent.updated_at)) if consent else Said()


def address_in(body: str, channel: Channel) -> str | None:
    """Out of a customer's stored canonical form."""
    record = msgspec.json.decode(body, type=Customer)
    if channel is Channel.EMAIL:
        return record.default_email_address.email_address if record.default_email_address else None
    return record.default_phone_number.phone_number if record.default_phone_number else None


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def lifts(now: Said, suppressed_at: datetime) -> bool:
    """Whether this is a consent given after the address was suppressed."""
    return now.state == SUBSCRIBED and now.at is not None and now.at > suppressed_at


_STRICTNESS = {SUBSCRIBED: 0, "PENDING": 1, "NOT_SUBSCRIBED": 2, UNSUBSCRIBED: 3, "REDACTED": 4}
"""What Shopify may say of a channel, by how little it allows. Anything else says nothing about consent."""


def is_stricter(one: Said, other: Said) -> bool:
    """Whether `one` allows less than `other`. Where one of them says nothing, there is nothing to compare."""
    mine, theirs = _STRICTNESS.get(one.state or ""), _STRICTNESS.get(other.state or "")
    return mine is not None and theirs is not None and mine > theirs

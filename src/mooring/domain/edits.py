"""Hub edits: what may be changed here of a customer, what counts as missing, and what becomes of an edit at Shopify.

Rule 1: a profile field is filled only while Shopify's record has nothing there, never overwritten: neither when it is
changed here nor when it is written back. Rule 2: of two decisions about a subscription the later one holds. Rule 3: an
edit that has become needless (Shopify says the same by now) counts as sent, so sending twice does no harm.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mooring.domain.consent import SUBSCRIBED, UNSUBSCRIBED, Channel, Said, said_of
from mooring.domain.records import Address, Customer, email_key, phone_key
from mooring.errors import InvalidInput


class Group(StrEnum):
    """What is switched on and off together. The value is the toggle's name."""

    PROFILE = "profile_data"
    EMAIL = "email_subscription"
    SMS = "sms_subscription"
    ENGAGEMENT = "engagement"


class EditState(StrEnum):
    PENDING = "pending"
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    KEPT = "kept"


OPEN = frozenset({EditState.PENDING, EditState.WAITING, EditState.FAILED})
"""Not at Shopify yet, but meant to get there."""


@dataclass(frozen=True, slots=True)
class Field:
    """`path`: where Shopify's record has it, to know whether it may be read at all. `longest`: in characters."""

    name: str
    title: str
    group: Group
    path: str = ""
    longest: int = 255


_ADDRESS = "customers.addressesV2"
_PROFILE = (
    Field("first_name", "First name", Group.PROFILE, "customers.firstName"),
    Field("last_name", "Last name", Group.PROFILE, "customers.lastName"),
    Field("email", "E-mail address", Group.PROFILE, "customers.defaultEmailAddress.emailAddress"),
    Field("phone", "Phone number", Group.PROFILE, "customers.defaultPhoneNumber.phoneNumber", 40),
    Field("address.company", "Company", Group.PROFILE, f"{_ADDRESS}.company"),
    Field("address.address1", "Address", Group.PROFILE, f"{_ADDRESS}.address1"),
    Field("address.address2", "Address, second line", Group.PROFILE, f"{_ADDRESS}.address2"),
    Field("address.city", "City", Group.PROFILE, f"{_ADDRESS}.city"),
    Field("address.zip", "Postal code", Group.PROFILE, f"{_ADDRESS}.zip", 40),
    Field("address.province_code", "Province code", Group.PROFILE, f"{_ADDRESS}.provinceCode", 10),
    Field("address.country_code", "Country code", Group.PROFILE, f"{_ADDRESS}.countryCodeV2", 2),
)
_SUBSCRIPTIONS = (
    Field("email_subscription", "E-mail subscription", Group.EMAIL, "customers.defaultEmailAddress.marketingState"),
    Field("sms_subscription", "SMS subscription", Group.SMS, "customers.defaultPhoneNumber.smsMarketingConsent"),
)
_ENGAGEMENT = (
    Field("last_open_at", "Last open", Group.ENGAGEMENT),
    Field("last_click_at", "Last click", Group.ENGAGEMENT),
    Field("last_sms_click_at", "Last SMS click", Group.ENGAGEMENT),
    Field("total_messages", "Total messages", Group.ENGAGEMENT),
    Field("rfm", "RFM group", Group.ENGAGEMENT),
)
FIELDS: dict[str, Field] = {one.name: one for one in (*_PROFILE, *_SUBSCRIPTIONS, *_ENGAGEMENT)}
EDITABLE: tuple[str, ...] = tuple(one.name for one in (*_PROFILE, *_SUBSCRIPTIONS))
"""What a person changes. Engagement is told, not edited; the RFM group is computed."""
CHANNEL = {"email_subscription": Channel.EMAIL, "sms_subscription": Channel.SMS}


# -- what was typed ------------------------------------------------------------------------------------------------

_EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s.,;<>()]+(\.[^@\s.,;<>()]+)+\Z")
_PHONE = re.compile(r"\+\d{7,15}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_STATES = {"subscribed": SUBSCRIBED, "unsubscribed": UNSUBSCRIBED}


def normal(name: str, text: str) -> str:
    """The value as it is kept. Raises `InvalidInput` naming the field."""
    field, value = FIELDS[name], " ".join(text.split())
    if not value or len(value) > field.longest:
        raise InvalidInput(f"{field.title}: give 1 to {field.longest} characters.", field=name)
    if name == "email" and not _EMAIL.match(value):
        raise InvalidInput("This is no e-mail address.", field=name)
    if name == "phone":
        return _phone(value)
    if name == "address.country_code":
        return _country(value)
    return _subscription(name, value) if name in CHANNEL else value


def _phone(text: str) -> str:
    dialled = phone_key(text) or ""
    if not _PHONE.match(dialled):
        raise InvalidInput("Give the phone number with its country code, as in +49 30 123456.", field="phone")
    return dialled


def _country(text: str) -> str:
    if not _COUNTRY.match(text.upper()):
        raise InvalidInput("Give the country as its code of two letters, as in DE.", field="address.country_code")
    return text.upper()


def _subscription(name: str, text: str) -> str:
    if text.lower() not in _STATES:
        raise InvalidInput("A subscription is either subscribed or unsubscribed.", field=name)
    return _STATES[text.lower()]


# -- what Shopify has ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """A customer as Shopify shows them: out of the hub, or just read. `address` is the default one; `unreadable` are
    the paths this app is not shown."""

    record: Customer
    address: Address | None
    unreadable: frozenset[str] = frozenset()

    def value(self, name: str) -> str | None:
        """What stands in this field; None for nothing."""
        if name.startswith("address."):
            found = getattr(self.address, name.removeprefix("address."), None) if self.address else None
        elif name in ("email", "phone"):
            found = address_on(self.record, Channel.EMAIL if name == "email" else Channel.SMS)
        elif name in CHANNEL:
            found = self.said(name).state
        else:
            found = getattr(self.record, name, None)
        return found or None

    def said(self, name: str) -> Said:
        return said_of(self.record, CHANNEL[name])

    def shows(self, name: str) -> bool:
        """Whether an empty field is known to be empty."""
        path = FIELDS[name].path
        return not any(path == one or path.startswith(f"{one}.") for one in self.unreadable)


def address_on(record: Customer, channel: Channel) -> str | None:
    if channel is Channel.EMAIL:
        return record.default_email_address.email_address if record.default_email_address else None
    return record.default_phone_number.phone_number if record.default_phone_number else None


def same(name: str, one: str, other: str) -> bool:
    """Whether two spellings mean the same."""
    if name == "email":
        return email_key(one) == email_key(other)
    return phone_key(one) == phone_key(other) if name == "phone" else one == other


# -- what becomes of an edit at Shopify ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """`state` None: send it. The sentence says why it was not."""

    state: EditState | None = None
    sentence: str | None = None


SEND = Verdict()
GONE = Verdict(EditState.FAILED, "Shopify does not show this customer any more.")
SUPPRESSED_ADDRESS = Verdict(
    EditState.KEPT, "This address must not be contacted, so it was not subscribed at Shopify. An admin can lift that."
)


def verdict(name: str, value: str, made_at: datetime, now: Reading) -> Verdict:
    """What to do with an edit, now that Shopify was asked what it has."""
    if not now.shows(name):
        return Verdict(EditState.FAILED, f"Shopify does not show this app the field: {FIELDS[name].title.lower()}.")
    if name in CHANNEL:
        return _subscription_verdict(name, value, made_at, now)
    there = now.value(name)
    if there is None:
        return SEND
    if same(name, there, value):
        return Verdict(EditState.SENT)
    return Verdict(EditState.KEPT, "Shopify has a value of its own by now, which stays. Yours is kept here only.")


def _subscription_verdict(name: str, value: str, made_at: datetime, now: Reading) -> Verdict:
    said, channel = now.said(name), CHANNEL[name]
    if address_on(now.record, channel) is None:
        what = "e-mail address" if channel is Channel.EMAIL else "phone number"
        return Verdict(EditState.FAILED, f"This customer has no {what} at Shopify yet.")
    if said.state == value:
        return Verdict(EditState.SENT)
    if said.at is not None and said.at > made_at:
        return Verdict(EditState.SUPERSEDED, "The subscription was changed at Shopify later than here; that holds.")
    return SEND

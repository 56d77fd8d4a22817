"""Shopify's customer export: one row per customer, in its newer form ("Default Address City") or the older ("City")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.money import currency
from mooring_sandbox.shopify.csv_import.addresses import COUNTRY_NAMES
from mooring_sandbox.shopify.csv_import.links import Links
from mooring_sandbox.shopify.csv_import.reading import Row, Table
from mooring_sandbox.shopify.state import gid

Doc = dict[str, Any]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PUNCTUATION = re.compile(r"[\s().-]")
_PHONE = re.compile(r"\+?\d{3,15}")


def customers(table: Table, mint: Mint, code: str, now: str, links: Links) -> Iterator[Doc]:
    first_seen: dict[str, int] = {}
    for row in table.rows():
        customer = _customer(row, mint, code, now)
        address = customer["email"]
        if address and (address in links.customers or address in first_seen):
            where = f"it is in row {first_seen[address]}" if address in first_seen else "the shop has it"
            row.wrong("Email", f"an e-mail address no other customer has; {where}")
        elif customer["id"] in links.customer_ids:
            row.wrong("Customer ID", "an id no other customer has")
        else:
            links.add_customer(customer)
            first_seen.update({address: row.number} if address else {})
            yield customer


def _customer(row: Row, mint: Mint, code: str, now: str) -> Doc:
    email, number = _email(row), phone(row, "Phone")
    addresses = _addresses(row, mint)
    return {
        "id": record_id(row, "Customer ID", "Customer", mint), "firstName": row.text("First Name"),
        "lastName": row.text("Last Name"), "email": email, "phone": number, "locale": "en", "state": "DISABLED",
        "createdAt": now, "updatedAt": now, "verifiedEmail": email is not None, "note": row.text("Note"),
        "tags": sorted(row.listed("Tags")), "taxExempt": row.flag("Tax Exempt"), "taxExemptions": [],
        "dataSaleOptOut": False, "numberOfOrders": str(row.whole("Total Orders", least=0)),
        "amountSpent": currency(code).moneys[row.money("Total Spent", code) or 0], "lastOrderId": None,
        "addressesV2": addresses, "defaultAddressId": addresses[0]["id"] if addresses else None,
        "defaultEmailAddress": _email_consent(row, email, now), "defaultPhoneNumber": _sms_consent(row, number, now),
    }  # fmt: skip


def record_id(row: Row, column: str, type_: str, mint: Mint) -> str:
    """The record's own id where the export tells it."""
    told = row.code(column)
    if told and not told.isdecimal():
        row.wrong(column, "a number")
    return gid(type_, int(told)) if told and told.isdecimal() else mint(type_)


def _email(row: Row) -> str | None:
    told = row.text("Email")
    if told and not _EMAIL.fullmatch(told):
        row.wrong("Email", "an e-mail address")
    return told and told.lower()


def phone(row: Row, *columns: str) -> str | None:
    """Digits with a leading plus where one is told."""
    told = _PUNCTUATION.sub("", row.code(*columns) or "")
    if told and not _PHONE.fullmatch(told):
        row.wrong(columns[0], "a telephone number such as +4930123456")
        return None
    return told or None


def _email_consent(row: Row, address: str | None, now: str) -> Doc | None:
    if address is None:
        return None
    yes = row.flag("Accepts Email Marketing", False, "Accepts Marketing")
    return {"emailAddress": address, "validFormat": True, "openTrackingLevel": "UNKNOWN", **_consent(yes, now)}


def _sms_consent(row: Row, number: str | None, now: str) -> Doc | None:
    if number is None:
        return None
    yes = row.flag("Accepts SMS Marketing")
    return {"phoneNumber": number, **_consent(yes, now), "marketingOptInLevel": "SINGLE_OPT_IN",
            "marketingCollectedFrom": "OTHER" if yes else None}  # fmt: skip


def _consent(yes: bool, now: str) -> Doc:
    level = "SINGLE_OPT_IN" if yes else None
    state = "SUBSCRIBED" if yes else "NOT_SUBSCRIBED"
    return {"marketingState": state, "marketingOptInLevel": level, "marketingUpdatedAt": now if yes else None}


def _addresses(row: Row, mint: Mint) -> list[Doc]:
    """The default address, if any part of it is told."""

    def told(name: str) -> str | None:
        return row.code(f"Default Address {name}", name)

    first, last = row.text("First Name"), row.text("Last Name")
    country = row.country("Default Address Country Code", "Country Code")
    parts: Doc = {
        "company": told("Company"), "address1": told("Address1"), "address2": told("Address2"), "city": told("City"),
        "province": row.text("Province"), "provinceCode": told("Province Code"), "zip": told("Zip"),
        "country": row.text("Country") or COUNTRY_NAMES.get(country or ""), "countryCodeV2": country,
    }  # fmt: skip
    if not any(parts.values()):
        return []
    name = " ".join(part for part in (first, last) if part)
    own_phone = phone(row, "Default Address Phone")
    return [
        {"id": mint("MailingAddress"), "firstName": first, "lastName": last, "name": name, "phone": own_phone, **parts}
    ]

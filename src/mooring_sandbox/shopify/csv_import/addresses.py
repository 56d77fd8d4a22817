"""Billing and shipping addresses of the order export."""

from __future__ import annotations

from typing import Any

from mooring_sandbox.shopify.catalogue.mint import Mint
from mooring_sandbox.shopify.catalogue.places import COUNTRIES
from mooring_sandbox.shopify.csv_import.reading import Row

Doc = dict[str, Any]

COUNTRY_NAMES = {country.code: country.name for country in COUNTRIES}


def address(row: Row, kind: str, mint: Mint) -> Doc | None:
    """`kind` is "Billing" or "Shipping". None where the order has no such address."""
    country, name = row.country(f"{kind} Country"), row.text(f"{kind} Name")
    first, _, last = (name or "").partition(" ")
    parts: Doc = {
        "firstName": first or None, "lastName": last or None, "name": name,
        "company": row.text(f"{kind} Company"), "address1": row.text(f"{kind} Address1", f"{kind} Street"),
        "address2": row.text(f"{kind} Address2"), "city": row.text(f"{kind} City"),
        "province": row.text(f"{kind} Province Name"), "provinceCode": row.text(f"{kind} Province"),
        "country": COUNTRY_NAMES.get(country or ""), "countryCodeV2": country, "zip": row.code(f"{kind} Zip"),
        "phone": row.code(f"{kind} Phone"),
    }  # fmt: skip
    return {"id": mint("MailingAddress"), **parts} if any(parts.values()) else None

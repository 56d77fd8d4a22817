"""A shop's own document and its two locations."""

from __future__ import annotations

from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue import ids
from mooring_sandbox.shopify.catalogue.dice import Dice
from mooring_sandbox.shopify.state import gid

Doc = dict[str, Any]


class _Home(NamedTuple):
    """Where a shop with this currency is at home, and how taxes work there."""

    country: str
    country_name: str
    city: str
    province: str | None
    province_code: str | None
    zip: str
    address1: str
    timezone: str
    abbreviation: str
    minutes: int
    taxes_included: bool
    presentment: tuple[str, ...]


_HOMES = {
    "EUR": _Home(
        "DE",
        "Germany",
        "Leipzig",
        None,
        None,
        "04109",
        "Nikolaistraße 12",
        "Europe/Berlin",
        "CET",
        60,
        True,
        ("EUR", "GBP", "CHF", "JPY", "USD"),
    ),
    "USD": _Home(
        "US",
        "United States",
        "Portland",
        "Oregon",
        "OR",
        "97204",
        "12 SW Alder Street",
        "America/Los_Angeles",
        "PST",
        -480,
        False,
        ("USD", "CAD", "EUR", "GBP", "JPY"),
    ),
    "CAD": _Home(
        "CA",
        "Canada",
        "Ottawa",
        "Ontario",
        "ON",
        "K1P 1J1",
        "150 Elgin Street",
        "America/Toronto",
        "EST",
        -300,
        False,
        ("CAD", "USD", "EUR"),
    ),
    "GBP": _Home(
        "GB",
        "United Kingdom",
        "Leeds",
        "England",
        "ENG",
        "LS1 4AP",
        "8 Park Row",
        "Europe/London",
        "GMT",
        0,
        True,
        ("GBP", "EUR", "USD"),
    ),
    "JPY": _Home(
        "JP",
        "Japan",
        "京都市",
        "Kyōto",
        "JP-26",
        "604-8001",
        "木屋町通 12",
        "Asia/Tokyo",
        "JST",
        540,
        True,
        ("JPY", "USD", "EUR"),
    ),
}

RATES = {
    "EUR": "1", "USD": "1.0842", "GBP": "0.8431", "CHF": "0.9517", "CAD": "1.4763", "JPY": "162.37",
}  # fmt: skip
"""Units per euro; the catalogue's only exchange rates, on every day of its history."""


def shop_doc(handle: str, seed: int, *, currency: str = "EUR", shop_id: int, as_of: str) -> Doc:
    """The Shop document. Currencies without a home of their own are at home where the euro is."""
    home = _HOMES.get(currency, _HOMES["EUR"])
    dice = Dice(seed, "shop")
    dice.of(shop_id)
    domain = f"{handle}.myshopify.com"
    address = _address(home, shop_id)
    return {
        "id": gid("Shop", shop_id), "name": handle.replace("-", " ").title(), "email": f"owner@{handle}.example.com",
        "contactEmail": f"hello@{handle}.example.com", "shopOwnerName": "Store Owner", "description": None,
        "myshopifyDomain": domain, "url": f"https://{domain}",
        "primaryDomain": {"id": ids.numbered("Domain", shop_id, dice.below(999)), "host": domain,
                          "url": f"https://{domain}", "sslEnabled": True},
        "plan": {"publicDisplayName": "Basic", "displayName": "Basic", "partnerDevelopment": False,
                 "shopifyPlus": False},
        "currencyCode": currency,
        "enabledPresentmentCurrencies": list(dict.fromkeys((currency, *home.presentment))),
        "currencyFormats": {"moneyFormat": "{{amount}}", "moneyInEmailsFormat": "{{amount}}",
                            "moneyWithCurrencyFormat": "{{amount}} " + currency,
                            "moneyWithCurrencyInEmailsFormat": "{{amount}} " + currency},
        "billingAddress": address, "shopAddress": address,
        "ianaTimezone": home.timezone, "timezoneAbbreviation": home.abbreviation,
        "timezoneOffset": f"{home.minutes // 60:+03d}{home.minutes % 60:02d}",
        "timezoneOffsetMinutes": home.minutes,
        "weightUnit": "POUNDS" if home.country == "US" else "KILOGRAMS",
        "unitSystem": "IMPERIAL_SYSTEM" if home.country == "US" else "METRIC_SYSTEM",
        "taxesIncluded": home.taxes_included, "taxShipping": home.taxes_included,
        "orderNumberFormatPrefix": "#", "orderNumberFormatSuffix": "",
        "checkoutApiSupported": True, "setupRequired": False, "customerAccounts": "OPTIONAL",
        "transactionalSmsDisabled": False, "marketingSmsConsentEnabledAtCheckout": True,
        "shipsToCountries": ["DE", "FR", "GB", "US", "CA", "CH", "JP"],
        "createdAt": f"{int(as_of[:4]) - 6}-03-14T09:26:53Z", "updatedAt": as_of,
        "$settings": {"state": "active"},
    }  # fmt: skip


def _address(home: _Home, shop_id: int) -> Doc:
    return {
        "id": ids.numbered("ShopAddress", shop_id, 0), "address1": home.address1, "address2": None, "city": home.city,
        "company": None, "country": home.country_name, "countryCodeV2": home.country, "province": home.province,
        "provinceCode": home.province_code, "zip": home.zip, "phone": None, "coordinatesValidated": False,
        "formatted": [part for part in (home.address1, f"{home.zip} {home.city}", home.country_name) if part],
        "formattedArea": f"{home.city}, {home.country_name}",
    }  # fmt: skip


def locations(shop: Doc, shop_id: int) -> list[Doc]:
    """A warehouse that ships and a shop floor that sells over the counter."""
    return [_location(shop, shop_id, 0, "Warehouse", online=True), _location(shop, shop_id, 1, "Store", online=False)]


def _location(shop: Doc, shop_id: int, index: int, name: str, *, online: bool) -> Doc:
    home = shop["shopAddress"]
    return {
        "id": ids.numbered("Location", shop_id, index), "name": name, "isActive": True, "isPrimary": index == 0,
        "activatable": True, "deactivatable": True, "deletable": False, "addressVerified": True,
        "fulfillsOnlineOrders": online, "shipsInventory": online, "hasActiveInventory": True,
        "hasUnfulfilledOrders": True, "isFulfillmentService": False, "createdAt": shop["createdAt"],
        "updatedAt": shop["createdAt"],
        "address": {"address1": home["address1"], "address2": None, "city": home["city"], "country": home["country"],
                    "countryCode": home["countryCodeV2"], "province": home["province"],
                    "provinceCode": home["provinceCode"], "zip": home["zip"], "phone": None,
                    "formatted": home["formatted"], "latitude": None, "longitude": None},
    }  # fmt: skip

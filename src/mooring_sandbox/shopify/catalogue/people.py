"""A person of the catalogue: what customers and orders agree on, made from the seed and a number alone."""

from __future__ import annotations

from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue import ids, names, places
from mooring_sandbox.shopify.catalogue.dice import Dice


class Person(NamedTuple):
    first: str | None
    last: str | None
    email: str | None
    phone: str | None
    country: places.Country
    locale: str


_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "kunden.example.org")


def person(dice: Dice, index: int) -> Person:
    """Person number `index`. Leaves `dice` at the end of what it read, so a caller may go on drawing from it."""
    draw = dice.of(index)
    country = dice.one(places.COMMON if draw() < 0.7 else places.COUNTRIES)
    first, last, slug = _name(dice, country.language)
    email = f"{slug}.{index}@{dice.one(_DOMAINS)}" if draw() > 0.02 else None
    phone = _phone(dice, country) if draw() < (0.35 if email else 0.8) else None
    return Person(first, last, email, phone, country, _locale(country))


def _name(dice: Dice, language: str) -> tuple[str | None, str | None, str]:
    draw = dice.random()
    if draw < 0.01:
        return *dice.one(names.ODD), "odd"
    firsts, lasts = names.BY_LANGUAGE[language]
    first, last = dice.one(firsts), dice.one(lasts)
    slug = f"{first.slug}.{last.slug}"
    if draw < 0.03:
        return None, last.text, last.slug
    if draw < 0.04:
        return None, None, "customer"
    return first.text, (None if draw < 0.05 else last.text), slug


def _phone(dice: Dice, country: places.Country) -> str:
    return f"{country.prefix}{dice.between(2, 9)}{dice.digits(country.phone_digits - 1)}"


def _locale(country: places.Country) -> str:
    return f"{country.language}-{country.code}" if country.code in {"CA", "CH", "BR"} else country.language


def filled(dice: Dice, pattern: str) -> str:
    """The pattern with a digit for each `#`."""
    holes = pattern.count("#")
    if not holes:
        return pattern
    digits = iter(dice.digits(holes))
    return "".join(next(digits) if c == "#" else c for c in pattern)


def address(dice: Dice, who: Person, country: places.Country, gid: str) -> dict[str, Any]:
    """A mailing address of a person, the parts a country does not have left out as null."""
    city = dice.one(country.cities)
    name = " ".join(part for part in (who.first, who.last) if part)
    draw = dice.random()
    return {
        "id": gid, "firstName": who.first, "lastName": who.last, "name": name,
        "company": dice.one(names.COMPANIES) if draw < 0.12 else None,
        "address1": dice.one(country.streets).replace("#", str(dice.between(1, 240))),
        "address2": "Apt. 4 / 2. Stock" if draw > 0.85 else None,
        "city": city.name, "province": city.province, "provinceCode": city.province_code,
        "country": country.name, "countryCodeV2": country.code, "zip": filled(dice, city.zip) or None,
        "phone": who.phone if draw > 0.4 else None,
    }  # fmt: skip


def address_id(shop_id: int, index: int, position: int) -> str:
    """Customers' addresses take eight numbers each, orders' two of another range."""
    return ids.numbered("MailingAddress", shop_id, index * 8 + position)

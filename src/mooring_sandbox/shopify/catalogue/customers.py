"""Customer documents: identity from `people`, consent in every state, addresses, tags, and their orders summed up."""

from __future__ import annotations

from typing import Any, NamedTuple

from mooring_sandbox.shopify.catalogue import ids, names, people, places
from mooring_sandbox.shopify.catalogue.dice import DAY, Dice, stamp, weighted
from mooring_sandbox.shopify.catalogue.money import Currency

Doc = dict[str, Any]

_EMAIL_STATES = weighted(SUBSCRIBED=46, NOT_SUBSCRIBED=30, UNSUBSCRIBED=15, PENDING=6, INVALID=3)
_SMS_STATES = weighted(SUBSCRIBED=30, NOT_SUBSCRIBED=45, UNSUBSCRIBED=15, PENDING=7, REDACTED=3)
_LEVELS = weighted(SINGLE_OPT_IN=6, CONFIRMED_OPT_IN=3, UNKNOWN=1)
_STATES = weighted(DISABLED=60, ENABLED=30, INVITED=8, DECLINED=2)
_TRACKING = weighted(UNKNOWN=6, OPTED_IN=3, OPTED_OUT=1)
_EXEMPTIONS = {"CA": "CA_STATUS_CARD_EXEMPTION", "US": "US_CA_RESELLER_EXEMPTION"}
_ADDRESS_COUNTS = (0, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4)

OLDEST = 4 * 365 * DAY
"""Customers have come in over four years, orders over three: nobody buys before they exist."""
QUIET = 3_600
"""No profile was edited in the last hour: a new shop rests, however large it is, until somebody lives in it."""


class Purchases(NamedTuple):
    """What a customer's orders add up to, in the shop's minor units."""

    orders: int = 0
    spent: int = 0
    last_order: str | None = None
    last_at: int = 0


def joined(index: int, total: int, as_of: int) -> int:
    """When customer number `index` of `total` came: ids and dates grow together."""
    return as_of - OLDEST + (2 * index + 1) * (OLDEST - DAY) // (2 * total)


def came_before(moment: int, total: int, as_of: int) -> int:
    """How many of `total` customers had come by a moment."""
    return max(1, min(total, total * (moment - as_of + OLDEST) // (OLDEST - DAY)))


def customer(dice: Dice, shop_id: int, index: int, total: int, as_of: int, bought: Purchases, money: Currency) -> Doc:
    """Customer number `index`; `dice` is of kind "person" and continues where the identity ends."""
    who = people.person(dice, index)
    draw = dice.random
    created = joined(index, total, as_of)
    updated = max(bought.last_at, as_of - QUIET - int(draw() ** 3 * (as_of - QUIET - created)))
    exempt = draw() < 0.03
    doc: Doc = {
        "id": ids.numbered("Customer", shop_id, index), "firstName": who.first, "lastName": who.last,
        "email": who.email, "phone": who.phone, "locale": who.locale, "state": dice.one(_STATES),
        "createdAt": stamp(created), "updatedAt": stamp(updated), "verifiedEmail": draw() > 0.1,
        "note": dice.one(names.NOTES) if draw() < 0.08 else None, "tags": _tags(dice),
        "taxExempt": exempt, "taxExemptions": _exemptions(who) if exempt else [],
        "dataSaleOptOut": draw() < 0.02,
        "numberOfOrders": str(bought.orders), "amountSpent": money.moneys[bought.spent],
        "lastOrderId": bought.last_order, "addressesV2": _addresses(dice, who, shop_id, index),
        "defaultEmailAddress": _email(dice, who.email, created, as_of),
        "defaultPhoneNumber": _phone(dice, who.phone, created, as_of),
    }  # fmt: skip
    doc["defaultAddressId"] = doc["addressesV2"][0]["id"] if doc["addressesV2"] else None
    return doc


def _tags(dice: Dice) -> list[str]:
    if dice.random() > 0.3:
        return []
    return sorted({dice.one(names.CUSTOMER_TAGS) for _ in range(dice.between(1, 4))})


def _exemptions(who: people.Person) -> list[str]:
    return [_EXEMPTIONS.get(who.country.code, "EU_REVERSE_CHARGE_EXEMPTION_RULE")]


def _addresses(dice: Dice, who: people.Person, shop_id: int, index: int) -> list[Doc]:
    """Zero to four; the first is the default one and at home, the others may be anywhere."""
    return [
        people.address(
            dice,
            who,
            who.country if position == 0 or dice.random() < 0.7 else dice.one(places.COUNTRIES),
            people.address_id(shop_id, index, position),
        )
        for position in range(dice.one(_ADDRESS_COUNTS))
    ]


def _email(dice: Dice, address: str | None, created: int, as_of: int) -> Doc | None:
    if address is None:
        return None
    state = dice.one(_EMAIL_STATES)
    level, changed = _consent(dice, state, created, as_of)
    return {
        "emailAddress": address, "marketingState": state, "marketingOptInLevel": level, "marketingUpdatedAt": changed,
        "openTrackingLevel": dice.one(_TRACKING), "validFormat": state != "INVALID",
    }  # fmt: skip


def _phone(dice: Dice, number: str | None, created: int, as_of: int) -> Doc | None:
    if number is None:
        return None
    state = dice.one(_SMS_STATES)
    level, changed = _consent(dice, state, created, as_of)
    source = None if changed is None else "SHOPIFY" if dice.random() < 0.8 else "OTHER"
    return {
        "phoneNumber": number, "marketingState": state, "marketingOptInLevel": level or "SINGLE_OPT_IN",
        "marketingUpdatedAt": changed, "marketingCollectedFrom": source,
    }  # fmt: skip


def _consent(dice: Dice, state: str, created: int, as_of: int) -> tuple[str | None, str | None]:
    """Opt-in level and date. Who never said anything has no date, and a level only as the shop's default."""
    if state in {"NOT_SUBSCRIBED", "INVALID"}:
        return None, None
    return dice.one(_LEVELS), stamp(created + int(dice.random() * (as_of - created)))

"""A scripted merchant: plausible acts, one after the other, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.catalogue import goods, names, people
from mooring_sandbox.shopify.catalogue.dice import Dice, weighted
from mooring_sandbox.shopify.merchant.acting import perform
from mooring_sandbox.shopify.merchant.customers import EMAIL_STATES, SMS_STATES
from mooring_sandbox.shopify.merchant.desk import Doc
from mooring_sandbox.shopify.state import State

_WEEKDAY = weighted(
    create_order=24, fulfil_order=14, edit_customer=8, change_consent=8, move_stock=8, create_customer=6,
    change_price=6, edit_product=5, pay_order=4, tag_customer=4, tag_order=4, refund_order=4, add_address=3,
    tag_product=3, edit_order=2,
    cancel_order=2, create_product=2, note_order=2, add_variant=1, delete_variant=1, edit_collection=1, delete_order=1,
    delete_product=1, delete_customer=1, merge_customers=1, create_collection=1, delete_collection=1,
)  # fmt: skip
_NEWCOMERS = 2_000_000_000
"""The people who come while the merchant lives are numbered from here: the catalogue does not know them."""


class Done(NamedTuple):
    act: str
    id: str


class Merchant:
    """Plays acts on one shop. Acts that a shop in its present state refuses are skipped, as a person would."""

    def __init__(self, state: State, shop_id: int, seed: int, clock: Clock) -> None:
        self._state, self._shop_id, self._clock = state, shop_id, clock
        self._dice, self._crowd = Dice(seed, "merchant"), Dice(seed, "person")
        self._turn = 0

    def live(
        self, acts: int | None = None, *, until: datetime | None = None, step: timedelta = timedelta(minutes=7)
    ) -> list[Done]:
        """So many acts, or as many as fit `until` a moment; the clock goes on by about a `step` after each."""
        if acts is None and until is None:
            raise ValueError("tell how many acts, or until when")
        done: list[Done] = []
        while (acts is None or len(done) < acts) and (until is None or self._clock.now() < until):
            if found := self._one():
                done.append(found)
            self._clock.advance(step * (0.2 + 1.6 * self._dice.random()))
        return done

    def _one(self) -> Done | None:
        """The next act; None if the shop has nothing to do it with. A shop with nothing at all gets a product."""
        self._dice.of(self._turn)
        self._turn += 1
        name = self._dice.one(_WEEKDAY) if self._state.count(self._shop_id, "Product") else "create_product"
        try:
            arguments = _PLANS[name](self)
            return Done(name, perform(self._state, self._shop_id, self._clock, name, arguments)["id"])
        except (LookupError, ValueError):
            return None

    def some(self, type_: str) -> Doc:
        """Any record of a type, more often one that changed lately; `LookupError` if there is none."""
        count = self._state.count(self._shop_id, type_)
        if not count:
            raise LookupError(f"the shop has no {type_}")
        with self._state.lock:
            (id_,) = self._state.db.execute(
                "SELECT id FROM record WHERE shop_id = ? AND type = ?"
                " ORDER BY updated_at DESC, id DESC LIMIT 1 OFFSET ?",
                (self._shop_id, type_, int(self._dice.random() ** 2 * count)),
            ).fetchone()
        return next(self._state.scan(self._shop_id, type_, after=id_ - 1, page=1))

    def newcomer(self) -> people.Person:
        return people.person(self._crowd, _NEWCOMERS + self._turn)

    @property
    def dice(self) -> Dice:
        return self._dice

    @property
    def turn(self) -> int:
        return self._turn


Plan = Callable[[Merchant], dict[str, Any]]


def _new_customer(m: Merchant) -> dict[str, Any]:
    who = m.newcomer()
    return {
        "first_name": who.first,
        "last_name": who.last,
        "email": who.email,
        "phone": who.phone,
        "locale": who.locale,
    }


def _consent(m: Merchant) -> dict[str, Any]:
    doc = m.some("Customer")
    sms = doc["defaultPhoneNumber"] is not None and m.dice.chance(0.4)
    state = m.dice.one(SMS_STATES[:4] if sms else EMAIL_STATES[:4])
    return {"id": doc["id"], "channel": "sms" if sms else "email", "state": state}


def _address(m: Merchant) -> dict[str, Any]:
    doc, who = m.some("Customer"), m.newcomer()
    made = people.address(m.dice, who, who.country, "")
    return {
        "id": doc["id"], "address1": made["address1"], "city": made["city"], "zip": made["zip"],
        "province": made["province"], "province_code": made["provinceCode"], "country": made["country"],
        "country_code": made["countryCodeV2"], "default": m.dice.chance(0.3),
    }  # fmt: skip


def _order(m: Merchant) -> dict[str, Any]:
    lines = [
        {"variant": m.some("ProductVariant")["id"], "quantity": m.dice.between(1, 3)}
        for _ in range(m.dice.between(1, 4))
    ]
    buyer = {"customer": m.some("Customer")["id"]} if m.dice.chance(0.9) else {"email": f"guest-{m.turn}@example.com"}
    discount = {"discount_code": "LIVE10", "discount_percent": 10} if m.dice.chance(0.2) else {}
    tip = "2" if m.dice.chance(0.04) else "0"
    return {
        "lines": lines,
        **buyer,
        **discount,
        "tip": tip,
        "shipping": m.dice.one(("0", "5", "12")),
        "paid": m.dice.chance(0.85),
    }


def _refund(m: Merchant) -> dict[str, Any]:
    doc = m.some("Order")
    line = m.dice.one(doc["lineItems"])
    if m.dice.chance(0.3):
        return {"id": doc["id"]}
    return {"id": doc["id"], "lines": {line["id"]: 1}, "return_to_stock": m.dice.chance(0.7)}


def _edit(m: Merchant) -> dict[str, Any]:
    doc = m.some("Order")
    if m.dice.chance(0.5):
        return {"id": doc["id"], "remove": {m.dice.one(doc["lineItems"])["id"]: 1}}
    return {"id": doc["id"], "add": [{"variant": m.some("ProductVariant")["id"]}]}


def _new_product(m: Merchant) -> dict[str, Any]:
    title = f"{m.dice.one(goods.ADJECTIVES)} {m.dice.one(m.dice.one(goods.SORTS).nouns)}"
    options = {"Size": ["S", "M", "L"]} if m.dice.chance(0.5) else None
    return {"title": title, "price": str(m.dice.between(5, 90)), "sku": f"LIVE-{m.turn}", "options": options,
            "vendor": m.dice.one(goods.VENDORS), "quantity": m.dice.between(0, 40)}  # fmt: skip


def _variant(m: Merchant) -> dict[str, Any]:
    doc = m.some("Product")
    values = [m.dice.one(option["values"]) for option in doc["options"]]
    return {"product": doc["id"], "values": [*values[:-1], f"Special {m.turn}"], "price": str(m.dice.between(5, 90))}


def _tags(type_: str, tags: tuple[str, ...]) -> Plan:
    def plan(m: Merchant) -> dict[str, Any]:
        doc = m.some(type_)
        gone = [m.dice.one(doc["tags"])] if doc["tags"] and m.dice.chance(0.4) else []
        return {"id": doc["id"], "add": [m.dice.one(tags)], "remove": gone}

    return plan


def _only(type_: str, name: str = "id") -> Plan:
    return lambda m: {name: m.some(type_)["id"]}


def _with(type_: str, **more: Callable[[Merchant], Any]) -> Plan:
    return lambda m: {"id": m.some(type_)["id"], **{name: make(m) for name, make in more.items()}}


_PLANS: dict[str, Plan] = {
    "create_customer": _new_customer, "change_consent": _consent, "add_address": _address,
    "edit_customer": _with("Customer", first_name=lambda m: m.newcomer().first, note=lambda m: m.dice.one(names.NOTES)),
    "tag_customer": _tags("Customer", names.CUSTOMER_TAGS), "delete_customer": _only("Customer"),
    "merge_customers": _with("Customer", into=lambda m: m.some("Customer")["id"]),
    "create_order": _order, "edit_order": _edit, "refund_order": _refund, "pay_order": _only("Order"),
    "fulfil_order": _with("Order", tracking_number=lambda m: m.dice.digits(12)), "cancel_order": _only("Order"),
    "delete_order": _only("Order"), "tag_order": _tags("Order", ("express", "live", "gift 🎁")),
    "note_order": _with("Order", note=lambda m: m.dice.one(("Call first", "Ohne Rechnung", None))),
    "create_product": _new_product, "delete_product": _only("Product"), "add_variant": _variant,
    "edit_product": _with("Product", title=lambda m: f"{m.dice.one(goods.ADJECTIVES)} {m.turn}",
                          vendor=lambda m: m.dice.one(goods.VENDORS)),
    "delete_variant": _only("ProductVariant"), "tag_product": _tags("Product", goods.PRODUCT_TAGS),
    "change_price": lambda m: {"variant": m.some("ProductVariant")["id"], "price": str(m.dice.between(1, 99))},
    "move_stock": lambda m: {"variant": m.some("ProductVariant")["id"], "by": m.dice.between(-3, 20)},
    "create_collection": lambda m: {"title": f"Season {m.turn}", "products": [m.some("Product")["id"]]},
    "edit_collection": _with("Collection", title=lambda m: f"Renamed {m.turn}"),
    "delete_collection": _only("Collection"),
}  # fmt: skip

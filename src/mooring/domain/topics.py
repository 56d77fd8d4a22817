"""What a webhook is about: topic and body in, a signal ("customer 5 changed") out. Nothing else of a body is used.

Bodies are as Shopify documents them: numeric ids, or global ids with the number at their end; a body that was too
large for the way it took is shrunk to `{"id": …}` and says just as much. The deliveries of a topic that is not in
`TOPICS` nor in `COMPLIANCE` mean nothing to Mooring.

`fields` are what a subscription asks to be sent (`includeFields`; all if empty). Of two identical payloads Shopify
sends only the first, so whatever tells one change from the next has to be among them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from msgspec import DecodeError, Struct, field, json

from mooring.domain.kinds import Kind
from mooring.domain.signing import is_shop_domain
from mooring.errors import Permanent

_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Topic:
    """`kind`: of a record, or `app`, `shop`, `bulk`. `ids`: where in the body the record's id may stand; with
    `optional` there may be none. `scope`: without it Shopify does not take the subscription."""

    name: str
    kind: str
    scope: str | None = None
    ids: tuple[str, ...] = ("id", "admin_graphql_api_id")
    fields: tuple[str, ...] = ("id", "admin_graphql_api_id", "updated_at")
    optional: bool = False

    @property
    def enum(self) -> str:
        """As GraphQL spells it."""
        return self.name.upper().replace("/", "_").replace(".", "_")


def _of(kind: Kind, *verbs: str) -> list[Topic]:
    scope = "read_products" if kind is Kind.COLLECTIONS else f"read_{kind}"
    return [Topic(f"{kind}/{verb}", kind, scope) for verb in verbs]


def _customer(name: str, *fields: str) -> Topic:
    return Topic(name, Kind.CUSTOMERS, "read_customers", (fields[0], "id"), fields)


_NEWER = ("customerId", "occurredAt")
_EDITED = "order_edit.order_id"

_ALL = (
    *_of(Kind.CUSTOMERS, "create", "update", "delete", "enable", "disable"),
    _customer("customers_email_marketing_consent/update", "customer_id", "email_marketing_consent"),
    _customer("customers_marketing_consent/update", "id", "sms_marketing_consent"),
    _customer("customer.tags_added", *_NEWER),
    _customer("customer.tags_removed", *_NEWER),
    _customer("customers/purchasing_summary", *_NEWER),
    Topic("customers/merge", Kind.CUSTOMERS, "read_customer_merge", ("admin_graphql_api_customer_deleted_id",), ()),
    *_of(Kind.ORDERS, "create", "updated", "cancelled", "paid", "fulfilled", "partially_fulfilled", "delete"),
    Topic(
        "orders/edited", Kind.ORDERS, "read_orders", (_EDITED, "id"),
        ("id", "updated_at", "order_edit.id", _EDITED),
    ),
    Topic("refunds/create", Kind.ORDERS, "read_orders", ("order_id",), ("id", "order_id", "created_at")),
    Topic("order_transactions/create", Kind.ORDERS, "read_orders", ("order_id",), ("id", "order_id", "created_at")),
    Topic("fulfillments/create", Kind.ORDERS, "read_orders", ("order_id",), ("id", "order_id", "updated_at")),
    Topic("fulfillments/update", Kind.ORDERS, "read_orders", ("order_id",), ("id", "order_id", "updated_at")),
    *_of(Kind.PRODUCTS, "create", "update", "delete"),
    *_of(Kind.COLLECTIONS, "create", "update", "delete"),
    Topic("bulk_operations/finish", "bulk", ids=("admin_graphql_api_id",), fields=()),
    Topic("app/uninstalled", "app", fields=(), optional=True),
    Topic("app/scopes_update", "app", ids=("shop_id",), fields=(), optional=True),
    Topic("shop/update", "shop", fields=("id", "updated_at"), optional=True),
)  # fmt: skip

TOPICS: dict[str, Topic] = {topic.name: topic for topic in _ALL}
"""By the name that deliveries bear. `app/…` and `shop/…` identify the shop, if they say so."""

MERGE = "customers/merge"
COMPLIANCE = frozenset({"customers/data_request", "customers/redact", "shop/redact"})
TEST = "mooring/test"
"""What Mooring sends to itself to see whether its address works. Answered, not kept."""

_NOT_MERGED = frozenset({"failed", "in_progress", "requested"})
_NAME = re.compile(r"[a-z0-9_]+[/.][a-z0-9_]+", re.ASCII)


def is_topic(text: str) -> bool:
    """Whether it looks like the name of a topic."""
    return len(text) <= 100 and _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Signal:
    """`other_id`: of a merge, the customer that stays; without one nothing has been merged, look at the record."""

    kind: str
    record_id: int | None
    other_id: int | None = None


class _Body(Struct):
    """Every place where an id may stand. What stands there is looked at afterwards, so that one odd field that nobody
    needs spoils nothing."""

    id: Any = None
    admin_graphql_api_id: Any = None
    shop_id: Any = None
    order_id: Any = None
    customer_id: Any = None
    customer_id_of_tags: Any = field(default=None, name="customerId")
    order_edit: dict[str, Any] | None = None
    status: Any = None
    kept: Any = field(default=None, name="admin_graphql_api_customer_kept_id")
    gone: Any = field(default=None, name="admin_graphql_api_customer_deleted_id")


_PLACES = {
    "customerId": "customer_id_of_tags",
    "admin_graphql_api_customer_deleted_id": "gone",
}
_body = json.Decoder(_Body)


def read(topic: Topic, body: bytes) -> Signal:
    """Raises `Permanent` saying what is wrong with the body."""
    found = _decoded(_body, body)
    ids = (_id_at(found, place) for place in topic.ids)
    record_id = next((number for number in ids if number is not None), None)
    if record_id is None and not topic.optional:
        raise Permanent(f"The body names no {topic.kind.removesuffix('s')}: {' or '.join(topic.ids)} is missing.")
    if topic.name != MERGE:
        return Signal(topic.kind, record_id)
    return Signal(topic.kind, record_id, _survivor(found))


def _survivor(found: _Body) -> int | None:
    if found.status in _NOT_MERGED:
        return None
    kept = number(found.kept)
    if kept is None:
        raise Permanent(
            "The body does not name the customer that stays: admin_graphql_api_customer_kept_id is missing."
        )
    return kept


def _id_at(found: _Body, place: str) -> int | None:
    if place == _EDITED:
        return number((found.order_edit or {}).get("order_id"))
    return number(getattr(found, _PLACES.get(place, place)))


def _decoded(decoder: json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (DecodeError, UnicodeDecodeError, RecursionError):
        raise Permanent("The body is no JSON object.") from None


def number(value: Any) -> int | None:
    """A positive 64-bit id, given as a number, as its digits or as a global id; else None."""
    if isinstance(value, str):
        digits = value.rpartition("/")[2].partition("?")[0]
        value = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None
    return value if type(value) is int and 0 < value <= _LARGEST else None


# -- compliance ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """`email` and `phone` as they were sent: to be hashed at once, never kept."""

    shop_id: int
    shop_domain: str
    customer_id: int | None
    email: str | None
    phone: str | None
    order_ids: tuple[int, ...]
    request_id: int | None


class _Person(Struct):
    id: Any = None
    email: Any = None
    phone: Any = None


class _Numbered(Struct):
    id: Any = None


class _Privacy(Struct):
    shop_id: Any = None
    shop_domain: Any = None
    customer: _Person | None = None
    orders_to_redact: list[Any] | None = None
    orders_requested: list[Any] | None = None
    data_request: _Numbered | None = None


_privacy = json.Decoder(_Privacy)


def read_request(topic: str, body: bytes) -> PrivacyRequest:
    """A compliance topic. The shop is taken from the signed body. Raises `Permanent` saying what is wrong."""
    found: _Privacy = _decoded(_privacy, body)
    shop_id, domain = number(found.shop_id), _text(found.shop_domain)
    domain = domain.lower() if domain else ""
    if shop_id is None or not is_shop_domain(domain):
        raise Permanent("The body does not name the shop: shop_id or shop_domain is missing.")
    person = found.customer or _Person()
    customer_id, email, phone = number(person.id), _text(person.email), _text(person.phone)
    if topic != "shop/redact" and customer_id is None and not email and not phone:
        raise Permanent("The body does not name the customer: id, email and phone are missing.")
    orders = tuple(n for one in found.orders_to_redact or found.orders_requested or () if (n := number(one)))
    request_id = number(found.data_request.id) if found.data_request else None
    return PrivacyRequest(shop_id, domain, customer_id, email, phone, orders, request_id)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None

"""Forgetting a customer of one store: rows that go, and orders that stay without the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Table, delete, func, or_, select, update

from mooring.db import tables
from mooring.db.bulk import Row
from mooring.db.tables import customers, deliveries, list_members, operations, orders
from mooring.domain.consent import Channel
from mooring.domain.redaction import redacted
from mooring.domain.rules import Work
from mooring.domain.translate_orders import LINE, ORDER, REFUND
from mooring.domain.translate_rows import Shape

_OF_CUSTOMER: tuple[Table, ...] = (tables.addresses, tables.engagement, tables.hub_edits)
_REDACTED = {
    ORDER: ("customer_id", "email", "phone", "search", "content_hash", "body"),
    LINE: ("content_hash", "body"),
    REFUND: ("content_hash", "body"),
}
_SOME = 500


def customer_ids(connection: Connection, store_id: str, customer_id: int | None) -> list[int]:
    """The customer, and those that were merged into them."""
    if customer_id is None:
        return []
    row = customers.c
    merged = select(row.shopify_id).where(row.store_id == store_id, row.merged_into == customer_id)
    return [customer_id, *connection.execute(merged).scalars()]


def known_people(connection: Connection, store_id: str) -> set[int]:
    """Every customer this store's rows speak of, by Shopify's ids."""
    person, order = customers.c, orders.c
    columns = (person.shopify_id, person.merged_into, order.customer_id)
    found = (
        connection.execute(select(one).where(one.table.c.store_id == store_id, one.is_not(None))).scalars()
        for one in columns
    )
    return {one for ids in found for one in ids}


def known_orders(connection: Connection, store_id: str) -> set[int]:
    return set(connection.execute(select(orders.c.shopify_id).where(orders.c.store_id == store_id)).scalars())


def addresses_of(
    connection: Connection, store_id: str, people: Collection[int], order_ids: Collection[int]
) -> dict[Channel, set[str]]:
    """Every e-mail address and phone number under which they are known here."""
    found: dict[Channel, set[str]] = {channel: set() for channel in Channel}
    for table, ids in ((customers, people), (orders, order_ids)):
        for some in _parts(ids):
            query = select(table.c.email, table.c.phone).where(
                table.c.store_id == store_id, table.c.shopify_id.in_(some)
            )
            for email, phone in connection.execute(query):
                found[Channel.EMAIL] |= {email} if email else set()
                found[Channel.SMS] |= {phone} if phone else set()
    return found


def order_ids(connection: Connection, store_id: str, people: Collection[int], named: Iterable[int]) -> list[int]:
    """Orders of these customers, orders that are named, and guest orders under one of their e-mail addresses."""
    row = orders.c
    query = select(row.shopify_id).where(row.store_id == store_id, row.customer_id.in_(people))
    found = set(named) | set(connection.execute(query).scalars())
    emails = {one.lower() for one in addresses_of(connection, store_id, people, found)[Channel.EMAIL]}
    if emails:
        guests = select(row.shopify_id).where(
            row.store_id == store_id, row.customer_id.is_(None), func.lower(row.email).in_(emails)
        )
        found |= set(connection.execute(guests).scalars())
    return sorted(found)


def erase_people(connection: Connection, store_id: str, people: Collection[int]) -> dict[str, int]:
    """Everything the hub holds of these customers but their orders."""
    hub = select(customers.c.hub_id).where(customers.c.store_id == store_id, customers.c.shopify_id.in_(people))
    members = delete(list_members).where(list_members.c.store_id == store_id, list_members.c.customer_hub_id.in_(hub))
    gone = {"list_members": connection.execute(members).rowcount}
    for table in _OF_CUSTOMER:
        mine = delete(table).where(table.c.store_id == store_id, table.c.customer_id.in_(people))
        gone[table.name] = connection.execute(mine).rowcount
    waiting = tables.sync_items.c
    asked = delete(tables.sync_items).where(
        waiting.store_id == store_id, waiting.kind == "customers", waiting.shopify_id.in_(people)
    )
    gone["sync_items"] = connection.execute(asked).rowcount
    them = delete(customers).where(customers.c.store_id == store_id, customers.c.shopify_id.in_(people))
    return gone | {"customers": connection.execute(them).rowcount}


def erase_deliveries(
    connection: Connection, store_id: str, domains: Collection[str], people: Collection[int], order_ids: Collection[int]
) -> int:
    """What the inbox points at. Deliveries that nobody has looked at yet bear the shop's domain only."""
    row = deliveries.c
    mine = or_(row.store_id == store_id, row.store_id.is_(None) & row.shop_domain.in_(domains))
    gone = 0
    for kinds, ids in ((("customers", "privacy"), people), (("orders",), order_ids)):
        for some in _parts(ids):
            theirs = or_(row.record_id.in_(some), row.other_id.in_(some))
            gone += connection.execute(delete(deliveries).where(mine, row.kind.in_(kinds), theirs)).rowcount
    return gone


def scrub_operations(connection: Connection, store_id: str, said: Collection[str]) -> int:
    """Finished recoveries of one record that name the customer: what they were asked for and said is emptied."""
    row = operations.c
    query = select(row.id, row.arguments, row.counts, row.cursor, row.receipt, row.error).where(
        row.store_id == store_id, row.kind == Work.RECOVER, row.finished_at.is_not(None)
    )
    theirs = [one.id for one in connection.execute(query) if _mentions(one, said)]
    values = {"arguments": "{}", "counts": "{}", "cursor": "{}", "error": None, "receipt": _EMPTIED}
    return connection.execute(update(operations).where(row.id.in_(theirs)).values(**values)).rowcount if theirs else 0


_EMPTIED = msgspec.json.encode({"notes": ["Emptied, because the customer asked to be forgotten."]}).decode()


def _mentions(operation: Any, said: Collection[str]) -> bool:
    text = " ".join(part.lower() for part in operation[1:] if part)
    return any(one.lower() in text for one in said)


# -- orders --------------------------------------------------------------------------------------------------------


def redact_orders(connection: Connection, store_id: str, some: Collection[int]) -> dict[str, int]:
    """These orders, their lines and refunds, without the person."""
    return {
        "orders": _redact(connection, ORDER, orders, orders.c.shopify_id, store_id, some),
        "order_lines": _redact(connection, LINE, tables.order_lines, tables.order_lines.c.order_id, store_id, some),
        "refunds": _redact(connection, REFUND, tables.refunds, tables.refunds.c.order_id, store_id, some),
    }


def _redact(
    connection: Connection, shape: Shape, table: Table, key: Column[Any], store_id: str, some: Collection[int]
) -> int:
    """Only rows in which something has to change are written."""
    query = select(*(table.c[name] for name in shape.columns)).where(table.c.store_id == store_id, key.in_(some))
    stored = [_as_row(shape, one) for one in connection.execute(query)]
    changed = [(before, redacted(shape, before)) for before in stored]
    changed = [(before, after) for before, after in changed if _values(shape, before) != _values(shape, after)]
    for before, after in changed:
        mine = (table.c.store_id == store_id, table.c.shopify_id == before[1])
        connection.execute(update(table).where(*mine).values(**_values(shape, after)))
    return len(changed)


def _values(shape: Shape, row: Row) -> dict[str, Any]:
    return {name: row[shape.columns.index(name)] for name in _REDACTED[shape]}


def _as_row(shape: Shape, stored: Any) -> Row:
    """As an import makes it: moments as text."""
    moments = {"fetched_at", "updated_at"}
    return tuple(
        value.isoformat(timespec="seconds").replace("+00:00", "Z") if name in moments and value else value
        for name, value in zip(shape.columns, stored, strict=True)
    )


def _parts(ids: Collection[int]) -> list[Sequence[int]]:
    whole = list(ids)
    return [whole[first : first + _SOME] for first in range(0, len(whole), _SOME)]

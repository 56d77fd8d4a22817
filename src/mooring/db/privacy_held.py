"""Everything the hub holds of one customer of one store, for whoever has a right to see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, RowMapping, Table, select

from mooring.db import privacy_erase, tables

Row = dict[str, Any]
_OURS = frozenset({"content_hash", "search", "email_key", "phone_key", "store_id", "detail_due", "historic"})


def person(connection: Connection, store_id: str, customer_id: int | None) -> dict[str, list[Row]]:
    """Those who were merged into them included."""
    ids = privacy_erase.customer_ids(connection, store_id, customer_id)
    found = {
        "customers": _of(connection, tables.customers, store_id, "shopify_id", ids),
        "addresses": _of(connection, tables.addresses, store_id, "customer_id", ids),
        "engagement": _of(connection, tables.engagement, store_id, "customer_id", ids),
        "edits": _of(connection, tables.hub_edits, store_id, "customer_id", ids),
    }
    return found | {"lists": _lists(connection, store_id, [one["hub_id"] for one in found["customers"]])}


def _lists(connection: Connection, store_id: str, hub_ids: Collection[int]) -> list[Row]:
    member, one = tables.list_members.c, tables.lists.c
    query = (
        select(one.name)
        .join(tables.list_members, member.list_id == one.id)
        .where(member.store_id == store_id, member.customer_hub_id.in_(hub_ids))
    )
    return [{"list": name} for name in connection.execute(query.order_by(one.name)).scalars()]


def order_ids(connection: Connection, store_id: str, customer_id: int | None, named: Iterable[int]) -> list[int]:
    people = privacy_erase.customer_ids(connection, store_id, customer_id)
    return privacy_erase.order_ids(connection, store_id, people, named)


def orders(connection: Connection, store_id: str, ids: Collection[int]) -> list[Row]:
    """With their lines and refunds. Ids that are not in the hub are left out."""
    found = _of(connection, tables.orders, store_id, "shopify_id", ids)
    lines = _of(connection, tables.order_lines, store_id, "order_id", ids)
    refunds = _of(connection, tables.refunds, store_id, "order_id", ids)
    return [
        one
        | {
            "order_lines": [line for line in lines if line["order_id"] == one["shopify_id"]],
            "refunds": [refund for refund in refunds if refund["order_id"] == one["shopify_id"]],
        }
        for one in found
    ]


def _of(connection: Connection, table: Table, store_id: str, key: str, ids: Collection[int]) -> list[Row]:
    query = select(table).where(table.c.store_id == store_id, table.c[key].in_(ids)).order_by(table.c[key])
    return [_opened(row) for row in connection.execute(query).mappings()]


def _opened(row: RowMapping) -> Row:
    known = {name: value for name, value in row.items() if name not in _OURS}
    return known | {name: msgspec.json.decode(known[name]) for name in ("body", "detail") if known.get(name)}

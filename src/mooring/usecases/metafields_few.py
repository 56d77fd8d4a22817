"""Metafields of a few records, call by call: at most 25 values in each, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mooring.db import mappings_metafields
from mooring.db.mappings_metafields import Owed
from mooring.domain.mapping import MappedKind
from mooring.domain.metafields import AT_ONCE, INVOICE_ID, MAPPING, NAMESPACE, ODOO_DATABASE, ODOO_ID
from mooring.usecases.metafields_place import Job, user_errors
from mooring.usecases.operations_run import Again, Next

SHOPIFYS = {
    MappedKind.CUSTOMER: "Customer",
    MappedKind.PRODUCT: "Product",
    MappedKind.VARIANT: "ProductVariant",
    MappedKind.ORDER: "Order",
}
"""What Shopify calls them in its ids."""


def inputs(one: Owed) -> list[dict[str, str]]:
    """The values of a record. `odoo_database` comes with each, so that a copied shop does not mislead anybody."""
    values = {ODOO_ID: str(one.odoo_id), ODOO_DATABASE: one.fingerprint}
    if one.invoices:
        values[INVOICE_ID] = msgspec.json.encode(one.invoices).decode()
    types = {definition.key: definition.type for kind in MAPPING.values() for definition in kind}
    owner = gid(one.kind, one.shopify_id)
    return [
        {"ownerId": owner, "namespace": NAMESPACE, "key": key, "type": types[key], "value": value}
        for key, value in values.items()
    ]


def gid(kind: MappedKind, shopify_id: int) -> str:
    return f"gid://shopify/{SHOPIFYS[kind]}/{shopify_id}"


def write(job: Job, mapped: Sequence[MappedKind]) -> Next:
    """One call."""
    with job.app.db.read() as connection:
        some = mappings_metafields.owed(connection, job.store.id, mapped, job.home.at_once)
    values = _fitting(some)
    some = list(dict.fromkeys(one for one, _ in values))
    reply = job.call("metafields_set", {"metafields": [value for _, value in values]})
    errors = user_errors(reply, "metafieldsSet")
    if errors:
        return _isolate(job, some, values, errors)
    _settle(job, some, "written")
    return Again()


def _fitting(some: Sequence[Owed]) -> list[tuple[Owed, dict[str, str]]]:
    """The values of the first of these, as many whole records as go into a call."""
    values = list[tuple[Owed, dict[str, str]]]()
    for one in some:
        values += [(one, value) for value in inputs(one)]
        if len(values) > AT_ONCE:
            return [(other, value) for other, value in values if other != one]
    return values


def _isolate(
    job: Job, some: Sequence[Owed], values: list[tuple[Owed, dict[str, str]]], errors: list[dict[str, Any]]
) -> Next:
    """Those that Shopify names take no value: they are gone there. If it names none of several, fewer are sent."""
    named = [_index(one, len(values)) for one in errors]
    blamed = {values[at][0] for at in named if at is not None} or ({some[0]} if len(some) == 1 else set[Owed]())
    if blamed:
        _settle(job, list(blamed), "none")
        return Again()
    job.home.at_once = max(1, len(some) // 2)
    job.save()
    return Again()


def _index(error: dict[str, Any], count: int) -> int | None:
    """`["metafields", "3", "value"]` -> 3."""
    named = [part for part in error.get("field") or () if part.isdecimal()]
    return int(named[0]) if named and int(named[0]) < count else None


def _settle(job: Job, some: Sequence[Owed], state: str) -> None:
    job.count("written" if state == "written" else "refused", len(some))
    job.home.singly += len(some)
    with job.checkpoint() as connection:
        mappings_metafields.mark(connection, job.store.id, [(one.kind, one.shopify_id) for one in some], state)

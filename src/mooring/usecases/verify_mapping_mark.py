"""What a verify finds missing in Odoo waits for a person from then on: in Needs review, as Missing in Odoo.

A pair is missing when its record is gone, or when our external id was planted and does not stand there any more: what
has the number now may be somebody else's. Nothing is written to Odoo. What is there again is marked no longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from mooring.db import mappings, odoo_kinds, sync_items
from mooring.db.mappings_copied import Pair
from mooring.db.sync_items import Item
from mooring.db.sync_source import SOURCES
from mooring.domain import sync_words
from mooring.domain.mapping import SyncKind, sync_kind
from mooring.domain.plan import MISSING, Ambiguous
from mooring.usecases.operations_run import Run

_BUSY = frozenset({"queued", "in_progress", "decided"})
"""Somebody has asked for these, or has decided on them: the next sync finds out by itself."""


def is_missing(one: Pair, judged: str) -> bool:
    return judged == "missing_in_odoo" or (judged == "not_planted" and one.planted)


def keep(run: Run, connection: Connection, missing: Iterable[Pair]) -> None:
    """In the checkpoint of the page on which they were found. A customer's addresses and a product's variants are told
    of with their customer or product."""
    epochs = {kind: one.epoch for kind, one in odoo_kinds.of_store(connection, run.store.id).items()}
    families: dict[SyncKind, dict[int, dict[str, Any]]] = {}
    for one in _current(run, connection, missing):
        kind = sync_kind(one.kind)
        if kind in SOURCES and one.epoch == epochs[kind]:
            root = one.shopify_id if one.parent_id is None else one.parent_id
            records = families.setdefault(kind, {}).setdefault(root, {})
            records[f"{one.kind}.{one.shopify_id}"] = {"by": MISSING, "candidates": []}
    for kind, found in families.items():
        _put(run, connection, kind, found)


def _current(run: Run, connection: Connection, missing: Iterable[Pair]) -> list[Pair]:
    """Without what was linked anew or unlinked while Odoo was asked."""
    listed = list(missing)
    rows = {
        kind: mappings.of(connection, run.store.id, kind, [one.shopify_id for one in listed if one.kind is kind])
        for kind in {one.kind for one in listed}
    }
    known = {(kind, id_): row.odoo_id for kind, found in rows.items() for id_, row in found.items()}
    return [one for one in listed if known.get((one.kind, one.shopify_id)) == one.odoo_id]


def _put(run: Run, connection: Connection, kind: SyncKind, found: Mapping[int, dict[str, Any]]) -> None:
    known = sync_items.of(connection, run.store.id, kind, found)
    sentence = sync_words.ambiguous(SOURCES[kind].kind, Ambiguous(MISSING))
    items: list[Item] = []
    for root, records in found.items():
        before = known.get(root)
        if before is not None and before.state in _BUSY:
            continue
        told = {**_earlier(run, before), **records}
        items.append(Item(kind, root, "review", MISSING, sentence, {"records": told}, operation_id=run.id))
    sync_items.put(connection, run.store.id, items, at=_began(run))


def _began(run: Run) -> datetime:
    assert run.operation.created_at is not None
    return run.operation.created_at


def _earlier(run: Run, before: Item | None) -> Mapping[str, Any]:
    """What an earlier page of this very verify found of the same family."""
    if before is None or before.cause != MISSING or before.operation_id != run.id:
        return {}
    return (before.detail or {}).get("records", {})


def end(run: Run, connection: Connection, kinds: Iterable[SyncKind]) -> None:
    """All pages are through: what was missing before and was not found missing now is there again."""
    for kind in kinds:
        sync_items.no_longer(connection, run.store.id, kind, MISSING, before=_began(run))

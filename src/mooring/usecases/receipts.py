"""Receipts: what an operation did, in numbers. They outlive the store and hold no personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import operations, people, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import State
from mooring.domain.rules import ROUTINE, Role, Work
from mooring.errors import NotFound
from mooring.usecases import paging, receipts_mapping, steps, sync_odoo_place
from mooring.usecases.context import App
from mooring.usecases.receipts_line import Line
from mooring.usecases.who import Who

__all__ = ["Line", "Receipt", "Receipts", "of", "page", "show"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """`by_hand`: what could not be done and how a person finishes it. `removed` says that the store is gone since."""

    operation: Operation
    title: str
    store_name: str | None
    shop_domain: str | None
    removed: bool
    by: str
    finished_at: datetime | None
    took: timedelta | None
    failed: str | None
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    by_hand: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipts:
    """Newest first."""

    items: tuple[Receipt, ...]
    next: str | None


def show(app: App, who: Who, operation_id: str) -> Receipt:
    """Raises `NotFound` while there is no receipt yet."""
    with app.db.read() as connection:
        operation = operations.load(connection, operation_id)
        who.require(operation.project_id, Role.VIEWER)
        if not operation.finished:
            raise NotFound("This operation has no receipt yet: it has not ended.")
        return of(connection, operation)


def page(
    app: App, who: Who, project_id: str, *, cursor: str | None = None, store_id: str | None = None, all: bool = False
) -> Receipts:
    """What people asked for, and with `all` the schedule's own work too. Those of removed stores are among them."""
    who.require(project_id, Role.VIEWER)
    without = frozenset[Work]() if all else ROUTINE
    before = paging.decode(cursor, str)[0] if cursor else None
    with app.db.read() as connection:
        found = operations.with_receipts(
            connection, project_id, store_id=store_id, without=without, before=before, limit=paging.LIMIT + 1
        )
        items = tuple(of(connection, one) for one in found[: paging.LIMIT])
    more = len(found) > paging.LIMIT
    return Receipts(items, paging.encode(items[-1].operation.id) if more else None)


def of(connection: Connection, operation: Operation) -> Receipt:
    store = stores.load(connection, operation.store_id) if operation.store_id else None
    facts: Mapping[str, Any] = operation.receipt or {}
    return Receipt(
        operation=operation,
        title=steps.title(operation, store),
        store_name=store.name if store else None,
        shop_domain=store.shop_domain if store else None,
        removed=_removed(store),
        by=people.name_of(connection, operation.created_by),
        finished_at=operation.finished_at,
        took=_took(operation),
        failed=operation.error if operation.state != "done" else None,
        lines=_LINES.get(operation.kind, _plain)(facts),
        notes=_notes(facts),
        by_hand=tuple(_list(facts, "by_hand")),
    )


def _removed(store: Store | None) -> bool:
    return store is not None and store.state is State.DELETED


def _took(operation: Operation) -> timedelta | None:
    if operation.started_at is None or operation.finished_at is None:
        return None
    return operation.finished_at - operation.started_at


def _notes(facts: Mapping[str, Any]) -> tuple[str, ...]:
    sentence = facts.get("sentence") or facts.get("report")
    said = (sentence,) if isinstance(sentence, str) else ()
    more = [note for note in _list(facts, "notes") if isinstance(note, str)]
    return (*said, *more, *receipts_mapping.notes_of_rebuild(facts))


# -- lines of one kind ---------------------------------------------------------------------------------------------

_WORDS = frozenset({"sentence", "report", "cause", "error"})


def _plain(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    """Every number by its own name, those of a group with the group's name before them; each kind on a line."""
    lines = [_looked_at(Kind(kind), told) for kind, told in _group(facts, "kinds").items()]
    for name, value in facts.items():
        if name == "kinds":
            continue
        if isinstance(value, Mapping):
            group = msgspec.convert(value, dict[str, Any])
            lines += [Line(f"{_spoken(name)}: {_spoken(k).lower()}", v) for k, v in group.items() if _counts(v)]
        elif _counts(value) and name not in _WORDS:
            lines.append(Line(_spoken(name), value))
    return tuple(lines)


def _looked_at(kind: Kind, told: Mapping[str, Any]) -> Line:
    """What a look at Shopify found of a kind: how it ended, and every number that is not 0."""
    numbers = {name: value for name, value in told.items() if name != "seconds" and _counts(value) and value}
    note = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in numbers.items())
    return Line(kind.label, told.get("error") or str(told.get("state")), note or None)


def _counts(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _group(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return facts.get(name) or {}


def _list(facts: Mapping[str, Any], name: str) -> list[Any]:
    return facts.get(name) or []


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _of_import(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    lines = [_kind(Kind(name), told) for name, told in _group(facts, "kinds").items()]
    return (*lines, Line("Requests", facts.get("requests", 0)))


def _kind(kind: Kind, told: Mapping[str, Any]) -> Line:
    count, expected = told.get("count", 0), told.get("expected")
    if told.get("verified"):
        return Line(kind.label, count, f"verified: {count:,} of {expected:,}; {told.get('written', 0):,} written")
    return Line(kind.label, count, told.get("error") or str(told.get("state")))


_TABLES = {
    "customers": "Customers",
    "orders": "Orders",
    "products": "Products",
    "collections": "Collections",
    "deliveries": "Webhook deliveries",
}


def _of_delete(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    removed, previewed = _group(facts, "removed"), _group(facts, "previewed")
    lines = [_removed_line(title, removed.get(name, 0), previewed.get(name)) for name, title in _TABLES.items()]
    remote = [Line(one["title"], _OUTCOMES[one["outcome"]], one.get("sentence")) for one in _list(facts, "shopify")]
    in_odoo = Line("External ids in Odoo", facts.get("external_ids", 0))
    return (*lines, Line("Rows in all", facts.get("rows", 0)), *remote, in_odoo)


def _removed_line(title: str, actual: int, previewed: int | None) -> Line:
    return Line(title, actual, None if previewed in (None, actual) else f"previewed: {previewed:,}")


def _of_sync(facts: Mapping[str, Any]) -> tuple[Line, ...]:
    """Each kind on a line, with every number that is not 0; then what it took."""
    kinds = {name: told for name, told in facts.items() if name in ("customers", "products", "orders")}
    lines = [Line(name.capitalize(), sync_odoo_place.looked_at(told), _numbers(told)) for name, told in kinds.items()]
    calls = _group(facts, "calls")
    asked = Line("Calls to Odoo", calls.get("reads", 0) + calls.get("writes", 0), _numbers(calls))
    return (*lines, *_of_booking(_group(facts, "booked")), asked, *_of_metafields(_group(facts, "metafields")))


def _of_booking(told: Mapping[str, int]) -> tuple[Line, ...]:
    """How far orders were taken in Odoo, where they were."""
    steps = sum(count for word, count in told.items() if word != "review")
    return (Line("Steps of booking", steps, _numbers(told)),) if any(told.values()) else ()


def _of_metafields(told: Mapping[str, Any]) -> tuple[Line, ...]:
    """The third home, where it had anything to do; and why something is still owed there."""
    numbers = {name: told.get(name, 0) for name in ("written", "owed", "refused", "calls")}
    if not any(numbers.values()):
        return ()
    said = [f"{_numbers(numbers)}.", *_group(told, "notes").values()]
    return (Line("Metafields at Shopify", numbers["written"], " ".join(said)),)


def _numbers(told: Mapping[str, int]) -> str | None:
    return ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in told.items() if value) or None


_OUTCOMES = {
    "done": "removed",
    "already_gone": "already gone",
    "skipped": "not touched",
    "not_done": "left to do",
}
_LINES: dict[Work, Callable[[Mapping[str, Any]], tuple[Line, ...]]] = {
    Work.IMPORT: _of_import,
    Work.SYNC_ODOO: _of_sync,
    Work.DELETE: _of_delete,
    Work.CLEAR_MAPPING: receipts_mapping.of_clear,
    Work.REBUILD_MAPPING: receipts_mapping.of_rebuild,
    Work.VERIFY_MAPPING: receipts_mapping.of_verify,
}

"""A running operation as steps for people: what is done, what is going on, what is still to come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mooring.db import operations, people, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.kinds import Kind
from mooring.domain.rules import Role, Work
from mooring.usecases import steps_mapping
from mooring.usecases.context import App
from mooring.usecases.delete_place import SENTENCES as DELETE_SENTENCES
from mooring.usecases.delete_place import Step as DeleteStep
from mooring.usecases.steps_parts import State, Step, plain, states_of
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Line:
    """How far one kind of thing is, against what was announced beforehand."""

    title: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class View:
    """`trouble`: what stands in the way; it is tried again by itself. `reassurance`: what to know if it stops."""

    operation: Operation
    store: Store | None
    title: str
    by: str
    started_at: datetime | None
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    rate: int | None
    trouble: str | None
    failed: str | None
    can_cancel: bool
    can_retry: bool
    reassurance: str


def show(app: App, who: Who, operation_id: str) -> View:
    with app.db.read() as connection:
        operation = operations.load(connection, operation_id)
        who.require(operation.project_id, Role.VIEWER)
        store = stores.load(connection, operation.store_id) if operation.store_id else None
        by = people.name_of(connection, operation.created_by)
    counts = operation.counts
    return View(
        operation=operation,
        store=store,
        title=_title(operation, store),
        by=by,
        started_at=operation.started_at or operation.created_at,
        steps=_STEPS.get(operation.kind, plain)(operation),
        lines=_LINES.get(operation.kind, _no_lines)(counts),
        rate=counts.get("rate"),
        trouble=None if operation.finished else counts.get("trouble") or operation.error,
        failed=operation.error if operation.state == "failed" else None,
        can_cancel=not operation.finished and operation.kind not in _UNSTOPPABLE,
        can_retry=operation.kind is Work.DELETE and operation.state == "failed",
        reassurance=_REASSURANCE.get(operation.kind, _GOES_ON),
    )


_UNSTOPPABLE = frozenset({Work.DELETE, Work.REDACT, Work.CLEAR_MAPPING})
_GOES_ON = "It goes on by itself after a restart, from where it stopped. You may close this page."
_REASSURANCE = {
    Work.DELETE: "It goes on by itself after a restart. Nothing is erased twice, and nothing comes back. "
    "You may close this page.",
    Work.CLEAR_MAPPING: "It goes on by itself after a restart, from where it stopped. A side that cannot be reached "
    "for five minutes is left to an open task, and the rest is done. You may close this page.",
}

_NAMES: dict[Work, tuple[str, str]] = {
    Work.IMPORT: ("Importing", "Import of"),
    Work.CATCH_UP: ("Catching up on", "Catch-up of"),
    Work.PULL: ("Pulling changes of", "Pull of"),
    Work.SWEEP: ("Comparing", "Daily comparison of"),
    Work.RECOVER: ("Recovering a record of", "Recovered record of"),
    Work.HEALTH_CHECK: ("Checking", "Health check of"),
    Work.CLEAN_UP: ("Cleaning up at Shopify for", "Clean-up at Shopify for"),
    Work.SUBSCRIBE: ("Looking after the webhooks of", "Webhooks of"),
    Work.DELETE: ("Deleting", "Deleted"),
    Work.REDACT: ("Erasing a person from", "A person erased from"),
    Work.WRITE_BACK: ("Writing back to", "Write-back to"),
    Work.SYNC_ODOO: ("Syncing to Odoo:", "Sync to Odoo:"),
    Work.VERIFY_MAPPING: ("Verifying the mapping of", "Verified the mapping of"),
    Work.CLEAR_MAPPING: ("Clearing sync data of", "Cleared sync data of"),
}


def title(operation: Operation, store: Store | None) -> str:
    """As it is now: "Deleting Saltwerk", and afterwards "Deleted Saltwerk"."""
    return _title(operation, store)


def _title(operation: Operation, store: Store | None) -> str:
    running, over = _NAMES.get(operation.kind, (operation.kind.replace("_", " ").capitalize(),) * 2)
    if operation.kind is Work.SYNC_ODOO and operation.arguments.get("preview"):
        running, over = "Previewing the sync to Odoo:", "Preview of the sync to Odoo:"
    if operation.kind is Work.REBUILD_MAPPING:
        running, over = steps_mapping.REBUILDS[operation.arguments.get("do", "find")]
    done = operation.state in ("done", "cancelled") or (operation.finished and operation.kind is not Work.DELETE)
    return f"{over if done else running} {store.name if store else ''}".strip()


# -- steps of one kind ---------------------------------------------------------------------------------------------


def _of_delete(operation: Operation) -> tuple[Step, ...]:
    stopped = Step("Stopped", "done", "Everything else of this store has ended; nothing can be written any more.")
    current = DeleteStep(operation.counts.get("step", DeleteStep.SHOPIFY))
    order = [step for step in DeleteStep if step is not DeleteStep.OVER]
    states = states_of(operation, order, None if current is DeleteStep.OVER else current)
    return (stopped, *(_delete_step(operation, step, state) for step, state in zip(order, states, strict=True)))


def _delete_step(operation: Operation, step: DeleteStep, state: State) -> Step:
    counts = operation.counts
    if step is DeleteStep.ERASE and state in ("now", "failed"):
        return Step(DELETE_SENTENCES[step], state, "rows", counts.get("done", 0), counts.get("total"))
    return Step(DELETE_SENTENCES[step], state)


def _of_import(operation: Operation) -> tuple[Step, ...]:
    kinds: Mapping[str, Any] = operation.counts.get("kinds", {})
    found = [_import_step(Kind(name), place) for name, place in kinds.items()]
    return tuple(found) or plain(operation)


def _import_step(kind: Kind, place: Mapping[str, Any]) -> Step:
    phase = place.get("phase")
    state: State = "done" if phase == "done" else "failed" if phase == "failed" else "now"
    return Step(kind.label, state, "records", place.get("count", 0), place.get("expected"))


_STEPS: dict[Work, Callable[[Operation], tuple[Step, ...]]] = {
    Work.DELETE: _of_delete,
    Work.IMPORT: _of_import,
    Work.SYNC_ODOO: steps_mapping.of_sync,
    Work.CLEAR_MAPPING: steps_mapping.of_clear,
    Work.REBUILD_MAPPING: steps_mapping.of_rebuild,
    Work.VERIFY_MAPPING: steps_mapping.of_verify,
}


# -- as previewed --------------------------------------------------------------------------------------------------

_TABLES = {"customers": "Customers", "orders": "Orders", "products": "Products", "collections": "Collections"}


def _delete_lines(counts: Mapping[str, Any]) -> tuple[Line, ...]:
    tables: Mapping[str, Any] = counts.get("tables") or {}
    return tuple(
        Line(title, tables[name]["done"], tables[name]["total"]) for name, title in _TABLES.items() if name in tables
    )


def _no_lines(_: Mapping[str, Any]) -> tuple[Line, ...]:
    return ()


def _sync_lines(counts: Mapping[str, Any]) -> tuple[Line, ...]:
    kinds = [kind for kind in ("customers", "products", "orders") if counts.get(kind)]
    return tuple(
        Line(f"{kind.capitalize()}: {word}", number, None)
        for kind in kinds
        for word, number in counts[kind].items()
        if number
    )


_LINES: dict[Work, Callable[[Mapping[str, Any]], tuple[Line, ...]]] = {
    Work.DELETE: _delete_lines,
    Work.SYNC_ODOO: _sync_lines,
}

"""Catch-up: what was missed while nothing came in, at a cost in proportion to the gap, and a report of it.

It lets unfinished imports, pulls and sweeps of its store end first. What changed since the catch-up points is read by
id; a kind of which more has changed than an export would cost, or which was never imported completely, is imported
whole. What was deleted in the gap is found by the sweep that follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mooring.db import operations, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.rules import WAITS_FOR, Work
from mooring.domain.sweeping import ORDER_WINDOW
from mooring.domain.wording import counted
from mooring.errors import Refused
from mooring.usecases import changes, import_store, notices, sweep
from mooring.usecases.changes_place import Job
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Done, Next, Run, Wait
from mooring.usecases.pull import kind_receipt
from mooring.usecases.who import SYSTEM, Who

_LOOK_AGAIN = 5.0
_TOLD_FIRST = (Kind.ORDERS, Kind.CUSTOMERS, Kind.PRODUCTS, Kind.COLLECTIONS)


def begin(app: App, connection: Connection, who: Who, store: Store) -> Operation:
    """The operation row, in the transaction of its reason (READY). Start it with `app.engine.start` afterwards."""
    gap = store.gap_from.isoformat() if store.gap_from else None
    return issue(app, connection, who, store, Work.CATCH_UP, {"gap_from": gap})


# -- driving one ---------------------------------------------------------------------------------------------------


def advance(app: App, run: Run) -> Next:
    """One slice."""
    if _others(app, run):
        return Wait(_LOOK_AGAIN, free=True)
    job = Job(app, run)
    if "export" not in run.cursor:
        _set_out(job)
    if (step := changes.step(job)) is not None:
        return step
    export = _to_export(job)
    if export and "exporting" not in run.cursor:
        return _export(app, job, export)
    return _finish(app, job)


def _others(app: App, run: Run) -> bool:
    with app.db.read() as connection:
        return bool(WAITS_FOR[Work.CATCH_UP] & {one.kind for one in operations.unfinished(connection, run.store.id)})


def _set_out(job: Job) -> None:
    """What can be read on from a point gets a place; what was never complete is imported whole."""
    store, asked = job.store, frozenset(job.run.arguments.get("bulk", ()))
    with job.app.db.read() as connection:
        points = changes.kinds_with_a_point(connection, store)
    readable = rules.importable_kinds(store.settings, store.granted_scopes)
    whole = [kind for kind in readable if kind not in points or kind in asked]
    job.run.cursor["export"] = [str(kind) for kind in whole] if store.initial_sync_started_at else []
    changes.set_out(job, [] if asked else points)


def _to_export(job: Job) -> list[Kind]:
    beyond = [kind for kind, place in job.places.items() if place.beyond]
    return [kind for kind in Kind if kind in job.run.cursor["export"] or kind in beyond]


def _export(app: App, job: Job, kinds: list[Kind]) -> Next:
    """An import of these kinds, under way at the next look; somebody else's may be quicker and is waited for."""
    try:
        with job.checkpoint() as connection:
            operation = import_store.begin(app, connection, SYSTEM, job.store, kinds)
            job.run.cursor["exporting"] = operation.id
    except Refused as busy:
        if busy.code != "busy":
            raise
        return Wait(_LOOK_AGAIN, free=True)
    app.engine.start(operation.id)
    return Wait(_LOOK_AGAIN, free=True)


# -- the end, and the report ---------------------------------------------------------------------------------------


def _finish(app: App, job: Job) -> Done:
    exported, resumed = _exported(app, job), _resumed(app, job)
    failed = [place.error for place in job.places.values() if place.error]
    failed += [found["error"] for found in exported.values() if found["error"]]
    receipt = _receipt(job, exported, resumed)
    following = None
    with job.checkpoint() as connection:
        if not failed:
            following = _gone_through(app, connection, job, receipt)
    if following is not None:
        app.engine.start(following.id)
    return Done(receipt, failed=" ".join(failed) or None)


def _gone_through(app: App, connection: Connection, job: Job, receipt: dict[str, Any]) -> Operation | None:
    """The gap is closed, and people hear of it. What was deleted in it is for the sweep issued here."""
    run, now = job.run, app.clock.now()
    if "bulk" not in run.arguments:
        stores.change(connection, job.store.id, gap_from=None)
    if receipt["gap"] is not None:
        notices.raise_notice(
            connection, at=now, project_id=job.store.project_id, kind="gap_recovered", key=f"catch-up {run.id}",
            sentence=f"{job.store.name}: {receipt['sentence']}", store_id=job.store.id,
            address=f"/stores/{job.store.id}",
        )  # fmt: skip
    return sweep.soon(app, connection, stores.load(connection, job.store.id))


def _exported(app: App, job: Job) -> dict[str, dict[str, Any]]:
    """What the import said of the kinds it was asked for."""
    if "exporting" not in job.run.cursor:
        return {}
    with app.db.read() as connection:
        operation = operations.load(connection, job.run.cursor["exporting"])
    said = (operation.receipt or {}).get("kinds", {})
    lost = {"state": "failed", "written": 0, "count": 0, "error": operation.error or "The import was cancelled."}
    return {str(kind): said.get(str(kind), lost) for kind in _to_export(job)}


def _resumed(app: App, job: Job) -> dict[Kind, int]:
    """What imports have written in all that this waited for: they went on at the same moment, and read what had changed
    before it could."""
    asked_at = job.run.operation.created_at
    if asked_at is None:
        return {}
    with app.db.read() as connection:
        ended = operations.finished_since(connection, job.store.id, Work.IMPORT, asked_at)
    theirs = [one for one in ended if one.id != job.run.cursor.get("exporting")]
    said: list[dict[str, Any]] = [(one.receipt or {}).get("kinds", {}) for one in theirs]
    counts = {kind: sum(kinds.get(kind, {}).get("written", 0) for kinds in said) for kind in _TOLD_FIRST}
    return {kind: count for kind, count in counts.items() if count}


def _receipt(job: Job, exported: dict[str, dict[str, Any]], resumed: dict[Kind, int]) -> dict[str, Any]:
    gap = _gap(job)
    read: dict[str, dict[str, Any]] = {
        str(kind): kind_receipt(place) | {"how": "by id"} for kind, place in job.places.items() if not place.beyond
    }
    whole = {kind: _whole_receipt(job, kind, found) for kind, found in exported.items()}
    kinds = read | whole
    recovered: dict[Kind, int] = {kind: kinds[kind]["written"] for kind in _TOLD_FIRST if kind in kinds}
    notes = _notes(job)
    return {
        "sentence": sentence(gap, recovered, notes, resumed),
        "gap": None if gap is None else {"from": job.run.arguments["gap_from"], "seconds": int(gap.total_seconds())},
        "recovered": recovered,
        "resumed": resumed,
        "kinds": kinds,
        "requests": job.run.counts["requests"],
        "notes": notes,
    }


def _whole_receipt(job: Job, kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """What had been read by id before it proved too much is among what came."""
    before = next((place.written for other, place in job.places.items() if str(other) == kind), 0)
    said = {name: found[name] for name in ("state", "count", "error")}
    return said | {"written": found["written"] + before, "how": "export"}


def _gap(job: Job) -> timedelta | None:
    """From when nothing came in any more until the store could be read again."""
    since, until = job.run.arguments.get("gap_from"), job.run.operation.created_at
    return until - datetime.fromisoformat(since) if since and until else None


def _notes(job: Job) -> list[str]:
    gap, store = _gap(job), job.store
    hidden = Kind.ORDERS in rules.wanted_kinds(store.settings) and not rules.sees_all_orders(store.granted_scopes)
    if gap is not None and gap > ORDER_WINDOW and hidden:
        return [f"orders older than {ORDER_WINDOW.days} days are not shown to this app"]
    return []


def sentence(
    gap: timedelta | None, recovered: Mapping[Kind, int], notes: list[str], resumed: Mapping[Kind, int] | None = None
) -> str:
    """`gap 3 d 4 h: 212 orders, 61 customers recovered; orders older than 60 days are not shown to this app`"""
    came, before = _listed(recovered), _listed(resumed or {})
    said = f"{came} recovered" if came else f"nothing {'more ' if before else ''}had changed"
    also = [f"the import that ran meanwhile brought in {before} in all"] if before else []
    return "; ".join([f"{f'gap {spoken(gap)}' if gap is not None else 'catch-up'}: {said}", *also, *notes])


def _listed(counts: Mapping[Kind, int]) -> str:
    return ", ".join(counted(count, kind) for kind, count in counts.items() if count)


def spoken(span: timedelta) -> str:
    """Days and hours, or hours and minutes, or minutes: `3 d 4 h`, `2 h`, `12 min`."""
    minutes = max(0, int(span.total_seconds()) // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [(days, "d"), (hours, "h")] if days else [(hours, "h"), (minutes % 60, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "under a minute"

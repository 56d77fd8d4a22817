"""The end of a sync: what it bound is written into the mapping's third home, metafields at Shopify.

That home is optional, so nothing that goes wrong there fails the sync. What is owed stays owed; the next sync pays it,
or, when there is none within the hour, one that the schedule asks for and that does nothing else.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import mappings_metafields
from mooring.domain.mapping import SyncKind, sync_kind
from mooring.domain.metafields import OWNERS
from mooring.errors import Held, MooringError, OutcomeUnknown, Retriable, Stale
from mooring.usecases import metafields_home
from mooring.usecases.context import App
from mooring.usecases.metafields_place import Job
from mooring.usecases.operations_run import Next, Run, Wait
from mooring.usecases.sync_odoo_place import Place

_TRIES = 3
"""How often in a row Shopify may not answer before it is left for later."""
_LONGEST_WAIT = 30.0
_PATIENCE = timedelta(minutes=10)
"""How long a sync waits for Shopify to carry a bulk mutation out: no other sync of the store begins meanwhile."""
_SLOW = "Shopify takes its time with writing metafields."
_STRANGE = "Shopify answered something Mooring does not understand."


def pay(app: App, run: Run, place: Place) -> Next | None:
    """One slice; None when nothing more can be done now."""
    if run.arguments.get("preview"):
        return None
    ending, now = place.ending, app.clock.now()
    ending.since = ending.since or now
    try:
        following = metafields_home.advance(_job(app, run, place))
    except (Stale, Held):
        raise
    except (MooringError, msgspec.ValidationError) as error:
        return _tried(run, place, error)
    ending.tries = 0
    if isinstance(following, Wait) and now - ending.since > _PATIENCE:
        return _left(run, _SLOW)
    return following


def _job(app: App, run: Run, place: Place) -> Job:
    @contextmanager
    def checkpoint() -> Generator[Connection]:
        with run.checkpoint() as connection:
            yield connection
            run.cursor = place.kept()

    return Job(app, run, place.ending.home, tuple(SyncKind), checkpoint)


def _tried(run: Run, place: Place, error: MooringError | msgspec.ValidationError) -> Next | None:
    """What is not known to have arrived is sent again: the values are the same."""
    place.ending.tries += 1
    run.cursor = place.kept()
    passing = isinstance(error, Retriable | OutcomeUnknown)
    if not passing or place.ending.tries >= _TRIES:
        return _left(run, error.sentence if isinstance(error, MooringError) else _STRANGE)
    asked = error.retry_after if isinstance(error, Retriable) else 0.0
    return Wait(min(_LONGEST_WAIT, max(asked, 2.0**place.ending.tries)))


def _left(run: Run, why: str) -> None:
    """A key that Shopify refuses is found out by the next pull or health check; it is not a sync's to judge."""
    run.counts.setdefault("metafields", {})["left"] = f"{why} What is owed is written later."


def told(app: App, run: Run, place: Place) -> dict[str, Any]:
    """For the receipt. `owed`: records whose metafields are still to be written; `notes`: why."""
    with app.db.read() as connection:
        owed = mappings_metafields.counts(connection, run.store.id, OWNERS)
    counts, owing = run.counts.get("metafields", {}), set(map(sync_kind, owed))
    notes = {str(kind): why for kind, why in place.ending.home.left_out.items() if kind in owing}
    if owing and "left" in counts:
        notes["shopify"] = counts["left"]
    numbers = {name: counts.get(name, 0) for name in ("written", "refused", "calls", "polls")}
    return {**numbers, "owed": sum(owed.values()), "notes": notes}

"""How far a delete is, in words, for whoever wants to connect, reconnect or delete the store meanwhile."""

from __future__ import annotations

from sqlalchemy import Connection

from mooring.db import operations, people
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.lifecycle import Event, State, apply
from mooring.domain.rules import Work
from mooring.domain.wording import counted
from mooring.errors import Refused
from mooring.usecases.delete_place import Step


def refuse_going(connection: Connection, store: Store) -> None:
    """Raises `Refused` for a store that is being deleted already, saying since when, by whom and how far it is."""
    if store.state is State.DELETING:
        raise Refused(going_sentence(connection, store), code="deleting")
    apply(store.state, Event.DELETE)


def going_sentence(connection: Connection, store: Store) -> str:
    last = operations.newest(connection, store.id, Work.DELETE)
    if store.delete_failed or last is None:
        return f"Deleting this store failed. {store.delete_failed or ''} Retry it on its card.".replace("  ", " ")
    by = people.name_of(connection, last.created_by)
    return f"This store is being deleted, started at {store.state_since:%H:%M} UTC by {by} ({_so_far(last)})."


def _so_far(operation: Operation) -> str:
    counts = operation.counts
    sentence = str(counts.get("sentence") or "about to begin").lower()
    if not counts.get("total") or counts.get("step") != Step.ERASE:
        return sentence
    return f"{sentence}: {counts['done']:,} of {counted(counts['total'], 'rows')}"

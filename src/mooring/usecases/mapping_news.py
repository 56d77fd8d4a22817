"""What everybody who opens a project has to know of its mapping: what automatic sync waits for since a clear, and what
a clear could not reach. Pages show it as banners until somebody has decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import clear_tasks, odoo, odoo_kinds, operations, people, stores
from mooring.db.clear_tasks import ClearTask
from mooring.db.odoo_kinds import OdooKind
from mooring.db.stores import Store
from mooring.domain.lifecycle import GOING
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.usecases import sync_odoo_request
from mooring.usecases.clear_mapping_tasks import sentence
from mooring.usecases.context import App
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Waiting:
    """Kinds of a store whose automatic sync waits for a person. `clearing`: the clear itself, while it is at work;
    `blocked`: kinds among them that wait for an open task first."""

    store: Store
    kinds: tuple[SyncKind, ...]
    since: datetime
    by: str
    reason: str
    clearing: str | None
    blocked: tuple[SyncKind, ...]


@dataclass(frozen=True, slots=True)
class OpenTask:
    """`retrying`: the operation that is at it now."""

    task: ClearTask
    store: Store
    sentence: str
    retrying: str | None


@dataclass(frozen=True, slots=True)
class News:
    waiting: tuple[Waiting, ...]
    tasks: tuple[OpenTask, ...]

    @property
    def changes(self) -> bool:
        """By itself, and soon."""
        return any(one.clearing for one in self.waiting) or any(one.retrying for one in self.tasks)


def show(app: App, who: Who, project_id: str) -> News:
    """Where no Odoo is connected there is no sync that could wait; what a clear still owes is told all the same."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        here = [one for one in stores.of_project(connection, project_id) if one.state not in GOING]
        there = odoo.find(connection, project_id)
        goes_on = there is not None and there.state != "disconnected"
        waiting = tuple(one for store in here if goes_on for one in _waiting(connection, store))
        return News(waiting, tuple(_open_tasks(connection, project_id, here)))


def _waiting(connection: Connection, store: Store) -> list[Waiting]:
    """One for each time that kinds were held. Kinds that are not synced yet wait for nobody."""
    known, ready = odoo_kinds.of_store(connection, store.id), sync_odoo_request.ready(connection, store)
    held = [known[kind] for kind in ready if known[kind].held_since]
    if not held:
        return []
    clearing = _at_work(connection, store.id)
    blocked = {kind for task in clear_tasks.open_of_store(connection, store.id) for kind in task.kinds}
    together: dict[tuple[datetime | None, str | None, str | None], list[OdooKind]] = {}
    for one in held:
        together.setdefault((one.held_since, one.held_by, one.held_reason), []).append(one)
    return [_one(connection, store, some, clearing, blocked) for some in together.values()]


def _one(
    connection: Connection, store: Store, held: Sequence[OdooKind], clearing: str | None, blocked: Iterable[SyncKind]
) -> Waiting:
    first = held[0]
    assert first.held_since is not None
    kinds = tuple(one.kind for one in held)
    return Waiting(
        store=store, kinds=kinds, since=first.held_since, by=people.name_of(connection, first.held_by or ""),
        reason=first.held_reason or "cleared", clearing=clearing,
        blocked=tuple(kind for kind in kinds if kind in set(blocked)),
    )  # fmt: skip


def _at_work(connection: Connection, store_id: str) -> str | None:
    """The clear that runs; that of an open task holds nobody up beyond the task itself."""
    running = operations.unfinished(connection, store_id)
    return next(
        (one.id for one in running if one.kind is Work.CLEAR_MAPPING and not one.arguments.get("task")), None
    )  # fmt: skip


def _open_tasks(connection: Connection, project_id: str, here: Sequence[Store]) -> list[OpenTask]:
    known = {store.id: store for store in here}
    return [
        OpenTask(task, known[task.store_id], sentence(task), _retrying(connection, task))
        for task in clear_tasks.open_of_project(connection, project_id)
        if task.store_id in known
    ]


def _retrying(connection: Connection, task: ClearTask) -> str | None:
    running = operations.unfinished(connection, task.store_id)
    return next((one.id for one in running if one.arguments.get("task") == task.id), None)

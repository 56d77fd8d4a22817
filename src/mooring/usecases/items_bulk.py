"""The same for several items of a list, which may come from several stores: sync them, or decide on them. A store where
it cannot be done keeps the others from nothing; its reason is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mooring.db.operations import Operation
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, MooringError, NotFound
from mooring.usecases import sync_odoo_decide, sync_odoo_request
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import Who

Picked = Mapping[str, Sequence[int]]
"""Shopify's ids, by store."""
Do = Callable[[str, Sequence[int]], tuple[int, Operation | None]]


@dataclass(frozen=True, slots=True)
class Done:
    """`refused`: what other stores had against it."""

    count: int
    operations: tuple[Operation, ...]
    refused: tuple[str, ...]


def sync(app: App, who: Who, project_id: str, kind: SyncKind, picked: Picked) -> Done:
    def one(store_id: str, ids: Sequence[int]) -> tuple[int, Operation | None]:
        return len(ids), sync_odoo_request.request(app, who, store_id, ids={kind: ids})

    return _each(app, who, project_id, picked, one)


def decide(app: App, who: Who, project_id: str, kind: SyncKind, picked: Picked, choice: Choice) -> Done:
    def one(store_id: str, ids: Sequence[int]) -> tuple[int, Operation | None]:
        done = sync_odoo_decide.decide(app, who, store_id, kind, ids, choice)
        return done.count, done.operation

    return _each(app, who, project_id, picked, one)


def _each(app: App, who: Who, project_id: str, picked: Picked, do: Do) -> Done:
    """Raises what the first store has against it where none of them could do it."""
    if not picked:
        raise InvalidInput("Select at least one record.", field="pick")
    _require_of_project(app, who, project_id, picked)
    done, refused = list[tuple[int, Operation | None]](), list[MooringError]()
    for store_id, ids in picked.items():
        try:
            done.append(do(store_id, ids))
        except MooringError as error:
            refused.append(error)
    if not done:
        raise refused[0]
    operations = tuple(operation for _, operation in done if operation is not None)
    return Done(sum(count for count, _ in done), operations, tuple(one.sentence for one in refused))


def _require_of_project(app: App, who: Who, project_id: str, picked: Picked) -> None:
    if any(store_of(app, who, store_id, Role.EDITOR).project_id != project_id for store_id in picked):
        raise NotFound("There is no such store.")

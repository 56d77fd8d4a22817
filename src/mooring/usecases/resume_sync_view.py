"""What is held of a store's automatic sync, and what the preview says that a person looks at before letting go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mooring.db import clear_tasks, odoo_kinds, people
from mooring.db.odoo_kinds import OdooKind
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from mooring.usecases import sync_odoo_request, sync_odoo_view
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class View:
    """`held`: the kinds that wait, without those of an open task while there are others; `by`: who
    cleared them. `preview`: the newest that was made since they were held, finished or not. `against`: why no preview
    can be made now."""

    store: Store
    held: tuple[OdooKind, ...]
    by: str
    preview: Operation | None
    against: str | None

    @property
    def kinds(self) -> tuple[SyncKind, ...]:
        return tuple(one.kind for one in self.held)

    @property
    def running(self) -> bool:
        return self.preview is not None and not self.preview.finished


def show(app: App, who: Who, store_id: str) -> View:
    store = store_of(app, who, store_id, Role.VIEWER)
    newest = sync_odoo_view.show(app, who, store_id).preview
    with app.db.read() as connection:
        known = odoo_kinds.of_store(connection, store_id)
        kinds = sync_odoo_request.ready(connection, store)
        waiting = [known[kind] for kind in kinds if known[kind].held_since is not None]
        blocked = {kind for task in clear_tasks.open_of_store(connection, store_id) for kind in task.kinds}
        held = tuple(one for one in waiting if one.kind not in blocked) or tuple(waiting)
        refused = sync_odoo_request.reason_against(connection, store, [one.kind for one in held])
        by = people.name_of(connection, held[0].held_by or "") if held else ""
    return View(store, held, by, _since(newest, held), refused.sentence if refused else None)


def _since(preview: Operation | None, held: Sequence[OdooKind]) -> Operation | None:
    """A preview from before the hold, or one of other kinds, says nothing about what would happen now."""
    if preview is None or preview.created_at is None or preview.state in ("failed", "cancelled", "stale"):
        return None
    shown = set(preview.arguments.get("kinds", ()))
    fits = all(str(one.kind) in shown and (one.held_since or preview.created_at) <= preview.created_at for one in held)
    return preview if held and fits else None

"""Resume sync: automatic sync of kinds that a clear holds goes on, once somebody has seen what it would do.

The preview is a sync's own (`sync_odoo_request.preview`), made after the kind was held; accepting it (`accept` there)
syncs at once. This only lets go, for who wants the next sync to come by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from mooring.db import audit, odoo_kinds, operations, stores
from mooring.db.odoo_kinds import OdooKind
from mooring.db.operations import Operation
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import Refused
from mooring.usecases import sync_odoo_request
from mooring.usecases.clear_mapping_tasks import require_none_open
from mooring.usecases.context import App
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who


def preview(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = ()) -> Operation:
    """What the next sync would do, in numbers."""
    return sync_odoo_request.preview(app, who, store_id, kinds)


def request(app: App, who: Who, store_id: str, preview_id: str) -> tuple[SyncKind, ...]:
    """Let the kinds of a preview go. Raises `Refused` where it is none of this store's, or older than the hold."""
    store = store_of(app, who, store_id, Role.EDITOR)
    with app.db.write() as connection:
        stores.fence(connection, store_id, store.generation)
        seen = operations.load(connection, preview_id)
        known = odoo_kinds.of_store(connection, store_id)
        kinds = tuple(SyncKind(one) for one in seen.arguments.get("kinds", ()))
        if not _is_of(seen, store_id) or any(_is_older(seen, known[kind]) for kind in kinds):
            raise Refused("Look at a preview of this sync first, then resume it.", code="preview_first")
        require_none_open(connection, store_id, kinds)
        for kind in kinds:
            odoo_kinds.change(connection, store_id, kind, held_since=None, held_by=None, held_reason=None)
        audit.write(
            connection, at=app.clock.now(), project_id=store.project_id, store_id=store.id, actor=who.id,
            event="mapping.resumed", detail={"kinds": [str(kind) for kind in kinds]},
        )  # fmt: skip
    return kinds


def _is_of(seen: Operation, store_id: str) -> bool:
    of = (seen.store_id, seen.kind, seen.state)
    return of == (store_id, Work.SYNC_ODOO, "done") and bool(seen.arguments.get("preview"))


def _is_older(seen: Operation, kind: OdooKind) -> bool:
    return kind.held_since is not None and (seen.created_at is None or seen.created_at < kind.held_since)

"""Rebuild mapping: find again which records belong together, without creating or changing any.

Finding lists what is matched, ambiguous and unmatched; an ambiguous one is never linked without a person. Accepting
binds what is matched, in bulk or one with a choice, and can be undone until the next sync.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import odoo, odoo_kinds, operations, rebuild, stores
from mooring.db.operations import Operation
from mooring.db.rebuild import Match
from mooring.db.stores import Store
from mooring.domain.lifecycle import IMPORTING
from mooring.domain.mapping import MAPPED, MODELS, MappedKind, SyncKind
from mooring.domain.rules import Role, Work
from mooring.errors import InvalidInput, NotFound, Refused
from mooring.usecases import (
    odoo_gate,
    rebuild_mapping_accept,
    rebuild_mapping_anew,
    rebuild_mapping_find,
    rebuild_mapping_plant,
    rebuild_mapping_undo,
)
from mooring.usecases.clear_mapping_tasks import require_none_open
from mooring.usecases.context import App
from mooring.usecases.operations import issue
from mooring.usecases.operations_run import Done, Next, Run
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.store_settings import store_of
from mooring.usecases.sync_odoo_read import EVERYTHING
from mooring.usecases.who import Who

PAGE = 100


def request(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = ()) -> Operation:
    """Find. Where another database is there than the mapping speaks of, everything is found anew in that one. Raises
    `Refused` saying why not now."""
    return _request(app, who, store_id, kinds, {"do": "find"})


def accept(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = (), *, resume: bool = True) -> Operation:
    """Bind all that is matched. `resume`: automatic sync of these kinds goes on."""
    return _request(app, who, store_id, kinds, {"do": "accept", "resume": resume})


def undo(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = ()) -> Operation:
    """Take back what was accepted. Raises `Refused` once a sync has been."""
    return _request(app, who, store_id, kinds, {"do": "undo"})


def _request(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind], more: dict[str, Any]) -> Operation:
    store = store_of(app, who, store_id, Role.ADMIN)
    chosen = [kind for kind in SyncKind if kind in set(kinds)] or list(SyncKind)
    with app.db.write() as connection:
        store = stores.fence(connection, store_id, store.generation)
        require_possible(connection, store, chosen)
        if more["do"] == "undo":
            require_undoable(connection, store, chosen)
        elif rebuild_mapping_anew.is_needed(connection, store, chosen):
            more = more | {"anew": True}
        for kind in chosen:
            odoo_kinds.be_there(connection, store_id, kind)
            if more.get("anew") and more["do"] == "accept":
                odoo_kinds.raise_epoch(connection, store_id, kind)
        arguments = {"kinds": [str(kind) for kind in chosen], **more}
        operation = issue(app, connection, who, store, Work.REBUILD_MAPPING, arguments)
    app.engine.start(operation.id)
    return operation


def require_possible(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> None:
    if store.state not in IMPORTING:
        state = store.state.replace("_", " ")
        raise Refused(f"This store is {state}, so its mapping is not rebuilt now.", code="state")
    odoo_gate.require_usable(odoo.load(connection, store.project_id), while_held=True)
    require_none_open(connection, store.id, kinds)


def require_undoable(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> None:
    """A sync of one record is a sync as well."""
    accepted = [at for kind in kinds if (at := rebuild.accepted_at(connection, store.id, kind)) is not None]
    since = operations.finished_since(connection, store.id, Work.SYNC_ODOO, min(accepted)) if accepted else []
    if any(_bound(one, kinds) for one in since):
        raise Refused(
            "There was a sync since, so the rebuild stands. Clear sync data starts afresh.", code="synced_since"
        )


def _bound(sync: Operation, kinds: Sequence[SyncKind]) -> bool:
    """Neither a preview nor metafields alone change the mapping."""
    reads = sync.arguments.get("preview") or sync.arguments.get("home")
    return not reads and bool(set(kinds) & set(sync.arguments["kinds"]))


def choose(
    app: App, who: Who, store_id: str, kind: MappedKind, shopify_id: int, odoo_id: int | None
) -> Match:  # fmt: skip
    """A person says which record it is, or (None) that it is none of them. Accepting binds it."""
    store = store_of(app, who, store_id, Role.EDITOR)
    with app.db.read() as connection:
        found = _open_match(connection, store, kind, shopify_id)
    _require_choosable(app, store, found, odoo_id)
    with app.db.write() as connection:
        stores.fence(connection, store_id, store.generation)
        chosen = _chosen(_open_match(connection, store, kind, shopify_id), odoo_id)
        rebuild.put(connection, store_id, rebuild.operation_of(connection, store_id, kind, shopify_id), [chosen],
                    at=app.clock.now())  # fmt: skip
    return chosen


def _open_match(connection: Connection, store: Store, kind: MappedKind, shopify_id: int) -> Match:
    found = rebuild.of(connection, store.id, kind, [shopify_id]).get(shopify_id)
    if found is None:
        raise NotFound("The rebuild knows no such record.")
    if found.state == "accepted":
        raise Refused("This one is accepted already. Undo the rebuild first.", code="accepted")
    return found


def _require_choosable(app: App, store: Store, found: Match, odoo_id: int | None) -> None:
    """One of those that were found; where there were none, one that is in Odoo."""
    if odoo_id is None or odoo_id in found.candidates:
        return
    if found.candidates:
        raise InvalidInput("Choose one of the records that were found.", field="odoo_id")
    ticket, named = odoo_gate.ticket(app, store.project_id, while_held=True), [["id", "=", odoo_id]]
    if not odoo_gate.search_read(app, ticket, MODELS[found.kind], named, ["id"], context=EVERYTHING):
        raise InvalidInput("There is no such record in Odoo.", field="odoo_id")


def _chosen(found: Match, odoo_id: int | None) -> Match:
    state = "unmatched" if odoo_id is None else "matched"
    return Match(found.kind, found.shopify_id, state, "person", odoo_id, found.candidates)


def show(
    app: App, who: Who, store_id: str, kind: MappedKind, *, state: str | None = None, after: int = 0
) -> tuple[dict[MappedKind, dict[str, int]], list[Match]]:
    """How many there are in each state, by kind; and a page of one kind."""
    store_of(app, who, store_id, Role.VIEWER)
    with app.db.read() as connection:
        page = rebuild.page(connection, store_id, kind, state=state, after=after, limit=PAGE)
        return rebuild.counts(connection, store_id), page


# -- driving one ---------------------------------------------------------------------------------------------------

_DO = {
    "find": rebuild_mapping_find.find,
    "accept": rebuild_mapping_accept.accept,
    "undo": rebuild_mapping_undo.undo,
    "plant": rebuild_mapping_plant.plant,
}


def advance(app: App, run: Run) -> Next:
    """One slice."""
    job = Job(app, run)
    following = _DO[run.arguments["do"]](job)
    return following if following is not None else Done(_receipt(job))


def _receipt(job: Job) -> dict[str, Any]:
    """`forgotten`: pairs of another database. `released`: the holds that accepting ended; undoing brings them back."""
    place = job.place
    counts = {
        str(kind): {str(mapped): place.counts.get(str(mapped), {}) for mapped in MAPPED[kind]} for kind in job.kinds
    }
    return {
        "do": job.run.arguments["do"],
        "kinds": counts,
        "replanted": place.replanted,
        "forgotten": place.forgotten,
        "released": msgspec.to_builtins(place.released),
        "note": place.note,
        "left_out": job.run.arguments.get("left_out", {}),
    }

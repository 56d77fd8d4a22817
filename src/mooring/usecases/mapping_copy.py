"""The mapping downloaded, as CSV or JSON lines, and taken in again.

A copy belongs to one Odoo database and company, and to one shop: it is refused anywhere else, and refused whole; so is
one that says something else of a record than the mapping does. Every other pair is judged by itself, and what leads to
no record on either side is left out (`mapping_judge.py`). No hashes are taken along: the next sync compares every field
with what Odoo holds then, and writes where the rules say so.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import audit, mappings, mappings_copied, odoo, odoo_kinds, operations, stores
from mooring.db.mappings import Mapping as Mapped
from mooring.db.mappings_copied import Pair
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.domain.mapping import MAPPED, MappedKind, SyncKind, sync_kind
from mooring.domain.plan import LINKED
from mooring.domain.rules import Role, Work, excluded_by
from mooring.domain.wording import counted
from mooring.errors import InvalidInput, Refused
from mooring.usecases import mapping_file, mapping_judge, odoo_gate, odoo_guard
from mooring.usecases.clear_mapping_tasks import require_none_open
from mooring.usecases.context import App
from mooring.usecases.mapping_file import COLUMNS, LARGEST, Line
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.operations import issue
from mooring.usecases.store_settings import store_of
from mooring.usecases.who import Who

__all__ = ["COLUMNS", "LARGEST", "Line", "Taken", "export", "sentence", "take_in"]

_PAGE, _CHUNK = 2_000, 1_000


@dataclass(frozen=True, slots=True)
class Taken:
    """`kept`: pairs that were mapped so already. `left_out`: how many were not taken, by reason. `operation` plants the
    external ids of what was added. `dry`: nothing was written; it says what would be."""

    added: int
    kept: int
    left_out: Mapping[str, int] = field(default_factory=dict[str, int])
    operation: Operation | None = None
    dry: bool = False


# -- out -----------------------------------------------------------------------------------------------------------


def export(app: App, who: Who, store_id: str, kinds: Iterable[SyncKind] = (), *, form: str = "csv") -> Iterator[bytes]:
    """`form`: `csv`, or `json` for one object per line."""
    if form not in ("csv", "json"):
        raise InvalidInput("Choose csv or json.", field="form")
    store = store_of(app, who, store_id, Role.EDITOR)
    chosen = [kind for kind in SyncKind if kind in set(kinds)] or list(SyncKind)
    return _written(app, store, chosen, form)


def _written(app: App, store: Store, kinds: Sequence[SyncKind], form: str) -> Iterator[bytes]:
    if form == "csv":
        yield _csv([COLUMNS])
    after = ("", 0)
    while True:
        with app.db.read() as connection:
            page = mappings_copied.page(connection, store.id, kinds, after, _PAGE)
        if page:
            yield _page(store, page, form)
            after = (str(page[-1].kind), page[-1].shopify_id)
        if len(page) < _PAGE:
            return


def _page(store: Store, page: Sequence[Pair], form: str) -> bytes:
    lines = [
        Line(store.shop_id, one.fingerprint, one.kind, one.shopify_id, one.odoo_id, one.parent_id, one.extra)
        for one in page
    ]
    if form == "json":
        return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    return _csv([getattr(line, name) for name in COLUMNS] for line in lines)


def _csv(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


# -- in ------------------------------------------------------------------------------------------------------------


def take_in(app: App, who: Who, store_id: str, content: bytes, *, dry: bool = False) -> Taken:
    """What of it is sound. `dry`: only judge it. Raises `InvalidInput` naming the line, `Refused` for another database
    or shop, and while Odoo is held: the pairs lead to records of the database that was connected."""
    store = store_of(app, who, store_id, Role.ADMIN)
    lines = mapping_file.lines(content)
    ticket = odoo_gate.ticket(app, store.project_id)
    with app.db.read() as connection:
        mark = odoo.load(connection, store.project_id).fingerprint
        _require_fitting(store, mark, lines)
        kinds = [kind for kind in SyncKind if any(line.kind in MAPPED[kind] for line in lines)]
        _require_possible(connection, store, kinds)
        new = _new(connection, store, mark, lines)
    odoo_guard.require_same(app, ticket)
    judged = mapping_judge.judge(app, ticket, store, mark, new)
    taken = Taken(len(judged.fit), len(lines) - len(new), judged.left_out, dry=dry)
    return taken if dry else _write(app, who, store, ticket, mark, kinds, judged.fit, taken)


def _write(
    app: App, who: Who, store: Store, ticket: Ticket, mark: str, kinds: Sequence[SyncKind], lines: Sequence[Line],
    taken: Taken,
) -> Taken:  # fmt: skip
    with app.db.write() as connection:
        store = stores.fence(connection, store.id, store.generation)
        odoo.fence(connection, store.project_id, ticket.generation)
        _require_possible(connection, store, kinds)
        _put(app, connection, store, mark, lines)
        audit.write(
            connection, at=app.clock.now(), project_id=store.project_id, store_id=store.id, actor=who.id,
            event="mapping.imported",
            detail={"count": taken.added, "kept": taken.kept, "left_out": sum(taken.left_out.values())},
        )  # fmt: skip
        arguments = {"kinds": [str(kind) for kind in kinds], "do": "plant", "left_out": dict(taken.left_out)}
        operation = issue(app, connection, who, store, Work.REBUILD_MAPPING, arguments) if taken.added else None
    if operation is not None:
        app.engine.start(operation.id)
    return replace(taken, operation=operation)


def _require_fitting(store: Store, fingerprint: str, lines: Sequence[Line]) -> None:
    if not lines:
        raise InvalidInput("This file holds no pairs.", field="file")
    if any(line.shop_id != store.shop_id for line in lines):
        raise Refused("This file is the mapping of another shop. Nothing was imported.", code="other_shop")
    if any(line.fingerprint != fingerprint for line in lines):
        raise Refused(
            "This file belongs to another Odoo database or company than the one that is connected. Nothing was "
            "imported.", code="other_database",
        )  # fmt: skip


def _require_possible(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> None:
    require_none_open(connection, store.id, kinds)
    running = frozenset(one.kind for one in operations.unfinished(connection, store.id))
    if busy := (excluded_by(Work.REBUILD_MAPPING, running) | (running & {Work.SYNC_ODOO, Work.VERIFY_MAPPING})):
        names = ", ".join(sorted(one.replace("_", " ") for one in busy))
        raise Refused(f"The mapping of this store is at work ({names}). Wait for it, or cancel it.", code="busy")


def _put(app: App, connection: Connection, store: Store, mark: str, lines: Sequence[Line]) -> None:
    epochs = {kind: one.epoch for kind, one in odoo_kinds.of_store(connection, store.id).items()}
    for at in range(0, len(lines), _CHUNK):
        some = _new(connection, store, mark, lines[at : at + _CHUNK])
        mappings.bind(connection, store.id, [_row(line, mark, epochs) for line in some], at=app.clock.now())
        for line in some:
            if line.kind is MappedKind.ORDER:
                mappings.note_invoices(connection, store.id, line.shopify_id, mappings.invoices_in(line.extra))


def _new(connection: Connection, store: Store, mark: str, lines: Sequence[Line]) -> list[Line]:
    """Raises `Refused` for the first record that is mapped to something else."""
    known: dict[tuple[MappedKind, int], Mapped] = {}
    for kind in {line.kind for line in lines}:
        found = mappings.of(connection, store.id, kind, [line.shopify_id for line in lines if line.kind is kind])
        known |= {(kind, id_): one for id_, one in found.items()}
    for line in lines:
        held = known.get((line.kind, line.shopify_id))
        if held is not None and (held.odoo_id, held.fingerprint) != (line.odoo_id, mark):
            raise Refused(
                f"The {line.kind.replace('_', ' ')} {line.shopify_id} is mapped to record {held.odoo_id} in Odoo "
                f"already, and this file says {line.odoo_id}. Unlink it, or clear the mapping first. Nothing was "
                "imported.", code="mapped_otherwise",
            )  # fmt: skip
    return [line for line in lines if (line.kind, line.shopify_id) not in known]


def _row(line: Line, mark: str, epochs: dict[SyncKind, int]) -> Mapped:
    return Mapped(
        kind=line.kind, shopify_id=line.shopify_id, odoo_id=line.odoo_id, fingerprint=mark, origin=LINKED,
        epoch=epochs[sync_kind(line.kind)], parent_id=line.parent_id,
    )  # fmt: skip


def sentence(taken: Taken) -> str:
    left = sum(taken.left_out.values())
    out = f", {left:,} left out: {mapping_judge.said(taken.left_out)}" if left else ""
    kept = f" {counted(taken.kept, 'pairs')} were mapped already and stay as they are." if taken.kept else ""
    return f"{counted(taken.added, 'pairs')} {'would be ' if taken.dry else ''}imported{out}.{kept}"

"""Records read again by their ids, and written where they win: what a webhook points at, what a pull or a sweep lists,
what a person wants recovered.

`read` asks Shopify and touches nothing; `write` runs in the caller's fenced transaction and asks nothing. A record read
here has the same form and hash as in a bulk file, and the same rules hold: what a toggle, a permission or an approval
keeps away is not asked for, and what is stored of it stays. Reading late, twice or in disorder changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import lists, records, records_deleted, records_fetched, records_kinds, stores
from mooring.db.bulk import Written
from mooring.db.records_fetched import Stored
from mooring.db.stores import Store
from mooring.domain import records_access as access
from mooring.domain import translate_nodes
from mooring.domain.kinds import Kind
from mooring.domain.translate import LAYOUTS, Layout
from mooring.domain.translate_nodes import NodeRows
from mooring.domain.translate_orders import REFUND
from mooring.domain.translate_rows import MEMBERSHIP, Row, Shape, Stamp
from mooring.usecases.context import App
from mooring.usecases.fetch_read import Fetched, Page, fitting, read, stamped, unread
from mooring.usecases.import_store_write import complete
from mooring.usecases.suppression_imports import screened

__all__ = ["FetchResult", "Fetched", "fitting", "read", "unread", "write"]


@dataclass(frozen=True, slots=True)
class FetchResult:
    """`written` and `unchanged` count records, `rows_written` what belongs to them (addresses, lines, refunds,
    variants, members). `new`: the Shopify ids of records that were not in the hub. `restored`: those marked as deleted
    before. `again`: those whose stored answer is of the same second and says something else, so that Shopify's clock
    cannot tell which is newer; this one was written, and whoever reads them a second later has the truth."""

    written: int = 0
    unchanged: int = 0
    new: tuple[int, ...] = ()
    restored: tuple[int, ...] = ()
    rows_written: int = 0
    removed_children: int = 0
    again: tuple[int, ...] = ()


def write(connection: Connection, app: App, store: Store, fetched: Fetched, *, historic: bool = False) -> FetchResult:
    """Write what wins: (updatedAt, fetched-at) not older, and the content another one. What a record no longer has
    goes. For the caller's transaction, in which the store's generation was checked.
    """
    missing = _kept(connection, store, fetched)
    writer = _Writer(connection, app, store, fetched, missing, historic)
    return _sum([writer.page(page) for page in fetched.pages])


def _kept(connection: Connection, store: Store, fetched: Fetched) -> frozenset[str]:
    """The paths this reading could not see and another one could: what is stored there stays.

    That this one writes without them is remembered, as every import does; a refusal is, so that they are not asked for
    again before an import's probe has found them readable.
    """
    if not fetched.pages:
        return frozenset()
    never = records_kinds.never_read(connection, store.id, fetched.kind)
    if never is None or not never <= fetched.left_out:
        records_kinds.narrow_never_read(connection, store.id, fetched.kind, fetched.left_out)
    records_kinds.note_without(connection, store.id, fetched.kind, fetched.left_out, at=fetched.pages[-1].at)
    denied = access.for_want_of_approval(fetched.denied)
    if denied - set(store.denied_fields):
        known = sorted(denied | set(store.denied_fields))
        stores.change(connection, store.id, denied_fields=msgspec.json.encode(known).decode())
    return fetched.left_out - (fetched.left_out if never is None else never)


def _sum(results: list[FetchResult]) -> FetchResult:
    return FetchResult(
        written=sum(one.written for one in results),
        unchanged=sum(one.unchanged for one in results),
        new=tuple(new for one in results for new in one.new),
        restored=tuple(back for one in results for back in one.restored),
        rows_written=sum(one.rows_written for one in results),
        removed_children=sum(one.removed_children for one in results),
        again=tuple(tied for one in results for tied in one.again),
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    connection: Connection
    app: App
    store: Store
    fetched: Fetched
    missing: frozenset[str]
    historic: bool

    @property
    def layout(self) -> Layout:
        return LAYOUTS[self.fetched.kind]

    def page(self, page: Page) -> FetchResult:
        rows = self._rows(page)
        held = records_fetched.stored(self.connection, self.layout.root, self.store.id, [row[1] for row in rows.roots])
        current = {row[1] for row in rows.roots if not self._is_older(row, page, held.get(row[1]))}
        rows = _of(rows, current, self.layout)
        roots = self._roots(rows.roots)
        written = self._children(rows, page)
        removed = self._remove(rows, page, current)
        restored = tuple(one for one in current if one in held and held[one].deleted)
        if restored and self.fetched.kind is Kind.CUSTOMERS:
            records_deleted.unmerge(self.connection, self.store.id, restored)
        return FetchResult(
            roots.written, len(page.nodes) - roots.written, roots.new, restored, written, removed,
            again=tuple(row[1] for row in rows.roots if self._is_tied(row, page, held.get(row[1]))),
        )  # fmt: skip

    def _rows(self, page: Page) -> NodeRows:
        """As they were translated before the transaction, unless stored rows have to complete them."""
        if not self.missing and not self.historic:
            return page.rows
        store_id, kind = self.store.id, self.fetched.kind
        stamp = Stamp(store_id, stamped(page.at), historic=self.historic)
        keep = partial(complete, self.connection, store_id, kind, missing=self.missing) if self.missing else None
        return translate_nodes.rows(kind, page.nodes, stamp, keep)

    def _is_older(self, row: Row, page: Page, held: Stored | None) -> bool:
        if held is None:
            return False
        return held.fetched_at > page.at or stamped(held.updated_at) > self._column(row, "updated_at")

    def _is_tied(self, row: Row, page: Page, held: Stored | None) -> bool:
        """Fetched in the same second as what is stored, and something else: no clock can tell which is newer."""
        if held is None or held.fetched_at != page.at:
            return False
        return held.deleted or held.digest != self._column(row, "content_hash")

    def _column(self, row: Row, name: str) -> Any:
        return row[self.layout.root.columns.index(name)]

    def _roots(self, rows: list[Row]) -> Written:
        connection, store = self.connection, self.store
        if self.fetched.kind is not Kind.CUSTOMERS:
            return records.write_roots(connection, self.layout.root, store.id, rows)
        rows = list(screened(self.app, connection, store.project_id, store.id, rows))
        written = records.write_roots(connection, self.layout.root, store.id, rows)
        if written.new and (list_id := lists.of_store(connection, store.id)):
            records.join_list(connection, store.id, written.new, list_id)
        return written

    def _children(self, rows: NodeRows, page: Page) -> int:
        connection, store_id, at = self.connection, self.store.id, stamped(page.at)
        layout = self.layout
        children, _ = records.write_children(connection, layout.child, layout.root, store_id, rows.children, at)
        refunds = records.write_refunds(connection, store_id, rows.refunds)
        records_fetched.save_details(connection, store_id, rows.details, page.at)
        return children.written + refunds.written

    def _remove(self, rows: NodeRows, page: Page, current: set[int]) -> int:
        """Only of records that were read, and only what was asked for."""
        root, child = self.layout.root, self.layout.child
        seen = [(child, self.layout.connection, rows.children)]
        if self.fetched.kind is Kind.ORDERS:
            seen.append((REFUND, "refunds", rows.refunds))
        return sum(
            records_fetched.remove_children(
                self.connection, shape, root, self.store.id, _by_parent(shape, found, current), page.at
            )
            for shape, name, found in seen
            if f"{self.fetched.kind}.{name}" not in self.fetched.left_out
        )


def _of(rows: NodeRows, current: set[int], layout: Layout) -> NodeRows:
    """Without the records that are stored as newer, and without what belongs to them."""
    of_child, of_refund = _parent_at(layout.child), _parent_at(REFUND)
    return NodeRows(
        [row for row in rows.roots if row[1] in current],
        [row for row in rows.children if row[of_child] in current],
        [row for row in rows.refunds if row[of_refund] in current],
        {order: text for order, text in rows.details.items() if order in current},
    )


def _parent_at(shape: Shape) -> int:
    return shape.columns.index(shape.parent or "")


def _by_parent(shape: Shape, rows: list[Row], parents: set[int]) -> dict[int, list[int]]:
    own, of = (2 if shape is MEMBERSHIP else 1), _parent_at(shape)
    found: dict[int, list[int]] = {parent: [] for parent in parents}
    for row in rows:
        found[row[of]].append(row[own])
    return found

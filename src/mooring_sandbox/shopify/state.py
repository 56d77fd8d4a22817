"""What the sandbox remembers: every shop and record in one SQLite file, so a restarted sandbox is the same store.

A record is a *document*: a JSON object whose keys are the field names of its GraphQL type. Lists and connections
that only exist inside their owner (line items, refunds, addresses) are embedded lists of documents; records that
have a root query or a life of their own (variants, inventory items, metafields) are rows with a `parent`.
Embedded nodes that `node(id:)` must find are listed in `embedded`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

Doc = dict[str, Any]
Listener = Callable[[int, str, str, Doc], None]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS shop (id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS domain (name TEXT PRIMARY KEY, shop_id INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sequence (name TEXT PRIMARY KEY, next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (
  shop_id INTEGER NOT NULL, type TEXT NOT NULL, id INTEGER NOT NULL, parent TEXT, updated_at TEXT NOT NULL,
  created_at TEXT NOT NULL, processed_at TEXT NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (shop_id, type, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_parent ON record (shop_id, type, parent) WHERE parent IS NOT NULL;
CREATE INDEX IF NOT EXISTS record_updated ON record (shop_id, type, updated_at);
CREATE INDEX IF NOT EXISTS record_created ON record (shop_id, type, created_at);
CREATE INDEX IF NOT EXISTS record_processed ON record (shop_id, type, processed_at);
CREATE TABLE IF NOT EXISTS embedded (
  shop_id INTEGER NOT NULL, type TEXT NOT NULL, id INTEGER NOT NULL, owner TEXT NOT NULL,
  PRIMARY KEY (shop_id, type, id)) WITHOUT ROWID;
"""

_encode = msgspec.json.encode
_decode = msgspec.json.decode

Column = Literal["id", "updated_at", "created_at", "processed_at"]
Bound = tuple[Column, Literal["<", "<=", ">", ">=", "="], Any]


@dataclass(frozen=True)
class Selection:
    """Which records, and from where: `after` is the (value, id) behind which reading starts."""

    parent: str | None = None
    bounds: tuple[Bound, ...] = ()
    after: tuple[Any, int] | None = None
    descending: bool = False


def gid(type_: str, id_: int) -> str:
    return f"gid://shopify/{type_}/{id_}"


def parse_gid(text: str) -> tuple[str, int] | None:
    """('Customer', 5) of 'gid://shopify/Customer/5', a query string behind the number ignored; None if it is no gid."""
    head, _, rest = text.partition("gid://shopify/")
    type_, _, number = rest.partition("?")[0].partition("/")
    return (type_, int(number)) if not head and type_.isalnum() and number.isascii() and number.isdigit() else None


class State:
    """Thread-safe: one connection behind one lock. Documents come and go as plain dicts; never keep and mutate one.

    `changes` grows with every write, so that what was derived from the records can be known to be stale.
    """

    def __init__(self, path: str | Path = ":memory:") -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(_SCHEMA)
        self._listeners: list[Listener] = []
        self._depth = 0
        self.changes = 0

    def close(self) -> None:
        with self.lock:
            self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nested use joins the outer one."""
        with self.lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self.db.execute("BEGIN IMMEDIATE")
                yield self.db
                if self._depth == 1:
                    self.db.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    # -- shops ------------------------------------------------------------------------------------------------

    def add_shop(self, id_: int, handle: str, doc: Doc) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO shop VALUES (?, ?, ?)", (id_, handle, _encode(doc).decode()))
            db.execute("INSERT OR REPLACE INTO domain VALUES (?, ?)", (f"{handle}.myshopify.com", id_))

    def shop(self, id_: int) -> Doc:
        with self.lock:
            row = self.db.execute("SELECT doc FROM shop WHERE id = ?", (id_,)).fetchone()
        if row is None:
            raise KeyError(id_)
        return _decode(row[0])

    def shop_id(self, domain: str) -> int | None:
        """By any domain it has or had: `name.myshopify.com` (a bare `name` too)."""
        name = domain.lower() if "." in domain else f"{domain.lower()}.myshopify.com"
        with self.lock:
            row = self.db.execute("SELECT shop_id FROM domain WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def shops(self) -> list[tuple[int, str]]:
        with self.lock:
            return self.db.execute("SELECT id, handle FROM shop ORDER BY id").fetchall()

    # -- records ----------------------------------------------------------------------------------------------

    def next_id(self, name: str, start: int = 1) -> int:
        """A number never given out before under this name, also not before a restart."""
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO sequence VALUES (?, ?)", (name, start))
            return db.execute(
                "UPDATE sequence SET next = next + 1 WHERE name = ? RETURNING next - 1", (name,)
            ).fetchone()[0]

    def put(self, shop_id: int, type_: str, doc: Doc, parent: str | None = None) -> None:
        """Insert or replace by `doc["id"]` (a gid). `parent` is the owner's gid (of an order, by itself, its customer).

        Embedded nodes are told by `embed()`, by the caller.
        """
        self.put_many(shop_id, type_, [(doc, parent)])

    def put_many(self, shop_id: int, type_: str, docs: Iterable[tuple[Doc, str | None]]) -> None:
        rows = (_row(shop_id, type_, doc, parent) for doc, parent in docs)
        with self.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            self.changes += 1

    def get(self, shop_id: int, type_: str, id_: int) -> Doc | None:
        with self.lock:
            row = self.db.execute(
                "SELECT doc FROM record WHERE shop_id = ? AND type = ? AND id = ?", (shop_id, type_, id_)
            ).fetchone()
        return _decode(row[0]) if row else None

    def parent(self, shop_id: int, type_: str, id_: int) -> str | None:
        """The owner's gid of a record."""
        with self.lock:
            row = self.db.execute(
                "SELECT parent FROM record WHERE shop_id = ? AND type = ? AND id = ?", (shop_id, type_, id_)
            ).fetchone()
        return row[0] if row else None

    def remove(self, shop_id: int, type_: str, id_: int) -> bool:
        with self.transaction() as db:
            self.changes += 1
            return (
                db.execute(
                    "DELETE FROM record WHERE shop_id = ? AND type = ? AND id = ?", (shop_id, type_, id_)
                ).rowcount
                > 0
            )

    def count(self, shop_id: int, type_: str, parent: str | None = None, bounds: Iterable[Bound] = ()) -> int:
        where, args = _where(shop_id, type_, parent, bounds)
        with self.lock:
            return self.db.execute(f"SELECT count(*) FROM {_table(parent)} WHERE {where}", args).fetchone()[0]  # noqa: S608

    def ordered(
        self, shop_id: int, type_: str, column: Column, selection: Selection, page: int = 300
    ) -> Iterator[tuple[Any, int, Doc]]:
        """(value of `column`, id, document) in that order, read in growing pages as they are consumed."""
        sign, direction = ("<", "DESC") if selection.descending else (">", "ASC")
        after = selection.after
        while True:
            where, args = _where(shop_id, type_, selection.parent, selection.bounds)
            if after is not None:
                where, args = f"{where} AND ({column}, id) {sign} (?, ?)", (*args, *after)
            with self.lock:
                rows = self.db.execute(
                    f"SELECT {column}, id, doc FROM {_table(selection.parent)} WHERE {where} "  # noqa: S608
                    f"ORDER BY {column} {direction}, id {direction} LIMIT {page}",
                    args,
                ).fetchall()
            for value, id_, raw in rows:
                yield value, id_, _decode(raw)
            if len(rows) < page:
                return
            after = rows[-1][:2]
            page = min(page * 2, 2000)

    def scan(
        self, shop_id: int, type_: str, parent: str | None = None, after: int = 0, page: int = 2000
    ) -> Iterator[Doc]:
        """Every document in id order, read in pages, so that nothing large is held and nothing stays locked."""
        where, args = _where(shop_id, type_, parent)
        while True:
            with self.lock:
                rows = self.db.execute(
                    f"SELECT id, doc FROM {_table(parent)} WHERE {where} AND id > ? ORDER BY id LIMIT ?",  # noqa: S608
                    (*args, after, page),
                ).fetchall()
            for after, raw in rows:  # noqa: B007
                yield _decode(raw)
            if len(rows) < page:
                return

    # -- embedded nodes ---------------------------------------------------------------------------------------

    def embed(self, shop_id: int, owner: str, nodes: Iterable[tuple[str, int]]) -> None:
        """Say that these (type, id) live inside the document `owner` (a gid)."""
        with self.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO embedded VALUES (?, ?, ?, ?)",
                ((shop_id, t, i, owner) for t, i in nodes),
            )

    def embed_many(self, shop_id: int, nodes: Iterable[tuple[str, str]]) -> None:
        """The same for many owners at once: (owner's gid, node's gid)."""
        parsed = ((owner, parse_gid(node)) for owner, node in nodes)
        with self.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO embedded VALUES (?, ?, ?, ?)",
                ((shop_id, *node, owner) for owner, node in parsed if node),
            )

    def owner_of(self, shop_id: int, type_: str, id_: int) -> str | None:
        with self.lock:
            row = self.db.execute(
                "SELECT owner FROM embedded WHERE shop_id = ? AND type = ? AND id = ?", (shop_id, type_, id_)
            ).fetchone()
        return row[0] if row else None

    # -- events -----------------------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        """`listener(shop_id, topic, gid, doc)` after each change; topics as in `WebhookSubscriptionTopic`."""
        self._listeners.append(listener)

    def emit(self, shop_id: int, topic: str, id_: str, doc: Doc) -> None:
        for listener in self._listeners:
            listener(shop_id, topic, id_, doc)


def _number(id_: str) -> int:
    parsed = parse_gid(id_)
    if parsed is None:
        raise ValueError(f"{id_!r} is no gid of a record")
    return parsed[1]


def _row(shop_id: int, type_: str, doc: Doc, parent: str | None) -> tuple[Any, ...]:
    created = doc.get("createdAt") or ""
    owner = parent or (doc.get("customerId") if type_ == "Order" else None)
    processed = doc.get("processedAt") or created
    return shop_id, type_, _number(doc["id"]), owner, doc.get("updatedAt") or created, created, processed, _encode(doc)


def _table(parent: str | None) -> str:
    """SQLite itself would walk through all records of the type to find one record's children in the order of ids."""
    return "record" if parent is None else "record INDEXED BY record_parent"


def _where(shop_id: int, type_: str, parent: str | None, bounds: Iterable[Bound] = ()) -> tuple[str, tuple[Any, ...]]:
    where, args = "shop_id = ? AND type = ?", [shop_id, type_]
    if parent is not None:
        where, args = f"{where} AND parent = ?", [*args, parent]
    for column, sign, value in bounds:
        where, args = f"{where} AND {column} {sign} ?", [*args, value]
    return where, tuple(args)

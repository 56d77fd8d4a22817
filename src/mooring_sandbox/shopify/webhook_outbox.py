"""Deliveries waiting or done: one row each, with the body as it was signed and every attempt."""

from __future__ import annotations

from typing import Any

import msgspec

from mooring_sandbox.shopify.state import State

_SCHEMA = """
CREATE TABLE IF NOT EXISTS delivery (
  id INTEGER PRIMARY KEY, shop_id INTEGER NOT NULL, app_id INTEGER NOT NULL, subscription TEXT, topic TEXT NOT NULL,
  address TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL, due REAL NOT NULL, attempt INTEGER NOT NULL,
  status TEXT NOT NULL, log TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS delivery_due ON delivery (due, id) WHERE status = 'pending';
CREATE TABLE IF NOT EXISTS last_body (
  subscription TEXT NOT NULL, record TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (subscription, record)
) WITHOUT ROWID;
"""
_COLUMNS = "id, shop_id, app_id, subscription, topic, address, headers, body, due, attempt, status, log"


class Delivery(msgspec.Struct):
    """`status`: pending, delivered, failed (gave up), lost (never sent, on order). `due` in the sandbox's clock.

    `subscription` is a gid, or null for one of the app's configuration. `attempt` counts what was sent.
    """

    id: int
    shop_id: int
    app_id: int
    subscription: str | None
    topic: str
    address: str
    headers: dict[str, str]
    body: bytes
    due: float
    attempt: int
    status: str
    log: list[dict[str, Any]]


class Outbox:
    """Keeps all that is pending, and of those that are done the newest `kept`."""

    def __init__(self, state: State, kept: int = 20_000) -> None:
        self._state, self._kept = state, kept
        with state.lock:
            state.db.executescript(_SCHEMA)

    def add(self, one: Delivery) -> None:
        with self._state.transaction() as db:
            if one.id % max(self._kept // 20, 1) == 0:
                db.execute("DELETE FROM delivery WHERE status <> 'pending' AND id <= ?", (one.id - self._kept,))
            db.execute(f"INSERT INTO delivery ({_COLUMNS}) VALUES ({', '.join('?' * 12)})", _row(one))  # noqa: S608

    def save(self, one: Delivery) -> None:
        with self._state.transaction() as db:
            db.execute(
                "UPDATE delivery SET due = ?, attempt = ?, status = ?, log = ? WHERE id = ?",
                (one.due, one.attempt, one.status, msgspec.json.encode(one.log).decode(), one.id),
            )

    def due(self, now: float, limit: int = 64) -> list[Delivery]:
        return self._select("status = 'pending' AND due <= ? ORDER BY due, id LIMIT ?", now, limit)

    def pending(self) -> int:
        with self._state.lock:
            return self._state.db.execute("SELECT count(*) FROM delivery WHERE status = 'pending'").fetchone()[0]

    def hurry(self, now: float) -> None:
        """Everything that waits is due now."""
        with self._state.transaction() as db:
            db.execute("UPDATE delivery SET due = ? WHERE status = 'pending'", (now,))

    def failing(self, subscription: str, since: int) -> bool:
        """Whether nothing got through to the subscription from delivery `since` on."""
        with self._state.lock:
            row = self._state.db.execute(
                "SELECT 1 FROM delivery WHERE subscription = ? AND status = 'delivered' AND id >= ?",
                (subscription, since),
            ).fetchone()
        return row is None

    def all(self, shop_id: int | None = None, last: int = 1000) -> list[Delivery]:
        where = "(? IS NULL OR shop_id = ?) ORDER BY id DESC LIMIT ?"
        return self._select(where, shop_id, shop_id, last)[::-1]

    def drop_pending(self, shop_id: int, app_id: int, but: str) -> None:
        """What an uninstalled app no longer gets; `but` is the topic that is sent all the same."""
        with self._state.transaction() as db:
            db.execute(
                "DELETE FROM delivery WHERE shop_id = ? AND app_id = ? AND status = 'pending'"
                " AND subscription IS NOT NULL AND topic <> ?",
                (shop_id, app_id, but),
            )

    def call_off(self, shop_id: int, app_id: int, topic: str) -> None:
        with self._state.transaction() as db:
            db.execute(
                "DELETE FROM delivery WHERE shop_id = ? AND app_id = ? AND topic = ? AND status = 'pending'",
                (shop_id, app_id, topic),
            )

    def find(self, id_: int) -> Delivery | None:
        return next(iter(self._select("id = ?", id_)), None)

    def clear(self) -> None:
        with self._state.transaction() as db:
            db.execute("DELETE FROM delivery")
            db.execute("DELETE FROM last_body")

    def same_as_last(self, subscription: str, record: str, digest: str) -> bool:
        """Remembers the body of this record for this subscription, and says whether it was the same before."""
        with self._state.transaction() as db:
            before = db.execute(
                "SELECT digest FROM last_body WHERE subscription = ? AND record = ?", (subscription, record)
            ).fetchone()
            db.execute("INSERT OR REPLACE INTO last_body VALUES (?, ?, ?)", (subscription, record, digest))
        return before is not None and before[0] == digest

    def _select(self, where: str, *args: Any) -> list[Delivery]:
        with self._state.lock:
            rows = self._state.db.execute(f"SELECT {_COLUMNS} FROM delivery WHERE {where}", args).fetchall()  # noqa: S608
        return [_delivery(row) for row in rows]


def _delivery(row: tuple[Any, ...]) -> Delivery:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Delivery(**values | {"headers": _read(values["headers"]), "log": _read(values["log"])})


def _row(one: Delivery) -> tuple[Any, ...]:
    values = list(msgspec.structs.astuple(one))
    values[6], values[11] = (msgspec.json.encode(values[at]).decode() for at in (6, 11))
    return tuple(values)


def _read(text: str) -> Any:
    return msgspec.json.decode(text)

"""Authorisation codes: what a merchant's consent hands to the app, for one exchange within minutes."""

from __future__ import annotations

import secrets

import msgspec

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.installations import Installation
from mooring_sandbox.shopify.settings import SettingsStore
from mooring_sandbox.shopify.state import State

_SCHEMA = """
CREATE TABLE IF NOT EXISTS code (
  value TEXT PRIMARY KEY, shop_id INTEGER NOT NULL, app_id INTEGER NOT NULL, scopes TEXT NOT NULL,
  online INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID
"""


class Code(msgspec.Struct, frozen=True):
    scopes: str
    online: bool


class Codes:
    def __init__(self, state: State, clock: Clock, settings: SettingsStore) -> None:
        self._state, self._clock, self._settings = state, clock, settings
        with state.transaction() as db:
            db.execute(_SCHEMA)

    def create(self, shop_id: int, app_id: int, scopes: str, online: bool) -> str:
        value, expires = secrets.token_hex(16), self._now() + self._settings.now.code_seconds
        with self._state.transaction() as db:
            db.execute("INSERT INTO code VALUES (?, ?, ?, ?, ?, ?)", (value, shop_id, app_id, scopes, online, expires))
        return value

    def use(self, value: str, shop_id: int, app_id: int) -> Code | None:
        """Once, by the app and at the shop it was made for; None if it is none of theirs, used or too old."""
        with self._state.transaction() as db:
            row = db.execute(
                "DELETE FROM code WHERE value = ? AND shop_id = ? AND app_id = ? RETURNING scopes, online, expires",
                (value, shop_id, app_id),
            ).fetchone()
        return Code(row[0], bool(row[1])) if row and row[2] > self._now() else None

    def on_installation(self, what: str, now: Installation, before: frozenset[str]) -> None:
        if what == "uninstalled":
            with self._state.transaction() as db:
                db.execute("DELETE FROM code WHERE shop_id = ? AND app_id = ?", (now.shop_id, now.app_id))

    def _now(self) -> float:
        return self._clock.now().timestamp()

"""Tokens: what is minted, what it kills, what may be replayed. Times by the sandbox's clock.

Sources: the authorization-code grant and offline-token pages of shopify.dev and the changelogs of 2025-12-10
(expiring tokens) and 2026-08-28 (a used refresh token may be sent again until its replacement is first used).
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

import msgspec

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.installations import Installation
from mooring_sandbox.shopify.settings import SettingsStore
from mooring_sandbox.shopify.state import State

_SCHEMA = """
CREATE TABLE IF NOT EXISTS access (
  value TEXT PRIMARY KEY, shop_id INTEGER NOT NULL, app_id INTEGER NOT NULL, secret TEXT NOT NULL,
  kind TEXT NOT NULL, expires REAL, refresh TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS access_of ON access (shop_id, app_id);
CREATE TABLE IF NOT EXISTS refresh (
  value TEXT PRIMARY KEY, shop_id INTEGER NOT NULL, app_id INTEGER NOT NULL, secret TEXT NOT NULL,
  expires REAL NOT NULL, used REAL, successor TEXT, retired INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refresh_of ON refresh (shop_id, app_id);
CREATE TABLE IF NOT EXISTS migrated (
  value TEXT PRIMARY KEY, shop_id INTEGER NOT NULL, app_id INTEGER NOT NULL, refresh TEXT NOT NULL,
  until REAL NOT NULL) WITHOUT ROWID;
"""


class Access(msgspec.Struct, frozen=True):
    """`kind`: offline (expiring if `expires`), online, client. `refresh`: the token minted beside it."""

    value: str
    shop_id: int
    app_id: int
    secret: str
    kind: str
    expires: float | None
    refresh: str | None


class Refresh(msgspec.Struct, frozen=True):
    value: str
    shop_id: int
    app_id: int
    secret: str
    expires: float
    used: float | None
    successor: str | None
    retired: bool


class Pair(msgspec.Struct, frozen=True):
    access: Access
    refresh: Refresh | None = None


class Tokens:
    def __init__(self, state: State, clock: Clock, settings: SettingsStore) -> None:
        self._state, self._clock, self._settings = state, clock, settings
        with state.lock:
            state.db.executescript(_SCHEMA)

    def now(self) -> float:
        return self._clock.now().timestamp()

    # -- minting ----------------------------------------------------------------------------------------------

    def mint_expiring(self, shop_id: int, app_id: int, secret: str) -> Pair:
        """A new pair; every older offline token of this installation dies with it."""
        with self._state.transaction():
            self._kill_offline(shop_id, app_id)
            return self._mint_pair(shop_id, app_id, secret)

    def mint_legacy(self, shop_id: int, app_id: int, secret: str) -> Pair:
        """Non-expiring: the same token again as long as one lives, otherwise a new one that kills the expiring pair."""
        with self._state.transaction():
            kept = self._legacy(shop_id, app_id, secret)
            if kept:
                return Pair(kept)
            self._kill_offline(shop_id, app_id)
            return Pair(self._mint_access(shop_id, app_id, secret, "offline", None))

    def mint_short(self, shop_id: int, app_id: int, secret: str, kind: str) -> Pair:
        """Online and client-credentials tokens: they end by themselves and kill nothing."""
        now = self._settings.now
        seconds = now.online_token_seconds if kind == "online" else now.client_credentials_seconds
        return Pair(self._mint_access(shop_id, app_id, secret, kind, seconds))

    def refresh(self, value: str, shop_id: int, app_id: int, secret: str) -> Pair | None:
        """The replacement; None if the token is dead. A used one is answered again with the same replacement."""
        with self._state.transaction() as db:
            old = self._refresh(value, shop_id, app_id)
            if old is None or old.retired or old.expires <= self.now():
                return None
            if old.successor:
                return self._replay(old)
            pair = self._mint_pair(shop_id, app_id, secret)
            db.execute("UPDATE refresh SET retired = 1 WHERE successor = ?", (value,))
            assert pair.refresh is not None
            db.execute(
                "UPDATE refresh SET used = ?, successor = ? WHERE value = ?", (self.now(), pair.refresh.value, value)
            )
            return pair

    def is_foreign(self, refresh: str, shop_id: int, app_id: int) -> bool:
        """Whether the refresh token exists, but for another shop or another app."""
        row = self._one("SELECT shop_id, app_id FROM refresh WHERE value = ?", refresh)
        return row is not None and tuple(row) != (shop_id, app_id)

    def migrate(self, value: str, shop_id: int, app_id: int, secret: str) -> Pair | None:
        """A non-expiring token becomes an expiring pair and dies; for days the same request gets the same pair.

        That ends with the pair's first refresh (changelog on migrations without a user session); an access token that
        has ended meanwhile lives on for another hour.
        """
        with self._state.transaction() as db:
            again = db.execute(
                "SELECT m.refresh FROM migrated m JOIN refresh r ON r.value = m.refresh"
                " WHERE m.value = ? AND m.shop_id = ? AND m.app_id = ? AND m.until > ? AND r.successor IS NULL",
                (value, shop_id, app_id, self.now()),
            ).fetchone()
            if again:
                return self._prolonged(again[0])
            old = self.access(value)
            if old is None or (old.shop_id, old.app_id, old.kind, old.expires) != (shop_id, app_id, "offline", None):
                return None
            pair = self.mint_expiring(shop_id, app_id, secret)
            assert pair.refresh is not None
            until = self.now() + self._settings.now.migration_replay_seconds
            db.execute(
                "INSERT INTO migrated VALUES (?, ?, ?, ?, ?)", (value, shop_id, app_id, pair.refresh.value, until)
            )
            return pair

    # -- using and killing ------------------------------------------------------------------------------------

    def access(self, value: str) -> Access | None:
        """The living token of this value."""
        row = self._one("SELECT * FROM access WHERE value = ? AND (expires IS NULL OR expires > ?)", value, self.now())
        return Access(*row) if row else None

    def of(self, shop_id: int, app_id: int) -> dict[str, list[dict[str, Any]]]:
        """Everything held for an installation, for the control API; values included: it is a rehearsal."""
        with self._state.lock:
            access = self._state.db.execute("SELECT * FROM access WHERE shop_id = ? AND app_id = ?", (shop_id, app_id))
            tokens = [msgspec.to_builtins(Access(*row)) for row in access.fetchall()]
            refresh = self._state.db.execute(
                "SELECT * FROM refresh WHERE shop_id = ? AND app_id = ?", (shop_id, app_id)
            )
            chain = [msgspec.to_builtins(_refresh_of(row)) for row in refresh.fetchall()]
        return {"access": tokens, "refresh": chain}

    def kill(self, shop_id: int, app_id: int) -> None:
        with self._state.transaction() as db:
            for table in ("access", "refresh", "migrated"):
                db.execute(f"DELETE FROM {table} WHERE shop_id = ? AND app_id = ?", (shop_id, app_id))  # noqa: S608

    def kill_minted_by(self, app_id: int, secret: str) -> None:
        with self._state.transaction() as db:
            for table in ("access", "refresh"):
                db.execute(f"DELETE FROM {table} WHERE app_id = ? AND secret = ?", (app_id, secret))  # noqa: S608

    def on_installation(self, what: str, now: Installation, before: frozenset[str]) -> None:
        if what == "uninstalled":
            self.kill(now.shop_id, now.app_id)

    # -- inside -----------------------------------------------------------------------------------------------

    def _mint_pair(self, shop_id: int, app_id: int, secret: str) -> Pair:
        settings = self._settings.now
        expires = self.now() + settings.refresh_token_seconds
        refresh = Refresh(f"shprt_{secrets.token_hex(32)}", shop_id, app_id, secret, expires, None, None, False)
        with self._state.transaction() as db:
            db.execute("INSERT INTO refresh VALUES (?, ?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(refresh))
        seconds = settings.access_token_seconds
        return Pair(self._mint_access(shop_id, app_id, secret, "offline", seconds, refresh.value), refresh)

    def _mint_access(
        self, shop_id: int, app_id: int, secret: str, kind: str, seconds: float | None, refresh: str | None = None
    ) -> Access:
        prefix = "shpua" if kind == "online" else "shpat"
        expires = None if seconds is None else self.now() + seconds
        token = Access(f"{prefix}_{secrets.token_hex(16)}", shop_id, app_id, secret, kind, expires, refresh)
        with self._state.transaction() as db:
            db.execute("INSERT INTO access VALUES (?, ?, ?, ?, ?, ?, ?)", msgspec.structs.astuple(token))
        return token

    def _replay(self, old: Refresh) -> Pair | None:
        assert old.used is not None and old.successor is not None
        if self.now() > old.used + self._settings.now.refresh_replay_seconds:
            return None
        return self._pair_of(old.successor)

    def _pair_of(self, refresh: str) -> Pair | None:
        """That refresh token with the access token minted beside it, or a fresh one if that has ended."""
        row = self._one("SELECT * FROM refresh WHERE value = ? AND retired = 0 AND expires > ?", refresh, self.now())
        if row is None:
            return None
        found = _refresh_of(row)
        beside = self._one("SELECT * FROM access WHERE refresh = ? AND expires > ?", refresh, self.now())
        if beside:
            return Pair(Access(*beside), found)
        seconds = self._settings.now.access_token_seconds
        return Pair(self._mint_access(found.shop_id, found.app_id, found.secret, "offline", seconds, refresh), found)

    def _prolonged(self, refresh: str) -> Pair | None:
        """The pair with the very access token that was minted with it; its end moves on once it has come."""
        with self._state.transaction() as db:
            now = self.now()
            ends = now + self._settings.now.access_token_seconds
            db.execute("UPDATE access SET expires = ? WHERE refresh = ? AND expires <= ?", (ends, refresh, now))
            return self._pair_of(refresh)

    def _legacy(self, shop_id: int, app_id: int, secret: str) -> Access | None:
        row = self._one(
            "SELECT * FROM access WHERE shop_id = ? AND app_id = ? AND secret = ?"
            " AND kind = 'offline' AND expires IS NULL",
            shop_id,
            app_id,
            secret,
        )
        return Access(*row) if row else None

    def _refresh(self, value: str, shop_id: int, app_id: int) -> Refresh | None:
        row = self._one("SELECT * FROM refresh WHERE value = ? AND shop_id = ? AND app_id = ?", value, shop_id, app_id)
        return _refresh_of(row) if row else None

    def _kill_offline(self, shop_id: int, app_id: int) -> None:
        with self._state.transaction() as db:
            db.execute("DELETE FROM access WHERE shop_id = ? AND app_id = ? AND kind = 'offline'", (shop_id, app_id))
            db.execute("DELETE FROM refresh WHERE shop_id = ? AND app_id = ?", (shop_id, app_id))

    def _one(self, sql: str, *args: Any) -> sqlite3.Row | tuple[Any, ...] | None:
        with self._state.lock:
            return self._state.db.execute(sql, args).fetchone()


def _refresh_of(row: sqlite3.Row | tuple[Any, ...]) -> Refresh:
    return Refresh(*row[:7], retired=bool(row[7]))

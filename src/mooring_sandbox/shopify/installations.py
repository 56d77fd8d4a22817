"""Which app is installed in which shop, with which scopes; and what must happen when that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.state import State

_SCHEMA = """
CREATE TABLE IF NOT EXISTS installation (
  shop_id INTEGER NOT NULL, app_id INTEGER NOT NULL, scopes TEXT NOT NULL, installed_at TEXT NOT NULL,
  uninstalled_at TEXT, PRIMARY KEY (shop_id, app_id)) WITHOUT ROWID
"""


class Installation(msgspec.Struct, frozen=True):
    shop_id: int
    app_id: int
    scopes: frozenset[str]
    installed_at: str
    uninstalled_at: str | None


Watcher = Callable[[str, Installation, frozenset[str]], None]


class Installations:
    """Watchers are told inside the transaction: what happened, the installation now, the scopes before. What happened
    is "installed" (again counts only after an uninstall), "uninstalled" or "scopes"."""

    def __init__(self, state: State, clock: Clock) -> None:
        self._state, self._clock = state, clock
        self._watchers: list[Watcher] = []
        with state.transaction() as db:
            db.execute(_SCHEMA)

    def watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    def install(self, shop_id: int, app_id: int, scopes: Iterable[str]) -> Installation:
        """Also again, and with other scopes: the newest consent counts."""
        wanted = frozenset(scopes)
        with self._state.transaction():
            before = self.get(shop_id, app_id)
            since = before.installed_at if before else iso(self._clock.now())
            now = self._save(Installation(shop_id, app_id, wanted, since, None))
            if before is None:
                self._tell("installed", now, frozenset())
            elif before.scopes != wanted:
                self._tell("scopes", now, before.scopes)
        return now

    def revoke(self, shop_id: int, app_id: int, scopes: Iterable[str]) -> Installation:
        kept = self._existing(shop_id, app_id).scopes - frozenset(scopes)
        return self.install(shop_id, app_id, kept)

    def uninstall(self, shop_id: int, app_id: int) -> None:
        with self._state.transaction():
            before = self._existing(shop_id, app_id)
            gone = Installation(shop_id, app_id, before.scopes, before.installed_at, iso(self._clock.now()))
            self._tell("uninstalled", self._save(gone), before.scopes)

    def get(self, shop_id: int, app_id: int) -> Installation | None:
        """Only if it is installed now."""
        found = [one for one in self._rows(app_id) if one.shop_id == shop_id and one.uninstalled_at is None]
        return found[0] if found else None

    def of_app(self, app_id: int) -> list[Installation]:
        return [one for one in self._rows(app_id) if one.uninstalled_at is None]

    def _existing(self, shop_id: int, app_id: int) -> Installation:
        found = self.get(shop_id, app_id)
        if found is None:
            raise LookupError("the app is not installed in this shop")
        return found

    def _rows(self, app_id: int) -> list[Installation]:
        with self._state.lock:
            rows = self._state.db.execute(
                "SELECT shop_id, app_id, scopes, installed_at, uninstalled_at FROM installation WHERE app_id = ?",
                (app_id,),
            ).fetchall()
        return [Installation(s, a, frozenset(scope_rules.split(text)), i, u) for s, a, text, i, u in rows]

    def _save(self, one: Installation) -> Installation:
        row = (one.shop_id, one.app_id, ",".join(sorted(one.scopes)), one.installed_at, one.uninstalled_at)
        with self._state.transaction() as db:
            db.execute("INSERT OR REPLACE INTO installation VALUES (?, ?, ?, ?, ?)", row)
        return one

    def _tell(self, what: str, now: Installation, before: frozenset[str]) -> None:
        for watcher in self._watchers:
            watcher(what, now, before)

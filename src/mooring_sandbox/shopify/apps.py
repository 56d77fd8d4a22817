"""Apps as their developer configured them: credentials, redirect addresses, approvals. Made by the control API."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mooring_sandbox.shopify.caller import PROTECTED_KINDS
from mooring_sandbox.shopify.state import State

_SCHEMA = "CREATE TABLE IF NOT EXISTS app (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL)"
_FIRST_APP = 100_000_000_001
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Secret(msgspec.Struct, frozen=True):
    id: str
    value: str


class Subscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An app-specific subscription (the app's configuration file): never listed by the API, never removed."""

    topic: str
    uri: str
    include_fields: list[str] = []
    filter: str = ""


class App(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`secrets` are the unrevoked ones, oldest first; `scopes` are required, `optional` may be granted later.

    `distribution` "public" refuses non-expiring tokens, as Shopify does for apps of 2026; `own_organisation` is
    whether the shops belong to the app's organisation (client credentials work only there).
    """

    id: int
    client_id: str
    secrets: list[Secret]
    handle: str = "mooring"
    title: str = "Mooring"
    redirect_uris: list[str] = []
    loopback_redirects: bool = True
    scopes: list[str] = []
    optional: list[str] = []
    protected: list[str] = msgspec.field(default_factory=lambda: sorted(PROTECTED_KINDS))
    distribution: str = "custom"
    own_organisation: bool = True
    auto_approve: bool = False
    auto_approve_without: list[str] = []
    subscriptions: list[Subscription] = []
    api_version: str = "2026-10"

    def secret(self, value: str) -> Secret | None:
        return next((s for s in self.secrets if hmac.compare_digest(s.value.encode(), value.encode())), None)

    def allows_redirect(self, uri: str) -> bool:
        parts = urlsplit(uri)
        if self.loopback_redirects and parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK:
            return True
        return uri in self.redirect_uris


class Apps:
    def __init__(self, state: State) -> None:
        self._state = state
        with state.transaction() as db:
            db.execute(_SCHEMA)

    def create(self, changes: dict[str, Any]) -> App:
        """A client id or secret given in `changes` is taken; otherwise the sandbox makes them up."""
        changes = dict(changes)
        client_id = changes.pop("client_id", None) or secrets.token_hex(16)
        secret = _new_secret(changes.pop("client_secret", None))
        id_ = self._state.next_id("app", _FIRST_APP)
        return self._save(_checked({"id": id_, "client_id": client_id, "secrets": [secret], **changes}))

    def change(self, id_: int, changes: dict[str, Any]) -> App:
        kept = msgspec.to_builtins(self.by_id(id_))
        return self._save(_checked(kept | changes | {"id": id_, "client_id": kept["client_id"]}))

    def rotate(self, id_: int, value: str | None = None) -> App:
        """Adds a secret; the old one stays valid until `revoke`."""
        kept = [msgspec.to_builtins(s) for s in self.by_id(id_).secrets]
        return self.change(id_, {"secrets": [*kept, _new_secret(value)]})

    def revoke(self, id_: int) -> tuple[App, Secret]:
        """Drops the oldest secret. Tokens minted with it are the caller's business (they die)."""
        oldest, *rest = self.by_id(id_).secrets
        if not rest:
            raise ValueError("the only secret of an app cannot be revoked: rotate first")
        return self.change(id_, {"secrets": [msgspec.to_builtins(s) for s in rest]}), oldest

    def by_id(self, id_: int) -> App:
        found = self._find("id = ?", id_)
        if found is None:
            raise KeyError(f"no app {id_}")
        return found

    def by_client_id(self, client_id: str) -> App | None:
        return self._find("client_id = ?", client_id)

    def all(self) -> list[App]:
        with self._state.lock:
            rows = self._state.db.execute("SELECT doc FROM app ORDER BY id").fetchall()
        return [msgspec.json.decode(row[0], type=App) for row in rows]

    def _find(self, where: str, value: Any) -> App | None:
        with self._state.lock:
            row = self._state.db.execute(f"SELECT doc FROM app WHERE {where}", (value,)).fetchone()  # noqa: S608
        return msgspec.json.decode(row[0], type=App) if row else None

    def _save(self, app: App) -> App:
        with self._state.transaction() as db:
            doc = msgspec.json.encode(app).decode()
            db.execute("INSERT OR REPLACE INTO app VALUES (?, ?, ?)", (app.id, app.client_id, doc))
        return app


def _new_secret(value: str | None) -> dict[str, str]:
    return {"id": secrets.token_hex(4), "value": value or f"shpss_{secrets.token_hex(16)}"}


def _checked(doc: dict[str, Any]) -> App:
    app = msgspec.convert(doc, App)
    strange = sorted(set(app.protected) - PROTECTED_KINDS)
    if strange:
        raise msgspec.ValidationError(f"`protected` knows {sorted(PROTECTED_KINDS)}, not {strange}")
    if app.distribution not in ("custom", "public"):
        raise msgspec.ValidationError('`distribution` is "custom" or "public"')
    return app

"""What use cases need from the outside, as Protocols. `app.py` picks the implementations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds for measuring rates; no relation to `now`."""
        ...

    def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def new(self) -> str:
        """A new id, unique everywhere, growing with time."""
        ...

    def token(self) -> str:
        """A new secret of 256 random bits, safe in a URL."""
        ...


class Vault(Protocol):
    def seal(self, plain: str, *, table: str, row: str, column: str) -> bytes:
        """Encrypt; the result can be opened for this very table, row and column only."""
        ...

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> str: ...

    def keyed_hash(self, value: str, *, purpose: str) -> str:
        """Hex HMAC under a key that is part of the backup; for looking up what must not be stored."""
        ...


@dataclass(frozen=True, slots=True)
class ShopifyApp:
    """A registered Shopify app, with its secrets opened. Never logged: `repr` shows no secret."""

    id: str
    client_id: str
    secret: str = field(repr=False)
    previous_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token endpoint gave. Lifetimes in seconds; None where Shopify named none."""

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    expires_in: int | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_in: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One GraphQL answer. `at` is Shopify's clock (the `Date` header); `errors` are the top-level ones left over."""

    data: dict[str, Any]
    at: datetime
    version: str | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    requested_cost: float | None = None
    available: float | None = None
    restore_rate: float | None = None

    def denied(self) -> frozenset[str]:
        """Dotted paths (without list positions) of the fields that came back null for want of access."""
        found: set[str] = set()
        for error in self.errors:
            if (error.get("extensions") or {}).get("code") == "ACCESS_DENIED":
                found.add(".".join(p for p in error.get("path") or [] if isinstance(p, str)))
        return frozenset(found)


class Shopify(Protocol):
    """Every method that calls makes one HTTP request and raises what happens next as a class of `mooring.errors`."""

    def document(self, name: str) -> str:
        """The GraphQL document of this name (`shopify/queries/<name>.graphql`), written for the pinned version."""
        ...

    def consent_url(
        self, shop_domain: str, app: ShopifyApp, scopes: frozenset[str], redirect_uri: str, state: str
    ) -> str:
        """No request: where to send the browser."""
        ...

    def exchange(self, shop_domain: str, app: ShopifyApp, code: str) -> Grant: ...

    def ask(self, shop_domain: str, app: ShopifyApp) -> Grant:
        """Client-credentials grant."""
        ...

    def refresh(self, shop_domain: str, app: ShopifyApp, refresh_token: str) -> Grant: ...

    def graphql(self, shop_domain: str, access_token: str, document: str, variables: dict[str, Any]) -> Reply: ...

    def upload(self, url: str, parameters: Sequence[tuple[str, str]], content: bytes) -> None:
        """To a place that Shopify named for it. Sends no token; may be sent again."""
        ...

    def open_file(self, url: str, first_byte: int) -> AbstractContextManager[Iterator[bytes]]:
        """The bytes of a bulk file from `first_byte` on. Sends no token. Raises `Permanent` when it is gone."""
        ...


ODOO_LIMIT = timedelta(seconds=120)
"""How long Odoo itself works on one request (`limit_time_real`). What nobody heard of by then was given up."""

Row = dict[str, Any]
"""A record of Odoo, as JSON: many2one fields are `[id, name]` or False, an empty text is False."""
Domain = list[Any]


@dataclass(frozen=True, slots=True)
class OdooAccess:
    """Where an Odoo is and who asks. `protocol`: `json2` (19 and later) or `jsonrpc`. Never logged: `repr` shows no
    key."""

    url: str
    database: str
    login: str
    key: str = field(repr=False)
    protocol: str = "json2"
    user_id: int | None = None
    company_id: int | None = None


@dataclass(frozen=True, slots=True)
class OdooVersion:
    """`series`: `19.0`; `major`: 19 (`saas~19.1` counts as 19)."""

    server: str
    series: str
    major: int


@dataclass(frozen=True, slots=True)
class LoadMessage:
    """What `load()` says of a record. `record`: its place among the records sent, None when Odoo named none. `rows`:
    first and last of its rows. Only `error` keeps the whole call from being written."""

    kind: str
    text: str
    record: int | None = None
    rows: tuple[int, int] | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """`ids`: one per record, in order; None when nothing was kept. `lost_race`: another call wrote the same records at
    the same moment; send this one again."""

    ids: tuple[int, ...] | None
    messages: tuple[LoadMessage, ...] = ()

    @property
    def lost_race(self) -> bool:
        said = ("could not serialize access", "deadlock detected")
        return self.ids is None and any(words in one.text for one in self.messages for words in said)

    @property
    def errors(self) -> tuple[LoadMessage, ...]:
        return tuple(one for one in self.messages if one.kind == "error")


class Odoo(Protocol):
    """Every method makes one HTTP request and raises what happens next as a class of `mooring.errors`.

    Reading may be repeated (`Unreachable`); a writing call whose answer is lost is `OutcomeUnknown`: Odoo may commit up
    to two minutes after the client has gone. `load` may be sent again with the same external ids.
    """

    def version(self, url: str) -> OdooVersion:
        """Before any key."""
        ...

    def sign_in(self, access: OdooAccess) -> int:
        """The user's id. Raises `AuthLost` (code `odoo_key_refused`)."""
        ...

    def search_read(
        self, access: OdooAccess, model: str, domain: Domain, fields: Sequence[str], *, limit: int | None = None,
        offset: int = 0, order: str | None = None, context: Mapping[str, Any] | None = None,
    ) -> list[Row]:  # fmt: skip
        ...

    def count(
        self, access: OdooAccess, model: str, domain: Domain, *, context: Mapping[str, Any] | None = None
    ) -> int: ...

    def load(
        self, access: OdooAccess, model: str, fields: Sequence[str], rows: Sequence[Sequence[str]], *,
        context: Mapping[str, Any] | None = None,
    ) -> Loaded:  # fmt: skip
        """One transaction: all of it or nothing. The context is completed with `tz` UTC, `tracking_disable` and the
        company."""
        ...

    def create(self, access: OdooAccess, model: str, values: Sequence[Row]) -> list[int]:
        """For what `load` cannot do; sent twice it doubles."""
        ...

    def write(self, access: OdooAccess, model: str, ids: Sequence[int], values: Row) -> None: ...

    def unlink(self, access: OdooAccess, model: str, ids: Sequence[int]) -> None: ...

    def call(
        self, access: OdooAccess, model: str, method: str, arguments: Mapping[str, Any], *,
        ids: Sequence[int] | None = None, context: Mapping[str, Any] | None = None, writes: bool = True,
    ) -> Any:  # fmt: skip
        """Any other method. `writes` says whether it must not be repeated blindly."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice as an e-mail. `id` is the same whenever it is sent again."""

    id: str
    to: tuple[str, ...]
    subject: str
    text: str
    at: datetime


class Mail(Protocol):
    def send(self, letter: Letter) -> int:
        """How many of its addresses the mail server did not take; raises when it took none."""
        ...

    def check(self) -> None:
        """Sign in at the mail server and leave. Raises what is wrong."""
        ...


class Outgoing(Protocol):
    """Posts to addresses that people chose. Follows no redirect, goes into no private network unasked."""

    def check(self, url: str) -> None:
        """Raises `InvalidInput` for an address that is never posted to. Makes no request."""
        ...

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """One request; the HTTP status it was answered."""
        ...


class Ledger(Protocol):
    """The append-only file beside the database that a backup of the database cannot take back."""

    def append(self, entry: Mapping[str, Any]) -> None:
        """Written through to the disk before it returns. Ids, domains and times only: no personal data, no secret."""
        ...

    def entries(self) -> Iterator[dict[str, Any]]:
        """Oldest first; a line that a crash cut short is left out."""
        ...


class Log(Protocol):
    """A structured logger. Values under names that look secret are hidden, but none should come here."""

    def debug(self, event: str, **facts: Any) -> Any: ...
    def info(self, event: str, **facts: Any) -> Any: ...
    def warning(self, event: str, **facts: Any) -> Any: ...
    def error(self, event: str, **facts: Any) -> Any: ...


class Engine(Protocol):
    """Carries operations; never owns the truth about them."""

    def start(self, operation_id: str) -> None:
        """Have some worker drive this operation soon. Safe to call again."""
        ...

    def launch(self) -> None: ...

    def stop(self) -> None: ...

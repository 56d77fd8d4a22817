"""What use cases need from the outside, as Protocols. `app.py` picks the implementations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mooring.ports.odoo import ODOO_LIMIT, Domain, Loaded, LoadMessage, Odoo, OdooAccess, OdooVersion, Row
from mooring.ports.shopify import Grant, Reply, Shopify, ShopifyApp

__all__ = [
    "ODOO_LIMIT",
    "Clock",
    "Domain",
    "Engine",
    "Grant",
    "Ids",
    "Ledger",
    "Letter",
    "LoadMessage",
    "Loaded",
    "Log",
    "Mail",
    "Odoo",
    "OdooAccess",
    "OdooVersion",
    "Outgoing",
    "Reply",
    "Row",
    "Shopify",
    "ShopifyApp",
    "Vault",
]


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

"""What use cases need from Shopify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


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

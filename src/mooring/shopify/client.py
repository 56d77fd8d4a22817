"""The port to Shopify: one method, one HTTP request, one class of error that says what happens next."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import structlog

from mooring.domain.signing import is_shop_domain
from mooring.errors import Permanent
from mooring.http import Http
from mooring.ports import Grant, Reply, ShopifyApp
from mooring.shopify import documents, files, graphql, oauth, uploads

_log = structlog.get_logger("mooring.shopify")
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class ShopifyClient:
    """`url` is the address of a shop's Admin, with `{shop}` for its domain; `version` the API version that is pinned.

    Implements `ports.Shopify`. An access token goes to a shop's own address and nowhere else.
    """

    def __init__(self, http: Http, *, url: str, version: str) -> None:
        self._http, self._url, self._version = http, url, version
        self._marks = files.Marks()
        self._told: set[str] = set()
        self._telling = threading.Lock()

    def document(self, name: str) -> str:
        return documents.document(name)

    def consent_url(
        self, shop_domain: str, app: ShopifyApp, scopes: frozenset[str], redirect_uri: str, state: str
    ) -> str:
        return oauth.consent_url(self._base(shop_domain), app, scopes, redirect_uri, state)

    def exchange(self, shop_domain: str, app: ShopifyApp, code: str) -> Grant:
        """A code works once, so a broken connection leaves the outcome unknown: begin again at the consent page."""
        return self._grant(shop_domain, oauth.exchange_form(app, code), repeatable=False)

    def ask(self, shop_domain: str, app: ShopifyApp) -> Grant:
        return self._grant(shop_domain, oauth.ask_form(app), repeatable=True)

    def refresh(self, shop_domain: str, app: ShopifyApp, refresh_token: str) -> Grant:
        """May be sent again with the same token until the replacement is first used (Shopify's rule of August 2026)."""
        return self._grant(shop_domain, oauth.refresh_form(app, refresh_token), repeatable=True)

    def graphql(self, shop_domain: str, access_token: str, document: str, variables: dict[str, Any]) -> Reply:
        repeatable = not graphql.changes_something(document)
        answer = self._http.send(
            "POST",
            f"{self._base(shop_domain)}/admin/api/{self._version}/graphql.json",
            headers=_JSON | {"X-Shopify-Access-Token": access_token},
            body=graphql.body(document, variables),
            repeatable=repeatable,
        )
        reply = graphql.reply(answer, shop_domain, repeatable=repeatable)
        self._compare(reply.version)
        return reply

    def upload(self, url: str, parameters: Sequence[tuple[str, str]], content: bytes) -> None:
        kind, body = uploads.form(parameters, content)
        answer = self._http.send("POST", url, headers={"Content-Type": kind}, body=body, repeatable=True)
        uploads.judge(answer, url)

    @contextmanager
    def open_file(self, url: str, first_byte: int) -> Iterator[Iterator[bytes]]:
        with self._http.stream(url, headers=files.request_headers(first_byte)) as stream:
            yield files.content(stream, url, first_byte, self._marks)

    def _grant(self, shop_domain: str, form: dict[str, str], *, repeatable: bool) -> Grant:
        address, body = self._base(shop_domain) + oauth.PATH, msgspec.json.encode(form)
        answer = self._http.send("POST", address, headers=_JSON, body=body, repeatable=repeatable)
        return oauth.grant(answer, shop_domain, repeatable=repeatable)

    def _base(self, shop_domain: str) -> str:
        """The shop's address. Whatever is no shop domain could lead the token astray."""
        if not is_shop_domain(shop_domain):
            raise Permanent("Refused to contact a shop whose domain is not one.", code="host_not_allowed")
        return self._url.replace("{shop}", shop_domain)

    def _compare(self, served: str | None) -> None:
        """Shopify serves the oldest version it still supports when the pinned one has ended, and says so only here."""
        with self._telling:
            told = served is None or served == self._version or served in self._told
            self._told.add(served or "")
        if not told:
            _log.warning("shopify_version_differs", asked=self._version, served=served)

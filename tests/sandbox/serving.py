"""Asking a sandbox as an app would: consent, tokens, GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.apps import App
from mooring_sandbox.shopify.sandbox import Sandbox

SHOP_ID = 10_000_000_001
DOMAIN = "harbour.myshopify.com"
REDIRECT = "https://app.example.com/callback"
SCOPES = "read_customers,read_orders,read_products"


@dataclass
class Serving:
    sandbox: Sandbox
    url: str
    app: App
    http: httpx.Client
    clock: Clock
    domain: str = DOMAIN

    @property
    def shop_url(self) -> str:
        return f"{self.url}/{self.domain}"

    def advance(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def credentials(self) -> dict[str, str]:
        return {"client_id": self.app.client_id, "client_secret": self.app.secrets[0].value}

    def authorize(self, *, scope: str = SCOPES, **more: str) -> httpx.Response:
        query = {"client_id": self.app.client_id, "scope": scope, "redirect_uri": REDIRECT, "state": "nonce-1", **more}
        return self.http.get(f"{self.shop_url}/admin/oauth/authorize", params=query)

    def consent(self, granted: list[str] | None = None, **more: str) -> dict[str, str]:
        """What the app's callback receives after the merchant pressed Install."""
        page = self.authorize(**more)
        ticked = SCOPES.split(",") if granted is None else granted
        answer = self.http.post(page.request.url, data={"decision": "install", "granted": ticked})
        assert answer.status_code == 302, answer.text
        return {k: v[0] for k, v in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def token(self, **body: Any) -> httpx.Response:
        return self.http.post(f"{self.shop_url}/admin/oauth/access_token", json={**self.credentials(), **body})

    def connect(self, granted: list[str] | None = None) -> dict[str, Any]:
        return self.token(code=self.consent(granted)["code"], expiring="1").json()

    def ask(self, token: str, query: str, version: str = "2026-10", /, **variables: Any) -> httpx.Response:
        return self.http.post(
            f"{self.shop_url}/admin/api/{version}/graphql.json",
            headers={"X-Shopify-Access-Token": token},
            json={"query": query, "variables": variables},
        )

    def data(self, token: str, query: str, /, **variables: Any) -> dict[str, Any]:
        body = self.ask(token, query, "2026-10", **variables).json()
        assert "errors" not in body, body
        return body["data"]


def shop_doc(name: str = "Harbour", domain: str = DOMAIN, id_: int = SHOP_ID) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Shop/{id_}",
        "name": name,
        "email": "shop@example.com",
        "myshopifyDomain": domain,
        "currencyCode": "EUR",
        "createdAt": "2024-01-02T03:04:05Z",
    }

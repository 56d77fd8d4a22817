"""What every answer is wrapped in, errors of the router included: security headers, the session cookie, one log line.

The log line holds method, path, status and time. Never the query string, and of one-time addresses (/setup/…, /login/…,
/password/…, /connect/…) nothing behind their first part: their path is a secret.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

from mooring.usecases.context import App
from mooring.web.visit import cookie_of, is_https

_ONE_TIME = re.compile(r"^/(setup|login|password|connect)/.*", re.S)
_LONGEST_PATH = 300
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")
_COUNTED = "/hooks/"
"""Deliveries come by thousands: those that are kept stand in the inbox and the metrics, so only the others are told."""


def wrap(application: Any, app: App) -> Any:
    headers = _headers(app)

    async def enveloped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        begun, status = app.clock.monotonic(), 0

        async def sealed(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": _sealed(message["headers"], headers, cookie_of(scope))}
            await send(message)

        try:
            await application(scope, receive, sealed)
        finally:
            _log(app, scope, status, app.clock.monotonic() - begun)

    return enveloped


def _sealed(given: Any, ours: list[tuple[bytes, bytes]], cookie: str | None) -> list[tuple[bytes, bytes]]:
    """A handler's own header wins over ours."""
    set_already = {name.lower() for name, _ in given}
    more = [(b"set-cookie", cookie.encode())] if cookie else []
    return [*given, *((name, value) for name, value in ours if name not in set_already), *more]


def _headers(app: App) -> list[tuple[bytes, bytes]]:
    headers = {
        "content-security-policy": _policy(app),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cache-control": "no-store",
    }
    if is_https(app):
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _policy(app: App) -> str:
    """Everything from here and nothing inline. Forms may lead on to Shopify: browsers apply `form-action` to the
    redirect that Connect answers with."""
    return "; ".join(
        [
            "default-src 'self'",
            "img-src 'self' data:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            f"form-action 'self' {_consent_hosts(app.settings.shopify_url)}",
        ]
    )


def _consent_hosts(shopify_url: str) -> str:
    parts = urlsplit(shopify_url.replace("{shop}", "*.myshopify.com"))
    origin = f"{parts.scheme}://{parts.netloc}"
    return f"{origin} https://*.shopify.com" if parts.netloc == "*.myshopify.com" else origin


def _log(app: App, scope: Any, status: int, seconds: float) -> None:
    path: str = scope["path"]
    expected = path.startswith(_QUIET) or (path.startswith(_COUNTED) and status == HTTPStatus.OK)
    told = app.log.debug if expected else app.log.info
    told("request", method=scope["method"], path=shown_path(path), status=status, ms=round(seconds * 1000, 1))


def shown_path(path: str) -> str:
    """A path as it may stand in a log: one line, no control characters, nothing that opens anything."""
    return quote(_ONE_TIME.sub(r"/\1/[hidden]", path)[:_LONGEST_PATH], safe="/[]:@-._~")

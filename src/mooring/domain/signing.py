"""Who really speaks: shop domains, the signature of an OAuth callback, the signature of a webhook. Pure, on bytes."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from mooring.errors import InvalidInput

_SUFFIX = ".myshopify.com"
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com", re.ASCII)
_NAME = re.compile(r"[a-z0-9-]+", re.ASCII)
CALLBACK_LIFE = 600
"""Seconds a callback's timestamp may be away from our clock: as long as a pending round trip lives."""


def parse_shop_domain(typed: str) -> str:
    """`mystore` or `mystore.myshopify.com`, as a person types it -> `mystore.myshopify.com`. Raises `InvalidInput`."""
    text = re.sub(r"\Ahttps?://", "", typed.strip().lower()).removesuffix("/")
    if not text:
        raise _domain_error("Store domain is required")
    name = text.removesuffix(_SUFFIX)
    if not _NAME.fullmatch(name):
        raise _domain_error("Invalid store domain format")
    if len(name) < 4:
        raise _domain_error("Store name must be at least 4 characters")
    if len(name) > 60:
        raise _domain_error("Store name cannot exceed 60 characters")
    if name.startswith("-") or name.endswith("-"):
        raise _domain_error("Store name cannot start or end with a hyphen")
    return name + _SUFFIX


def _domain_error(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, field="shop_domain", code="invalid_shop_domain")


def is_shop_domain(text: str) -> bool:
    """Whether a machine named a shop by exactly its myshopify domain."""
    return len(text) <= 80 and _DOMAIN.fullmatch(text) is not None


def callback_is_genuine(query: Mapping[str, str], secrets: Iterable[str]) -> bool:
    """Hex HMAC-SHA256 over all other parameters, sorted by name and query-encoded. An empty secret verifies nothing."""
    given = query.get("hmac", "")
    message = urlencode(sorted((k, v) for k, v in query.items() if k not in ("hmac", "signature"))).encode()
    try:
        claimed = bytes.fromhex(given)
    except ValueError:
        return False
    return _matches(claimed, message, secrets)


def webhook_is_genuine(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Base64 HMAC-SHA256 over the raw body; old and new secret may both be given during a rotation."""
    try:
        claimed = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return _matches(claimed, body, secrets)


def webhook_signature(body: bytes, secret: str) -> str:
    """What `webhook_is_genuine` accepts."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def _matches(claimed: bytes, message: bytes, secrets: Iterable[str]) -> bool:
    found = False
    for secret in secrets:
        if secret:
            found |= hmac.compare_digest(hmac.digest(secret.encode(), message, "sha256"), claimed)
    return found


def timestamp_is_fresh(text: str, now: float) -> bool:
    said = timestamp_said(text)
    return said is not None and abs(said.timestamp() - now) <= CALLBACK_LIFE


def timestamp_said(text: str) -> datetime | None:
    """The moment a callback names, in whole seconds since 1970; None for what is no such number."""
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        return None
    return datetime.fromtimestamp(int(text), UTC)

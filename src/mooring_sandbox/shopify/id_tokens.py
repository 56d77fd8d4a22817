"""Session (ID) tokens of the embedded admin: HS256 JWTs by the app's secret, about a minute long."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import msgspec


def mint(secret: str, client_id: str, domain: str, now: float, seconds: float = 60) -> str:
    head = _part({"alg": "HS256", "typ": "JWT"})
    shop = f"https://{domain}"
    claims = {"iss": f"{shop}/admin", "dest": shop, "aud": client_id, "sub": "1", "iat": int(now), "nbf": int(now)}
    body = _part(claims | {"exp": int(now + seconds)})
    return f"{head}.{body}.{_signature(secret, f'{head}.{body}')}"


def valid(token: str, secrets: list[str], client_id: str, domain: str, now: float) -> bool:
    signed, _, signature = token.rpartition(".")
    if not any(hmac.compare_digest(_signature(secret, signed), signature) for secret in secrets):
        return False
    claims = _read(signed.partition(".")[2])
    fits = claims.get("aud") == client_id and claims.get("dest") == f"https://{domain}"
    return fits and claims.get("nbf", 0) <= now < claims.get("exp", 0)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")


def _read(part: str) -> dict[str, Any]:
    """Only called on a part whose signature was right, so it is ours."""
    return msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _signature(secret: str, signed: str) -> str:
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

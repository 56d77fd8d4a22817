"""What an HTTP status of Shopify means, before anybody looks at GraphQL. Source: Shopify's response-codes page.

The bodies of 402, 403 and 423 are not documented: the status decides, and the words are only shown.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from mooring.errors import AuthLost, MooringError, Permanent, StoreUnavailable, Throttled
from mooring.http import Answer, broken

HOUR = 3600.0
_LONGEST_WORDS = 300


def decoded(answer: Answer) -> Any:
    """The JSON of an answer, None if it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def words(body: Any) -> str:
    """What Shopify says in the body of an error, on one line and short enough for a sentence; "" if it says nothing."""
    if not isinstance(body, dict):
        return ""
    said = body.get("errors") or body.get("error_description") or body.get("error") or ""
    return shown(said)


def shown(said: Any) -> str:
    """`errors` may be a text, a list of objects with a message, or an object by parameter name."""
    if isinstance(said, list):
        said = "; ".join(shown(one.get("message") if isinstance(one, dict) else one) for one in said)
    if isinstance(said, dict):
        said = "; ".join(f"{name}: {shown(value)}" for name, value in said.items())
    text = " ".join(str(said or "").split())
    return text if len(text) <= _LONGEST_WORDS else text[: _LONGEST_WORDS - 1] + "…"


def retry_after(answer: Answer, otherwise: float) -> float:
    """Seconds from `Retry-After`, which Shopify writes as a float ("2.0"); never longer than an hour."""
    try:
        asked = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return otherwise
    return min(asked, HOUR) if asked >= 0 else otherwise


def refusal(answer: Answer, shop_domain: str, *, repeatable: bool) -> MooringError | None:
    """The error a status stands for on any of Shopify's addresses; None where the body has to be asked (2xx, 4xx)."""
    status = answer.status
    if status in (402, 423):
        return unavailable(shop_domain)
    if status == 403:
        return forbidden(shop_domain, decoded(answer))
    if status == 404:
        return Permanent(f"Shopify knows no shop at {shop_domain}.", code="shop_not_found")
    if status == 429:
        return Throttled("Shopify asks to slow down.", retry_after=retry_after(answer, 2.0))
    if status == 430:
        wait = max(retry_after(answer, HOUR / 12), HOUR / 60)
        return Throttled("Shopify's security check rejects our calls.", retry_after=wait, code="security_rejection")
    if status >= 500 or status == 408:
        return broken(f"Shopify has a fault of its own (HTTP {status}).", repeatable)
    return redirected(shop_domain) if 300 <= status < 400 else None


def unavailable(shop_domain: str) -> StoreUnavailable:
    return StoreUnavailable(
        f"{shop_domain} is unavailable at Shopify: frozen, locked or closed. The credentials are kept.",
        retry_after=HOUR,
    )


def forbidden(shop_domain: str, body: Any) -> MooringError:
    """A closed shop says "Unavailable Shop", or nothing readable; anything else is about permissions."""
    said = words(body)
    if not said or "unavailable" in said.lower():
        return unavailable(shop_domain)
    return Permanent(f"Shopify refuses access to {shop_domain}: {said}", code="access_refused")


def redirected(shop_domain: str) -> Permanent:
    return Permanent(
        f"The address of {shop_domain} leads elsewhere, and Mooring follows no redirect with a token. "
        "Check the shop domain and MOORING_SHOPIFY_URL.",
        code="redirected",
    )


def unexpected(answer: Answer, shop_domain: str) -> Permanent:
    said = words(decoded(answer)) or "no reason given"
    return Permanent(f"Shopify rejects the call for {shop_domain} (HTTP {answer.status}): {said}", code="rejected")


def token_refused(shop_domain: str) -> AuthLost:
    return AuthLost(f"Shopify no longer accepts the access token of {shop_domain}.", code="token_refused")


def garbled(shop_domain: str, *, repeatable: bool) -> MooringError:
    return broken(f"The answer for {shop_domain} is not what Shopify sends. Is something in between?", repeatable)


def answered_at(answer: Answer, shop_domain: str) -> datetime:
    """Shopify's clock when it answered. Without it nobody could tell which of two answers is newer."""
    try:
        at = parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        raise Permanent(f"The answer for {shop_domain} carries no date.", code="no_date") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)

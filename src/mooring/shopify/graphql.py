"""One Admin GraphQL call: the request, and the three layers in which it can fail.

HTTP status, then top-level `errors` (a text or a list, also with HTTP 200), then `userErrors` inside the data, which
belong to whoever sent the mutation. Shapes: Shopify's rate-limits and response-codes pages.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec

from mooring.errors import MooringError, Permanent, Throttled
from mooring.http import Answer, broken
from mooring.ports import Reply
from mooring.shopify import answers

_MUTATION = re.compile(r"^\s*mutation\b", re.MULTILINE)
_SHORTEST_WAIT, _LONGEST_WAIT, _USUAL_WAIT = 0.25, 60.0, 2.0


def body(document: str, variables: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"query": document, "variables": variables})


@lru_cache(maxsize=256)
def changes_something(document: str) -> bool:
    """Whether a document holds a mutation: after a broken connection it may have been carried out."""
    return _MUTATION.search(document) is not None


def reply(answer: Answer, shop_domain: str, *, repeatable: bool) -> Reply:
    """What Shopify answered. Errors of access stay in `Reply.errors`, beside the data that is there; others raise."""
    refused = _refusal(answer, shop_domain, repeatable=repeatable)
    if refused:
        raise refused
    content = answers.decoded(answer)
    if not isinstance(content, dict) or not ("data" in content or content.get("errors")):
        raise answers.garbled(shop_domain, repeatable=repeatable)
    errors = _listed(content.get("errors"))
    failure = _failure(errors, content, shop_domain, repeatable=repeatable)
    if failure:
        raise failure
    return _reply(answer, content, errors, shop_domain)


def _refusal(answer: Answer, shop_domain: str, *, repeatable: bool) -> MooringError | None:
    if answer.status == 200:
        return None
    if answer.status == 401:
        return answers.token_refused(shop_domain)
    known = answers.refusal(answer, shop_domain, repeatable=repeatable)
    return known or answers.unexpected(answer, shop_domain)


def _reply(answer: Answer, content: dict[str, Any], errors: list[dict[str, Any]], shop_domain: str) -> Reply:
    status = _cost(content).get("throttleStatus") or {}
    return Reply(
        data=content.get("data") or {},
        at=answers.answered_at(answer, shop_domain),
        version=answer.headers.get("x-shopify-api-version"),
        errors=errors,
        requested_cost=_cost(content).get("requestedQueryCost"),
        available=status.get("currentlyAvailable"),
        restore_rate=status.get("restoreRate"),
    )


def _listed(errors: Any) -> list[dict[str, Any]]:
    if not errors:
        return []
    if not isinstance(errors, list):
        return [{"message": answers.shown(errors)}]
    return [error if isinstance(error, dict) else {"message": answers.shown(error)} for error in errors]


def _code(error: dict[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, dict) else ""


def _failure(
    errors: list[dict[str, Any]], content: dict[str, Any], shop_domain: str, *, repeatable: bool
) -> MooringError | None:
    serious = [error for error in errors if _code(error) != "ACCESS_DENIED"]
    codes = {_code(error) for error in serious}
    if "THROTTLED" in codes:
        return Throttled("Shopify asks to slow down.", retry_after=_wait(_cost(content)))
    if "SHOP_INACTIVE" in codes:
        return answers.unavailable(shop_domain)
    if codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return broken("Shopify has a fault of its own.", repeatable)
    if serious:
        said = answers.shown(serious) or "no reason given"
        return Permanent(f"Shopify rejects the query: {said}", code=(_code(serious[0]) or "rejected").lower())
    return None


def _cost(content: dict[str, Any]) -> dict[str, Any]:
    extensions = content.get("extensions")
    return (extensions.get("cost") if isinstance(extensions, dict) else None) or {}


def _wait(cost: dict[str, Any]) -> float:
    """Seconds until the bucket holds what the query asks for."""
    status = cost.get("throttleStatus") or {}
    try:
        wait = (cost["requestedQueryCost"] - status["currentlyAvailable"]) / status["restoreRate"]
    except (KeyError, TypeError, ZeroDivisionError):
        return _USUAL_WAIT
    return min(max(wait, _SHORTEST_WAIT), _LONGEST_WAIT)

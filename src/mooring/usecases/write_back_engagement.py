"""Engagement -> app-owned metafields, 25 in a call, all or none: a customer whose value is refused is taken out and the
others go on. Definitions are made before the first value."""

from __future__ import annotations

from typing import Any

from mooring.db.edits import Edit
from mooring.domain.edits import EditState, Verdict
from mooring.domain.metafields import ALL, AT_ONCE, ENGAGEMENT, NAMESPACE, Definition
from mooring.usecases.context import App
from mooring.usecases.operations_run import Run
from mooring.usecases.write_back_send import SENT, call, settle, user_errors

_CLEARED = (
    "Older values stand in the way at Shopify, or are still being deleted there. Retry in a few minutes; if it fails "
    "again, clear Mooring's metafields of this store."
)


def send(app: App, run: Run, told: list[Edit]) -> None:
    if not run.cursor.get("defined"):
        _define(app, run, told)
        return
    some = told[: min(AT_ONCE, run.cursor.get("at_once", AT_ONCE))]
    reply = call(app, run, "metafields_set", {"metafields": [_input(one) for one in some]})
    errors = user_errors(reply, "metafieldsSet")
    if not errors:
        run.cursor = {"defined": True}
        settle(app, run, dict.fromkeys(some, SENT))
        return
    _isolate(app, run, some, errors)


def _input(edit: Edit) -> dict[str, Any]:
    definition = ENGAGEMENT[edit.field]
    return {
        "ownerId": f"gid://shopify/Customer/{edit.customer_id}",
        "namespace": NAMESPACE,
        "key": definition.key,
        "type": definition.type,
        "value": edit.value,
    }


def _isolate(app: App, run: Run, some: list[Edit], errors: list[dict[str, Any]]) -> None:
    """Those that Shopify names have failed. If it names none of several, the next batch is half as large, until the
    one to blame stands alone."""
    blamed = {some[at]: _failed(one["message"]) for one in errors if (at := _index(one, len(some))) is not None}
    if not blamed and (len(some) == 1 or errors[0]["field"] is None):
        blamed = {one: _failed(errors[0]["message"]) for one in some}
    if blamed:
        run.cursor = {"defined": True}
        settle(app, run, blamed)
        return
    run.cursor = {"defined": True, "at_once": max(1, len(some) // 2)}
    with run.checkpoint():
        pass


def _index(error: dict[str, Any], count: int) -> int | None:
    """`["metafields", "3", "value"]` -> 3."""
    named = [part for part in error.get("field") or () if part.isdecimal()]
    return int(named[0]) if named and int(named[0]) < count else None


def _failed(message: str) -> Verdict:
    return Verdict(EditState.FAILED, f"Shopify says: {message}")


# -- definitions ---------------------------------------------------------------------------------------------------


def _define(app: App, run: Run, told: list[Edit]) -> None:
    """Look, and make what is missing. Somebody else may have been first."""
    reply = call(app, run, "metafield_definitions", {"owner": "CUSTOMER", "namespace": NAMESPACE})
    known = {one["key"] for one in reply.data["metafieldDefinitions"]["nodes"]}
    for definition in ALL:
        if definition.key not in known and (refused := _make(app, run, definition)):
            settle(app, run, dict.fromkeys(told, Verdict(EditState.FAILED, refused)))
            return
    run.cursor = {"defined": True}
    with run.checkpoint():
        pass


def _make(app: App, run: Run, definition: Definition) -> str | None:
    """What stands in its way, in words."""
    asked = {
        "ownerType": definition.owner,
        "namespace": NAMESPACE,
        "key": definition.key,
        "type": definition.type,
        "name": definition.name,
        "description": definition.description,
        "access": {"admin": "MERCHANT_READ"},
    }
    reply = call(app, run, "metafield_define", {"definition": asked})
    errors = user_errors(reply, "metafieldDefinitionCreate")
    codes = {one.get("code") for one in errors}
    if not errors or codes == {"TAKEN"}:
        return None
    return _CLEARED if "UNSTRUCTURED_ALREADY_EXISTS" in codes else f"Shopify says: {errors[0]['message']}"

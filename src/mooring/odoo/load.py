"""What `load()` answers: ids, or none of them and the reasons, row by row."""

from __future__ import annotations

from typing import Any

from mooring.errors import MooringError
from mooring.odoo.answers import garbled, said
from mooring.ports import Loaded, LoadMessage


def loaded(result: Any) -> Loaded:
    """`ids` is false when nothing was kept, whatever the HTTP status said."""
    if not isinstance(result, dict) or "ids" not in result:
        raise _unreadable()
    messages = tuple(_message(one) for one in result.get("messages") or [])
    ids = result["ids"]
    return Loaded(tuple(int(one) for one in ids) if ids else None, messages)


def _unreadable() -> MooringError:
    return garbled(repeatable=False)


def _message(one: dict[str, Any]) -> LoadMessage:
    rows = one.get("rows") or {}
    between = (int(rows["from"]), int(rows["to"])) if "from" in rows and "to" in rows else None
    record = one.get("record")
    return LoadMessage(
        kind=str(one.get("type") or "error"),
        text=said(one.get("message")),
        record=record if isinstance(record, int) else None,
        rows=between,
        field=one.get("field") or None,
    )

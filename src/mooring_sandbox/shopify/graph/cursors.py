"""Cursors: base64 of the last id and the last value of the sort key, as Shopify's are; opaque to clients."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.graph.errors import bad_request

Position = tuple[Any, int]


def encode(value: Any, id_: int) -> str:
    text = json.dumps({"last_id": id_, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def decode(cursor: str) -> Position:
    """(value, id); raises the server's error if it is none of its cursors."""
    try:
        found = json.loads(base64.b64decode(cursor, validate=True))
        id_ = int(found["last_id"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("Malformed cursor") from None
    if "last_value" not in found:
        raise bad_request("Invalid cursor for current pagination sort.")
    return found["last_value"], id_


def as_moment(value: Any) -> str:
    """A sort value of a time key: the server writes milliseconds or `YYYY-MM-DD HH:MM:SS.ffffff`."""
    try:
        if isinstance(value, int):
            return iso(datetime.fromtimestamp(value / 1000, UTC))
        moment = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        raise bad_request("Invalid cursor for current pagination sort.") from None
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def moment_value(stored: str) -> str:
    """How a time stands in a cursor."""
    return stored.replace("T", " ").replace("Z", ".000000")

"""Keyset paging: a cursor says after which key the next part begins. Opaque to callers; a garbled one is refused."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from mooring.errors import InvalidInput

LIMIT = 50
"""How many a part has."""
LARGEST = 2**63 - 1
"""What databases hold as a number."""


def encode(*key: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode(cursor: str, *types: Any) -> tuple[Any, ...]:
    """The key a cursor holds, of these types. Raises `InvalidInput`."""
    try:
        plain = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(plain, type=tuple[types])
    except (binascii.Error, UnicodeEncodeError, ValueError, msgspec.MsgspecError):
        raise InvalidInput(
            "This cursor was not given out by Mooring. Begin at the first page.", field="cursor"
        ) from None


def number(cursor: str | None) -> int | None:
    """The one number a cursor holds, within what a database can compare with."""
    return max(0, min(decode(cursor, int)[0], LARGEST)) if cursor else None

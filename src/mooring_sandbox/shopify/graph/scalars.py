"""What each scalar takes as input, and what the server says when a value does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from mooring_sandbox.clock import iso

_GID = re.compile(r"gid://[\w-]+/[A-Za-z]\w*(::\w+)*/[^/\s]+\Z")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?\Z")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def _moment(value: Any) -> str:
    """A time with any offset, or none, as it is answered: in UTC."""
    moment = datetime.fromisoformat(value)
    return iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


# How values that fit are kept: as they are answered later.
INPUTS: dict[str, Callable[[Any], str]] = {"DateTime": _moment, "Decimal": str, "Money": str, "UnsignedInt64": str}


@dataclass(frozen=True)
class Misfit:
    """`own` marks a sentence of the scalar itself: the server repeats it as `message` of the problem."""

    text: str
    own: bool = False


def misfit(scalar: str, value: Any) -> Misfit | None:
    """Why `value` (as it stands in JSON) is no `scalar`; None if it is one."""
    check = _CHECKS.get(scalar)
    return check(value) if check else None


def _plain(name: str, fits: Callable[[Any], bool]) -> Callable[[Any], Misfit | None]:
    def check(value: Any) -> Misfit | None:
        return None if fits(value) else Misfit(f"Could not coerce value {json.dumps(value)} to {name}")

    return check


def _own(fits: Callable[[Any], bool], text: str) -> Callable[[Any], Misfit | None]:
    def check(value: Any) -> Misfit | None:
        return None if fits(value) else Misfit(text.format(value=value), own=True)

    return check


def _is_int(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_decimal(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, str) and _DECIMAL.match(value) is not None)


def _is_unsigned(value: Any) -> bool:
    return str(value).isdigit() and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_gid(value: Any) -> bool:
    return isinstance(value, str) and _GID.match(value) is not None


def _is_date(value: Any) -> bool:
    return _reads(date.fromisoformat, value)


def _is_date_time(value: Any) -> bool:
    return _reads(datetime.fromisoformat, value)


def _reads(reader: Callable[[str], object], value: Any) -> bool:
    try:
        reader(value)
    except (ValueError, TypeError):
        return False
    return True


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and (not value or _URL.match(value) is not None)


_CHECKS: dict[str, Callable[[Any], Misfit | None]] = {
    "Int": _plain("Int", _is_int),
    "Float": _plain("Float", _is_number),
    "String": _plain("String", _is_text),
    "HTML": _plain("HTML", _is_text),
    "Boolean": _plain("Boolean", lambda v: isinstance(v, bool)),
    "ID": _own(_is_gid, "Invalid global id '{value}'"),
    "Decimal": _own(_is_decimal, "invalid decimal '{value}'"),
    "Money": _own(_is_decimal, "invalid monetary value '{value}'"),
    "UnsignedInt64": _own(_is_unsigned, "invalid UnsignedInt64 '{value}'"),
    "DateTime": _own(_is_date_time, "invalid DateTime '{value}'"),
    "Date": _own(_is_date, "invalid Date '{value}'"),
    "URL": _own(_is_url, "Invalid URL '{value}', missing scheme"),
}

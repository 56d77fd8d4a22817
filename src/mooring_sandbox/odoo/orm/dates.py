"""Dates as Odoo reads and writes them: texts without a zone, meant as UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DATE, DATETIME = "%Y-%m-%d", "%Y-%m-%d %H:%M:%S"


def parse_datetime(value: str) -> datetime:
    """The pattern is cut to the length of the text, so that a bare date fits; what does not is Python's error."""
    return datetime.strptime(value, DATETIME[: len(value) - 2])


def parse_date(value: str) -> str:
    """The time of a moment is dropped."""
    return datetime.strptime(value[:10], DATE).strftime(DATE)


def moment(value: datetime) -> str:
    """As PostgreSQL keeps it, with fractions."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def shown(value: str | None) -> str | bool:
    """On the wire, whole seconds."""
    return value[:19] if value else False


def to_utc(value: datetime, zone: str | None, fallback: str | None) -> datetime:
    """A local time read in the first of the two zones that exists, else in UTC."""
    for name in (zone, fallback):
        found = _zone(name)
        if found is not None:
            return value.replace(tzinfo=found).astimezone(UTC)
    return value.replace(tzinfo=UTC)


def _zone(name: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        return None


def as_bound(value: Any) -> str:
    """What a domain compares a moment with."""
    if not isinstance(value, str):
        raise ValueError(f"expecting only datetimes with no timezone: {value!r}")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"Invalid isoformat string: {value!r}") from None
    if parsed.tzinfo is not None:
        raise ValueError(f"expecting only datetimes with no timezone: {value!r}")
    return parsed.isoformat(sep=" ", timespec="microseconds")

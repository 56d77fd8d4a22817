"""Moments in search values: a date or part of one is the span it covers, in the shop's time zone if none is given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from mooring_sandbox.clock import iso

_MOMENT = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ](\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?\Z"
)


def span(text: str, zone: tzinfo, now: datetime) -> tuple[str, str] | None:
    """(first, last) whole second that `text` covers, as Shopify writes them; None if it is no moment."""
    if text.strip().lower() == "now":
        return iso(now), iso(now)
    match = _MOMENT.match(text.strip())
    if match is None:
        return None
    try:
        start = _start(match, _zone(match[7]) or zone)
        last = _next(start, sum(g is not None for g in match.groups()[:6])) - timedelta(seconds=1)
        return iso(start), iso(last)
    except (ValueError, OverflowError):
        return None


def whole_days(text: str, zone: tzinfo, now: datetime) -> tuple[str, str] | None:
    """The day, in the shop's zone, in which `text` lies."""
    found = span(text, zone, now)
    if found is None:
        return None
    first, last = (datetime.fromisoformat(m).astimezone(zone) for m in found)
    morning = first.replace(hour=0, minute=0, second=0)
    return iso(morning), iso(last.replace(hour=23, minute=59, second=59))


def _start(match: re.Match[str], zone: tzinfo) -> datetime:
    year, month, day, hour, minute, second = (int(g) if g else None for g in match.groups()[:6])
    return datetime(year or 1, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=zone)


def _next(start: datetime, parts: int) -> datetime:
    """The first moment after the year, month, day … that was named."""
    if parts == 1:
        return start.replace(year=start.year + 1)
    if parts == 2:
        return (start.replace(day=28) + timedelta(days=5)).replace(day=1)
    return start + {3: timedelta(days=1), 4: timedelta(hours=1), 5: timedelta(minutes=1)}.get(
        parts, timedelta(seconds=1)
    )


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))

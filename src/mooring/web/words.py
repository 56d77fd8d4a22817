"""Numbers, amounts and moments as people read them. Filters of the templates; pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from mooring.domain.wording import counted, singular

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def number(value: int | None) -> str:
    """12,345; a dash for what is not known."""
    return "–" if value is None else f"{value:,}"


def money(amount: Decimal | str | None, currency: str | None) -> str:
    """1,204.99 EUR, exactly: at least two digits behind the point, more where there are more."""
    if amount is None:
        return "–"
    exact = Decimal(amount)
    exponent = exact.normalize().as_tuple().exponent
    digits = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{exact:,.{digits}f} {currency or ''}".rstrip()


def date(value: datetime | None) -> str:
    """3 Nov 2026"""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def exact(value: datetime) -> str:
    """3 Nov 2026, 14:05:09 UTC"""
    return f"{date(value)}, {value.astimezone(UTC):%H:%M:%S} UTC"


def when(value: datetime | None, now: datetime) -> Markup:
    """Relative in the text, exact with its zone on hover and for screen readers."""
    if value is None:
        return Markup("–")
    return _timed(value, relative(value, now))


def day(value: datetime | None) -> Markup:
    """3 Nov 2026, 14:05; exact on hover."""
    if value is None:
        return Markup("–")
    return _timed(value, f"{date(value)}, {value.astimezone(UTC):%H:%M}")


def _timed(value: datetime, text: str) -> Markup:
    iso = value.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso, exact(value), text)


def relative(value: datetime, now: datetime) -> str:
    seconds = int((now - value).total_seconds())
    if seconds < -_MINUTE:
        return "in " + duration(-seconds)
    if seconds < 5:
        return "just now"
    if seconds < _DAY * 7:
        return duration(seconds) + " ago"
    return f"{value.day} {value:%b}" if value.year == now.year else date(value)


def duration(span: float | timedelta) -> str:
    """40 s, 3 min, 3 d 4 h: the two largest parts at most."""
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return _two(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "min")
    return _two(seconds // _DAY, "d", seconds % _DAY // _HOUR, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit}" + (f" {small} {small_unit}" if small else "")


def share(done: int, total: int | None) -> int:
    """Percent for a bar; never 100 before the end, never over it."""
    if not total:
        return 0
    return 100 if done >= total else min(99, done * 100 // total)


_SMALL = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def spelled(count: int) -> str:
    """One, Two, … at the beginning of a sentence."""
    return _SMALL[count] if count < len(_SMALL) else f"{count:,}"


def host(url: str) -> str:
    """odoo.example.com of https://odoo.example.com; the scheme only where it is worth a look."""
    return url.removeprefix("https://")


def lines(text: str | None) -> Markup:
    """Line breaks kept, everything else escaped."""
    return Markup("<br>").join(escape(line) for line in (text or "").splitlines())


FILTERS: dict[str, Any] = {
    "number": number,
    "money": money,
    "date": date,
    "day": day,
    "when": when,
    "duration": duration,
    "share": share,
    "counted": counted,
    "spelled": spelled,
    "lines": lines,
    "host": host,
    "singular": singular,
}

"""CSV that a spreadsheet may open: a text that would be taken for a formula is given an apostrophe in front.

Source: OWASP, "CSV Injection". Whoever bought something chose their own name, and `=HYPERLINK(…)` is a name as well.
Numbers, amounts and moments are ours and stay as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""The last four are the wide forms, which some spreadsheets take for the narrow ones."""


def cell(value: Any) -> str:
    """What is written for a value: "" for None, exact decimals, moments in UTC."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case str():
            return f"'{value}" if value.startswith(_FORMULA) else value
        case _:
            return str(value)


def lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV (RFC 4180)."""
    text = _Lines()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return "".join(text)


class _Lines(list[str]):
    """What `csv` writes to."""

    def write(self, line: str) -> int:
        self.append(line)
        return len(line)

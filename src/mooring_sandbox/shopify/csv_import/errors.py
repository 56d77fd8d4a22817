"""What is wrong with a CSV file, said so that its owner can put it right."""

from __future__ import annotations

from dataclasses import dataclass

_SHOWN = 20


@dataclass(frozen=True)
class CsvError:
    """One bad cell, or a bad row (no column) or file (no row). Row 1 is the header, as a spreadsheet counts."""

    file: str
    row: int | None
    column: str | None
    expected: str
    found: str | None = None

    def __str__(self) -> str:
        place = [self.file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column!r}")
        found = "" if self.found is None else f", found {_short(self.found)}"
        return f"{', '.join(place)}: expected {self.expected}{found}"


class CsvRefused(ValueError):
    """The files have errors and nothing of them was loaded; `errors` has all of them."""

    def __init__(self, errors: list[CsvError]) -> None:
        self.errors = errors
        more = f"\n… and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        super().__init__("\n".join(map(str, errors[:_SHOWN])) + more)


def _short(text: str) -> str:
    if not text.strip():
        return "nothing"
    return repr(text if len(text) <= 60 else f"{text[:60]}…")

"""One line of a receipt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`value` is a number or a word; `note` says more."""

    title: str
    value: int | str
    note: str | None = None

"""Rounding as Odoo rounds: half up, away from zero, on what the number is meant to be (0.285 is 0.29)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def half_up(value: float, digits: int) -> float:
    return float(rounded(Decimal(repr(float(value))), digits))


def rounded(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def decimal(value: float | int) -> Decimal:
    """The number as it is written, without what binary fractions add."""
    return Decimal(repr(float(value)))


def is_zero(value: float, digits: int = 2) -> bool:
    return half_up(value, digits) == 0

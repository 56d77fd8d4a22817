"""Metafield types and what a value of each must look like, in the server's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mooring_sandbox.shopify.graph.schema import official

Check = Callable[[str], str | None]

# In the order in which the server lists them.
_REFERENCES = (
    "company", "customer", "product", "collection", "variant", "file", "product_taxonomy_value",
    "product_taxonomy_disclosure", "metaobject", "mixed", "disclosure", "page", "article", "order",
)  # fmt: skip
_NEVER_LISTED = "product_taxonomy_disclosure_reference"
_MEASURES = ("antenna_gain", "area", "battery_charge_capacity", "battery_energy_capacity", "capacitance",
             "concentration", "data_storage_capacity", "data_transfer_rate", "dimension", "display_density", "distance",
             "duration", "electric_current", "electrical_resistance", "energy", "frequency", "illuminance",
             "inductance", "luminous_flux", "mass_flow_rate", "power", "pressure", "resolution",
             "rotational_speed", "sound_level", "speed", "temperature", "thermal_power", "voltage", "volume",
             "volumetric_flow_rate", "weight")  # fmt: skip
_CATEGORIES = {
    "boolean": "TRUE_FALSE", "color": "COLOR", "date": "DATE_TIME", "date_time": "DATE_TIME", "id": "ID",
    "json": "JSON", "json_string": "JSON", "jurisdiction": "TEXT", "language": "TEXT", "link": "URL", "money": "MONEY",
    "multi_line_text_field": "TEXT", "number_decimal": "NUMBER", "number_integer": "NUMBER", "rating": "RATING",
    "rich_text_field": "TEXT", "single_line_text_field": "TEXT", "url": "URL",
}  # fmt: skip
_LISTED = {"color", "date", "date_time", "jurisdiction", "link", "number_decimal", "number_integer", "rating",
           "single_line_text_field", "url"}  # fmt: skip

CATEGORIES: dict[str, str] = {
    **_CATEGORIES,
    **dict.fromkeys(_MEASURES, "MEASUREMENT"),
    **{f"{r}_reference": "REFERENCE" for r in _REFERENCES},
}
TYPES: dict[str, str] = {
    **CATEGORIES,
    **{
        f"list.{t}": c
        for t, c in CATEGORIES.items()
        if t in _LISTED or (c in ("MEASUREMENT", "REFERENCE") and t != _NEVER_LISTED)
    },
}
_UNNAMED = "json_string"  # an old name, still accepted


def _named() -> Iterator[str]:
    """By name, where longer names with the same beginning come first at an underscore; then references with lists."""
    plain = (t for t, category in TYPES.items() if category != "REFERENCE" and t != _UNNAMED)
    yield from sorted(plain, key=lambda name: f"{name}`")
    for reference in (f"{r}_reference" for r in _REFERENCES):
        yield from (name for name in (reference, f"list.{reference}") if name in TYPES)


NAMED = ", ".join(_named())


def is_reference(type_: str) -> bool:
    return type_.endswith("_reference")


def value_problem(type_: str, value: str) -> str | None:
    """Why `value` is no `type_`; None if it is one."""
    if type_.startswith("list."):
        return _list_problem(type_.removeprefix("list."), value)
    check = _CHECKS.get(type_) or (_measure if type_ in _MEASURES else None)
    return check(value) if check else None


def kept_value(type_: str, value: str) -> str:
    """How a value that fits is kept: plain words for booleans, no more decimals than nine, no blanks around."""
    if type_ == "boolean":
        return "true" if value.strip().lower() in _TRUE else "false"
    if type_ == "number_integer":
        return str(int(Decimal(value.strip())))
    if type_ == "number_decimal":
        return _SURPLUS.sub(r"\1", value.strip())
    return value


def _list_problem(type_: str, value: str) -> str | None:
    try:
        members = json.loads(value)
    except ValueError as error:
        return _json_message(value, error)
    if not isinstance(members, list):
        return "Value must be an array."
    texts = (m if isinstance(m, str) else json.dumps(m) for m in members)
    return next((found for text in texts if (found := value_problem(type_, text))), None)


def _pattern(pattern: str, message: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.match(value) else message


def _integer(value: str) -> str | None:
    return None if re.match(r"-?\d{1,19}(\.0+)?\Z", value.strip()) else "Value must be an integer."


def _date(value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError:
        return "Value must be in “YYYY-MM-DD” format. For example: 2022-06-01"
    return None


def _date_time(value: str) -> str | None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "Value must be in “YYYY-MM-DDTHH:MM:SS” format. For example: 2022-06-01T15:30:00"
    return None


def _json(value: str) -> str | None:
    try:
        json.loads(value)
    except ValueError as error:
        return _json_message(value, error)
    return None


def _json_message(value: str, error: Any) -> str:
    """As the server's own parser says it."""
    at = f"at line {error.lineno} column {error.colno}"
    rest = value[error.pos :][:32]
    if not rest:
        return f"Value is invalid JSON: unexpected end of input {at}."
    if error.msg.startswith("Expecting property name"):
        return f"Value is invalid JSON: expected object key, got '{rest}' {at}."
    if error.msg.startswith("Expecting ',' delimiter"):
        return f"Value is invalid JSON: expected ',' or '}}' after object value, got: '{rest}' {at}."
    if error.msg.startswith("Expecting ':' delimiter"):
        return f"Value is invalid JSON: expected ':' after object key {at}."
    return f"Value is invalid JSON: unexpected character: '{rest}' {at}."


def _object(keys: tuple[str, ...], message: str) -> Check:
    def check(value: str) -> str | None:
        problem = _json(value)
        if problem:
            return problem
        found = json.loads(value)
        return None if isinstance(found, dict) and all(k in found for k in keys) else message

    return check


def _money(value: str) -> str | None:
    """The currency is looked at before the amount."""
    try:
        found = json.loads(value)
    except ValueError as error:
        return _json_message(value, error)
    if not isinstance(found, dict):
        return _MONEY_SHAPE
    currency, amount = str(found.get("currency_code") or ""), str(found.get("amount"))
    if not currency:
        return "Value must have a currency code."
    if currency not in _currencies():
        return f"Value contains an invalid currency, {currency}."
    if not re.match(r"-?\d+(\.\d+)?\Z", amount):
        return "Value must have a numeric amount."
    return None if abs(Decimal(amount)) <= _MOST_MONEY else f"Value must be within +/-{_MOST_MONEY}."


def _currencies() -> Container[str]:
    return official("2026-10").schema.type_map["CurrencyCode"].values  # type: ignore[attr-defined]


def _url(value: str) -> str | None:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", value):
        return _NO_SCHEME
    return None if re.match(r"(https?|mailto|sms|tel):\S+\Z", value) else _URL_SCHEMES


_TRUE, _FALSE = ("true", "t", "1"), ("false", "f", "0")
_SURPLUS = re.compile(r"(\.\d{9})\d+\Z")
_MOST_MONEY = 10**18
_MONEY_SHAPE = (
    "Value must be a stringified JSON object with amount (numeric) and currency_code (string matching the shop's"
    " currency) fields."
)
_NO_SCHEME = (
    "Value cannot have an empty scheme (protocol), must include one of the following URL schemes: "
    """["http", "https", "mailto", "sms", "tel"].'"""
)
_measure = _object(("value", "unit"), "Value must be a measurement with value and unit.")
_URL_SCHEMES = "Value must be one of the following URL schemes: http, https, mailto, sms, tel."
_CHECKS: dict[str, Check] = {
    "boolean": lambda v: None if v.strip().lower() in _TRUE + _FALSE else "Value must be true or false.",
    "color": _pattern(r"#[0-9A-Fa-f]{6}\Z", "Value must be a hex color code."),
    "date": _date,
    "date_time": _date_time,
    "json": _json,
    "json_string": _json,
    "money": _money,
    "number_decimal": _pattern(r"\s*-?\d+(\.\d+)?\s*\Z", "Value must be a decimal."),
    "number_integer": _integer,
    "rating": _object(("value", "scale_min", "scale_max"), "Value must be a valid rating."),
    "rich_text_field": _json,
    "single_line_text_field": lambda v: "Value must be a single line text string." if "\n" in v else None,
    "url": _url,
}  # fmt: skip

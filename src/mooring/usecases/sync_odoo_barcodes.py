"""Barcodes: Odoo keeps each once among its active products, Shopify does not mind. Whoever comes second is written
without it, and a person is shown so: one barcode too many must not keep a product out of Odoo."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from mooring.domain.plan import Create, Link, Update
from mooring.domain.translate_odoo import Value
from mooring.usecases.sync_odoo_family import Family, Member

_FIELD = "barcode"
_T = TypeVar("_T")


def keep_apart(families: Iterable[Family], holders: Mapping[str, Collection[int]]) -> None:
    """`holders`: the active variants of Odoo that have a barcode."""
    for family in families:
        seen: set[str] = set()
        for one in family.children:
            barcode = _told(one)
            if barcode and (barcode in seen or not {one.odoo_id}.issuperset(holders.get(barcode, ()))):
                _leave_out(one, barcode)
            seen.add(barcode)


def _told(one: Member) -> str:
    """The barcode that Odoo would be told, if any."""
    told: Mapping[str, Value] = {}
    if isinstance(one.plan, Create):
        told = one.wanted.values
    elif isinstance(one.plan, Update):
        told = one.plan.write
    return str(told.get(_FIELD, ""))


def _leave_out(one: Member, barcode: str) -> None:
    plan = one.plan
    one.withheld = barcode
    if isinstance(plan, Create):
        one.wanted = replace(one.wanted, values=_without(one.wanted.values))
    elif isinstance(plan, Update | Link):
        before = (one.mapping.fields or {}) if one.mapping else {}
        fields = _without(plan.fields) | {name: known for name, known in before.items() if name == _FIELD}
        one.plan = replace(plan, write=_without(plan.write), fields=fields)


def _without(values: Mapping[str, _T]) -> dict[str, _T]:
    return {name: value for name, value in values.items() if name != _FIELD}

"""Which pairs of a mapping's file can be taken in. Each is judged before any is written: a pair that is not true would
lead a sync to somebody else's record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mooring.db import mappings, mappings_copied
from mooring.db.stores import Store
from mooring.domain.mapping import MODELS, MappedKind
from mooring.usecases import odoo_gate
from mooring.usecases.context import App
from mooring.usecases.mapping_file import Line
from mooring.usecases.odoo_gate import Ticket
from mooring.usecases.sync_odoo_read import EVERYTHING

_ASKED = 5_000
"""Ids that Odoo is asked for in one call."""
_ALONE = frozenset({MappedKind.ORDER, MappedKind.ORDER_LINE})
"""Of these each has a record of its own in Odoo. Several customers may be one contact there, several variants one."""


class Why(StrEnum):
    NOT_POSITIVE = "not_positive"
    NOT_IN_HUB = "not_in_hub"
    TAKEN = "taken"
    NOT_IN_ODOO = "not_in_odoo"


_SAID = {
    Why.NOT_POSITIVE: "with an id below 1",
    Why.NOT_IN_HUB: "not in the hub",
    Why.TAKEN: "whose record in Odoo is another one's already",
    Why.NOT_IN_ODOO: "not in Odoo",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """`left_out`: how many, by reason."""

    fit: list[Line]
    left_out: Mapping[str, int]


def judge(app: App, ticket: Ticket, store: Store, fingerprint: str, lines: Sequence[Line]) -> Judged:
    """`lines`: those that are not mapped yet. Odoo is asked last, and only for what is sound on this side."""
    left_out: Counter[str] = Counter()
    positive = _keep(left_out, Why.NOT_POSITIVE, lines, [one for one in lines if min(one.shopify_id, one.odoo_id) > 0])
    known = _keep(left_out, Why.NOT_IN_HUB, positive, _in_hub(app, store, positive))
    free = _keep(left_out, Why.TAKEN, known, _free(app, fingerprint, known))
    there = _keep(left_out, Why.NOT_IN_ODOO, free, _in_odoo(app, ticket, free))
    return Judged(there, dict(left_out))


def _keep(left_out: Counter[str], why: Why, before: Sequence[Line], after: list[Line]) -> list[Line]:
    if len(after) < len(before):
        left_out[str(why)] = len(before) - len(after)
    return after


def _in_hub(app: App, store: Store, lines: Sequence[Line]) -> list[Line]:
    """Whose address or variant it is stands in the hub, whatever the file says."""
    found: list[Line] = []
    for kind, some in _by_kind(lines).items():
        with app.db.read() as connection:
            parents = mappings_copied.in_hub(connection, store.id, kind, [one.shopify_id for one in some])
        found += [
            msgspec.structs.replace(one, parent_id=parents[one.shopify_id]) for one in some if one.shopify_id in parents
        ]
    return found


def _free(app: App, fingerprint: str, lines: Sequence[Line]) -> list[Line]:
    """Without orders whose record in Odoo is another order's, in the mapping or in an earlier line."""
    with app.db.read() as connection:
        taken = {
            (kind, odoo_id)
            for kind, some in _by_kind(lines).items()
            if kind in _ALONE
            for odoo_id in mappings.of_odoo(connection, fingerprint, kind, [one.odoo_id for one in some])
        }
    found: list[Line] = []
    for one in lines:
        if (one.kind, one.odoo_id) not in taken:
            found.append(one)
        if one.kind in _ALONE:
            taken.add((one.kind, one.odoo_id))
    return found


def _in_odoo(app: App, ticket: Ticket, lines: Sequence[Line]) -> list[Line]:
    there = {
        kind: _there(app, ticket, MODELS[kind], {one.odoo_id for one in some}) for kind, some in _by_kind(lines).items()
    }
    return [one for one in lines if one.odoo_id in there[one.kind]]


def _there(app: App, ticket: Ticket, model: str, ids: Collection[int]) -> set[int]:
    listed, found = sorted(ids), set[int]()
    for at in range(0, len(listed), _ASKED):
        domain = [["id", "in", listed[at : at + _ASKED]]]
        found |= {row["id"] for row in odoo_gate.search_read(app, ticket, model, domain, ["id"], context=EVERYTHING)}
    return found


def _by_kind(lines: Iterable[Line]) -> dict[MappedKind, list[Line]]:
    found: dict[MappedKind, list[Line]] = {}
    for line in lines:
        found.setdefault(line.kind, []).append(line)
    return found


def said(left_out: Mapping[str, int]) -> str:
    """As in `2 not in Odoo, 1 not in the hub`, the most first."""
    by_count = sorted(left_out.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {_SAID[Why(why)]}" for why, count in by_count)

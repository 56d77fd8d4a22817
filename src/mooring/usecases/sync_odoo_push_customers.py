"""Customers and their addresses into Odoo: new ones with their addresses in one load, addresses below contacts that are
there in another, then what changed."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.domain.mapping import MappedKind
from mooring.domain.plan import Create
from mooring.domain.translate_odoo import PARTNER_FIELDS, column
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import ROWS
from mooring.usecases.sync_odoo_write import Pen, cells, new

_MODEL = "res.partner"
_NAMES = ("type", "is_company", *PARTNER_FIELDS)
_COLUMNS = ("id", "type", "is_company", *(column(name, form) for name, form in PARTNER_FIELDS.items()))


def push(pen: Pen, families: Sequence[Family]) -> None:
    everybody = [one for family in families for one in family.members()]
    pen.announce(new(families))
    pen.plant(everybody)
    _create_whole(pen, [family for family in families if isinstance(family.root.plan, Create)])
    _create_below(pen, [family for family in families if not isinstance(family.root.plan, Create)])
    pen.update(one for one in everybody if one.failed is None)


def _create_whole(pen: Pen, families: Sequence[Family]) -> None:
    """A new customer and its addresses, which name it by its external id."""
    members: list[Member] = []
    owners: dict[int, int] = {}
    for family in families:
        at = len(members)
        members.append(family.root)
        below = [one for one in family.children if isinstance(one.plan, Create)]
        owners |= {len(members) + place: at for place, _ in enumerate(below)}
        members += below
    if owners:
        rows = [[[*_row(pen, one), _owner(pen, one)]] for one in members]
        pen.create(_MODEL, (*_COLUMNS, "parent_id/id"), members, rows, owners)
    elif members:
        pen.create(_MODEL, _COLUMNS, members, [[_row(pen, one)] for one in members])


def _create_below(pen: Pen, families: Sequence[Family]) -> None:
    """New addresses of customers that are there, whatever stands there as their external id."""
    found = [(family.root.odoo_id, one) for family in families for one in family.children]
    wanted = [(parent, one) for parent, one in found if isinstance(one.plan, Create) and parent is not None]
    for start in range(0, len(wanted), ROWS):
        part = wanted[start : start + ROWS]
        rows = [[[*_row(pen, one), str(parent)]] for parent, one in part]
        pen.create(_MODEL, (*_COLUMNS, "parent_id/.id"), [one for _, one in part], rows)


def _row(pen: Pen, one: Member) -> list[str]:
    return [str(pen.job.name(*one.key)), *cells(one.wanted, _NAMES)]


def _owner(pen: Pen, one: Member) -> str:
    if one.wanted.kind is MappedKind.CUSTOMER:
        return ""
    return str(pen.job.name(MappedKind.CUSTOMER, one.wanted.parent_id or 0))

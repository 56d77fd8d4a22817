"""What tells variants apart in Odoo: attributes and their values, found by their names before any is made.

They belong to no store: two stores with a Size share one. So their external ids are made of the names alone
(`mooring.attribute.<hash>`), which makes them come into being once, however often and by whomever they are sent, and a
Clear leaves them alone. Only attributes whose variants Odoo makes on demand are used: of the others a template would
come into being with every combination at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from mooring.domain.mapping import MODULE
from mooring.domain.records import folded
from mooring.domain.translate_odoo import Option
from mooring.errors import Permanent
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_push import Sent
from mooring.usecases.sync_odoo_read import EVERYTHING
from mooring.usecases.sync_odoo_write import Pen

_ATTRIBUTE, _VALUE = "product.attribute", "product.attribute.value"
_DYNAMIC = "dynamic"


@dataclass(slots=True)
class Catalogue:
    """Odoo's ids of attributes by folded name, and of values by attribute and name."""

    attributes: dict[str, int] = field(default_factory=dict[str, int])
    values: dict[tuple[int, str], int] = field(default_factory=dict[tuple[int, str], int])

    def attribute(self, option: Option) -> int:
        return self.attributes[folded(option.name)]


def ensure(pen: Pen, options: Iterable[Option]) -> Catalogue:
    """All of these attributes with all of their values."""
    listed = list(options)
    names = {folded(option.name): option.name for option in listed}
    found = Catalogue(_attributes(pen, names)) if names else Catalogue()
    wanted = {(found.attribute(option), value) for option in listed for value in option.values}
    found.values = values(pen, wanted)
    return found


def _attributes(pen: Pen, names: dict[str, str]) -> dict[str, int]:
    known = _by_name(pen, names)
    missing = [name for name in names if name not in known]
    rows = [[[f"{MODULE}.attribute.{_hash(name)}", names[name], _DYNAMIC]] for name in missing]
    made = pen.load(_ATTRIBUTE, ("id", "name", "create_variant"), rows)
    return known | dict(zip(missing, _all_of(made, len(missing)), strict=True))


def _by_name(pen: Pen, names: dict[str, str]) -> dict[str, int]:
    """The oldest of each name; spelled as in Shopify, or in small or capital letters throughout."""
    spelled = {form for name in names.values() for form in (name, name.lower(), name.upper(), name.capitalize())}
    domain: list[Any] = [["name", "in", sorted(spelled)], ["create_variant", "=", _DYNAMIC]]
    rows = odoo_gate.search_read(pen.job.app, pen.job.ticket, _ATTRIBUTE, domain, ["name"], order="id desc")
    return {folded(row["name"]): row["id"] for row in rows}


def values(pen: Pen, wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """The ids of these values of these attributes; those that are missing are made."""
    listed = sorted(set(wanted))
    known = _known_values(pen, listed) if listed else {}
    missing = [one for one in listed if one not in known]
    rows = [[[f"{MODULE}.attribute_value.{at}.{_hash(value)}", value, str(at)]] for at, value in missing]
    made = pen.load(_VALUE, ("id", "name", "attribute_id/.id"), rows)
    return known | dict(zip(missing, _all_of(made, len(missing)), strict=True))


def _known_values(pen: Pen, wanted: list[tuple[int, str]]) -> dict[tuple[int, str], int]:
    by_attribute: defaultdict[int, list[str]] = defaultdict(list)
    for attribute, value in wanted:
        by_attribute[attribute].append(value)
    names = sorted({value for _, value in wanted})
    domain: list[Any] = [["attribute_id", "in", sorted(by_attribute)], ["name", "in", names]]
    rows = odoo_gate.search_read(
        pen.job.app, pen.job.ticket, _VALUE, domain, ["name", "attribute_id"], context=EVERYTHING
    )
    return {(row["attribute_id"][0], row["name"]): row["id"] for row in rows}


def _all_of(sent: Sent, count: int) -> list[int]:
    """Without its attributes no product with variants can be written, so a refusal ends the sync in Odoo's words."""
    if sent.failed:
        raise Permanent(
            f"Odoo refuses the options of the products: {next(iter(sent.failed.values()))}", code="odoo_refused"
        )
    return [sent.ids[at] for at in range(count)]


def _hash(name: str) -> str:
    return blake2b(name.encode(), digest_size=8).hexdigest()

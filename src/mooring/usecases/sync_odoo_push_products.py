"""Products and their variants into Odoo.

One that is its own only variant is loaded as `product.product`, which brings its template along. One with options is
loaded as a template with attribute lines, and then its variants by what each selects; Odoo makes none by itself. A
variant that comes later joins its template where the options are the same; where they are not, Odoo would archive the
variants that are there, so it becomes a product of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mooring.domain.mapping import MappedKind
from mooring.domain.plan import Create
from mooring.domain.records import folded
from mooring.domain.translate_odoo import TEMPLATE_FIELDS, VARIANT_FIELDS, cell
from mooring.domain.translate_odoo_products import own_name
from mooring.usecases import odoo_gate
from mooring.usecases import sync_odoo_attributes as attributes
from mooring.usecases.sync_odoo_attributes import Catalogue
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import ROWS
from mooring.usecases.sync_odoo_push import Rows
from mooring.usecases.sync_odoo_write import Pen, cells, new, plant

_PRODUCT, _TEMPLATE = "product.product", "product.template"
_LINE, _LINE_VALUE = "product.template.attribute.line", "product.template.attribute.value"
_ONCE = ("type", "is_storable")
_NO_VALUE = "The product in Odoo does not have what this variant selects of {}. Look at the product's attributes there."
_WITHOUT_TEMPLATE = "Its product could not be written: {}"


def push(pen: Pen, families: Sequence[Family]) -> None:
    everybody = [one for family in families for one in family.members()]
    pen.announce(new(families))
    pen.plant(everybody)
    made = [family for family in families if isinstance(family.root.plan, Create)]
    simple = [family for family in made if not family.options]
    _create_simple(pen, simple)
    fresh = _create_templates(pen, [family for family in made if family.options])
    joining, apart = _places(pen, [family for family in families if not isinstance(family.root.plan, Create)])
    _create_variants(pen, [*fresh, *joining])
    _create_apart(pen, [*apart, *((family, one) for family in simple for one in _waiting(family)[1:])])
    pen.update(one for one in everybody if one.failed is None)


# -- products that are their own only variant ----------------------------------------------------------------------


def _create_simple(pen: Pen, families: Sequence[Family]) -> None:
    """The variant is loaded; its template, which comes with it, is given the product's external id."""
    members = [family.children[0] for family in families]
    if not members:
        return
    names = _names(families)
    rows: list[Rows] = [
        [[str(pen.job.name(*one.key)), *_whole(family, one, names)]]
        for family, one in zip(families, members, strict=True)
    ]
    pen.create(_PRODUCT, ("id", *names), members, rows)
    _adopt_templates(pen, families)


def _whole(family: Family, one: Member, names: Sequence[str]) -> list[str]:
    return [
        mine or theirs for mine, theirs in zip(cells(one.wanted, names), cells(family.root.wanted, names), strict=True)
    ]


def _names(families: Iterable[Family]) -> tuple[str, ...]:
    """Columns of products and variants together. What this Odoo does not have, and what nobody says, is left out."""
    said = {name for family in families for name in (*family.root.wanted.values, *family.root.wanted.once)}
    return (*(name for name in (*TEMPLATE_FIELDS, *_ONCE) if name in said), *VARIANT_FIELDS)


def _adopt_templates(pen: Pen, families: Sequence[Family]) -> None:
    ids = [family.children[0].odoo_id for family in families if family.children[0].bound]
    rows = _read(pen, _PRODUCT, [["id", "in", ids]], ["product_tmpl_id"]) if ids else []
    template_of = {row["id"]: row["product_tmpl_id"][0] for row in rows}
    for family in families:
        child = family.children[0]
        family.root.odoo_id = template_of.get(child.odoo_id)
        if child.failed is not None:
            family.root.failed = child.failed
    made = [family.root for family in families if family.root.bound]
    if made:
        plant(pen, {pen.job.name(*one.key): (MappedKind.PRODUCT, one.odoo_id or 0) for one in made})
    for one in made:
        one.planted = True


# -- products with options -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Place:
    """A template and those of its variants that are to be made; `values`: Odoo's value id by attribute and name."""

    family: Family
    members: list[Member]
    attributes: tuple[int, ...]
    values: Mapping[tuple[int, str], int]


def _create_templates(pen: Pen, families: Sequence[Family]) -> list[Place]:
    if not families:
        return []
    known = attributes.ensure(pen, [option for family in families for option in family.options])
    names = tuple(name for name in _names(families) if name not in VARIANT_FIELDS)
    lines = ("attribute_line_ids/id", "attribute_line_ids/attribute_id/.id", "attribute_line_ids/value_ids/.id")
    rows = [_template_rows(pen, family, names, known) for family in families]
    pen.create(_TEMPLATE, ("id", *names, *lines), [family.root for family in families], rows)
    for family in families:
        for one in family.children if family.root.failed is not None else ():
            one.failed = _WITHOUT_TEMPLATE.format(family.root.failed)
    return [_place(family, [known.attribute(option) for option in family.options], known) for family in families]


def _place(family: Family, ids: Sequence[int], known: Catalogue) -> Place:
    return Place(family, _waiting(family), tuple(ids), known.values)


def _waiting(family: Family) -> list[Member]:
    return [one for one in family.children if isinstance(one.plan, Create) and one.failed is None]


def _template_rows(pen: Pen, family: Family, names: Sequence[str], known: Catalogue) -> Rows:
    """One row for each option; only the first says what the product is."""
    name = pen.job.name(*family.root.key)
    head = [str(name), *cells(family.root.wanted, names)]
    rows: list[list[str]] = []
    for option in family.options:
        attribute = known.attribute(option)
        values = ",".join(str(known.values[attribute, value]) for value in option.values)
        rows.append([*head, f"{name}_line_{attribute}", str(attribute), values])
        head = [""] * len(head)
    return rows


# -- variants ------------------------------------------------------------------------------------------------------


def _create_variants(pen: Pen, places: Sequence[Place]) -> None:
    """Each by what it selects, as the template's own values say it."""
    ready = [place for place in places if place.members and place.family.root.bound]
    if not ready:
        return
    homes = [place.family.root.odoo_id for place in ready]
    domain = [["product_tmpl_id", "in", homes], ["ptav_active", "=", True]]
    rows = _read(pen, _LINE_VALUE, domain, ["product_tmpl_id", "product_attribute_value_id"])
    own = {(row["product_tmpl_id"][0], row["product_attribute_value_id"][0]): row["id"] for row in rows}
    listed = [(place, one) for place in ready for one in place.members if _selects(place, one, own)]
    columns = ("id", "product_tmpl_id/.id", "product_template_attribute_value_ids/.id", *VARIANT_FIELDS)
    for start in range(0, len(listed), ROWS):
        part = listed[start : start + ROWS]
        cells_of = [[_variant_row(pen, place, one, own)] for place, one in part]
        pen.create(_PRODUCT, columns, [one for _, one in part], cells_of)


def _selects(place: Place, one: Member, own: Mapping[tuple[int, int], int]) -> bool:
    """Whether the template has each value that the variant selects; else it is told why it is not written."""
    home = place.family.root.odoo_id or 0
    for option, attribute, value in zip(place.family.options, place.attributes, one.wanted.selected, strict=True):
        if (home, place.values.get((attribute, value), 0)) not in own:
            one.failed = _NO_VALUE.format(option.name)
            return False
    return True


def _variant_row(pen: Pen, place: Place, one: Member, own: Mapping[tuple[int, int], int]) -> list[str]:
    home = place.family.root.odoo_id or 0
    chosen = [
        own[home, place.values[attribute, value]]
        for attribute, value in zip(place.attributes, one.wanted.selected, strict=True)
    ]
    return [str(pen.job.name(*one.key)), str(home), ",".join(map(str, chosen)), *cells(one.wanted, VARIANT_FIELDS)]


def _places(pen: Pen, families: Sequence[Family]) -> tuple[list[Place], list[tuple[Family, Member]]]:
    """Where new variants of products that are there belong: with the others, or by themselves."""
    late = [family for family in families if _waiting(family)]
    homes = {family.id: family.root.odoo_id for family in late if family.root.odoo_id is not None and family.options}
    lines = _lines(pen, set(homes.values())) if homes else {}
    joining: list[Place] = []
    apart: list[tuple[Family, Member]] = []
    for family in late:
        found = _matching(family, lines.get(homes.get(family.id) or 0, {}))
        if found is None:
            apart += [(family, one) for one in _waiting(family)]
        else:
            joining.append(_joined(pen, family, found))
    return joining, apart


def _lines(pen: Pen, homes: set[int | None]) -> dict[int, dict[str, dict[str, Any]]]:
    """By template, its attribute lines by the attribute's folded name; two of one name tell nothing apart."""
    rows = _read(pen, _LINE, [["product_tmpl_id", "in", sorted(one for one in homes if one)]], [
        "product_tmpl_id", "attribute_id", "value_ids"])  # fmt: skip
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["product_tmpl_id"][0], {})[folded(row["attribute_id"][1])] = row
    return found


def _matching(family: Family, lines: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The lines in the order of the options, if the two are the same."""
    names = [folded(option.name) for option in family.options]
    return [lines[name] for name in names] if names and set(names) == set(lines) else None


def _joined(pen: Pen, family: Family, lines: Sequence[dict[str, Any]]) -> Place:
    """Values that the template does not have yet are added to its lines; added twice they are there once."""
    ids = tuple(line["attribute_id"][0] for line in lines)
    members = _waiting(family)
    wanted = {(at, value) for one in members for at, value in zip(ids, one.wanted.selected, strict=True)}
    known = attributes.values(pen, wanted)
    for line, attribute in zip(lines, ids, strict=True):
        missing = [id_ for (at, _), id_ in known.items() if at == attribute and id_ not in line["value_ids"]]
        if missing:
            pen.turn.require()
            added = {"value_ids": [[4, id_] for id_ in missing]}
            odoo_gate.write(pen.job.app, pen.job.ticket, _LINE, [line["id"]], added)
    return Place(family, members, ids, known)


def _create_apart(pen: Pen, found: Sequence[tuple[Family, Member]]) -> None:
    """Variants that are products of their own, named after what they select."""
    if not found:
        return
    names = _names(family for family, _ in found)
    rows: list[Rows] = []
    for family, one in found:
        title = own_name(family.root.wanted.values["name"], one.wanted.selected)
        alone = {"name": title, **one.wanted.alone}
        said = zip(names, _whole(family, one, names), strict=True)
        rows.append(
            [[str(pen.job.name(*one.key)), *(cell(alone[name]) if name in alone else held for name, held in said)]]
        )
    pen.create(_PRODUCT, ("id", *names), [one for _, one in found], rows)


def _read(pen: Pen, model: str, domain: list[Any], fields: list[str]) -> list[dict[str, Any]]:
    return odoo_gate.search_read(pen.job.app, pen.job.ticket, model, domain, fields, context={"active_test": False})

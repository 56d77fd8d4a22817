"""A product with its variants: what becomes of the whole follows from what becomes of each variant.

Variants are recognised one by one (`plan`). A product none of whose variants is in Odoo is new; one all of whose
variants are there is linked to their template; where some are there and some are not, a person is asked, because Odoo
would otherwise hold half of it twice. Odoo may keep as several templates what Shopify has as one product: then its own
fields are nobody's to compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mooring.domain.matching import Found
from mooring.domain.plan import (
    UNDECIDED,
    Ambiguous,
    Create,
    Decision,
    Excluded,
    Known,
    Link,
    Plan,
    Skip,
    Update,
    plan,
)
from mooring.domain.translate_odoo import Tree, Values, Wanted


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of one product and its variants. `known`, `found`, `decided`, `sent` go by variant; the others are
    the product's own. `template`: what its external id means; `templates`: values by template; `template_of`: by
    variant of Odoo; `lone`: templates that have but one variant; `left_behind`: templates of its name without any;
    `asked`: Odoo was asked for all of it."""

    known: Mapping[int, Known]
    found: Mapping[int, Found]
    decided: Mapping[int, Decision]
    sent: frozenset[int]
    root_known: Known | None
    root_decided: Decision
    root_sent: bool
    template: int | None
    templates: Mapping[int, Values]
    template_of: Mapping[int, int]
    lone: frozenset[int]
    epoch: int
    master: bool | None
    afresh: bool = False
    asked: bool = False
    left_behind: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    root: Plan
    children: tuple[Plan, ...]


def decide(tree: Tree, held: Held) -> Decided:
    if tree.root.excluded is not None:
        return Decided(Excluded(tree.root.excluded), tuple(Skip() for _ in tree.children))
    children = [_variant(one, held) for one in tree.children]
    home = _home(held)
    if home is not None:
        root = _at_home(tree.root, home, children, held)
        waits = isinstance(root, Ambiguous)
        return Decided(root, tuple(Skip() if waits and isinstance(one, Create) else one for one in children))
    if any(isinstance(one, Ambiguous) for one in children):
        return Decided(Skip(), tuple(one if isinstance(one, Ambiguous) else Skip() for one in children))
    if all(isinstance(one, Create) for one in children):
        root = _alone(tree.root, held)
        return Decided(root, tuple(Skip() if isinstance(root, Ambiguous) else one for one in children))
    return _gathered(tree.root, children, held)


def _variant(wanted: Wanted, held: Held) -> Plan:
    """What was decided of the product to create it holds for its variants; where it was unlinked, for those too that
    would be recognised, as they are in the product that it is not to be."""
    one = wanted.shopify_id
    decision = held.decided.get(one, UNDECIDED)
    if not decision and held.root_decided.create:
        afresh = held.root_decided.was is not None or not held.found[one].sure
        decision = Decision(create=held.known.get(one) is not None or afresh)
    return plan(
        wanted, held.known.get(one), held.found[one], epoch=held.epoch, master=held.master, decision=decision,
        sent=one in held.sent, afresh=held.afresh,
    )  # fmt: skip


def _home(held: Held) -> int | None:
    """The template this product already is, or is to be."""
    if held.root_decided.link is not None:
        return held.root_decided.link
    if held.root_known is not None and held.root_known.epoch == held.epoch:
        there = held.root_known.odoo_id in held.templates
        elsewhere = any(known.odoo_id in held.template_of for known in held.known.values())
        if there or not elsewhere:
            return held.root_known.odoo_id
    return held.template if held.template in held.templates else None


def _at_home(root: Wanted, home: int, children: Sequence[Plan], held: Held) -> Plan:
    """Its own fields are compared while all of its variants live there."""
    template = held.template if held.template in held.templates else None
    found = Found(external_id=template, values=held.templates, asked=held.asked)
    if _templates(children, held) - {home} and held.root_known is not None:
        return Skip()
    return plan(
        root, held.root_known, found, epoch=held.epoch, master=held.master, decision=held.root_decided,
        sent=held.root_sent, afresh=held.afresh,
    )  # fmt: skip


def _alone(root: Wanted, held: Held) -> Plan:
    """New, unless a load that was interrupted has left its template behind."""
    found = Found(key=held.left_behind, by="name", values=held.templates)
    return plan(
        root, None, found, epoch=held.epoch, master=held.master, decision=held.root_decided, sent=held.root_sent
    )


def _gathered(root: Wanted, children: Sequence[Plan], held: Held) -> Decided:
    """Some or all of its variants are in Odoo, and no template is known for it."""
    templates = _templates(children, held)
    partly = any(isinstance(one, Create) for one in children)
    if partly and not held.root_decided.create:
        waiting = tuple(Skip() if isinstance(one, Create | Link) else one for one in children)
        return Decided(Ambiguous("partly", tuple(sorted(templates))), waiting)
    first = _first(children, held)
    if first == held.root_decided.was:
        return Decided(Ambiguous("unlinked", (first,)), tuple(Skip() for _ in children))
    by = next((one.by for one in children if isinstance(one, Link)), "variants")
    same_shape = not partly and templates == {first} and (len(children) > 1 or first in held.lone)
    if not same_shape or first not in held.templates:
        return Decided(Link(first, by=by), tuple(children))
    linked = plan(
        root, None, Found(external_id=first, values=held.templates), epoch=held.epoch, master=held.master,
        decision=Decision(take=held.root_decided.take),
    )  # fmt: skip
    assert isinstance(linked, Link)
    return Decided(Link(first, linked.write, linked.differs, linked.fields, by=by), tuple(children))


def _ids(children: Sequence[Plan], held: Held) -> list[int]:
    """The variants of Odoo that these are, known ones first."""
    known = [one.odoo_id for one in held.known.values() if one.epoch == held.epoch]
    return [*known, *(one.odoo_id for one in children if isinstance(one, Update))]


def _templates(children: Sequence[Plan], held: Held) -> set[int]:
    return {held.template_of[id_] for id_ in _ids(children, held) if id_ in held.template_of}


def _first(children: Sequence[Plan], held: Held) -> int:
    return next(held.template_of[id_] for id_ in _ids(children, held) if id_ in held.template_of)

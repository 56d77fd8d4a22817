"""Products with their variants: read from the hub, matched with the variants that are there, decided on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from mooring.db import mappings, sync_items, sync_source
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.matching import Found
from mooring.domain.plan import UNDECIDED, Ambiguous, Create, Plan, Update
from mooring.domain.plan_products import Held, decide
from mooring.domain.records import Product, Variant, folded
from mooring.domain.translate_odoo import Tree, Wanted, row_values
from mooring.domain.translate_odoo_products import Terms, product
from mooring.usecases import sync_odoo_barcodes
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import Batch, decisions, doubted, unlinked_from
from mooring.usecases.sync_odoo_shelf import Shelf

_PRODUCT, _VARIANT = MappedKind.PRODUCT, MappedKind.VARIANT
_SHOWN = ("name", "default_code", "barcode", "active")
_product = msgspec.json.Decoder(Product).decode
_variant = msgspec.json.Decoder(Variant).decode


def families(job: Job, batch: Batch, sent: frozenset[Key], old: frozenset[Key]) -> list[Family]:
    planner = _Planner(job, batch, sent, sent | old)
    found = [planner.family(tree) for tree in planner.trees]
    sync_odoo_barcodes.keep_apart(found, planner.holders)
    return found


def put_off(found: Sequence[Family]) -> None:
    """Of several new variants with one barcode the first is to have it; Odoo would refuse them all."""
    seen: set[str] = set()
    for family in found:
        new = {str(one.wanted.values.get("barcode", "")) for one in family.children if _is_new(one)} - {""}
        family.later = not seen.isdisjoint(new)
        seen |= new


def _is_new(one: Member) -> bool:
    return isinstance(one.plan, Create) and not one.sent


def terms(job: Job) -> Terms:
    """What this Odoo can be told of products."""
    details = job.odoo.details
    stock = None
    if details.apps.get("stock"):
        stock = "is_storable" if details.major >= 18 else "product"
    here, there = job.store.shop.get("currencyCode"), details.company.currency
    return Terms(prices=not here or not there or here == there, stock=stock)


class _Planner:
    def __init__(self, job: Job, batch: Batch, sent: frozenset[Key], ours: frozenset[Key]) -> None:
        self._job, self._batch, self._sent, self._ours = job, batch, sent, ours
        ids = batch.ids
        with job.app.db.read() as connection:
            of_root = mappings.of(connection, job.store.id, _PRODUCT, ids)
            below = mappings.below(connection, job.store.id, _VARIANT, ids)
            bodies = sync_source.bodies(connection, job.source, job.store.id, ids)
            inner = sync_source.inner_bodies(connection, job.source, job.store.id, ids)
            items = sync_items.of(connection, job.store.id, job.kind, ids)
        both = ((_PRODUCT, of_root), (_VARIANT, below))
        mapped = {(kind, one): row for kind, rows in both for one, row in rows.items() if row.epoch == job.epoch}
        self._decided, self._doubted = decisions(items.values()), doubted(items.values())
        self._was = {one: unlinked_from(item) for one, item in items.items()}
        self.trees = list(_trees(job, bodies, inner))
        self._shelf = Shelf(job, self.trees, mapped, self._decided)
        if any(not self._is_settled(tree) for tree in self.trees):
            batch.left_over = self._shelf.look_up({key: id_ for of in self._was.values() for key, id_ in of.items()})

    def _is_settled(self, tree: Tree) -> bool:
        decided = decide(tree, self._held(tree))
        family = Family(Member(tree.root, decided.root), [], b"")
        family.children = [Member(one, said) for one, said in zip(tree.children, decided.children, strict=True)]
        return family.settled

    @property
    def holders(self) -> Mapping[str, Sequence[int]]:
        """Which active variants of Odoo have the barcodes that were asked for."""
        return self._shelf.goods.by_barcode

    # -- deciding -----------------------------------------------------------------------------------------------------

    def family(self, tree: Tree) -> Family:
        held = self._held(tree)
        decided = decide(tree, held)
        root = self._member(tree.root, decided.root, held.template)
        children = [
            self._member(one, said, held.found[one.shopify_id].external_id)
            for one, said in zip(tree.children, decided.children, strict=True)
        ]
        family = Family(root, children, self._batch.digests[tree.root.shopify_id], options=tree.options)
        family.candidates, family.was = self._candidates(family), self._was.get(family.id, {})
        return family

    def _held(self, tree: Tree) -> Held:
        root, shelf = tree.root.shopify_id, self._shelf
        variants = [one.shopify_id for one in tree.children]
        root_mapping = shelf.mapped.get((_PRODUCT, root))
        decided = self._decided.get((_PRODUCT, root), UNDECIDED)
        template = shelf.external.get(self._name(tree.root))
        home, linked = decided.link or (root_mapping.odoo_id if root_mapping else template), decided.link is not None
        return Held(
            known={one: shelf.mapped[_VARIANT, one].known for one in variants if (_VARIANT, one) in shelf.mapped},
            found={one.shopify_id: self._found(tree, one, home, linked=linked) for one in tree.children},
            decided={one: said for one in variants if (said := self._decided.get((_VARIANT, one)))},
            sent=frozenset(one for one in variants if (_VARIANT, one) in self._sent),
            root_known=root_mapping.known if root_mapping else None,
            root_decided=decided,
            root_sent=(_PRODUCT, root) in self._sent,
            template=template,
            templates=shelf.templates,
            template_of=shelf.template_of,
            left_behind=tuple(shelf.left_behind.get(str(tree.root.values["name"]), ())) if tree.options else (),
            lone=shelf.lone,
            epoch=self._job.epoch,
            master=self._job.master,
            afresh=self._batch.afresh or root in self._doubted,
            asked=shelf.goods.asked,
        )

    def _found(self, tree: Tree, wanted: Wanted, home: int | None, *, linked: bool) -> Found:
        mapping = self._shelf.mapped.get((_VARIANT, wanted.shopify_id))
        decision = self._decided.get((_VARIANT, wanted.shopify_id))
        known = mapping.odoo_id if mapping else decision.link if decision else None
        found = self._shelf.goods.variant(
            wanted, self._name(wanted), tree.root.values["name"], self._shelf.twice, known
        )
        inside = self._inside(tree, wanted, home, linked=linked)
        if inside is None or (found.key and found.sure and not linked):
            return found
        values = {**found.values, inside: row_values(_VARIANT, self._shelf.goods.rows[inside])}
        return replace(found, key=(inside,), by="options", sure=True, values=values)

    def _inside(self, tree: Tree, wanted: Wanted, home: int | None, *, linked: bool) -> int | None:
        """The variant of its product's own template that has the same values, or is the only one there is."""
        if home is None:
            return None
        options = frozenset(
            (folded(option.name), value) for option, value in zip(tree.options, wanted.selected, strict=True)
        )
        of_home = self._shelf.active.get(home, [])
        if len(of_home) == len(tree.children) == 1 and (linked or not tree.options):
            return of_home[0]
        return self._shelf.combinations.get(home, {}).get(options) if options else None

    def _member(self, wanted: Wanted, decided: Plan, external: int | None) -> Member:
        key = wanted.kind, wanted.shopify_id
        mapping = self._shelf.mapped.get(key)
        odoo_id = decided.odoo_id if isinstance(decided, Update) else mapping.odoo_id if mapping else None
        made = Member(wanted, decided, mapping, odoo_id, sent=key in self._ours, pending=key in self._sent)
        made.planted = external is not None and external == odoo_id
        return made

    def _name(self, wanted: Wanted) -> str:
        return self._job.name(wanted.kind, wanted.shopify_id).name

    def _candidates(self, family: Family) -> dict[int, Mapping[str, Any]]:
        asked = {id_ for one in family.members() if isinstance(one.plan, Ambiguous) for id_ in one.plan.candidates}
        if isinstance(family.root.plan, Ambiguous):
            return {id_: dict(self._shelf.templates[id_]) for id_ in asked if id_ in self._shelf.templates}
        rows = self._shelf.goods.rows
        return {id_: {name: rows[id_][name] for name in _SHOWN} for id_ in asked if id_ in rows}


def _trees(job: Job, bodies: Iterable[Any], inner: Mapping[int, list[tuple[int, str]]]) -> Iterator[Tree]:
    said = terms(job)
    for shopify_id, body, deleted in bodies:
        variants = [(one, _variant(text)) for one, text in inner.get(shopify_id, [])]
        yield product(shopify_id, _product(body), variants, said, deleted=bool(deleted))

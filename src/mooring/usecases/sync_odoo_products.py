"""Products with their variants: read from the hub, matched with the variants that are there, decided on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from mooring.db import mappings, sync_items, sync_source
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.matching import Found, Goods, Twice
from mooring.domain.plan import UNDECIDED, Ambiguous, Create, Plan, Update
from mooring.domain.plan_products import Held, decide
from mooring.domain.records import Product, Variant, folded
from mooring.domain.translate_odoo import TEMPLATE_FIELDS, VARIANT_FIELDS, Tree, Values, Wanted, row_values
from mooring.domain.translate_odoo_products import Terms, product
from mooring.usecases import odoo_gate, sync_odoo_barcodes
from mooring.usecases.sync_odoo_family import Family, Member
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import EVERYTHING, Batch, decisions, either, external_ids, without_strangers

_PRODUCT, _VARIANT = MappedKind.PRODUCT, MappedKind.VARIANT
_READ = [
    "active", "create_date", "product_tmpl_id", "product_template_attribute_value_ids", "product_variant_count",
    *TEMPLATE_FIELDS, *VARIANT_FIELDS,
]  # fmt: skip
_SHOWN = ("name", "default_code", "barcode", "active")
_product = msgspec.json.Decoder(Product).decode
_variant = msgspec.json.Decoder(Variant).decode
Row = dict[str, Any]
Combination = frozenset[tuple[str, str]]


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
        self._mapped = {(kind, one): row for kind, rows in both for one, row in rows.items() if row.epoch == job.epoch}
        self._decided = decisions(items.values())
        self.trees = list(_trees(job, bodies, inner))
        self._external: dict[str, int] = {}
        self._goods, self._twice = Goods.of((), {}), Twice()
        self._templates: dict[int, Values] = {}
        self._combinations: dict[int, dict[Combination, int]] = {}
        self._template_of: dict[int, int] = {}
        self._left_behind: dict[str, list[int]] = {}
        self._lone: frozenset[int] = frozenset()
        self._active: dict[int, list[int]] = {}
        if any(not self._is_settled(tree) for tree in self.trees):
            self._look_up()

    def _is_settled(self, tree: Tree) -> bool:
        decided = decide(tree, self._held(tree))
        family = Family(Member(tree.root, decided.root), [], b"")
        family.children = [Member(one, said) for one, said in zip(tree.children, decided.children, strict=True)]
        return family.settled

    @property
    def holders(self) -> Mapping[str, Sequence[int]]:
        """Which active variants of Odoo have the barcodes that were asked for."""
        return self._goods.by_barcode

    # -- Odoo ---------------------------------------------------------------------------------------------------------

    def _look_up(self) -> None:
        """External ids; the variants that may be meant; templates without any; what the variants are told apart by."""
        names = {self._name(one): one.kind for tree in self.trees for one in tree.all()}
        self._external = external_ids(self._job, names)
        homes = {row.odoo_id for (kind, _), row in self._mapped.items() if kind is _PRODUCT}
        homes |= {id_ for name, id_ in self._external.items() if names[name] is _PRODUCT}
        homes |= {said.link for (kind, _), said in self._decided.items() if kind is _PRODUCT and said.link}
        rows = self._variants(either(*self._asked(names, homes)))
        with self._job.app.db.read() as connection:
            owners = mappings.of_odoo(connection, self._job.fingerprint, _VARIANT, [row["id"] for row in rows])
            self._twice = self._doubled(connection)
        taken = {id_ for id_, some in owners.items() if any(store == self._job.store.id for store, _ in some)}
        self._goods = Goods.of(rows, self._external, taken)
        self._arrange(rows)
        self._mapped = without_strangers(self._job, self._mapped, self._external, _made(rows))
        self._read_bare(homes - self._templates.keys())
        self._read_left_behind()
        self._read_combinations(homes)

    def _arrange(self, rows: list[Row]) -> None:
        """What the variants say of their templates."""
        self._template_of = {row["id"]: row["product_tmpl_id"][0] for row in rows}
        self._templates = {row["product_tmpl_id"][0]: row_values(_PRODUCT, row) for row in rows}
        self._lone = frozenset(row["product_tmpl_id"][0] for row in rows if row["product_variant_count"] <= 1)
        for row in rows:
            if row["active"]:
                self._active.setdefault(row["product_tmpl_id"][0], []).append(row["id"])

    def _asked(self, names: Mapping[str, MappedKind], homes: set[int]) -> Iterator[list[Any]]:
        variants = [one for tree in self.trees for one in tree.children]
        known = {row.odoo_id for (kind, _), row in self._mapped.items() if kind is _VARIANT}
        known |= {id_ for name, id_ in self._external.items() if names[name] is _VARIANT}
        known |= {said.link for (kind, _), said in self._decided.items() if kind is _VARIANT and said.link}
        yield ["id", "in", sorted(known)]
        if homes:
            yield ["product_tmpl_id", "in", sorted(homes)]
        if barcodes := sorted({one.barcode for one in variants} - {""}):
            yield ["barcode", "in", barcodes]
        if skus := sorted({one.sku for one in variants} - {""}):
            yield ["default_code", "in", skus]
        yield from self._by_name()

    def _by_name(self) -> Iterator[Any]:
        """Products of which a variant has neither SKU nor barcode, and which have none in Odoo either."""
        of_bare = [tree.root for tree in self.trees if any(not (one.sku or one.barcode) for one in tree.children)]
        if bare := {str(root.values["name"]) for root in of_bare}:
            yield _all(["name", "in", sorted(bare)], ["default_code", "=", False], ["barcode", "=", False])

    def _variants(self, domain: list[Any]) -> list[Row]:
        job = self._job
        flat = [part for one in domain for part in (one if one and one[0] == "&" else [one])]
        return odoo_gate.search_read(job.app, job.ticket, "product.product", flat, _READ, context=EVERYTHING)

    def _doubled(self, connection: Any) -> Twice:
        variants, store_id = [one for tree in self.trees for one in tree.children], self._job.store.id
        barcodes = sync_source.twice(connection, store_id, "barcode", {one.barcode for one in variants} - {""})
        return Twice(barcodes, sync_source.twice(connection, store_id, "sku", {one.sku for one in variants} - {""}))

    def _read_bare(self, ids: set[int]) -> None:
        """Templates that are known, and none of whose variants is there."""
        rows = self._read_templates([["id", "in", sorted(ids)]]) if ids else []
        self._templates |= {row["id"]: row_values(_PRODUCT, row) for row in rows}

    def _read_left_behind(self) -> None:
        """Templates without any variant that are called like a product with options which is not known yet: a load that
        was cleared in the middle leaves such a one behind, and nothing else tells it from others."""
        new = [one.root for one in self.trees if one.options and self._is_unknown(one.root)]
        if not new:
            return
        named = ["name", "in", sorted({str(root.values["name"]) for root in new})]
        for row in self._read_templates(_all(named, ["active", "=", True], ["product_variant_ids", "=", False])):
            self._templates[row["id"]] = row_values(_PRODUCT, row)
            self._left_behind.setdefault(row["name"], []).append(row["id"])

    def _is_unknown(self, root: Wanted) -> bool:
        return (_PRODUCT, root.shopify_id) not in self._mapped and self._name(root) not in self._external

    def _read_templates(self, domain: list[Any]) -> list[Row]:
        job = self._job
        fields = list(TEMPLATE_FIELDS)
        return odoo_gate.search_read(job.app, job.ticket, "product.template", domain, fields, context=EVERYTHING)

    def _read_combinations(self, homes: set[int]) -> None:
        """Which variant of a template has which values, where variants are still to be recognised by them."""
        inside = [row for row in self._goods.rows.values() if row["product_tmpl_id"][0] in homes]
        values = sorted({id_ for row in inside for id_ in row["product_template_attribute_value_ids"]})
        if not values or not self._any_unknown():
            return
        job, domain = self._job, [["id", "in", values]]
        rows = odoo_gate.search_read(
            job.app,
            job.ticket,
            "product.template.attribute.value",
            domain,
            ["name", "attribute_id"],
            context=EVERYTHING,
        )
        said = {row["id"]: (folded(row["attribute_id"][1]), row["name"]) for row in rows}
        for row in inside:
            combination = frozenset(said[id_] for id_ in row["product_template_attribute_value_ids"] if id_ in said)
            self._combinations.setdefault(row["product_tmpl_id"][0], {})[combination] = row["id"]

    def _any_unknown(self) -> bool:
        return any((_VARIANT, one.shopify_id) not in self._mapped for tree in self.trees for one in tree.children)

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
        family.candidates = self._candidates(family)
        return family

    def _held(self, tree: Tree) -> Held:
        root = tree.root.shopify_id
        variants = [one.shopify_id for one in tree.children]
        root_mapping = self._mapped.get((_PRODUCT, root))
        decided = self._decided.get((_PRODUCT, root), UNDECIDED)
        template = self._external.get(self._name(tree.root))
        home, linked = decided.link or (root_mapping.odoo_id if root_mapping else template), decided.link is not None
        return Held(
            known={one: self._mapped[_VARIANT, one].known for one in variants if (_VARIANT, one) in self._mapped},
            found={one.shopify_id: self._found(tree, one, home, linked=linked) for one in tree.children},
            decided={one: said for one in variants if (said := self._decided.get((_VARIANT, one)))},
            sent=frozenset(one for one in variants if (_VARIANT, one) in self._sent),
            root_known=root_mapping.known if root_mapping else None,
            root_decided=decided,
            root_sent=(_PRODUCT, root) in self._sent,
            template=template,
            templates=self._templates,
            template_of=self._template_of,
            left_behind=tuple(self._left_behind.get(str(tree.root.values["name"]), ())) if tree.options else (),
            lone=self._lone,
            epoch=self._job.epoch,
            master=self._job.master,
            afresh=self._batch.afresh,
        )

    def _found(self, tree: Tree, wanted: Wanted, home: int | None, *, linked: bool) -> Found:
        mapping = self._mapped.get((_VARIANT, wanted.shopify_id))
        decision = self._decided.get((_VARIANT, wanted.shopify_id))
        known = mapping.odoo_id if mapping else decision.link if decision else None
        found = self._goods.variant(wanted, self._name(wanted), tree.root.values["name"], self._twice, known)
        inside = self._inside(tree, wanted, home, linked=linked)
        if inside is None or (found.key and found.sure and not linked):
            return found
        values = {**found.values, inside: row_values(_VARIANT, self._goods.rows[inside])}
        return replace(found, key=(inside,), by="options", sure=True, values=values)

    def _inside(self, tree: Tree, wanted: Wanted, home: int | None, *, linked: bool) -> int | None:
        """The variant of its product's own template that has the same values, or is the only one there is."""
        if home is None:
            return None
        options = frozenset(
            (folded(option.name), value) for option, value in zip(tree.options, wanted.selected, strict=True)
        )
        of_home = self._active.get(home, [])
        if len(of_home) == len(tree.children) == 1 and (linked or not tree.options):
            return of_home[0]
        return self._combinations.get(home, {}).get(options) if options else None

    def _member(self, wanted: Wanted, decided: Plan, external: int | None) -> Member:
        key = wanted.kind, wanted.shopify_id
        mapping = self._mapped.get(key)
        odoo_id = decided.odoo_id if isinstance(decided, Update) else mapping.odoo_id if mapping else None
        made = Member(wanted, decided, mapping, odoo_id, sent=key in self._ours, pending=key in self._sent)
        made.planted = external is not None and external == odoo_id
        return made

    def _name(self, wanted: Wanted) -> str:
        return self._job.name(wanted.kind, wanted.shopify_id).name

    def _candidates(self, family: Family) -> dict[int, Mapping[str, Any]]:
        asked = {id_ for one in family.members() if isinstance(one.plan, Ambiguous) for id_ in one.plan.candidates}
        if isinstance(family.root.plan, Ambiguous):
            return {id_: dict(self._templates[id_]) for id_ in asked if id_ in self._templates}
        rows = self._goods.rows
        return {id_: {name: rows[id_][name] for name in _SHOWN} for id_ in asked if id_ in rows}


def _made(rows: Iterable[Row]) -> dict[tuple[MappedKind, int], str]:
    """A template is at least as old as its oldest variant."""
    made: dict[tuple[MappedKind, int], str] = {}
    for row in rows:
        made[_VARIANT, row["id"]] = row["create_date"]
        template = _PRODUCT, row["product_tmpl_id"][0]
        made[template] = min(made.get(template, row["create_date"]), row["create_date"])
    return made


def _trees(job: Job, bodies: Iterable[Any], inner: Mapping[int, list[tuple[int, str]]]) -> Iterator[Tree]:
    said = terms(job)
    for shopify_id, body, deleted in bodies:
        variants = [(one, _variant(text)) for one, text in inner.get(shopify_id, [])]
        yield product(shopify_id, _product(body), variants, said, deleted=bool(deleted))


def _all(*conditions: list[Any]) -> list[Any]:
    return [*("&" for _ in conditions[1:]), *conditions]

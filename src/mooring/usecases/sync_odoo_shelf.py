"""What Odoo holds of goods that a batch of products may mean: variants, their templates, what tells them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mooring.db import mappings, sync_source
from mooring.db.mappings import Mapping as Mapped
from mooring.db.sync_intents import Key
from mooring.domain.mapping import MappedKind
from mooring.domain.matching import Goods, Twice
from mooring.domain.plan import Decision
from mooring.domain.records import folded
from mooring.domain.translate_odoo import TEMPLATE_FIELDS, VARIANT_FIELDS, Tree, Values, Wanted, row_values
from mooring.usecases import odoo_gate
from mooring.usecases.sync_odoo_place import Job
from mooring.usecases.sync_odoo_read import EVERYTHING, either, external_ids, without_lost, without_unlinked

_PRODUCT, _VARIANT = MappedKind.PRODUCT, MappedKind.VARIANT
_READ = [
    "active", "product_tmpl_id", "product_template_attribute_value_ids", "product_variant_count",
    *TEMPLATE_FIELDS, *VARIANT_FIELDS,
]  # fmt: skip
Row = dict[str, Any]
Combination = frozenset[tuple[str, str]]


class Shelf:
    """Empty until it is looked up: a batch in which everything is settled asks nothing. `mapped`: without what is
    somebody else's by now; `template_of`: by variant; `combinations`: by template, which variant has which values;
    `lone`: templates that have but one variant; `active`: variants that are not archived, by template."""

    def __init__(
        self, job: Job, trees: Sequence[Tree], mapped: dict[Key, Mapped], decided: Mapping[Key, Decision]
    ) -> None:
        self._job, self._trees, self._decided, self.mapped = job, trees, decided, mapped
        self.external: dict[str, int] = {}
        self.goods, self.twice = Goods.of((), {}, asked=False), Twice()
        self.templates: dict[int, Values] = {}
        self.combinations: dict[int, dict[Combination, int]] = {}
        self.template_of: dict[int, int] = {}
        self.left_behind: dict[str, list[int]] = {}
        self.lone: frozenset[int] = frozenset()
        self.active: dict[int, list[int]] = {}

    def look_up(self, was: Mapping[Key, int]) -> list[str]:
        """External ids; the variants that may be meant; templates without any; what the variants are told apart by.
        `was`: what these records were until somebody unlinked them. What is left over of that is returned."""
        names = {self._name(one): one.kind for tree in self._trees for one in tree.all()}
        planted = external_ids(self._job, names, self.mapped.values())
        self.external, left_over = without_unlinked(self._job, planted, was)
        self.mapped = without_lost(self._job, self.mapped, self.external)
        homes = {row.odoo_id for (kind, _), row in self.mapped.items() if kind is _PRODUCT}
        homes |= {id_ for name, id_ in self.external.items() if names[name] is _PRODUCT}
        homes |= {said.link for (kind, _), said in self._decided.items() if kind is _PRODUCT and said.link}
        rows = self._variants(either(*self._asked(names, homes)))
        with self._job.app.db.read() as connection:
            owners = mappings.of_odoo(connection, self._job.fingerprint, _VARIANT, [row["id"] for row in rows])
            self.twice = self._doubled(connection)
        taken = {id_ for id_, some in owners.items() if any(store == self._job.store.id for store, _ in some)}
        self.goods = Goods.of(rows, self.external, taken)
        self._arrange(rows)
        self._read_bare(homes - self.templates.keys())
        self._read_left_behind()
        self._read_combinations(homes)
        return left_over

    def _arrange(self, rows: list[Row]) -> None:
        """What the variants say of their templates."""
        self.template_of = {row["id"]: row["product_tmpl_id"][0] for row in rows}
        self.templates = {row["product_tmpl_id"][0]: row_values(_PRODUCT, row) for row in rows}
        self.lone = frozenset(row["product_tmpl_id"][0] for row in rows if row["product_variant_count"] <= 1)
        for row in rows:
            if row["active"]:
                self.active.setdefault(row["product_tmpl_id"][0], []).append(row["id"])

    def _asked(self, names: Mapping[str, MappedKind], homes: set[int]) -> Iterator[list[Any]]:
        variants = [one for tree in self._trees for one in tree.children]
        known = {row.odoo_id for (kind, _), row in self.mapped.items() if kind is _VARIANT}
        known |= {id_ for name, id_ in self.external.items() if names[name] is _VARIANT}
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
        of_bare = [tree.root for tree in self._trees if any(not (one.sku or one.barcode) for one in tree.children)]
        if bare := {str(root.values["name"]) for root in of_bare}:
            yield _all(["name", "in", sorted(bare)], ["default_code", "=", False], ["barcode", "=", False])

    def _variants(self, domain: list[Any]) -> list[Row]:
        job = self._job
        flat = [part for one in domain for part in (one if one and one[0] == "&" else [one])]
        return odoo_gate.search_read(job.app, job.ticket, "product.product", flat, _READ, context=EVERYTHING)

    def _doubled(self, connection: Any) -> Twice:
        variants, store_id = [one for tree in self._trees for one in tree.children], self._job.store.id
        barcodes = sync_source.twice(connection, store_id, "barcode", {one.barcode for one in variants} - {""})
        return Twice(barcodes, sync_source.twice(connection, store_id, "sku", {one.sku for one in variants} - {""}))

    def _read_bare(self, ids: set[int]) -> None:
        """Templates that are known, and none of whose variants is there."""
        rows = self._read_templates([["id", "in", sorted(ids)]]) if ids else []
        self.templates |= {row["id"]: row_values(_PRODUCT, row) for row in rows}

    def _read_left_behind(self) -> None:
        """Templates without any variant that are called like a product with options which is not known yet: a load that
        was cleared in the middle leaves such a one behind, and nothing else tells it from others."""
        new = [one.root for one in self._trees if one.options and self._is_unknown(one.root)]
        if not new:
            return
        named = ["name", "in", sorted({str(root.values["name"]) for root in new})]
        for row in self._read_templates(_all(named, ["active", "=", True], ["product_variant_ids", "=", False])):
            self.templates[row["id"]] = row_values(_PRODUCT, row)
            self.left_behind.setdefault(row["name"], []).append(row["id"])

    def _is_unknown(self, root: Wanted) -> bool:
        return (_PRODUCT, root.shopify_id) not in self.mapped and self._name(root) not in self.external

    def _read_templates(self, domain: list[Any]) -> list[Row]:
        job = self._job
        fields = list(TEMPLATE_FIELDS)
        return odoo_gate.search_read(job.app, job.ticket, "product.template", domain, fields, context=EVERYTHING)

    def _read_combinations(self, homes: set[int]) -> None:
        """Which variant of a template has which values, where variants are still to be recognised by them."""
        inside = [row for row in self.goods.rows.values() if row["product_tmpl_id"][0] in homes]
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
            self.combinations.setdefault(row["product_tmpl_id"][0], {})[combination] = row["id"]

    def _any_unknown(self) -> bool:
        return any((_VARIANT, one.shopify_id) not in self.mapped for tree in self._trees for one in tree.children)

    def _name(self, wanted: Wanted) -> str:
        return self._job.name(wanted.kind, wanted.shopify_id).name


def _all(*conditions: list[Any]) -> list[Any]:
    return [*("&" for _ in conditions[1:]), *conditions]

"""How a hub record and a record of Odoo are recognised as the same: what was found decides only by how many there are.

Customer: our reference, else the lower-cased e-mail address. Address: what it says, among the contacts below its
customer's. Variant: barcode, else SKU. What has neither is looked for by its name, and then a person is always asked.
Archived records are found by what Mooring planted (external id, reference), never by what anybody may have typed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mooring.domain.mapping import MappedKind
from mooring.domain.records import email_key, folded
from mooring.domain.translate_odoo import Value, Values, Wanted, row_values, same

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """What Odoo holds for one record, as ids of its own records. `external_id`: what our external id means there.
    `key`: who shares the e-mail address, barcode, SKU or name, which `by` names. `sure`: no other record of the store
    may be meant by that key, and each of those found is of the right sort. `values`: what these records say now.
    `asked`: Odoo was asked, so that what is not here is not there."""

    external_id: int | None = None
    reference: tuple[int, ...] = ()
    key: tuple[int, ...] = ()
    by: str = ""
    sure: bool = True
    values: Mapping[int, Values] = field(default_factory=dict[int, Values])
    asked: bool = field(default=False, compare=False)


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts that were read, ready to be looked up. `external`: what our external ids mean, by name. `asked`: False
    where nothing was read, because nothing has to be known."""

    rows: Mapping[int, Row]
    external: Mapping[str, int]
    by_ref: Mapping[str, list[int]]
    by_email: Mapping[str, list[int]]
    below: Mapping[int, list[int]]
    asked: bool = True

    @classmethod
    def of(cls, rows: Iterable[Row], external: Mapping[str, int], *, asked: bool = True) -> Contacts:
        known = {row["id"]: row for row in rows}
        by_ref, by_email, below = _lists(), _lists(), _lists()
        for id_, row in known.items():
            if row["ref"]:
                by_ref[row["ref"]].append(id_)
            for address in {email_key(row[name] or "") for name in ("email", "email_normalized")} - {None}:
                if row["active"]:
                    by_email[address].append(id_)
            if row["parent_id"]:
                below[row["parent_id"][0]].append(id_)
        return cls(known, external, by_ref, by_email, below, asked)

    def customer(self, wanted: Wanted, name: str, known_id: int | None = None) -> Found:
        """`name`: of its external id; `known_id`: the contact it is mapped to."""
        ours = self.by_ref.get(wanted.reference, [])
        key = self.by_email.get(wanted.email, []) if wanted.email else []
        sure = all(self._is_somebody(id_) for id_ in key)
        return self._found(wanted.kind, name, known_id, reference=ours, key=key, by="email", sure=sure)

    def address(self, wanted: Wanted, name: str, parent: int | None, known_id: int | None = None) -> Found:
        """`parent`: the contact of its customer."""
        key = [id_ for id_ in self.below.get(parent or 0, []) if self._says(id_, wanted)]
        return self._found(wanted.kind, name, known_id, key=key, by="address")

    def with_(self, found: Found, id_: int, kind: MappedKind) -> Found:
        """The same, with what one more contact says."""
        if id_ not in self.rows:
            return found
        return replace(found, values={**found.values, id_: row_values(kind, self.rows[id_])})

    def _found(
        self, kind: MappedKind, name: str, known_id: int | None, *, key: list[int], by: str,
        reference: Collection[int] = (), sure: bool = True,
    ) -> Found:  # fmt: skip
        """An external id whose record is not there means nothing: Odoo gives it away with the next load."""
        planted = self.external.get(name)
        planted = planted if planted in self.rows else None
        seen = {id_ for id_ in (planted, known_id, *reference, *key) if id_ in self.rows}
        values = {id_: row_values(kind, self.rows[id_]) for id_ in seen if id_ is not None}
        return Found(planted, tuple(reference), tuple(key), by, sure, values, self.asked)

    def _is_somebody(self, id_: int) -> bool:
        """Not a mere address below somebody else."""
        row = self.rows[id_]
        return not row["parent_id"] or row["type"] == "contact"

    def _says(self, id_: int, wanted: Wanted) -> bool:
        row = self.rows[id_]
        held = row_values(wanted.kind, row)
        return bool(row["active"]) and all(same(name, held[name], value) for name, value in _telling(wanted))


def _lists() -> defaultdict[Any, list[int]]:
    return defaultdict(list)


_ADDRESS = ("name", "street", "street2", "city", "zip", "country_id")


def _telling(wanted: Wanted) -> list[tuple[str, Value]]:
    """By what one address is told from another."""
    return [(name, wanted.values[name]) for name in _ADDRESS]


@dataclass(frozen=True, slots=True)
class Goods:
    """Variants (`product.product`) that were read. `taken`: those that belong to another record of the same store."""

    rows: Mapping[int, Row]
    external: Mapping[str, int]
    by_barcode: Mapping[str, list[int]]
    by_sku: Mapping[str, list[int]]
    by_name: Mapping[str, list[int]]
    taken: Collection[int]
    asked: bool = True

    @classmethod
    def of(
        cls, rows: Iterable[Row], external: Mapping[str, int], taken: Collection[int] = (), *, asked: bool = True
    ) -> Goods:
        known = {row["id"]: row for row in rows}
        by_barcode, by_sku, by_name = _lists(), _lists(), _lists()
        for id_, row in known.items():
            if not row["active"]:
                continue
            if row["barcode"]:
                by_barcode[row["barcode"].strip()].append(id_)
            if row["default_code"]:
                by_sku[row["default_code"].strip()].append(id_)
            if not row["barcode"] and not row["default_code"]:
                by_name[folded(row["name"] or "")].append(id_)
        return cls(known, external, by_barcode, by_sku, by_name, taken, asked)

    def variant(self, wanted: Wanted, name: str, title: Value, twice: Twice, known_id: int | None = None) -> Found:
        """`title`: of its product; `twice`: which barcodes and SKUs more than one variant of the store has."""
        by, key, sure = self._key(wanted, title, twice)
        if not sure:
            key = [id_ for id_ in key if id_ not in self.taken]
        planted = self.external.get(name)
        planted = planted if planted in self.rows else None
        seen = {id_ for id_ in (planted, known_id, *key) if id_ in self.rows}
        values = {id_: row_values(MappedKind.VARIANT, self.rows[id_]) for id_ in seen if id_ is not None}
        return Found(planted, (), tuple(key), by, sure, values, self.asked)

    def _key(self, wanted: Wanted, title: Value, twice: Twice) -> tuple[str, list[int], bool]:
        """What it is looked up by, who has that, and whether the store means but one by it."""
        barcode, sku = self.by_barcode.get(wanted.barcode, []), self.by_sku.get(wanted.sku, [])
        if wanted.barcode and barcode:
            return "barcode", barcode, wanted.barcode not in twice.barcodes
        if wanted.sku:
            return "sku", sku, wanted.sku not in twice.skus
        if wanted.barcode:
            return "barcode", [], True
        return "name", self.by_name.get(folded(str(title)), []), False

    def template_of(self, id_: int) -> int:
        return self.rows[id_]["product_tmpl_id"][0]


@dataclass(frozen=True, slots=True)
class Twice:
    """Barcodes and SKUs that more than one variant of a store has."""

    barcodes: Collection[str] = ()
    skus: Collection[str] = ()

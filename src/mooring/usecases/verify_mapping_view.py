"""What a check of the mapping found, in words: how many pairs, which ones, and what can be done about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from mooring.db import operations, rebuild_named
from mooring.db.operations import Operation
from mooring.db.rebuild_named import Named
from mooring.db.stores import Store
from mooring.domain.mapping import ExternalId, MappedKind, parsed
from mooring.domain.rules import Role, Work
from mooring.errors import MooringError
from mooring.usecases import odoo_gate
from mooring.usecases.context import App
from mooring.usecases.mapping_words import VERIFIED
from mooring.usecases.store_settings import store_of
from mooring.usecases.verify_mapping import FOUND
from mooring.usecases.who import Who

_DO = {
    "agree": None,
    "missing_in_odoo": "Restore it in Odoo; or unlink the item here, and the next sync looks for it anew.",
    "missing_here": "Import the store again, or recover the record by its id on the store's page.",
    "not_planted": "Clear sync data of this kind, then Rebuild mapping: that plants it again.",
    "elsewhere": "Clear sync data of this kind, then Rebuild mapping: a person decides where two may be meant.",
    "other_database": "Clear sync data of this kind, then Rebuild mapping finds it in the database that is connected "
    "now.",
    "doubled": "Nothing, where it is meant so: two accounts of one person, for instance. Otherwise unlink one of them.",
    "orphan": "It does no harm, and the next sync links by it. Clear sync data of this kind removes it.",
    "other_total": "Put the order right in Odoo; or Reset and sync, where Needs review offers it.",
    "invoice_missing": "Restore it in Odoo. Mooring never makes an invoice again unasked.",
    "invoice_unknown": "Nothing, where somebody made it on purpose. The next sync of the order takes it into account.",
    "invoiced_too_much": "Look at the order's invoices in Odoo, and credit the one that is too much.",
}
"""What to do about each; None where all is well."""


@dataclass(frozen=True, slots=True)
class Example:
    name: str
    here: Named | None


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    title: str
    count: int
    sentence: str
    to_do: str | None
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class View:
    """`operation`: the newest check; `against`: why none can begin now."""

    store: Store
    operation: Operation | None
    findings: tuple[Finding, ...]
    against: str | None

    @property
    def running(self) -> bool:
        return self.operation is not None and not self.operation.finished

    @property
    def wrong(self) -> int:
        return sum(one.count for one in self.findings if one.name not in ("agree", "doubled"))


def show(app: App, who: Who, store_id: str) -> View:
    store = store_of(app, who, store_id, Role.VIEWER)
    with app.db.read() as connection:
        found = operations.newest(connection, store_id, Work.VERIFY_MAPPING)
        receipt = (found.receipt if found else None) or {}
        findings = _findings(connection, store, receipt) if receipt else ()
    return View(store, found, findings, _against(app, store))


def _against(app: App, store: Store) -> str | None:
    try:
        odoo_gate.ticket(app, store.project_id, while_held=True)
    except MooringError as refused:
        return refused.sentence
    return None


def _findings(connection: Connection, store: Store, receipt: Mapping[str, Any]) -> tuple[Finding, ...]:
    counts: Mapping[str, int] = receipt.get("found") or {}
    examples: Mapping[str, list[str]] = receipt.get("examples") or {}
    names = {name: found for of in examples.values() for name in of if (found := parsed(name)) is not None}
    here = _named(connection, store, list(names.values()))
    shown = {name: _examples(of, names, here) for name, of in examples.items()}
    return tuple(
        Finding(name, title, counts.get(name, 0), FOUND[name], _DO[name], shown.get(name, ()))
        for name, title in VERIFIED.items()
    )


def _named(
    connection: Connection, store: Store, ids: Sequence[ExternalId]
) -> dict[tuple[MappedKind, int], Named]:  # fmt: skip
    found: dict[tuple[MappedKind, int], Named] = {}
    for kind in {one.kind for one in ids}:
        wanted = [one.shopify_id for one in ids if one.kind is kind]
        found |= {(kind, id_): one for id_, one in rebuild_named.named(connection, store.id, kind, wanted).items()}
    return found


def _examples(
    names: Sequence[str], known: Mapping[str, ExternalId], here: Mapping[tuple[MappedKind, int], Named]
) -> tuple[Example, ...]:  # fmt: skip
    told = {name: known.get(name) for name in names}
    return tuple(Example(name, here.get((one.kind, one.shopify_id)) if one else None) for name, one in told.items())

"""External ids for pairs that were found again or came from a file; counted apart from what a sync writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from mooring.db import mappings, mappings_copied
from mooring.db.mappings import Mapping as Row
from mooring.db.mappings_copied import Pair
from mooring.domain.mapping import MODELS, MODULE, MappedKind
from mooring.domain.plan import LINKED
from mooring.errors import Permanent
from mooring.usecases import odoo_gate
from mooring.usecases.operations_run import Next
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.sync_odoo_place import Job as SyncJob
from mooring.usecases.sync_odoo_read import EVERYTHING, external_ids

_PAGE = 250
_DATA = "ir.model.data"


def plant_on(job: Job, sync: SyncJob, rows: Sequence[Row]) -> list[Row]:
    """Where they are missing; where one means another record, a person has chosen, and it is put right."""
    names = {sync.name(one.kind, one.shopify_id).name: one for one in rows}
    try:
        job.place.replanted += _plant(job, sync, names)
    except Permanent as refused:
        if refused.code != "odoo_refused":
            raise
        job.place.replanted += _plant(job, sync, names)  # somebody planted one in the same moment: now it is found
    return [replace(one, planted=True) for one in rows]


def _plant(job: Job, sync: SyncJob, names: Mapping[str, Row]) -> int:
    known = external_ids(sync, {name: one.kind for name, one in names.items()})
    wrong = [name for name, one in names.items() if name in known and known[name] != one.odoo_id]
    unplant(job, sync, wrong)
    missing = {name: one for name, one in names.items() if name not in known or name in wrong}
    if missing:
        values = [
            {"module": MODULE, "name": name, "model": MODELS[one.kind], "res_id": one.odoo_id}
            for name, one in missing.items()
        ]
        odoo_gate.create(job.app, sync.ticket, _DATA, values)
    return len(missing)


def unplant(job: Job, sync: SyncJob, names: Collection[str]) -> None:
    domain = [["module", "=", MODULE], ["name", "in", list(names)]]
    if names and (found := odoo_gate.search_read(job.app, sync.ticket, _DATA, domain, ["id"])):
        odoo_gate.unlink(job.app, sync.ticket, _DATA, [row["id"] for row in found])


# -- a mapping that was imported -----------------------------------------------------------------------------------


def plant(job: Job) -> Next | None:
    """A page: without their external ids they would look like records that are missing. A pair whose record is not in
    Odoo is forgotten again, for it would look so as well."""

    def page(connection: Connection, kind: MappedKind) -> list[Pair]:
        return mappings_copied.unplanted(connection, job.store_id, kind, _PAGE)

    return job.by_pages(page, partial(_plant_page, job))


def _plant_page(job: Job, some: Sequence[Pair]) -> None:
    sync, kind = job.sync(), some[0].kind
    there = _there(job, sync, kind, [one.odoo_id for one in some])
    found = [one for one in some if one.odoo_id in there]
    plant_on(job, sync, [_of_pair(sync, one) for one in found])
    lost = [one.shopify_id for one in some if one.odoo_id not in there]
    job.count(kind, "planted", len(found))
    job.count(kind, "not_in_odoo", len(lost))
    with job.checkpoint() as connection:
        mappings_copied.mark_planted(connection, job.store_id, kind, [one.shopify_id for one in found])
        mappings.unlink(connection, job.store_id, kind, lost)


def _there(job: Job, sync: SyncJob, kind: MappedKind, ids: Iterable[int]) -> set[int]:
    domain = [["id", "in", sorted(set(ids))]]
    rows = odoo_gate.search_read(job.app, sync.ticket, MODELS[kind], domain, ["id"], context=EVERYTHING)
    return {row["id"] for row in rows}


def _of_pair(sync: SyncJob, one: Pair) -> Row:
    return Row(
        kind=one.kind, shopify_id=one.shopify_id, odoo_id=one.odoo_id, fingerprint=one.fingerprint, origin=LINKED,
        epoch=sync.epoch,
    )  # fmt: skip

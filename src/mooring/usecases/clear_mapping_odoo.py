"""What a clear does in Odoo: our external ids are unlinked, found by shop and kind exactly. Records stay untouched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mooring.db import clear_tasks, clearing, mappings_of, odoo, order_settings, stores
from mooring.db.odoo import OdooConnection
from mooring.db.stores import Store
from mooring.domain.mapping import (
    MAPPED,
    MODELS,
    MODULE,
    SHARED,
    ExternalId,
    MappedKind,
    SyncKind,
    database_of,
    pattern,
)
from mooring.domain.order_settings import service_name
from mooring.domain.wording import counted
from mooring.errors import Permanent
from mooring.ports import Domain
from mooring.usecases import odoo_gate
from mooring.usecases.clear_mapping_place import Job, Outcome, Side, Told
from mooring.usecases.context import App
from mooring.usecases.operations_run import Again, Next

BATCH = 2_000
"""External ids in one call: measured, 10,000 take a fifth of a second."""
DATA = "ir.model.data"
_VARIANT = MODELS[MappedKind.VARIANT]
_NEVER = "No Odoo was ever connected, so there are none."
_SHARED = "Another project speaks for this shop and uses the same Odoo database, so its external ids there stay."


def clear(job: Job) -> Next | Told:
    """One batch of one kind; how it ended, once it has."""
    found = _connection(job.app, job.run.store)
    if found is None:
        return Told(Outcome.NOTHING, sentence=_NEVER)
    if is_anothers(job.app, job.run.store, found):
        return Told(Outcome.SKIPPED, sentence=_SHARED)
    if job.task_id is not None:
        return _owed(job, found)
    domains = ours(job.app, job.run.store, job.kinds, found)
    if job.place.kind < len(domains):
        return _batch(job, domains[job.place.kind])
    return Told(Outcome.DONE, job.place.unlinked, elsewhere(job, found))


def ours(app: App, store: Store, kinds: Iterable[SyncKind], found: OdooConnection) -> list[Domain]:
    """What to unlink: external ids of these kinds of the shop, and what stores share where no other one in this
    database has a use for it."""
    chosen = list(kinds)
    names = [pattern(store.shop_id, mapped) for kind in chosen for mapped in MAPPED[kind]]
    names += [name for kind in chosen if not _others(app, store, kind, found) for name in SHARED.get(kind, ())]
    return [[["module", "=", MODULE], ["name", "=like", name]] for name in names]


def _others(app: App, store: Store, kind: SyncKind, found: OdooConnection) -> bool:
    """Whether another store, of whatever project, uses what is shared of this kind in this database."""
    database = database_of(found.fingerprint)
    with app.db.read() as connection:
        if kind is SyncKind.ORDERS:
            return order_settings.others_services(connection, store.id, database)
        return mappings_of.others_products(connection, store.id, database)


def _connection(app: App, store: Store) -> OdooConnection | None:
    with app.db.read() as connection:
        return odoo.find(connection, store.project_id)


def is_anothers(app: App, store: Store, found: OdooConnection) -> bool:
    """Without the claim, external ids go too, unless whoever holds it keeps them in the same database."""
    if store.claim:
        return False
    with app.db.read() as connection:
        holder = stores.claim_holder(connection, store.shop_id)
        theirs = odoo.find(connection, holder.project_id) if holder else None
    if theirs is None:
        return False
    return database_of(theirs.fingerprint) == database_of(found.fingerprint)


def _batch(job: Job, domain: Domain) -> Next:
    """What is unlinked is not found again, so a lost answer costs one more look."""
    ids = unlink(job.app, job.run.store, domain)
    job.place.unlinked += ids
    if ids < BATCH:
        job.place.kind += 1
    job.place.progress_at, job.place.tries = job.now(), 0
    job.save()
    return Again()


def unlink(app: App, store: Store, domain: Domain) -> int:
    """At most `BATCH` of those that match; how many."""
    ticket = odoo_gate.ticket(app, store.project_id, while_held=True)
    found = odoo_gate.search_read(app, ticket, DATA, domain, ["id"], limit=BATCH, order="id")
    if found:
        odoo_gate.unlink(app, ticket, DATA, [row["id"] for row in found])
    return len(found)


def elsewhere(job: Job, found: OdooConnection) -> str | None:
    return left_elsewhere(job.app, job.store_id, job.kinds, found)


def left_elsewhere(app: App, store_id: str, kinds: Iterable[SyncKind], found: OdooConnection) -> str | None:
    """What is known to stand in an Odoo that is not connected any more: nobody can reach it from here."""
    with app.db.read() as connection:
        planted = clearing.planted(connection, store_id, tuple(kinds))
    left = sum(count for mark, count in planted.items() if database_of(mark) != database_of(found.fingerprint))
    if not left:
        return None
    return (
        f"{counted(left, 'external ids')} stay in another Odoo database that is not connected any more. They do no "
        "harm there; a sync to that database would link by them."
    )


# -- an open task --------------------------------------------------------------------------------------------------


def _owed(job: Job, found: OdooConnection) -> Next | Told:
    """Only what the task listed: a later sync may have planted others."""
    task = job.task()
    assert task is not None
    if task.fingerprint is not None and database_of(task.fingerprint) != database_of(found.fingerprint):
        raise Permanent("Another Odoo database is connected now. Connect the former one, or dismiss this task.")
    with job.app.db.read() as connection:
        owed = clear_tasks.rows(connection, task.id, limit=BATCH)
    if not owed:
        return Told(Outcome.DONE, job.place.unlinked)
    job.place.unlinked += _unlink_listed(job, owed)
    job.place.progress_at, job.place.tries = job.now(), 0
    with job.checkpoint() as connection:
        clear_tasks.drop_rows(connection, task.id, list(owed))
        clear_tasks.change(connection, task.id, count=clear_tasks.count_rows(connection, task.id))
    return Again()


def _unlink_listed(job: Job, owed: Mapping[str, tuple[str, int]]) -> int:
    """One that means another record by now was planted anew, and stays. The one that a variant brought along for its
    template goes with it."""
    ticket = odoo_gate.ticket(job.app, job.run.store.project_id, while_held=True)
    brought = {f"{name}_product_template": name for name, (model, _) in owed.items() if model == _VARIANT}
    domain: Domain = [["module", "=", MODULE], ["name", "in", [*owed, *brought]]]
    found = odoo_gate.search_read(job.app, ticket, DATA, domain, ["name", "model", "res_id"])
    ours = {row["name"] for row in found if owed.get(row["name"]) == (row["model"], row["res_id"])}
    ids = [row["id"] for row in found if row["name"] in ours or brought.get(row["name"]) in ours]
    if ids:
        odoo_gate.unlink(job.app, ticket, DATA, ids)
    return len(ids)


def list_owed(job: Job) -> bool:
    """A page of what an open task has to unlink, out of the mapping before that is forgotten. False: all is listed."""
    place = job.place
    with job.app.db.read() as connection:
        found = odoo.find(connection, job.run.store.project_id)
        if found is None or Side.ODOO not in place.told or not place.task:
            return False
        page = clearing.owed(connection, job.store_id, job.kinds, found.fingerprint, place.after, BATCH)
    shop_id = job.run.store.shop_id
    rows = [(ExternalId(shop_id, kind, id_).name, model, odoo_id) for kind, id_, model, odoo_id in page]
    if len(page) < BATCH:
        rows += _services(job, found)
    if page:
        place.after, place.listed = (page[-1][0], page[-1][1]), place.listed + len(page)
    with job.checkpoint() as connection:
        clear_tasks.list_rows(connection, place.task, rows)
        clear_tasks.change(connection, place.task, count=clear_tasks.count_rows(connection, place.task))
    return len(page) == BATCH


def _services(job: Job, found: OdooConnection) -> list[tuple[str, str, int]]:
    """The service products that this store's orders stand on. Those that nobody else uses lose their external ids; one
    that somebody else made and this store only chose has none."""
    if SyncKind.ORDERS not in job.kinds or _others(job.app, job.run.store, SyncKind.ORDERS, found):
        return []
    with job.app.db.read() as connection:
        known = order_settings.find(connection, job.store_id)
    if known is None or known.fingerprint != found.fingerprint:
        return []
    return [(service_name(role), _VARIANT, id_) for role, id_ in known.services.items()]

"""What a delete does in Odoo, best effort: our external ids of the shop go; business records stay as they are.

Given up after five minutes without progress, like Shopify: what is left then stands in the receipt. Where nothing is
known to stand there, one look is all: a Mooring that was restored may have planted what it does not remember, and an
Odoo that is away holds nothing up. Without the claim they go too, unless whoever speaks for the shop keeps them in the
same database.
"""

from __future__ import annotations

from collections.abc import Sequence

from mooring.db import clear_tasks, clearing, odoo, sync_intents
from mooring.db.odoo import OdooConnection
from mooring.domain.mapping import MappedKind, SyncKind, database_of
from mooring.errors import Held, MooringError, OutcomeUnknown, Retriable, Stale
from mooring.ports import Domain
from mooring.usecases.clear_mapping_odoo import BATCH, is_anothers, left_elsewhere, ours, unlink
from mooring.usecases.delete_place import Job, Step
from mooring.usecases.odoo_quiet import is_quiet
from mooring.usecases.operations_run import Again, Next, Wait

PATIENCE = 300.0
_WAIT = 10.0
_SHARED = "Another project speaks for this shop and uses the same Odoo database, so its external ids there stay."
_LEFT = "Mooring's external ids in Odoo could not all be removed: {why} They do no harm there."
_BY_HAND = (
    "Remove Mooring's external ids in Odoo: Settings, Technical, External Identifiers (module mooring, names beginning "
    "with s{shop_id}.)."
)
_NOT_LOOKED = "No external ids of this store were known to be in Odoo. Odoo could not be asked whether any are: {why}"


def forget(job: Job) -> Next:
    """One batch of one kind."""
    with job.app.db.read() as connection:
        found = odoo.find(connection, job.run.store.project_id)
    if found is None:
        return _leave(job)
    if not job.run.arguments.get("remote", True):
        return _give_up(job, found, "no call was to be made.")
    if is_anothers(job.app, job.run.store, found):
        return _leave(job, _SHARED)
    job.place.odoo_since = job.place.odoo_since or job.now()
    if not is_quiet(job.app, job.run.store, tuple(SyncKind), found):
        return _rest(job, "A call to Odoo is still under way.")
    try:
        return _batch(job, found, ours(job.app, job.run.store, SyncKind, found))
    except (Stale, Held):
        raise
    except MooringError as error:
        return _failed(job, found, error)


def _batch(job: Job, found: OdooConnection, domains: Sequence[Domain]) -> Next:
    if job.place.odoo_kind >= len(domains):
        return _all_gone(job, found)
    gone = unlink(job.app, job.run.store, domains[job.place.odoo_kind])
    job.place.unlinked += gone
    job.place.odoo_kind += gone < BATCH
    job.place.odoo_since = job.now()
    with job.checkpoint():
        pass
    return Again()


def _all_gone(job: Job, found: OdooConnection) -> Next:
    elsewhere = left_elsewhere(job.app, job.store_id, SyncKind, found)
    if elsewhere:
        job.place.by_hand.append(_BY_HAND.format(shop_id=job.run.store.shop_id))
    return _leave(job, elsewhere)


def _failed(job: Job, found: OdooConnection, error: MooringError) -> Next:
    passing = isinstance(error, Retriable | OutcomeUnknown)
    if passing and job.now() - job.place.odoo_since < PATIENCE and _may_be_there(job, found):
        return _rest(job, error.sentence)
    return _give_up(job, found, error.sentence)


def _give_up(job: Job, found: OdooConnection, why: str) -> Next:
    if not _may_be_there(job, found):
        return _leave(job, _NOT_LOOKED.format(why=why))
    job.place.by_hand.append(_BY_HAND.format(shop_id=job.run.store.shop_id))
    return _leave(job, _LEFT.format(why=why))


def _may_be_there(job: Job, found: OdooConnection) -> bool:
    """Whether anything is known here that names an external id in this database: a pair, a record that was sent and
    not answered, or what a clear could not reach."""
    database, store_id = database_of(found.fingerprint), job.store_id
    with job.app.db.read() as connection:
        planted = clearing.planted(connection, store_id, tuple(SyncKind))
        sent = sync_intents.in_database(connection, database, MappedKind)
        left = clear_tasks.left_in_odoo(connection, store_id)
    marks = [*(mark for mark, count in planted.items() if count), *left]
    return any(database_of(mark) == database for mark in marks) or any(one.store_id == store_id for one in sent)


def _rest(job: Job, trouble: str) -> Next:
    job.trouble = trouble
    with job.checkpoint():
        pass
    return Wait(_WAIT)


def _leave(job: Job, note: str | None = None) -> Next:
    job.place.step = Step.ERASE
    if note:
        job.place.notes.append(note)
    with job.checkpoint():
        pass
    return Again()

"""What a delete does in Odoo, best effort: our external ids of the shop go; business records stay as they are.

Given up after five minutes without progress, like Shopify: what is left then stands in the receipt. Without the claim
they go too, unless whoever speaks for the shop keeps them in the same database.
"""

from __future__ import annotations

from collections.abc import Sequence

from mooring.db import odoo
from mooring.domain.mapping import SyncKind
from mooring.errors import Held, MooringError, OutcomeUnknown, Retriable, Stale
from mooring.ports import Domain
from mooring.usecases.clear_mapping_odoo import BATCH, is_anothers, ours, unlink
from mooring.usecases.delete_place import Job, Step
from mooring.usecases.odoo_quiet import is_quiet
from mooring.usecases.operations_run import Again, Next, Wait

PATIENCE = 300.0
_WAIT = 10.0
_SHARED = "Another project speaks for this shop and uses the same Odoo database, so its external ids there stay."
_LEFT = (
    "Mooring's external ids in Odoo could not all be removed: {why} They do no harm; remove them in Odoo under "
    "Settings, Technical, External Identifiers (module mooring, names beginning with s{shop_id}.)."
)


def forget(job: Job) -> Next:
    """One batch of one kind."""
    with job.app.db.read() as connection:
        found = odoo.find(connection, job.run.store.project_id)
    if found is None:
        return _leave(job)
    if not job.run.arguments.get("remote", True):
        return _leave(job, _LEFT.format(why="no call was to be made.", shop_id=job.run.store.shop_id))
    if is_anothers(job.app, job.run.store, found):
        return _leave(job, _SHARED)
    job.place.odoo_since = job.place.odoo_since or job.now()
    if not is_quiet(job.app, job.run.store, tuple(SyncKind), found):
        return _rest(job, "A call to Odoo is still under way.")
    try:
        return _batch(job, ours(job.app, job.run.store, SyncKind, found))
    except (Stale, Held):
        raise
    except MooringError as error:
        return _failed(job, error)


def _batch(job: Job, domains: Sequence[Domain]) -> Next:
    if job.place.odoo_kind >= len(domains):
        return _leave(job)
    gone = unlink(job.app, job.run.store, domains[job.place.odoo_kind])
    job.place.unlinked += gone
    job.place.odoo_kind += gone < BATCH
    job.place.odoo_since = job.now()
    with job.checkpoint():
        pass
    return Again()


def _failed(job: Job, error: MooringError) -> Next:
    passing = isinstance(error, Retriable | OutcomeUnknown)
    if passing and job.now() - job.place.odoo_since < PATIENCE:
        return _rest(job, error.sentence)
    return _leave(job, _LEFT.format(why=error.sentence, shop_id=job.run.store.shop_id))


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

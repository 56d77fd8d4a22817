"""Rebuild on another database: a person has looked at a held connection, and wants the mapping found in what is there.

No pair of the former mapping counts any more. Accepting first lets the connection say which database this is, binds
what is found in it, forgets the pairs that were not found, and has the check look once more: when nothing of the
project speaks of another database the connection is let go. Until then it stays held, and no sync writes anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection

from mooring.db import clearing, mappings, odoo
from mooring.db.stores import Store
from mooring.domain.mapping import MAPPED, SyncKind
from mooring.domain.odoo_guard import LooksLike
from mooring.errors import Refused
from mooring.usecases import odoo_gate, odoo_guard, odoo_keep
from mooring.usecases.operations_run import Again, Next
from mooring.usecases.rebuild_mapping_place import Job
from mooring.usecases.who import SYSTEM

_AT_ONCE = 2_000


def is_needed(connection: Connection, store: Store, kinds: Sequence[SyncKind]) -> bool:
    """Whether the mapping of these kinds speaks of another database than the one that is connected."""
    found = odoo.load(connection, store.project_id)
    if found.looks_like == LooksLike.LEAVING:
        raise Refused("Odoo is being disconnected, so the mapping is not rebuilt now.", code="odoo_leaving")
    mapped = [one for kind in kinds for one in MAPPED[kind]]
    return found.state == "held" or mappings.elsewhere(connection, store.id, mapped, found.fingerprint) > 0


def identify(job: Job) -> Next:
    """The connection says from now on which database is there. It stays held."""
    ticket = odoo_gate.ticket(job.app, job.run.store.project_id, while_held=True)
    mark, details = odoo_keep.identity(job.app, ticket)
    job.place.identified = True
    with job.checkpoint() as connection:
        before = odoo.fence(connection, ticket.project_id, ticket.generation)
        odoo.change(connection, before, fingerprint=mark, details=msgspec.json.encode(details).decode())
    return Again()


def forget(job: Job) -> bool:
    """A chunk of the pairs that were not found anew; whether there may be more."""
    with job.checkpoint() as connection:
        gone = clearing.outdated(connection, job.store_id, job.kind, _AT_ONCE)
        job.place.forgotten += gone
    return gone == _AT_ONCE


def look_again(job: Job) -> None:
    """When the last kind is through what is there is judged as before any run."""
    ticket = odoo_gate.ticket(job.app, job.run.store.project_id, while_held=True)
    odoo_guard.settle(job.app, SYSTEM, ticket, odoo_guard.look(job.app, ticket))

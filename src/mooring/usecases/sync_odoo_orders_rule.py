"""Which of a store's orders the rule leaves out, told by what stands in columns: most orders of a long history are only
looked at for this, by every sync."""

from __future__ import annotations

from sqlalchemy import Connection

from mooring.db import order_facts, order_settings
from mooring.domain.mapping import SyncKind
from mooring.domain.order_rules import excluded
from mooring.usecases.sync_odoo_place import Job


def ruled_out(job: Job, connection: Connection, first: int, last: int) -> set[int]:
    """Orders that the rule leaves out, told without a look into them where that will do."""
    settings = order_settings.find(connection, job.store.id) if job.kind is SyncKind.ORDERS else None
    if settings is None:
        return set()
    rule, store_id = settings.rule, job.store.id
    found = order_facts.between(connection, store_id, first, last, attributes=bool(rule.attributes))
    return {shopify_id for shopify_id, facts in found if excluded(rule, facts) is not None}

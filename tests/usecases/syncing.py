"""Syncs driven to their end in the thread of the test."""

from __future__ import annotations

from typing import Any

from mooring.app import ENDINGS, WORKS
from mooring.db.operations import Operation
from mooring.domain.mapping import SyncKind
from mooring.usecases import sync_odoo_request
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM
from tests.usecases.odoo_world import OdooWorld


def asked(world: OdooWorld, *kinds: SyncKind, **how: Any) -> Operation:
    return sync_odoo_request.request(world.app, SYSTEM, world.store_id, kinds or (SyncKind.CUSTOMERS,), **how)


def sync(world: OdooWorld, *kinds: SyncKind, **how: Any) -> Operation:
    return drive(world.app, asked(world, *kinds, **how).id, WORKS, ENDINGS)


def preview(world: OdooWorld, *kinds: SyncKind) -> Operation:
    operation = sync_odoo_request.preview(world.app, SYSTEM, world.store_id, kinds or (SyncKind.CUSTOMERS,))
    return drive(world.app, operation.id, WORKS, ENDINGS)

"""What every use case is given: the settings and the implementations that `app.py` picked."""

from __future__ import annotations

from dataclasses import dataclass

from mooring.db.database import Database
from mooring.ports import Clock, Engine, Ids, Ledger, Log, Mail, Odoo, Outgoing, Shopify, Vault
from mooring.settings import Settings
from mooring.usecases.receive import Receiver


@dataclass(frozen=True, slots=True)
class App:
    """`mail` is None where no mail server is set."""

    settings: Settings
    db: Database
    shopify: Shopify
    odoo: Odoo
    mail: Mail | None
    outgoing: Outgoing
    vault: Vault
    clock: Clock
    ids: Ids
    engine: Engine
    log: Log
    ledger: Ledger
    receiver: Receiver

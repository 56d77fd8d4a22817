"""What every use case is given: the settings and the implementations that `app.py` picked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from mooring.db.database import Database
from mooring.ports import Clock, Engine, Ids, Ledger, Mail, Outgoing, Shopify, Vault
from mooring.settings import Settings


class Log(Protocol):
    """A structured logger. Values under names that look secret are hidden, but none should come here."""

    def debug(self, event: str, **facts: Any) -> Any: ...
    def info(self, event: str, **facts: Any) -> Any: ...
    def warning(self, event: str, **facts: Any) -> Any: ...
    def error(self, event: str, **facts: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class App:
    """`mail` is None where no mail server is set."""

    settings: Settings
    db: Database
    shopify: Shopify
    mail: Mail | None
    outgoing: Outgoing
    vault: Vault
    clock: Clock
    ids: Ids
    engine: Engine
    log: Log
    ledger: Ledger

"""A restored Mooring is held: it reads and answers, but nothing leaves it until somebody has accepted the restore.

The hold is a fact of the installation (`held`): since when, from which backup, and how many lines of the receipts file
that backup knew. `db/operations.py` hands out no operation while it is there, the gate lets no call to Shopify pass,
and the schedule rests.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from mooring.db import people
from mooring.db.people import HELD_FACT
from mooring.errors import Held
from mooring.usecases.context import App

SENTENCE = (
    "This Mooring was restored from a backup and is held: nothing leaves it until the restore is accepted "
    "(Integrations page, or 'mooring restore --accept')."
)


class Hold(msgspec.Struct, frozen=True):
    """`at`: since when. `backup_at`: when the copy was made; None where that is not known."""

    at: datetime
    source: str
    backup_at: datetime | None = None


def find(connection: Connection) -> Hold | None:
    text = people.fact(connection, HELD_FACT)
    return msgspec.json.decode(text, type=Hold) if text else None


def put(connection: Connection, hold: Hold) -> None:
    people.set_fact(connection, HELD_FACT, msgspec.json.encode(hold).decode())


def lift(connection: Connection) -> None:
    people.remove_fact(connection, HELD_FACT)


def held(app: App) -> Hold | None:
    with app.db.read() as connection:
        return find(connection)


def refuse(app: App) -> None:
    """Raises `Held` while nothing may leave. Asked before every request that leaves for Shopify."""
    with app.db.read() as connection:
        refuse_in(connection)


def refuse_in(connection: Connection) -> None:
    if people.fact(connection, HELD_FACT) is not None:
        raise Held(SENTENCE)

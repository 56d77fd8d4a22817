"""The one gate every call to Odoo passes: the project's connection, its state and generation, asked at each call.

What is called is counted on the ticket, for the receipt. A key that is refused loses no store: it is said on the Odoo
card, ends the work at hand, and is over with the next call that goes well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mooring.db import odoo
from mooring.db.odoo import OdooConnection
from mooring.errors import AuthLost, MooringError, Permanent, Refused, Stale, Unreachable
from mooring.ports import Domain, Loaded, OdooAccess, Row
from mooring.usecases import held
from mooring.usecases.context import App

T = TypeVar("T")
_SAID_ON_THE_CARD = frozenset({"odoo_key_refused", "odoo_no_database", "odoo_redirected", "odoo_not_there"})


@dataclass(slots=True)
class Tally:
    """Requests to Odoo; `loads` are among the `writes`."""

    reads: int = 0
    writes: int = 0
    loads: int = 0

    def add(self, *, writes: int, loads: int) -> None:
        self.reads += not writes
        self.writes += writes
        self.loads += loads

    def counts(self) -> dict[str, int]:
        return {"reads": self.reads, "writes": self.writes, "loads": self.loads}


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a caller shows at the gate: the generation its work was born under. `while_held`: for what a person starts
    to find out what is wrong, or to put it right."""

    project_id: str
    generation: int
    while_held: bool = False
    tally: Tally = field(default_factory=Tally, compare=False)


def ticket(app: App, project_id: str, *, while_held: bool = False) -> Ticket:
    """For work that begins now. Raises `NotFound` without a connection, `Refused` where it may not be used."""
    with app.db.read() as connection:
        found = odoo.load(connection, project_id)
    require_usable(found, while_held=while_held)
    return Ticket(project_id, found.generation, while_held)


def require_usable(found: OdooConnection, *, while_held: bool = False) -> None:
    """Raises `Refused` for a connection no call may be made through now."""
    if found.state == "disconnected":
        raise Refused("Odoo is disconnected, so nothing leaves for it. Connect it again.", code="odoo_disconnected")
    if found.state == "held" and not while_held:
        raise Refused(f"The Odoo connection is held: {found.reason}", code="odoo_held", looks_like=found.looks_like)


def admit(app: App, ticket: Ticket) -> OdooConnection:
    """The connection, if this call may be made now. Raises `Held`, `Refused` (state) or `Stale` (generation)."""
    with app.db.read() as connection:
        held.refuse_in(connection)
        found = odoo.load(connection, ticket.project_id)
    require_usable(found, while_held=ticket.while_held)
    if found.generation != ticket.generation:
        raise Stale("The Odoo connection has changed since this work was started.", code="stale_generation")
    return found


# -- reading -------------------------------------------------------------------------------------------------------


def search_read(
    app: App, ticket: Ticket, model: str, domain: Domain, fields: Sequence[str], *, limit: int | None = None,
    offset: int = 0, order: str | None = None, context: Mapping[str, Any] | None = None,
) -> list[Row]:  # fmt: skip
    def do(access: OdooAccess) -> list[Row]:
        return app.odoo.search_read(
            access, model, domain, fields, limit=limit, offset=offset, order=order, context=context
        )

    return through(app, ticket, do)


def count(app: App, ticket: Ticket, model: str, domain: Domain, *, context: Mapping[str, Any] | None = None) -> int:
    return through(app, ticket, lambda access: app.odoo.count(access, model, domain, context=context))


# -- writing -------------------------------------------------------------------------------------------------------


def load(
    app: App, ticket: Ticket, model: str, fields: Sequence[str], rows: Sequence[Sequence[str]], *,
    context: Mapping[str, Any] | None = None,
) -> Loaded:  # fmt: skip
    return through(
        app, ticket, lambda access: app.odoo.load(access, model, fields, rows, context=context), writes=1, loads=1
    )


def create(app: App, ticket: Ticket, model: str, values: Sequence[Row]) -> list[int]:
    return through(app, ticket, lambda access: app.odoo.create(access, model, values), writes=1)


def write(app: App, ticket: Ticket, model: str, ids: Sequence[int], values: Row) -> None:
    through(app, ticket, lambda access: app.odoo.write(access, model, ids, values), writes=1)


def unlink(app: App, ticket: Ticket, model: str, ids: Sequence[int]) -> None:
    through(app, ticket, lambda access: app.odoo.unlink(access, model, ids), writes=1)


def call(
    app: App, ticket: Ticket, model: str, method: str, arguments: Mapping[str, Any], *,
    ids: Sequence[int] | None = None, context: Mapping[str, Any] | None = None, writes: bool = True,
) -> Any:  # fmt: skip
    def do(access: OdooAccess) -> Any:
        return app.odoo.call(access, model, method, arguments, ids=ids, context=context, writes=writes)

    return through(app, ticket, do, writes=int(writes))


# -- through the gate ----------------------------------------------------------------------------------------------


def through(app: App, ticket: Ticket, do: Callable[[OdooAccess], T], *, writes: int = 0, loads: int = 0) -> T:
    """Whatever is to be done with the connection's key; counted as one call."""
    found = admit(app, ticket)
    access = found.access(app.vault)
    ticket.tally.add(writes=writes, loads=loads)
    try:
        result = do(access)
    except AuthLost as lost:
        _note(app, found, lost.sentence)
        raise Permanent(lost.sentence, code=lost.code) from lost  # an `AuthLost` would be the store's
    except MooringError as error:
        if isinstance(error, Unreachable) or error.code in _SAID_ON_THE_CARD:
            _note(app, found, error.sentence)
        raise
    _note(app, found, None)
    return result


def _note(app: App, found: OdooConnection, sentence: str | None) -> None:
    """Written only where it differs, so that calls which go well cost no transaction."""
    if found.error != sentence:
        with app.db.write() as connection:
            odoo.note_error(connection, found.project_id, found.generation, sentence)

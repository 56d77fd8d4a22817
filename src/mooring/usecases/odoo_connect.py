"""Connect a project to its Odoo, and give the connection another key. The test is the preview: it changes nothing.

A connection that was made before stays as `disconnected`, with its mapping. Connecting to the same database and company
goes on with it; connecting to another one is made, and held at once, because what the mapping says is true elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.db import audit, mappings_of, odoo
from mooring.db.odoo import OdooConnection
from mooring.domain.odoo_details import (
    APPS,
    TESTED,
    Details,
    parse_address,
    parse_database,
    parse_key,
    parse_login,
)
from mooring.domain.odoo_guard import LooksLike
from mooring.domain.rules import Role
from mooring.domain.wording import counted
from mooring.errors import AuthLost, Conflict, InvalidInput, MooringError, NotTaken, Permanent, Refused, Unreachable
from mooring.ports import OdooAccess
from mooring.usecases import held, odoo_arrival, odoo_details, odoo_notices
from mooring.usecases.context import App
from mooring.usecases.odoo_arrival import Arrival
from mooring.usecases.odoo_details import Found
from mooring.usecases.who import Who

_CHOOSE = "This Odoo user works for several companies. Choose the one whose books the store belongs to:"


@dataclass(frozen=True, slots=True)
class Wish:
    """As typed. `company_id` is needed only where the user works for several companies."""

    url: str
    database: str
    login: str
    key: str = field(repr=False)
    company_id: int | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """What a connection would be. `choose_company`: the user works for several, and none was chosen. `mapping` says
    what becomes of a mapping that is there, None where there is none. `held`: it would be held at once, and `arrival`
    says why."""

    url: str
    database: str
    login: str
    details: Details
    fingerprint: str
    choose_company: bool
    warnings: tuple[str, ...]
    mapping: str | None
    held: bool
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Connected:
    connection: OdooConnection
    tested: Tested


def preview(app: App, who: Who, project_id: str, wish: Wish) -> Tested:
    """Raises `Refused` with a sentence for a wrong address, database, login or key, naming the input."""
    who.require(project_id, Role.ADMIN)
    return _tested(app, project_id, wish, _ask(app, wish))


def request(app: App, who: Who, project_id: str, wish: Wish) -> Connected:
    """Test and connect. Raises `Refused`, as `preview` does, and where the project is connected already."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        _require_free(odoo.find(connection, project_id))
    found = _ask(app, wish)
    tested = _tested(app, project_id, wish, found)
    if tested.choose_company:
        raise InvalidInput(
            _CHOOSE + _listed(found.details), field="company_id", code="odoo_choose_company",
            companies=found.details.companies,
        )  # fmt: skip
    with app.db.write() as connection:
        before = odoo.find(connection, project_id)
        _require_free(before)
        made = odoo.put(connection, project_id, before=before, **_row(app, who, project_id, tested, found, before))
        if tested.arrival.carries:
            mappings_of.carry(connection, project_id, made.fingerprint)
        note(app, connection, who, made, "odoo.connected")
        if made.state == "held":
            odoo_notices.is_held(connection, made, at=app.clock.now())
    return Connected(made, tested)


def _listed(details: Details) -> str:
    return f" {', '.join(f'{one.name} ({one.id})' for one in details.companies)}."


def _require_free(before: OdooConnection | None) -> None:
    if before is not None and before.state != "disconnected":
        raise Refused(
            f"This project is connected to the Odoo at {before.url} already. Disconnect that one first, or replace its "
            "key.", code="odoo_connected",
        )  # fmt: skip


# -- the test ------------------------------------------------------------------------------------------------------


def _ask(app: App, wish: Wish) -> Found:
    access = OdooAccess(
        parse_address(wish.url), parse_database(wish.database), parse_login(wish.login), parse_key(wish.key)
    )
    held.refuse(app)
    try:
        return odoo_details.read(app, access, odoo_details.version_at(app, access.url), wish.company_id)
    except (AuthLost, Permanent, Unreachable) as wrong:
        raise in_words(wrong) from wrong


def in_words(error: MooringError) -> NotTaken:
    """What a test met, said of the input that is to blame."""
    blamed = {"odoo_key_refused": "key", "odoo_no_database": "database"}.get(error.code, "url")
    hint = " Is the address right, and may this machine reach it?" if isinstance(error, Unreachable) else ""
    return NotTaken(error.sentence + hint, field=blamed, code=error.code)


def _tested(app: App, project_id: str, wish: Wish, found: Found) -> Tested:
    access, details = found.access, found.details
    arrival = odoo_arrival.of(app, project_id, found)
    return Tested(
        url=access.url,
        database=access.database,
        login=access.login,
        details=details,
        fingerprint=arrival.fingerprint,
        choose_company=wish.company_id is None and len(details.companies) > 1,
        warnings=_warnings(access.url, details),
        mapping=_mapping(arrival),
        held=arrival.verdict is not None,
        arrival=arrival,
    )


def _mapping(arrival: Arrival) -> str | None:
    if arrival.elsewhere:
        return (
            f"The mapping of {counted(arrival.elsewhere, 'records')} belongs to another Odoo database or company. The "
            "connection is held until you choose Rebuild mapping, Clear sync data or Keep."
        )
    if arrival.verdict is not None:
        return f"{arrival.verdict.sentence} The mapping holds {counted(arrival.mapped, 'records')}."
    if not arrival.mapped:
        return None
    return f"The mapping of {counted(arrival.mapped, 'records')} belongs to this database, and goes on."


def _warnings(url: str, details: Details) -> tuple[str, ...]:
    found = [*_of_copy(details), *_of_version(details), *_of_apps(details)]
    if url.startswith("http://"):
        found.append("The address begins with http://, so the API key travels unencrypted. Use it at home only.")
    if details.uuid is None:
        found.append(
            "This user may not read the database's uuid, which is normal. A copy or a restored database is then "
            "recognised by the records alone that Mooring wrote."
        )
    return tuple(found)


def _of_copy(details: Details) -> list[str]:
    return ["This database is a neutralised copy (staging), not the one people work in."] if details.neutralised else []


def _of_version(details: Details) -> list[str]:
    if details.tested:
        return []
    return [f"Odoo {details.major} is untested there: Mooring speaks JSON-RPC to it and was tried with {TESTED} only."]


def _of_apps(details: Details) -> list[str]:
    lost = {"sale": "Orders cannot be synced", "account": "Invoices cannot be made", "stock": "Stock cannot be read"}
    return [f"{APPS[name]} is not installed in Odoo. {lost[name]}." for name in APPS if not details.apps.get(name)]


# -- the row -------------------------------------------------------------------------------------------------------


def _row(
    app: App, who: Who, project_id: str, tested: Tested, found: Found, before: OdooConnection | None
) -> dict[str, Any]:
    access, now, verdict = found.access, app.clock.now(), tested.arrival.verdict
    return _of_access(app, project_id, access, _details(tested, before)) | {
        "url": access.url,
        "database": access.database,
        "company_id": found.details.company.id,
        "fingerprint": tested.fingerprint,
        "state": "held" if tested.held else "connected",
        "state_since": now,
        "reason": verdict.sentence if verdict else None,
        "looks_like": verdict.looks_like if verdict else None,
        "connected_at": now,
        "connected_by": who.id,
    }


def _details(tested: Tested, before: OdooConnection | None) -> Details:
    """The same database again goes on with what is known of it. The mark of a copy is not what it is measured by."""
    verdict = tested.arrival.verdict
    if verdict is not None and verdict.looks_like is LooksLike.COPY:
        return msgspec.structs.replace(tested.details, neutralised=False)
    if before is None or tested.arrival.elsewhere or not tested.arrival.again:
        return tested.details
    return _still(before.details, tested.details)


def _of_access(app: App, project_id: str, access: OdooAccess, details: Details) -> dict[str, Any]:
    """What a new key changes."""
    return {
        "login": access.login,
        "key": odoo.sealed_key(app.vault, project_id, access.key),
        "protocol": access.protocol,
        "server_version": details.version,
        "user_id": access.user_id,
        "details": msgspec.json.encode(details).decode(),
        "error": None,
        "checked_at": app.clock.now(),
    }


# -- another key ---------------------------------------------------------------------------------------------------


def replace_key(app: App, who: Who, project_id: str, key: str, *, login: str | None = None) -> OdooConnection:
    """A new key, perhaps of another user, for the same database and company; work under way goes on with it. Raises
    `Refused` where the new key opens something else."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        before = odoo.load(connection, project_id)
    if before.state == "disconnected":
        raise Refused("Odoo is disconnected. Connect it again instead.", code="odoo_disconnected")
    found = _ask(app, Wish(before.url, before.database, login or before.login, key, before.company_id))
    _require_same(before, found)
    with app.db.write() as connection:
        made = odoo.change(
            connection, odoo.fence(connection, project_id, before.generation),
            **_of_access(app, project_id, found.access, _still(before.details, found.details)),
        )  # fmt: skip
        note(app, connection, who, made, "odoo.key_replaced")
    return made


def _require_same(before: OdooConnection, found: Found) -> None:
    uuid, known = found.details.uuid, before.details.uuid
    if uuid and known and uuid != known:
        raise Conflict(
            "This key opens another database than the one that is connected. Disconnect that one first.",
            code="odoo_other_database",
        )


def _still(known: Details, found: Details) -> Details:
    """What the new key may not read is not forgotten: it says which database this is. Nor is what a person decided."""
    return msgspec.structs.replace(
        found,
        uuid=found.uuid or known.uuid,
        neutralised=known.neutralised if known.neutralised is not None else found.neutralised,
        kept_at=known.kept_at,
    )


def note(app: App, connection: Connection, who: Who, made: OdooConnection, event: str, **detail: Any) -> None:
    audit.write(
        connection, at=app.clock.now(), actor=who.id, event=event, project_id=made.project_id, to_state=made.state,
        generation=made.generation, detail={"host": made.url, "database": made.database, **detail},
    )  # fmt: skip

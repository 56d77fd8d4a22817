"""The Odoo card: badge, since when, why and what to do next, with every word a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from mooring.db import mappings_of, odoo
from mooring.db.odoo import OdooConnection
from mooring.domain.mapping import MAPPED, SyncKind
from mooring.domain.odoo_details import APPS, TESTED, Right
from mooring.domain.odoo_guard import LooksLike
from mooring.domain.rules import Role
from mooring.domain.wording import counted
from mooring.usecases.context import App
from mooring.usecases.odoo_details import DECISIVE
from mooring.usecases.who import Who


class OdooBadge(StrEnum):
    """First match wins: disconnected is grey, held amber, error red, connected green."""

    DISCONNECTED = "Disconnected"
    HELD = "Held"
    ERROR = "Error"
    CONNECTED = "Connected"

    @property
    def colour(self) -> str:
        return {"Disconnected": "grey", "Held": "amber", "Error": "red", "Connected": "green"}[self.value]


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be done about a held connection. `action` is a stable word."""

    action: str
    title: str
    sentence: str


OFFERS = (
    Offer("verify", "Verify mapping", "Reads both sides and lists what agrees, what is missing and what is doubled. "
          "Changes nothing."),
    Offer("rebuild", "Rebuild mapping", "Finds the records anew in the database that is there now. Creates nothing."),
    Offer("clear", "Clear sync data", "Forgets which records belong together. Records stay on both sides."),
    Offer("keep", "Keep", "This is the right database: the mapping stays, the sync goes on, and what is missing is "
          "shown as Missing in Odoo."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """`reason`: why the badge is what it is; `next_step`: what to do about it. `mapped`: rows per kind people choose.
    `untested`: a sentence where this version of Odoo was never tried."""

    connection: OdooConnection
    badge: OdooBadge
    since: datetime
    reason: str | None
    next_step: str | None
    title: str | None
    facts: tuple[Fact, ...]
    rights: tuple[Right, ...]
    mapped: dict[SyncKind, int]
    offers: tuple[Offer, ...]
    untested: str | None


def show(app: App, who: Who, project_id: str) -> View | None:
    """None for a project that never had an Odoo."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        found = odoo.find(connection, project_id)
        counts = mappings_of.by_kind(connection, project_id) if found else {}
    return of(found, {kind: counts.get(MAPPED[kind][0], 0) for kind in SyncKind}) if found else None


def of(found: OdooConnection, mapped: dict[SyncKind, int]) -> View:
    held = LooksLike(found.looks_like) if found.state == "held" and found.looks_like else None
    return View(
        connection=found,
        badge=badge(found),
        since=found.state_since,
        reason=found.reason if held else found.error,
        next_step=_next_step(found, held, mapped=any(mapped.values())),
        title=held.label if held else None,
        facts=facts(found),
        rights=found.details.rights,
        mapped=mapped,
        offers=OFFERS if held and held is not LooksLike.LEAVING else (),
        untested=untested(found.details.major),
    )


def badge(found: OdooConnection) -> OdooBadge:
    if found.state == "disconnected":
        return OdooBadge.DISCONNECTED
    if found.state == "held":
        return OdooBadge.HELD
    return OdooBadge.ERROR if found.error else OdooBadge.CONNECTED


def _next_step(found: OdooConnection, held: LooksLike | None, *, mapped: bool) -> str | None:
    if found.state == "disconnected":
        return "Connect Odoo again: the same database goes on where it stopped."
    if held is LooksLike.LEAVING:
        return "Wait until the mapping is cleared."
    if held is not None and not mapped:
        return "Nothing is mapped, so nothing can be mixed up. Choose Keep if this is the database you want."
    if held is not None:
        return "Check again, once the right database is back, or choose one of the ways below."
    if found.error:
        return "Check again. If the key was refused, make a new one in Odoo and replace it here."
    return _about_rights(found)


def _about_rights(found: OdooConnection) -> str | None:
    """The one that decides comes first: without it the others hardly matter."""
    missing = sorted(found.details.missing, key=lambda one: one.name not in DECISIVE)
    if not missing:
        return None
    first, others = missing[0], len(missing) - 1
    more = f" {counted(others, 'more rights')} {'is' if others == 1 else 'are'} missing." if others else ""
    return f"Missing in Odoo: {first.label}. {first.without}{more} Grant what is needed, then enter the key here again."


def facts(found: OdooConnection) -> tuple[Fact, ...]:
    details = found.details
    apps = ", ".join(label if details.apps.get(name) else f"{label} (not installed)" for name, label in APPS.items())
    protocol = "JSON-2" if found.protocol == "json2" else "JSON-RPC"
    return (
        Fact("Address", found.url),
        Fact("Database", found.database),
        Fact("Version", f"{details.version} ({protocol})"),
        Fact("User", found.login),
        Fact("Company", details.company.name),
        Fact("Currency", details.company.currency or "unknown"),
        Fact("Language", details.language or "unknown"),
        Fact("Apps", apps),
        Fact("Database uuid", details.uuid or "not readable by this user, which is normal"),
        Fact("Neutralised copy", {True: "yes", False: "no", None: "unknown"}[details.neutralised]),
    )


def untested(major: int) -> str | None:
    return None if major >= TESTED else f"Untested there: Mooring was tried with Odoo {TESTED}, this is {major}."

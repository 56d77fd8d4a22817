"""A database that is connected, and a mapping that is there already: whether the one is what the other speaks of.

A uuid tells. Where the mapping knows its database by address and name only, because its user could not read the uuid,
or where this user cannot, the records that were written last tell: if they are there, it is the same database.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from mooring.db import mappings_of, odoo
from mooring.db.odoo import OdooConnection
from mooring.domain import odoo_guard
from mooring.domain.odoo_guard import HIGHEST, LOOKED_AT, Identity, LooksLike, Seen, Verdict
from mooring.domain.odoo_identity import fingerprint, is_by_uuid, is_meant_by
from mooring.usecases import odoo_details, odoo_look
from mooring.usecases.context import App
from mooring.usecases.odoo_details import Found


@dataclass(frozen=True, slots=True)
class Arrival:
    """`fingerprint`: what the database is to be called. `mapped`: how much is mapped; `elsewhere`: how much of it
    speaks of another database. `verdict`: why it is to be held, None where it is not. `again`: it is the one that was
    connected before. `carries`: the mapping knows it by another name, and goes over to this one."""

    fingerprint: str
    mapped: int = 0
    elsewhere: int = 0
    verdict: Verdict | None = None
    again: bool = False
    carries: bool = False


def of(app: App, project_id: str, found: Found) -> Arrival:
    """Asks Odoo only where something is mapped."""
    mark = fingerprint(found.access.url, found.access.database, found.details)
    with app.db.read() as connection:
        before = odoo.find(connection, project_id)
        kept = mappings_of.by_fingerprint(connection, project_id)
        written = mappings_of.looked_at(connection, project_id, kept, last=LOOKED_AT, highest=HIGHEST)
    again = before is not None and _means(before.fingerprint, found)
    if not kept:
        return Arrival(mark, again=again)
    ask = partial(app.odoo.search_read, found.access)
    seen = odoo_details.or_none(lambda: odoo_look.seen(ask, written))
    return _judged(before, kept, found, seen, mark=mark)


def _judged(
    before: OdooConnection | None, kept: dict[str, int], found: Found, seen: list[Seen] | None, *, mark: str
) -> Arrival:
    """`seen`: None where this user may not read external ids."""
    mapped, strange = sum(kept.values()), [one for one in kept if not _means(one, found)]
    if before is not None and strange == list(kept) and _unread(before, strange, found) and _agrees(before, seen):
        return Arrival(before.fingerprint, mapped, again=True)
    if strange:
        return Arrival(mark, mapped, sum(kept[one] for one in strange), _elsewhere(strange, found, seen))
    again = before is not None and _means(before.fingerprint, found)
    known = before.fingerprint if before is not None and before.fingerprint in kept else next(iter(kept))
    if before is not None and again and found.details.neutralised and not before.details.neutralised:
        return Arrival(known, mapped, verdict=odoo_guard.held(LooksLike.COPY), again=True)
    if found.details.uuid is None or all(is_by_uuid(one) for one in kept):
        return Arrival(known, mapped, again=again)
    return _by_a_better_name(before, known, mapped, seen, mark=mark, again=again)


def _by_a_better_name(
    before: OdooConnection | None, known: str, mapped: int, seen: list[Seen] | None, *, mark: str, again: bool
) -> Arrival:
    """The mapping knows it by address and name, and now its uuid can be read."""
    if seen is None:
        return Arrival(known, mapped, again=again)
    verdict = odoo_guard.judge(seen, uuid_known=False, kept_at=before.details.kept_at if before and again else None)
    if verdict.looks_like is not None:
        return Arrival(known, mapped, verdict=verdict, again=again)
    return Arrival(mark, mapped, again=again, carries=True)


def _means(known: str, found: Found) -> bool:
    access, details = found.access, found.details
    return is_meant_by(
        known, url=access.url, database=access.database, uuid=details.uuid, company_id=details.company.id
    )


def _unread(before: OdooConnection, strange: list[str], found: Found) -> bool:
    """Address, name and company are those of before, and only the uuid cannot be read by this user."""
    here = (found.access.url, found.access.database, found.details.company.id, None)
    return strange == [before.fingerprint] and here == (
        before.url, before.database, before.company_id, found.details.uuid,
    )  # fmt: skip


def _agrees(before: OdooConnection, seen: list[Seen] | None) -> bool:
    if not seen:
        return False
    verdict = odoo_guard.judge(seen, uuid_known=False, kept_at=before.details.kept_at)
    return verdict.looks_like is None and odoo_guard.is_copied(seen)


def _elsewhere(strange: list[str], found: Found, seen: list[Seen] | None) -> Verdict:
    now = Identity(found.details.uuid, found.details.neutralised)
    looks_like = odoo_guard.elsewhere(strange, seen or [], now) or LooksLike.OTHER_DATABASE
    return odoo_guard.held(looks_like, copied=odoo_guard.is_copied(seen or []))

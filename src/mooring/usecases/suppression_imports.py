"""Suppression where customers come in: what an import tells of unsubscribes and consents, and what it may show.

An unsubscribe that incoming rows tell of is written down; a consent later than a suppression lifts it; every other
suppressed channel is stored as "unsubscribed (suppressed)". The body of the record stays what Shopify said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from mooring.db import suppressions
from mooring.db.suppressions import Known, Suppression
from mooring.domain.consent import KEY_COLUMN, STATE_COLUMN, SUPPRESSED, UNSUBSCRIBED, Cause, Channel, lifts, said
from mooring.domain.translate_rows import CUSTOMER, Row
from mooring.usecases.context import App
from mooring.usecases.suppression import lift, of_addresses, suppress

_AT = {name: place for place, name in enumerate(CUSTOMER.columns)}
_ID, _UPDATED, _FETCHED, _HASH, _BODY = (
    _AT[name] for name in ("shopify_id", "updated_at", "fetched_at", "content_hash", "body")
)
_KEY = {channel: _AT[name] for channel, name in KEY_COLUMN.items()}
_STATE = {channel: _AT[name] for channel, name in STATE_COLUMN.items()}


def screened(app: App, connection: Connection, project_id: str, store_id: str, rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of customers about to be written, with suppressed channels shown as such.

    An unsubscribe that these rows tell of is written down, a consent that is later than a suppression lifts it. In a
    project without suppressions this costs one small look per chunk and one at the stored rows of the unsubscribed;
    in another, addresses are hashed, but only those of customers whose record changed.
    """
    _note_unsubscribes(app, connection, project_id, store_id, rows)
    if not suppressions.any_in(connection, project_id):
        return rows
    same = suppressions.unchanged(connection, store_id, {row[_ID]: row[_HASH] for row in rows})
    news = [row for row in rows if row[_ID] not in same] if same else rows
    found = [_suppressed(app, connection, project_id, news, channel) for channel in Channel]
    if not any(found):
        return rows
    return [_shown(row, [c for c, keys in zip(Channel, found, strict=True) if row[_KEY[c]] in keys]) for row in rows]


def _shown(row: Row, channels: list[Channel]) -> Row:
    if not channels:
        return row
    changed = list(row)
    for channel in channels:
        changed[_STATE[channel]] = SUPPRESSED
    return tuple(changed)


def _suppressed(
    app: App, connection: Connection, project_id: str, rows: Sequence[Row], channel: Channel
) -> dict[str, Suppression]:
    """The suppressed addresses among these rows, after the later consents were obeyed."""
    at = _KEY[channel]
    found = of_addresses(app, connection, project_id, channel, {row[at] for row in rows if row[at]})
    for row in rows if found else ():
        held = found.get(row[at])
        if held and lifts(said(row[_BODY], channel), held.at):
            lift(app, connection, project_id, channel, row[at])
            del found[row[at]]
    return found


def _note_unsubscribes(app: App, connection: Connection, project_id: str, store_id: str, rows: Sequence[Row]) -> None:
    """Who was not unsubscribed when last imported, and now is."""
    email, sms, mail, dialled = _STATE[Channel.EMAIL], _STATE[Channel.SMS], _KEY[Channel.EMAIL], _KEY[Channel.SMS]
    over = [r for r in rows if (r[email] == UNSUBSCRIBED and r[mail]) or (r[sms] == UNSUBSCRIBED and r[dialled])]
    if not over:
        return
    known = suppressions.known_otherwise(connection, store_id, {row[_ID]: row[_HASH] for row in over})
    for row in over if known else ():
        before = known.get(row[_ID])
        if before is not None and _is_news(row, before):
            _suppress_changed(app, connection, project_id, store_id, row, before)


def _is_news(row: Row, before: Known) -> bool:
    return tuple(datetime.fromisoformat(row[at]) for at in (_UPDATED, _FETCHED)) >= before.version


def _suppress_changed(
    app: App, connection: Connection, project_id: str, store_id: str, row: Row, before: Known
) -> None:
    for channel in Channel:
        if row[_STATE[channel]] == UNSUBSCRIBED != before.states[channel]:
            at = said(row[_BODY], channel).at or datetime.fromisoformat(row[_FETCHED])
            suppress(app, connection, project_id, channel, row[_KEY[channel]], Cause.UNSUBSCRIBE, store_id, at=at)

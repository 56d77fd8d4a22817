"""Rows of `kind_states`: how far each kind of a store is, for pages, API and CLI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from mooring.db.tables import kind_states
from mooring.domain.kinds import Kind


def change(connection: Connection, store_id: str, kind: Kind, **values: Any) -> None:
    row = kind_states.c
    connection.execute(update(kind_states).where(row.store_id == store_id, row.kind == kind).values(**values))


def begin(connection: Connection, store_id: str, kind: Kind, operation_id: str) -> None:
    """Syncing, from nothing; one more attempt."""
    change(
        connection, store_id, kind,
        state="syncing", operation_id=operation_id, count=0, expected=None, verified=False, written=0, unchanged=0,
        rate=None, error=None, attempts=kind_states.c.attempts + 1,
    )  # fmt: skip


def fail_unfinished(connection: Connection, store_id: str, operation_id: str, sentence: str) -> int:
    """Kinds that an operation leaves behind in the middle are failed, so that none says Syncing for ever."""
    row = kind_states.c
    done = connection.execute(
        update(kind_states)
        .where(row.store_id == store_id, row.operation_id == operation_id, row.state == "syncing")
        .values(state="failed", error=sentence, rate=None)
    )
    return done.rowcount


def never_read(connection: Connection, store_id: str, kind: Kind) -> frozenset[str] | None:
    """The paths that every import so far left out; None before the first."""
    row = kind_states.c
    query = select(row.never_read).where(row.store_id == store_id, row.kind == kind)
    text = connection.execute(query).scalar()
    return None if text is None else frozenset(msgspec.json.decode(text, type=list[str]))


def narrow_never_read(connection: Connection, store_id: str, kind: Kind, left_out: frozenset[str]) -> None:
    """Remember that an import which leaves these paths out begins to write."""
    before = never_read(connection, store_id, kind)
    paths = left_out if before is None else before & left_out
    change(connection, store_id, kind, never_read=msgspec.json.encode(sorted(paths)).decode())


def read_without(connection: Connection, store_id: str, kind: Kind) -> dict[str, datetime]:
    """The paths without which records were written since the last complete import, and when the last one was."""
    row = kind_states.c
    text = connection.execute(select(row.read_without).where(row.store_id == store_id, row.kind == kind)).scalar()
    return msgspec.json.decode(text, type=dict[str, datetime]) if text else {}


def note_without(connection: Connection, store_id: str, kind: Kind, paths: Iterable[str], *, at: datetime) -> None:
    """Records are written without these paths, with an answer of this moment of Shopify's clock."""
    before = read_without(connection, store_id, kind)
    late = {path: at for path in paths if path not in before or at > before[path]}
    if late:
        _keep_without(connection, store_id, kind, before | late)


def settle_without(
    connection: Connection, store_id: str, kind: Kind, *, left_out: Iterable[str], made: datetime
) -> None:  # fmt: skip
    """A complete import, of a file made at this moment, has read all but these paths. What was written after that
    moment stays noted."""
    later = {path: at for path, at in read_without(connection, store_id, kind).items() if at > made}
    _keep_without(connection, store_id, kind, later | dict.fromkeys(left_out, made))


def _keep_without(connection: Connection, store_id: str, kind: Kind, paths: Mapping[str, datetime]) -> None:
    text = msgspec.json.encode(dict(sorted(paths.items()))).decode() if paths else None
    change(connection, store_id, kind, read_without=text)


_OF_STORE = select(kind_states).where(kind_states.c.store_id == bindparam("of_store"))


def of_store(connection: Connection, store_id: str) -> dict[Kind, Any]:
    return {Kind(row.kind): row for row in connection.execute(_OF_STORE, {"of_store": store_id})}


# -- pulls ---------------------------------------------------------------------------------------------------------


def pulled(
    connection: Connection, store_id: str, kind: Kind, *, point: datetime | None, at: datetime,
    lately: Mapping[int, datetime],
) -> None:  # fmt: skip
    """A complete pull. An import that ended meanwhile may have set a later point, which stays."""
    held = of_store(connection, store_id)[kind].catch_up_point
    latest = max((one for one in (held, point) if one is not None), default=None)
    text = msgspec.json.encode({str(one): moment.isoformat() for one, moment in lately.items()}).decode()
    change(connection, store_id, kind, catch_up_point=latest, last_pull_at=at, read_lately=text)


def read_lately(connection: Connection, store_id: str, kind: Kind) -> dict[int, datetime]:
    """What the last complete pull read by id and need not be read again while its updatedAt is the same."""
    text = of_store(connection, store_id)[kind].read_lately
    kept = msgspec.json.decode(text, type=dict[str, datetime]) if text else {}
    return {int(one): at for one, at in kept.items()}

"""What happened in a project: the audit trail in sentences, with people and stores by name; and the list of operations.

The trail holds ids, counts and names of things. People are named when it is read; a store that was deleted is named by
its tombstone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from mooring.db import audit, operations, people, stores
from mooring.db.operations import Operation
from mooring.domain import sheets
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotFound
from mooring.usecases import paging
from mooring.usecases.activity_words import GROUPS, Facts, sentence
from mooring.usecases.context import App
from mooring.usecases.who import CLI, SYSTEM, Who

_AT_ONCE = 500
_NOBODY = "Somebody who has left"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done. `actor` is a name for people; `sentence` says what they did; `detail` holds counts and
    names of things, `from_state` and `to_state` what a move of a store changed."""

    id: int
    at: datetime
    actor: str
    actor_id: str
    event: str
    sentence: str
    store_id: str | None
    store_name: str | None
    from_state: str | None
    to_state: str | None
    generation: int | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show. `actor` is a person's id, `system` or `cli`; `group` one of `GROUPS`; `until` is not included."""

    store_id: str | None = None
    actor: str | None = None
    group: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def query(self) -> dict[str, Any]:
        """Raises `InvalidInput` for a group that is none."""
        if self.group is not None and self.group not in GROUPS:
            raise InvalidInput(f"Choose one of these: {', '.join(GROUPS)}.", field="group")
        for moment in (self.since, self.until):
            if moment is not None and moment.tzinfo is None:
                raise InvalidInput("Give the moment with its time zone, as in 2026-11-22T05:00:00Z.", field="since")
        return {
            "store_id": self.store_id,
            "actor": self.actor,
            "begins": GROUPS[self.group] if self.group else (),
            "since": self.since,
            "until": self.until,
        }


EVERYTHING = Filter()


def page(
    app: App,
    who: Who,
    project_id: str,
    *,
    store_id: str | None = None,
    cursor: str | None = None,
    wanted: Filter = EVERYTHING,
) -> tuple[list[Entry], str | None]:
    """Newest first, and the cursor of what is older."""
    who.require(project_id, Role.VIEWER)
    before, query = paging.number(cursor), wanted.query()
    if store_id is not None:
        query |= {"store_id": store_id}
    entries = _read(app, project_id, query, before, paging.LIMIT + 1)
    shown = entries[: paging.LIMIT]
    return shown, paging.encode(shown[-1].id) if len(entries) > paging.LIMIT else None


def _read(app: App, project_id: str, query: dict[str, Any], before: int | None, limit: int) -> list[Entry]:
    with app.db.read() as connection:
        rows = audit.of_project(connection, project_id, before=before, limit=limit, **query)
        named = {row["actor"] for row in rows} | {person for row in rows if (person := row["detail"].get("person"))}
        names, cards = _names(connection, named), _cards(connection, rows)
    return [_entry(row, names, cards) for row in rows]


def _entry(row: dict[str, Any], names: dict[str, str], cards: dict[str, str]) -> Entry:
    store, detail = cards.get(row["store_id"]), row["detail"]
    facts = Facts(store or "", names.get(detail.get("person", ""), _NOBODY), row["from_state"], detail)
    return Entry(
        id=row["id"],
        at=row["at"],
        actor=names[row["actor"]],
        actor_id=row["actor"],
        event=row["event"],
        sentence=sentence(row["event"], facts),
        store_id=row["store_id"],
        store_name=store,
        from_state=row["from_state"],
        to_state=row["to_state"],
        generation=row["generation"],
        detail=detail,
    )


def _names(connection: Connection, actors: set[str]) -> dict[str, str]:
    return {actor: name_of(connection, actor) for actor in actors}


def name_of(connection: Connection, actor: str) -> str:
    """How pages call whoever did something."""
    for known in (SYSTEM, CLI):
        if actor == known.id:
            return known.name
    try:
        return people.load(connection, actor).name
    except NotFound:
        return _NOBODY


def _cards(connection: Connection, rows: list[dict[str, Any]]) -> dict[str, str]:
    ids = {row["store_id"] for row in rows if row["store_id"]}
    return {store_id: stores.load(connection, store_id).name for store_id in ids}


def operations_of(
    app: App, who: Who, project_id: str, *, store_id: str | None = None, cursor: str | None = None
) -> tuple[list[Operation], str | None]:
    """Newest first, and the cursor of what is older."""
    who.require(project_id, Role.VIEWER)
    before = paging.decode(cursor, str)[0] if cursor else None
    with app.db.read() as connection:
        found = operations.of_project(connection, project_id, store_id=store_id, before=before, limit=paging.LIMIT + 1)
    shown = found[: paging.LIMIT]
    return shown, paging.encode(shown[-1].id) if len(found) > paging.LIMIT else None


# -- taking it away ------------------------------------------------------------------------------------------------

Form = Literal["csv", "jsonl"]
COLUMNS = ("at", "who", "what", "store", "event", "before", "after", "store_id", "generation", "detail")


def export(app: App, who: Who, project_id: str, form: Form, *, wanted: Filter = EVERYTHING) -> Iterator[bytes]:
    """Newest first, read part by part as it is taken. In a CSV file nothing can become a formula."""
    who.require(project_id, Role.VIEWER)
    query = wanted.query()
    with app.db.read() as connection:
        people.project_name(connection, project_id)
    return _exported(app, project_id, query, form)


def _exported(app: App, project_id: str, query: dict[str, Any], form: Form) -> Iterator[bytes]:
    if form == "csv":
        yield _csv([COLUMNS])
    before: int | None = None
    while entries := _read(app, project_id, query, before, _AT_ONCE):
        rows = [_row(entry) for entry in entries]
        yield _csv(rows) if form == "csv" else _jsonl(rows)
        before = entries[-1].id


def _row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.at.isoformat(), entry.actor, entry.sentence, entry.store_name, entry.event, entry.from_state,
        entry.to_state, entry.store_id, entry.generation, entry.detail,
    )  # fmt: skip


def _jsonl(rows: list[tuple[Any, ...]]) -> bytes:
    return b"".join(msgspec.json.encode(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in rows)


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    texts = ([msgspec.json.encode(one).decode() if isinstance(one, dict) else one for one in row] for row in rows)
    return sheets.lines(texts).encode()

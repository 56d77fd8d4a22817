"""The activity log: every event has a sentence, filters choose, exports are whole and harmless."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from mooring.db import audit
from mooring.db import people as person_rows
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Role, Work
from mooring.errors import InvalidInput, NotFound
from mooring.usecases import activity, people, signing_in
from mooring.usecases.activity import Filter
from mooring.usecases.activity_words import GROUPS, SENTENCES, Facts, sentence
from tests.architecture.sources import Source, sources
from tests.usecases.world import World

EXPANSIONS = {
    ("db/stores.py", "store."): [str(event) for event in Event],
    ("usecases/operations.py", "operation."): [*map(str, Work)],
    ("usecases/operations_stuck.py", "operation."): ["restarted", "given_up"],
    ("usecases/signing_in.py", "person."): ["login_link", "password_link"],
    ("usecases/privacy.py", "privacy."): ["done", "cancelled"],
    ("usecases/inbox.py", "inbox."): ["replay", "drop"],
}
"""Events whose last word is put in when they are written: where, and what it may be."""
_FIRST = {first for firsts in GROUPS.values() for first in firsts}
_EVENT = re.compile(rf"(?:{'|'.join(sorted(_FIRST))})\.[a-z_]+")
NO_EVENTS = frozenset({"suppression.email", "suppression.sms", "customer.json"})
"""Purposes of keyed hashes and names of files, which look alike."""


def written() -> Iterator[str]:
    """Every event that the code may write."""
    for source in sources("mooring"):
        if "audit" in source.text and not source.place.endswith("activity_words.py"):
            yield from _constants(source)
            yield from _expanded(source)


def _constants(source: Source) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _EVENT.fullmatch(node.value):
            yield node.value


def _expanded(source: Source) -> Iterator[str]:
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, ast.keyword) and node.arg == "event" and isinstance(node.value, ast.JoinedStr):
            head = node.value.values[0]
            assert isinstance(head, ast.Constant)
            where = source.place.removeprefix("src/mooring/")
            prefix = re.match(r"[a-z]+\.", str(head.value))
            assert prefix and (where, prefix[0]) in EXPANSIONS, (
                f"{source.place}:{node.value.lineno}: say what it expands to"
            )
            yield from (prefix[0] + word for word in EXPANSIONS[where, prefix[0]])


def test_every_event_that_is_written_has_a_sentence() -> None:
    found = set(written()) - NO_EVENTS
    assert len(found) > 40
    assert sorted(found - SENTENCES.keys()) == []


def test_every_sentence_is_of_a_group_and_stands_bare_facts() -> None:
    for event in SENTENCES:
        assert event.partition(".")[0] in _FIRST, event
        said = sentence(event, Facts("Harbour", "Ada", None, {}))
        assert said[0].isupper() and "{" not in said and "None" not in said, (event, said)


def test_an_event_of_a_later_version_is_said_as_it_is_written() -> None:
    assert sentence("store.repainted", Facts("Harbour", "", None, {})) == "Store repainted Harbour"


def test_moves_say_what_happened(world: World) -> None:
    store_id = world.connect().store_id
    world.connect(store_id=store_id)
    entries, _ = activity.page(world.app, world.admin, world.project, wanted=Filter(group="stores"))
    assert [one.sentence for one in entries] == [
        "Harbour is ready", "Reconnected Harbour", "Harbour is ready", "Connected Harbour",
    ]  # fmt: skip
    assert (entries[1].from_state, entries[1].to_state) == ("connected", "connecting")


def test_filters_choose_by_store_person_group_and_period(world: World) -> None:
    app, admin, project = world.app, world.admin, world.project
    store_id, before = world.connect().store_id, app.clock.now()
    world.advance(hours=1)
    person = people.add(app, admin, email="ada@example.com", name="Ada", project_id=project, role=Role.EDITOR)
    people.change_role(app, admin, person_id=person, project_id=project, role=Role.VIEWER)

    def said(**wanted: object) -> list[str]:
        return [one.event for one in activity.page(app, admin, project, wanted=Filter(**wanted))[0]]  # type: ignore[arg-type]

    assert said(group="people") == ["person.role", "person.added", "project.created"]
    assert said(store_id=store_id) == ["store.ready", "store.authorized"]
    assert said(actor=admin.id, group="stores") == ["store.authorized"]
    assert said(since=before + timedelta(minutes=1)) == ["person.role", "person.added"]
    assert said(until=before + timedelta(minutes=1), group="people") == ["project.created"]
    entries, _ = activity.page(app, admin, project, wanted=Filter(group="people"))
    assert entries[0].sentence == "Changed the role of Ada to viewer"
    with pytest.raises(InvalidInput):
        said(group="nonsense")


def events(world: World, count: int, detail: dict[str, object]) -> None:
    with world.app.db.write() as connection:
        for _ in range(count):
            audit.write(
                connection, at=world.app.clock.now(), actor="system", event="installation.backup",
                project_id=world.project, detail=detail,
            )  # fmt: skip


def test_exports_are_whole_in_both_forms(world: World) -> None:
    world.connect()
    events(world, 1200, {"count": 5})
    whole = b"".join(activity.export(world.app, world.admin, world.project, "jsonl"))
    lines = [msgspec.json.decode(line) for line in whole.splitlines()]
    rows = list(
        csv.DictReader(io.StringIO(b"".join(activity.export(world.app, world.admin, world.project, "csv")).decode()))
    )
    assert len(lines) == len(rows) == 1203
    assert lines[0]["detail"] == {"count": 5}
    assert (rows[-1]["what"], lines[-1]["what"]) == ("Made this project",) * 2
    chosen = activity.export(world.app, world.admin, world.project, "csv", wanted=Filter(group="stores"))
    assert len(b"".join(chosen).splitlines()) == 3


def test_no_cell_of_a_csv_file_becomes_a_formula(world: World) -> None:
    project = people.create_project(world.app, world.admin, "=SUM(A1)")
    people.add(world.app, world.admin, email="x@example.com", name="=HYPERLINK(1)", project_id=project, role=Role.ADMIN)
    evil = signing_in.signed_in(world.app, world.admin.id).who
    with world.app.db.write() as connection:
        person = next(p for p, _ in person_rows.of_project(connection, project) if p.name.startswith("="))
        audit.write(connection, at=world.app.clock.now(), actor=person.id, event="token.created", project_id=project)
    text = b"".join(activity.export(world.app, evil, project, "csv")).decode()
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_a_stranger_learns_nothing(world: World) -> None:
    person = people.create_project(world.app, world.admin, "Elsewhere")
    stranger = people.add(world.app, world.admin, email="s@example.com", name="S", project_id=person, role=Role.ADMIN)
    who = signing_in.signed_in(world.app, stranger).who
    with pytest.raises(NotFound):
        activity.export(world.app, who, world.project, "csv")

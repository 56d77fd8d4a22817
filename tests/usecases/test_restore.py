"""A database that is older than its receipts file is held, and accepting makes good what it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
import pytest

from mooring.app import CALLED_OFF, ENDINGS, WORKS
from mooring.db import audit
from mooring.db import notices as notice_rows
from mooring.domain.lifecycle import Lost, State
from mooring.domain.rules import Role
from mooring.errors import ConfirmationMissing, NotAllowed, Refused
from mooring.usecases import delete, delete_preview, disconnect, held, ledger, operations, people, restore, signing_in
from mooring.usecases.held import Hold
from mooring.usecases.operations_drive import Runner
from mooring.usecases.restore import Accepted, Preview
from tests.usecases.world import HARBOUR, LIGHTHOUSE, World


def told(world: World, store_id: str, event: str, **more: Any) -> None:
    """A line of the receipts file about something that this database has not seen."""
    store, at = world.store(store_id), world.app.clock.now()
    line = ledger.entry(replace(store, generation=store.generation + 5), "authorized", at)
    world.app.ledger.append(line | {"event": event} | more)
    world.advance(seconds=1)


def look(world: World) -> Preview:
    assert restore.compare(world.app) is True
    return restore.preview(world.app, world.admin)


def accept(world: World) -> Accepted:
    return restore.accept(world.app, world.admin, look(world).token)


def test_a_database_that_knows_its_receipts_is_not_held(world: World) -> None:
    world.connect()
    ledger.mend(world.app)
    assert restore.compare(world.app) is False
    with pytest.raises(Refused, match="Nothing is held"):
        restore.preview(world.app, world.admin)


def test_a_new_database_beside_old_receipts_is_not_held(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "authorized", store="of another time")
    with world.app.db.write() as connection:
        for table in ("members", "api_tokens", "sessions", "login_links", "people"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert restore.compare(world.app) is False
    assert restore.compare(world.app) is False


def test_a_store_authorised_since_asks_for_a_reconnect(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "authorized")
    assert [one.store_id for one in look(world).authorized] == [store_id]
    assert accept(world) == Accepted(deleted=0, disconnected=0, reconnect=1, erased=0, operations=())
    store = world.store(store_id)
    assert (store.state, store.lost) == (State.RECONNECT_REQUIRED, Lost.CREDENTIALS)
    assert held.held(world.app) is None
    assert restore.compare(world.app) is False


@pytest.mark.parametrize("last", ["deleting", "erased"])
def test_a_store_deleted_since_is_deleted_again_without_a_call(world: World, last: str) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "authorized")
    told(world, store_id, last)
    done = accept(world)
    assert (done.deleted, done.reconnect, len(done.operations)) == (1, 0, 1)
    before = world.calls()
    runner = Runner(world.app, "worker", WORKS, ENDINGS, CALLED_OFF)
    while runner.advance(done.operations[0]) is not None:
        pass
    assert world.store(store_id).state is State.DELETED
    assert world.calls() == before
    finished = operations.show(world.app, world.admin, done.operations[0])
    assert finished.receipt is not None
    assert finished.receipt["cause"] == "restored"


def test_a_store_disconnected_since_is_disconnected_again_without_a_call(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "authorized")
    told(world, store_id, "disconnected")
    shown, before = look(world), world.calls()
    assert [one.store_id for one in shown.disconnected] == [store_id]
    assert (shown.facts["disconnects"], shown.facts["reconnects"]) == ([shown.disconnected[0].sentence], [])
    assert accept(world) == Accepted(deleted=0, disconnected=1, reconnect=0, erased=0, operations=())
    store = world.store(store_id)
    assert (store.state, world.calls(), world.operations(store_id)) == (State.DISCONNECTED, before, {})
    assert restore.compare(world.app) is False


@pytest.mark.parametrize("event", ["disconnected", "authorized", None])
def test_a_gap_counts_from_the_moment_of_the_backup(world: World, event: str | None) -> None:
    """Of a store that nothing is to be made good of, too: its token may turn out to be dead at the first call."""
    store_id, made_at = world.connect().store_id, world.app.clock.now()
    world.advance(days=2)
    if event:
        told(world, store_id, event)
    world.advance(days=1)
    with world.app.db.write() as connection:
        held.put(connection, Hold(at=world.app.clock.now(), source="a backup", backup_at=made_at))
    accept(world)
    assert world.store(store_id).gap_from == made_at


def test_of_a_file_that_was_put_back_it_counts_from_what_the_receipts_tell_at_the_latest(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "disconnected")
    [*_, line] = world.app.ledger.entries()
    world.advance(days=1)
    accept(world)
    assert world.store(store_id).gap_from == datetime.fromisoformat(line["at"])


def test_what_came_last_counts(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "disconnected")
    told(world, store_id, "authorized")
    assert accept(world) == Accepted(deleted=0, disconnected=0, reconnect=1, erased=0, operations=())


def test_a_store_that_is_disconnected_in_the_copy_too_is_no_news(world: World) -> None:
    store_id = world.connect().store_id
    disconnect.request(world.app, world.admin, store_id)
    told(world, store_id, "authorized")
    told(world, store_id, "disconnected")
    assert restore.compare(world.app) is False


def test_each_disconnect_and_delete_is_told_at_once_and_told_again_where_the_line_is_missing(world: World) -> None:
    store_id = world.connect().store_id
    disconnect.request(world.app, world.admin, store_id)
    assert ledger.mend(world.app) == 0
    shown = delete_preview.preview(world.app, world.admin, store_id)
    delete.request(world.app, world.admin, store_id, token=shown.token, typed_domain=HARBOUR)
    assert ledger.mend(world.app) == 0
    events = [line["event"] for line in world.app.ledger.entries()]
    assert events == ["authorized", "disconnected", "deleting"]
    without = [line for line in world.app.ledger.entries() if line["event"] != "deleting"]
    path = world.app.settings.data_dir / "receipts.jsonl"
    path.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in without))
    assert ledger.mend(world.app) == 1
    assert [line["event"] for line in world.app.ledger.entries()] == events


def test_a_store_connected_since_is_named(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "authorized", store="unknown", shop_domain=LIGHTHOUSE)
    shown = look(world)
    assert [(one.shop_domain, one.store_id) for one in shown.unknown] == [(LIGHTHOUSE, None)]
    assert accept(world).reconnect == 0
    assert world.store(store_id).state is State.CONNECTED


def test_nothing_is_done_but_what_was_shown(world: World) -> None:
    store_id = world.connect().store_id
    told(world, store_id, "authorized")
    token = look(world).token
    told(world, store_id, "erased")
    with pytest.raises(ConfirmationMissing, match="changed since you looked") as asked:
        restore.accept(world.app, world.admin, token)
    assert asked.value.preview["deletes"]
    assert world.store(store_id).state is State.CONNECTED
    assert held.held(world.app) is not None


def test_everybody_hears_of_it_and_the_log_keeps_it(world: World) -> None:
    told(world, world.connect().store_id, "authorized")
    accept(world)
    with world.app.db.read() as connection:
        kinds = {one.kind for one in notice_rows.of_project(connection, world.project)}
        events = [row["event"] for row in audit.of_project(connection, world.project)]
    assert kinds == {"restored", "reconnect_required"}
    assert "installation.restored" in events


def test_only_the_installation_admin_may(world: World) -> None:
    app = world.app
    person = people.add(app, world.admin, email="a@example.com", name="A", project_id=world.project, role=Role.ADMIN)
    who = signing_in.signed_in(app, person).who
    with pytest.raises(NotAllowed):
        restore.preview(app, who)
    with pytest.raises(NotAllowed):
        restore.accept(app, who)


def test_a_line_of_another_shape_is_passed_over(world: World) -> None:
    world.connect()
    world.app.ledger.append({"event": "authorized", "at": "yesterday"})
    assert restore.compare(world.app) is False

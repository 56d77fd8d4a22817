"""Every state with every event, on real databases: legal ones move, illegal ones are refused and change nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from mooring.app import Built, build
from mooring.db import operations as rows
from mooring.db import stores, stores_marks, tables
from mooring.db.stores import Store
from mooring.domain.lifecycle import TRANSITIONS, Event, Lost, State
from mooring.domain.rules import OVER_AT_RECONNECT, Work
from mooring.errors import Conflict, Refused
from mooring.settings import Settings
from mooring.usecases import operations
from mooring.usecases.who import CLI

E, S = Event, State
WAY: dict[State, tuple[Event, ...]] = {
    S.CONNECTING: (),
    S.CONNECTED: (E.READY,),
    S.RECONNECT_REQUIRED: (E.AUTH_LOST,),
    S.DISCONNECTED: (E.DISCONNECT,),
    S.DELETING: (E.DELETE,),
    S.DELETED: (E.DELETE, E.ERASED),
}
"""How a new card gets into each state."""
PAIRS = [(state, event) for state in State for event in Event]


@pytest.fixture
def built(database_url: str, data_dir: Path) -> Iterator[Built]:
    built = build(Settings(database_url=database_url, data_dir=data_dir, log_level="error"), with_engine=False)
    now = built.app.clock.now()
    with built.app.db.write() as connection:
        connection.execute(insert(tables.projects).values(id="p", name="P", created_at=now))
        blank = {"client_secret": b"", "optional_scopes": "", "from_settings": False, "created_at": now}
        connection.execute(insert(tables.shopify_apps).values(id="a", name="A", client_id="c", **blank))
    yield built
    built.close()


def made(built: Built, state: State) -> Store:
    app, now = built.app, built.app.clock.now()
    with app.db.write() as connection:
        shop = {"shop_id": 1, "shop_domain": "abcd.myshopify.com", "name": "N"}
        store = stores.create(connection, at=now, actor="cli", id="s", project_id="p", app_id="a", **shop)
        stores.take_claim(connection, store)
        store = stores.load(connection, "s")
        for event in WAY[state]:
            store = stores.move(connection, store, event, at=now, actor="cli", health_check_passed=True)
    assert store.state is state
    return store


def test_two_that_fence_a_store_and_then_change_it_take_turns(built: Built) -> None:
    """On PostgreSQL they must not wait for each other; on SQLite they never could."""
    store, both = made(built, S.CONNECTED), threading.Barrier(2)

    def change(name: str) -> None:
        with built.app.db.write() as connection:
            stores.fence(connection, store.id, store.generation)
            with suppress(threading.BrokenBarrierError):
                both.wait(timeout=1)
            stores.change(connection, store.id, name=name)

    with ThreadPoolExecutor(2) as two:
        list(two.map(change, ("Pier", "Quay")))
    with built.app.db.read() as connection:
        assert stores.load(connection, store.id).name in ("Pier", "Quay")


def move(built: Built, store: Store, event: Event, **more: object) -> Store:
    with built.app.db.write() as connection:
        facts = {"at": built.app.clock.now(), "actor": "somebody", "reason": "Because.", "health_check_passed": True}
        return stores.move(connection, store, event, **facts | more)  # type: ignore[arg-type]


def everything(built: Built) -> dict[str, list[tuple[object, ...]]]:
    with built.app.db.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in (tables.stores, tables.audit, tables.operations, tables.kind_states)
        }


def issued(built: Built, store: Store, work: Work) -> str:
    with built.app.db.write() as connection:
        return operations.issue(built.app, connection, CLI, store, work, {}).id


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_state_with_every_event(built: Built, state: State, event: Event) -> None:
    store = made(built, state)
    step = TRANSITIONS[state].get(event)
    before = everything(built)
    if step is None:
        with pytest.raises(Refused) as refused:
            move(built, store, event)
        assert (refused.value.code, refused.value.sentence.endswith(".")) == ("illegal_move", True)
        assert everything(built) == before
        return
    now = move(built, store, event)
    assert (now.state, now.generation) == (step.to, store.generation + step.raises)
    assert (now.state_since == store.state_since) == (step.to is state and not step.raises)
    added = everything(built)["audit"][len(before["audit"]) :]
    assert len(added) == 1
    with built.app.db.read() as connection:
        row = connection.execute(select(tables.audit).order_by(tables.audit.c.id.desc()).limit(1)).one()
    assert (row.event, row.actor, row.from_state, row.to_state, row.generation) == (
        f"store.{event}", "somebody", state, step.to, now.generation,
    )  # fmt: skip


@pytest.mark.parametrize(("state", "event"), [(s, e) for s, e in PAIRS if e in TRANSITIONS[s]])
def test_of_two_who_read_the_same_row_one_moves_and_the_other_is_told(built: Built, state: State, event: Event) -> None:
    store = made(built, state)
    first = move(built, store, event)
    if (first.state, first.generation) == (store.state, store.generation):
        return
    before = everything(built)
    with pytest.raises(Conflict, match="changed by somebody else"):
        move(built, store, event)
    assert everything(built) == before


@pytest.mark.parametrize(("state", "event"), [(s, e) for s, e in PAIRS if e in TRANSITIONS[s] and s is not S.DELETED])
def test_exactly_what_raises_the_generation_parks_unfinished_work(built: Built, state: State, event: Event) -> None:
    store, step = made(built, state), TRANSITIONS[state][event]
    kept, routine = (issued(built, store, work) for work in (Work.WRITE_BACK, Work.HEALTH_CHECK))
    carried = issued(built, store, Work.REDACT)
    move(built, store, event)
    with built.app.db.read() as connection:
        found = {one: rows.load(connection, one) for one in (kept, routine, carried)}
    assert found[kept].state == ("parked" if step.raises else "pending")
    over = event is E.AUTHORIZED and Work.HEALTH_CHECK in OVER_AT_RECONNECT
    assert found[routine].state == ("cancelled" if over else "parked" if step.raises else "pending")
    assert found[carried].state == "pending", "what a person has a right to goes on in every state"
    assert found[carried].generation == store.generation + step.raises


def test_a_lost_store_is_not_ready_without_a_health_check(built: Built) -> None:
    store = made(built, S.RECONNECT_REQUIRED)
    before = everything(built)
    with pytest.raises(Refused, match="let a health check pass"):
        move(built, store, E.READY, health_check_passed=False)
    assert everything(built) == before


def test_what_is_missing_and_since_when_nothing_comes_in(built: Built) -> None:
    store = move(built, made(built, S.CONNECTED), E.AUTH_LOST, lost=Lost.SCOPES)
    assert (store.lost, store.gap_from) == (Lost.SCOPES, None)
    store = move(built, store, E.AUTH_LOST)
    first = store.gap_from
    assert first is not None
    store = move(built, move(built, store, E.DISCONNECT), E.AUTHORIZED)
    assert (store.lost, store.gap_from) == (None, first), "a gap is over when a catch-up went through"


def test_ready_is_the_end_of_every_error(built: Built) -> None:
    store = made(built, S.CONNECTING)
    with built.app.db.write() as connection:
        stores_marks.mark_error(connection, store, "Frozen.", by="import")
        stores_marks.note_rejected(connection, store.id, at=built.app.clock.now())
    now = move(built, store, E.READY, reason=None)
    assert (now.error, now.error_by, now.app_rejected_at, now.reason) == (None, None, None, None)


def test_a_tombstone_holds_no_claim(built: Built) -> None:
    gone = move(built, made(built, S.DELETING), E.ERASED)
    assert (gone.claim, gone.deleted_at) == (False, gone.state_since)


def test_nothing_but_a_move_writes_what_a_move_writes(built: Built) -> None:
    made(built, S.CONNECTED)
    for column in ("state", "generation", "claim", "state_since"):
        with built.app.db.write() as connection, pytest.raises(AssertionError, match="only change in a move"):
            stores.change(connection, "s", **{column: "x"})

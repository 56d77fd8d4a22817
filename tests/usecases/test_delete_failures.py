"""A delete that fails or whose worker dies goes on where it stopped, and always ends in a tombstone and a receipt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from sqlalchemy import select, text

from mooring.db import notices, operations, operations_stalled
from mooring.db.stores import Store
from mooring.db.tables import audit
from mooring.domain.lifecycle import Badge, State
from mooring.errors import Refused
from mooring.usecases import delete, delete_steps, overview
from mooring.usecases.operations_drive import Runner
from tests.usecases.deleting import ENDINGS, WORKS, Leaping, ask, finish, named_rows, outcomes
from tests.usecases.planting import plant
from tests.usecases.test_delete import KEPT
from tests.usecases.world import HARBOUR, World

ROWS = 9


@pytest.fixture
def store(world: World, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Small chunks, so that there are many places to stop at."""
    monkeypatch.setattr(delete_steps, "USUAL", 4)
    monkeypatch.setattr(delete_steps, "FEWEST", 2)
    monkeypatch.setattr(delete_steps, "MOST", 4)
    object.__setattr__(world.app, "clock", Leaping(world.sandbox.clock.advance))
    store = world.store(world.connect().store_id)
    plant(world.app, store.id, rows=ROWS)
    return store


# -- our own failure -----------------------------------------------------------------------------------------------


@contextmanager
def a_table_that_keeps_its_rows(world: World) -> Iterator[None]:
    """The database itself refuses to delete orders."""
    if world.app.db.dialect == "sqlite":
        make = ["CREATE TRIGGER keeps BEFORE DELETE ON orders BEGIN SELECT RAISE(ABORT, 'stuck'); END"]
        drop = ["DROP TRIGGER keeps"]
    else:
        make = [
            "CREATE FUNCTION keeps() RETURNS trigger AS $$ BEGIN RAISE 'stuck'; END $$ LANGUAGE plpgsql",
            "CREATE TRIGGER keeps BEFORE DELETE ON orders FOR EACH ROW EXECUTE FUNCTION keeps()",
        ]
        drop = ["DROP FUNCTION keeps() CASCADE"]
    run(world, make)
    yield
    run(world, drop)


def run(world: World, statements: list[str]) -> None:
    with world.app.db.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def card(world: World, store: Store) -> overview.Card:
    return overview.show(world.app, world.admin, store.project_id).cards[0]


def test_a_failure_is_told_on_the_card_and_retry_goes_on_from_there(world: World, store: Store) -> None:
    with a_table_that_keeps_its_rows(world):
        failed = finish(world.app, ask(world.app, world.admin, store.id))
        assert failed.state == "failed"
        assert world.store(store.id).state is State.DELETING
        assert card(world, store).badge is Badge.DELETE_FAILED
        assert card(world, store).reason == world.store(store.id).delete_failed
        for wrong in ("stuck", "kept"):
            assert wrong not in (world.store(store.id).delete_failed or "")
        assert failed.cursor["erased"]["customers"] == ROWS, "what went before stays gone"
        told(world, store, failed.id, settled=False)
    again = delete.retry(world.app, world.admin, store.id)
    assert (again.id, card(world, store).badge) == (failed.id, Badge.DELETING)
    told(world, store, failed.id, settled=True)
    done = finish(world.app, again)
    assert (done.state, done.error) == ("done", None)
    assert done.receipt is not None
    assert done.receipt["removed"]["customers"] == done.receipt["removed"]["orders"] == ROWS
    assert world.store(store.id).state is State.DELETED


def told(world: World, store: Store, operation_id: str, *, settled: bool) -> None:
    with world.app.db.read() as connection:
        found = [one for one in notices.of_project(connection, store.project_id) if one.kind == "delete_failed"]
        events = connection.execute(select(audit.c.event).where(audit.c.event == "operation.retry")).all()
    assert [(one.settled_at is not None, one.urgent) for one in found] == [(settled, True)]
    assert HARBOUR in found[0].sentence
    assert found[0].address == f"/operations/{operation_id}"
    assert len(events) == settled


def test_a_second_failure_is_news_again(world: World, store: Store) -> None:
    with a_table_that_keeps_its_rows(world):
        finish(world.app, ask(world.app, world.admin, store.id))
        finish(world.app, delete.retry(world.app, world.admin, store.id))
    with world.app.db.read() as connection:
        found = [one for one in notices.of_project(connection, store.project_id) if one.kind == "delete_failed"]
    assert [one.settled_at is None for one in found] == [True, False]


def test_a_failed_delete_can_neither_be_begun_again_nor_undone(world: World, store: Store) -> None:
    with a_table_that_keeps_its_rows(world):
        finish(world.app, ask(world.app, world.admin, store.id))
    with pytest.raises(Refused, match="failed"):
        ask(world.app, world.admin, store.id)
    for attempt in (world.connect, lambda: world.round_trip(store_id=store.id)):
        with pytest.raises(Refused, match="Deleting this store failed"):
            attempt()


# -- a worker that dies --------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Not to be caught: the process is gone."""


class Mortal(Leaping):
    """Dies at the so-manieth look at the clock; every transaction and every call looks at least once."""

    left = 0

    def now(self) -> datetime:
        self.left -= 1
        if self.left == 0:
            raise Killed
        return super().now()


def test_a_worker_that_dies_at_any_moment_loses_nothing(world: World, store: Store) -> None:
    """Each worker lives one look longer than the one before; every step is died in, before and after its commit."""
    operation = ask(world.app, world.admin, store.id)
    clock, deaths, died_in = Mortal(world.sandbox.clock.advance), 0, set[str]()
    object.__setattr__(world.app, "clock", clock)
    while not ended(world, operation.id):
        deaths += 1
        assert deaths < 400, "it does not get on"
        died_in.add(step_of(world, operation.id))
        work_until_death(world, operation.id, clock, deaths)
    clock.left = 0
    with world.app.db.read() as connection:
        done = operations.load(connection, operation.id)
    assert (done.state, done.error) == ("done", None)
    assert done.receipt is not None
    assert done.receipt["removed"]["customers"] == done.receipt["removed"]["order_lines"] == ROWS
    assert outcomes(done)["grant"] in ("done", "already_gone")
    assert named_rows(world.app, store.id).keys() <= KEPT
    assert {"shopify", "erase"} <= died_in


def work_until_death(world: World, operation_id: str, clock: Mortal, looks: int) -> None:
    """A new worker each time, as after a restart: leases of the dead one are void."""
    clock.left = 0
    with world.app.db.write() as connection:
        operations_stalled.release_all(connection)
    clock.left = looks
    runner = Runner(world.app, f"worker-{looks}", WORKS, ENDINGS)
    try:
        while runner.advance(operation_id) is not None:
            pass
    except Killed:
        clock.left = 0


def ended(world: World, operation_id: str) -> bool:
    with world.app.db.read() as connection:
        return operations.load(connection, operation_id).finished


def step_of(world: World, operation_id: str) -> str:
    with world.app.db.read() as connection:
        return operations.load(connection, operation_id).cursor.get("step", "")


def test_a_new_worker_for_every_slice(world: World, store: Store) -> None:
    operation = ask(world.app, world.admin, store.id)
    seen = list[str]()
    while not ended(world, operation.id):
        seen.append(step_of(world, operation.id))
        with world.app.db.write() as connection:
            operations_stalled.release_all(connection)
        Runner(world.app, f"worker-{len(seen)}", WORKS, ENDINGS).advance(operation.id)
    assert list(dict.fromkeys(seen)) == ["", "shopify", "odoo", "erase", "scrub", "wipe", "end", "over"]
    assert world.store(store.id).state is State.DELETED

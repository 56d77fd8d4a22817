"""Operations: fenced at every write, resumed from their row, answered by the class of their error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from mooring.app import Built, build
from mooring.db import operations as rows
from mooring.db import operations_stalled, stores
from mooring.db.operations import Operation
from mooring.db.stores import Store
from mooring.db.tables import collection_products, projects, shopify_apps
from mooring.db.tables import operations as table
from mooring.domain.lifecycle import Event, State
from mooring.domain.rules import Work
from mooring.errors import AuthLost, Permanent, Refused, Retriable, Stale, StoreUnavailable
from mooring.settings import Settings
from mooring.usecases import operations
from mooring.usecases.operations_drive import Runner, drive
from mooring.usecases.operations_run import Again, Done, Next, Run, Wait
from mooring.usecases.who import CLI


@pytest.fixture
def built(database_url: str, data_dir: Path) -> Iterator[Built]:
    built = build(Settings(database_url=database_url, data_dir=data_dir, log_level="error"), with_engine=False)
    yield built
    built.close()


@pytest.fixture
def store(built: Built) -> Store:
    app, now = built.app, built.app.clock.now()
    with app.db.write() as connection:
        connection.execute(insert(projects).values(id="p", name="P", created_at=now))
        blank = {"client_secret": b"", "optional_scopes": "", "from_settings": False, "created_at": now}
        connection.execute(insert(shopify_apps).values(id="a", name="A", client_id="c", **blank))
        shop = {"shop_id": 1, "shop_domain": "abcd.myshopify.com", "name": "N"}
        made = stores.create(connection, at=now, actor="cli", id="s", project_id="p", app_id="a", **shop)
        stores.take_claim(connection, made)
        return stores.move(connection, made, Event.READY, at=now, actor="cli")


def issue(built: Built, store: Store, work: Work = Work.IMPORT) -> Operation:
    with built.app.db.write() as connection:
        return operations.issue(built.app, connection, CLI, store, work, {})


def now_of(built: Built, operation: Operation) -> Operation:
    return operations.show(built.app, CLI, operation.id)


def runner(built: Built, advance: Callable[[Any, Run], Next], worker: str = "w1") -> Runner:
    return Runner(built.app, worker, {Work.IMPORT: advance})


def written(built: Built) -> int:
    with built.app.db.read() as connection:
        return len(connection.execute(select(collection_products)).all())


def write_one(run: Run, number: int) -> None:
    with run.checkpoint() as connection:
        connection.execute(
            insert(collection_products).values(store_id=run.store.id, collection_id=1, product_id=number)
        )
        run.cursor["at"] = number


def test_work_goes_on_from_its_cursor_until_it_is_done(built: Built, store: Store) -> None:
    def advance(_: Any, run: Run) -> Next:
        number = run.cursor.get("at", 0) + 1
        write_one(run, number)
        return Done({"rows": number}) if number == 3 else (Again() if number == 1 else Wait(0.01))

    operation = issue(built, store)
    end = drive(built.app, operation.id, {Work.IMPORT: advance})
    assert (end.state, end.receipt, end.cursor) == ("done", {"rows": 3}, {"at": 3})
    assert end.finished_at is not None
    assert written(built) == 3


def test_a_second_start_is_refused_naming_what_runs_and_who_started_it(built: Built, store: Store) -> None:
    first = issue(built, store)
    with pytest.raises(Refused) as refused:
        issue(built, store, Work.SWEEP)
    assert "An import of this store has been running since " in refused.value.sentence
    assert "started by the command line" in refused.value.sentence
    assert refused.value.facts["operation_id"] == first.id


@pytest.mark.parametrize("event", [Event.DISCONNECT, Event.DELETE, Event.UNINSTALLED, Event.AUTHORIZED])
def test_a_lifecycle_move_fences_and_parks_what_runs(built: Built, store: Store, event: Event) -> None:
    """A worker frozen between fetch and commit: its commit touches 0 rows."""

    def advance(app: Any, run: Run) -> Next:
        with app.db.write() as connection:
            now = app.clock.now()
            stores.move(connection, stores.load(connection, "s"), event, at=now, actor="cli")
        with pytest.raises(Stale):
            write_one(run, 1)
        raise Stale("as the gate would say")

    operation = issue(built, store)
    assert runner(built, advance).advance(operation.id) is None
    assert written(built) == 0
    assert now_of(built, operation).state == "parked"


def test_an_older_worker_can_write_nothing_once_another_one_took_over(built: Built, store: Store) -> None:
    operation = issue(built, store)
    held: list[Run] = []

    def hold(_: Any, run: Run) -> Next:
        held.append(run)
        return Wait(0.0)

    old, new = runner(built, hold, "old"), runner(built, hold, "new")
    old.advance(operation.id)
    assert new.advance(operation.id) is None, "the lease is still good"
    with built.app.db.write() as connection:
        operations_stalled.release_all(connection)
    new.advance(operation.id)
    for number, run in enumerate(held):
        if number == 0:
            with pytest.raises(Stale):
                write_one(run, 7)
        else:
            write_one(run, 8)
    assert written(built) == 1


def test_two_copies_under_one_epoch_cannot_both_commit(built: Built, store: Store) -> None:
    operation = issue(built, store)
    with built.app.db.write() as connection:
        taken = rows.take(connection, operation.id, worker="w", at=built.app.clock.now())
    assert taken is not None
    one, two = (Run(built.app, taken, store) for _ in range(2))
    write_one(one, 1)
    with pytest.raises(Stale):
        write_one(two, 2)
    assert written(built) == 1


def test_a_passing_fault_waits_and_goes_on(built: Built, store: Store) -> None:
    faults = iter([Retriable("Shopify did not answer.", retry_after=120), None])

    def advance(_: Any, run: Run) -> Next:
        if error := next(faults):
            raise error
        return Done({})

    operation, work = issue(built, store), runner(built, advance)
    assert work.advance(operation.id) is None
    waiting = now_of(built, operation)
    assert (waiting.state, waiting.error, waiting.attempts) == ("running", "Shopify did not answer.", 1)
    with built.app.db.read() as connection:
        assert rows.due(connection, at=built.app.clock.now()) == []
        assert waiting.not_before is not None
        assert [o.id for o in rows.due(connection, at=waiting.not_before)] == [operation.id]
    assert work.advance(operation.id) is None
    assert now_of(built, operation).state == "done"


def test_a_store_that_is_unavailable_says_so_until_its_work_succeeds(built: Built, store: Store) -> None:
    faults = iter([StoreUnavailable("The store is frozen at Shopify.", retry_after=3600), None])

    def advance(_: Any, run: Run) -> Next:
        if error := next(faults):
            raise error
        return Done({})

    def told() -> tuple[State, str | None]:
        with built.app.db.read() as connection:
            found = stores.load(connection, "s")
        return found.state, found.error

    operation, work = issue(built, store), runner(built, advance)
    work.advance(operation.id)
    assert told() == (State.CONNECTED, "The store is frozen at Shopify.")
    assert now_of(built, operation).state == "running"
    work.advance(operation.id)
    assert told() == (State.CONNECTED, None)


def test_lost_credentials_park_the_work_and_ask_for_a_reconnect(built: Built, store: Store) -> None:
    def advance(_: Any, run: Run) -> Next:
        run.cursor["at"] = 5
        with run.checkpoint():
            pass
        raise AuthLost("Shopify no longer accepts this store's token. Reconnect it.")

    operation = issue(built, store)
    assert drive(built.app, operation.id, {Work.IMPORT: advance}).state == "parked"
    with built.app.db.read() as connection:
        lost = stores.load(connection, "s")
    assert (lost.state, lost.generation) == (State.RECONNECT_REQUIRED, 1)
    assert lost.reason == "Shopify no longer accepts this store's token. Reconnect it."
    assert now_of(built, operation).cursor == {"at": 5}


@pytest.mark.parametrize("error", [Permanent("This cannot succeed."), Refused("Not now.")])
def test_what_cannot_succeed_fails_with_its_sentence(built: Built, store: Store, error: Exception) -> None:
    def advance(_: Any, run: Run) -> Next:
        raise error

    operation = issue(built, store)
    end = drive(built.app, operation.id, {Work.IMPORT: advance})
    assert (end.state, end.error) == ("failed", str(error))
    issue(built, store)  # and it is in nobody's way


def test_an_error_of_our_own_is_tried_again_a_few_times_and_then_told(built: Built, store: Store) -> None:
    tries: list[int] = []

    def advance(_: Any, run: Run) -> Next:
        tries.append(1)
        raise ZeroDivisionError

    operation, work = issue(built, store), runner(built, advance)
    for _ in range(20):
        with built.app.db.write() as connection:
            connection.execute(update(table).values(not_before=None, lease_until=None))
        work.advance(operation.id)
    end = now_of(built, operation)
    assert end.state == "failed"
    assert end.error is not None
    assert "error of its own (reference" in end.error
    assert len(tries) == 5


def test_a_cancel_takes_effect_at_the_next_slice_and_keeps_what_was_written(built: Built, store: Store) -> None:
    def advance(_: Any, run: Run) -> Next:
        write_one(run, run.cursor.get("at", 0) + 1)
        return Again()

    operation, work = issue(built, store), runner(built, advance)
    assert work.advance(operation.id) == 0
    operations.cancel(built.app, CLI, operation.id)
    assert work.advance(operation.id) is None
    assert now_of(built, operation).state == "cancelled"
    assert written(built) == 1
    with pytest.raises(Refused, match="already finished"):
        operations.cancel(built.app, CLI, operation.id)


def test_a_parked_operation_can_be_cancelled_at_once(built: Built, store: Store) -> None:
    operation = issue(built, store)
    with built.app.db.write() as connection:
        stores.move(connection, store, Event.DISCONNECT, at=built.app.clock.now(), actor="cli")
    assert now_of(built, operation).state == "parked"
    operations.cancel(built.app, CLI, operation.id)
    assert now_of(built, operation).state == "cancelled"

"""Mass deletions wait for a person: nothing is marked before, and what was decided happens, once, for that many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from mooring.db import stores, tables
from mooring.db.holds import Hold
from mooring.domain.kinds import Kind
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Role, Work
from mooring.errors import ConfirmationMissing, NotAllowed, NotFound, Refused
from mooring.usecases import holds
from mooring.usecases.holds import Question
from mooring.usecases.operations_drive import drive
from mooring.usecases.who import SYSTEM, Who
from tests.usecases.changing import ALL_ORDERS, WORKS, kinds_of, later, number, run_sweep, unfinished
from tests.usecases.importing import PROJECT, World, world

SIZES = {"customers": 60}


@pytest.fixture
def shop(database_url: str, data_dir: Path) -> Iterator[World]:
    with world(database_url, data_dir, sizes=SIZES, scopes=ALL_ORDERS, imported=True) as made:
        later(made, timedelta(minutes=15))
        yield made


def remove(shop: World, count: int) -> list[int]:
    ids = [number(document["id"]) for document in shop.documents("Customer")[:count]]
    for one in ids:
        shop.sandbox.state.remove(shop.shop_id, "Customer", one)
    return ids


def marked(shop: World) -> int:
    return sum(row[0] is not None for row in shop.rows(tables.customers, "deleted_at"))


def asked(shop: World) -> Question:
    (question,) = holds.open_holds(shop.app, SYSTEM, PROJECT)
    return question


def notices(shop: World) -> list[tuple[str, bool]]:
    with shop.app.db.read() as connection:
        row = tables.notices.c
        found = connection.execute(
            select(row.sentence, row.settled_at).where(row.kind == "mass_deletion_held").order_by(row.id)
        )
        return [(one.sentence, one.settled_at is not None) for one in found]


# -- by a sweep ----------------------------------------------------------------------------------------------------


def test_suspiciously_many_are_held(shop: World) -> None:
    remove(shop, 25)
    found = kinds_of(run_sweep(shop))["customers"]
    assert (found["gone"], found["held"], found["marked"]) == (25, 25, 0)
    assert marked(shop) == 0
    question = asked(shop)
    assert (question.kind, question.cause, question.count, question.total) == (Kind.CUSTOMERS, "sweep", 25, 60)
    assert "25 of 60 customers" in question.sentence
    assert "25" in question.delete_means and "25" in question.keep_means
    ((said, settled),) = notices(shop)
    assert question.sentence in said and not settled


def test_twenty_are_not(shop: World) -> None:
    remove(shop, 20)
    run_sweep(shop)
    assert holds.open_holds(shop.app, SYSTEM, PROJECT) == []
    assert marked(shop) == 20


def test_the_same_question_is_asked_once_and_takes_the_new_number(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    remove(shop, 5)
    run_sweep(shop)
    assert asked(shop).count == 30
    assert len(notices(shop)) == 1


def test_delete_looks_once_more_and_marks_them(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    done = holds.decide(shop.app, SYSTEM, asked(shop).id, "delete", token="25")
    assert "25 customers" in done.sentence
    assert done.operation is not None
    assert done.operation.arguments == {"kinds": ["customers"]}
    found = kinds_of(drive(shop.app, done.operation.id, WORKS))["customers"]
    assert found["marked"] == marked(shop) == 25
    assert notices(shop)[0][1]


def test_the_permission_is_good_for_about_as_many_and_for_once(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    remove(shop, 9)
    done = holds.decide(shop.app, SYSTEM, asked(shop).id, "delete", token="25")
    assert done.operation is not None
    drive(shop.app, done.operation.id, WORKS)
    assert marked(shop) == 34
    remove(shop, 24)
    found = kinds_of(run_sweep(shop))["customers"]
    assert (found["held"], marked(shop)) == (24, 34)


def test_many_more_than_were_shown_are_asked_about_again(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    remove(shop, 15)
    done = holds.decide(shop.app, SYSTEM, asked(shop).id, "delete", token="25")
    assert done.operation is not None
    drive(shop.app, done.operation.id, WORKS)
    assert (marked(shop), asked(shop).count) == (0, 40)


def test_keep_removes_nothing_and_is_not_asked_again_until_the_number_changes(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    done = holds.decide(shop.app, SYSTEM, asked(shop).id, "keep")
    assert "25 customers are kept" in done.sentence
    assert (done.operation, unfinished(shop)) == (None, [])
    found = kinds_of(run_sweep(shop))["customers"]
    assert (found["kept"], found["held"], marked(shop)) == (25, 0, 0)
    assert holds.open_holds(shop.app, SYSTEM, PROJECT) == []
    remove(shop, 1)
    run_sweep(shop)
    assert asked(shop).count == 26


def test_a_question_whose_cause_is_gone_is_taken_back(shop: World) -> None:
    documents = shop.documents("Customer")[:25]
    remove(shop, 25)
    run_sweep(shop)
    for document in documents:
        shop.change("Customer", document)
    run_sweep(shop)
    assert holds.open_holds(shop.app, SYSTEM, PROJECT) == []
    assert notices(shop)[0][1]
    remove(shop, 25)
    run_sweep(shop)
    assert asked(shop).count == 25


def test_a_permission_waits_for_what_runs(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    running = shop.issue()
    done = holds.decide(shop.app, SYSTEM, asked(shop).id, "delete", token="25")
    assert done.operation is None
    assert shop.store.sweep_due_at is not None and shop.store.sweep_due_at <= shop.app.clock.now()
    drive(shop.app, running.id, WORKS)
    from mooring.usecases import sweep

    sweep.scheduled(shop.app)
    (operation,) = unfinished(shop, Work.SWEEP)
    drive(shop.app, operation.id, WORKS)
    assert marked(shop) == 25


# -- who and how ---------------------------------------------------------------------------------------------------


def test_delete_has_to_be_confirmed_for_the_number_that_was_shown(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    for token in (None, "", "all", "14", "36"):
        with pytest.raises(ConfirmationMissing) as missing:
            holds.decide(shop.app, SYSTEM, asked(shop).id, "delete", token=token)
        assert missing.value.token == "25"
        assert missing.value.preview["count"] == 25
    assert asked(shop).count == 25


def test_an_editor_decides_and_a_viewer_only_looks(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    viewer, editor = (Who(f"person-{role}", "Somebody", roles={PROJECT: role}) for role in (Role.VIEWER, Role.EDITOR))
    (question,) = holds.open_holds(shop.app, viewer, PROJECT)
    with pytest.raises(NotAllowed):
        holds.decide(shop.app, viewer, question.id, "keep")
    with pytest.raises(NotFound):
        holds.decide(shop.app, Who("person-2", "Stranger"), question.id, "keep")
    assert holds.decide(shop.app, editor, question.id, "keep").hold.decision == "keep"


def test_an_answer_stands(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    question = asked(shop)
    holds.decide(shop.app, SYSTEM, question.id, "keep")
    with pytest.raises(Refused, match="already"):
        holds.decide(shop.app, SYSTEM, question.id, "delete", token="25")


def test_nothing_is_deleted_for_a_disconnected_store_but_it_may_be_kept(shop: World) -> None:
    remove(shop, 25)
    run_sweep(shop)
    with shop.app.db.write() as connection:
        store = stores.load(connection, shop.store_id)
        stores.move(connection, store, Event.DISCONNECT, at=shop.app.clock.now(), actor="test")
    with pytest.raises(Refused, match="disconnected"):
        holds.decide(shop.app, SYSTEM, asked(shop).id, "delete", token="25")
    holds.decide(shop.app, SYSTEM, asked(shop).id, "keep")


# -- by webhooks ---------------------------------------------------------------------------------------------------


def held_deliveries(shop: World, count: int) -> Hold:
    with shop.app.db.write() as connection:
        made = holds.hold(connection, shop.app, shop.store, Kind.CUSTOMERS, "webhooks", count, 60)
        for at in range(count):
            connection.execute(
                insert(tables.deliveries).values(
                    app_id=shop.store.app_id, shop_domain=shop.store.shop_domain, webhook_id=f"w{at}",
                    topic="customers/delete", received_at=shop.app.clock.now(), store_id=shop.store_id,
                    kind="customers", record_id=at, state="held", hold_id=made.id,
                )
            )  # fmt: skip
    return made


def states(shop: World) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in shop.rows(tables.deliveries, "state", "hold_id")}


def test_held_deliveries_go_on_when_a_person_agrees(shop: World) -> None:
    made = held_deliveries(shop, 30)
    assert "reported 30 of 60 customers as deleted" in asked(shop).sentence
    holds.decide(shop.app, SYSTEM, made.id, "delete", token="30")
    assert states(shop) == {("new", made.id)}


def test_held_deliveries_are_dropped_when_the_records_are_kept(shop: World) -> None:
    made = held_deliveries(shop, 30)
    holds.decide(shop.app, SYSTEM, made.id, "keep")
    assert states(shop) == {("dropped", made.id)}


def test_both_causes_are_questions_of_their_own(shop: World) -> None:
    held_deliveries(shop, 30)
    remove(shop, 25)
    run_sweep(shop)
    assert {one.cause for one in holds.open_holds(shop.app, SYSTEM, PROJECT)} == {"sweep", "webhooks"}

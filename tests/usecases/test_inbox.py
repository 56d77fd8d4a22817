"""Dead letters: seen with their reasons, replayed or let go by an editor, of one's own stores only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mooring.db import audit, inbox, stores
from mooring.db.inbox import Arrival
from mooring.domain.lifecycle import Event
from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotAllowed, NotFound, Refused
from mooring.usecases import inbox as cases
from mooring.usecases.who import Who
from tests.usecases.world import HARBOUR, LIGHTHOUSE, World


@pytest.fixture
def store_id(world: World) -> str:
    return world.connect(HARBOUR).store_id


def arrive(
    world: World, number: int, *, domain: str = HARBOUR, state: str = "dead", kind: str | None = "orders"
) -> None:
    reason = None if state == "new" else "It could not be read."
    one = Arrival("a", domain, f"w-{domain}-{number}", "orders/updated", None, world.app.clock.now(), kind,
                  number if kind else None, None, state, reason)  # fmt: skip
    with world.app.db.write() as connection:
        inbox.add_many(connection, [one])


def editor(world: World, role: Role = Role.EDITOR) -> Who:
    return Who("somebody", "Somebody", roles={world.project: role})


def test_counts_and_letters_are_shown_with_their_reasons(world: World, store_id: str) -> None:
    arrive(world, 1)
    arrive(world, 2, kind=None)
    arrive(world, 3, state="new")
    arrive(world, 4, domain=LIGHTHOUSE)
    shown = cases.show(world.app, world.admin, store_id)
    assert shown.inbox.counts == {"new": 1, "held": 0, "done": 0, "dropped": 0, "dead": 2}
    assert [(one.what, one.replayable, one.delivery.reason) for one in shown.letters] == [
        ("Nothing that can be told", False, "It could not be read."),
        ("Order 1", True, "It could not be read."),
    ]
    (overview,) = cases.of_project(world.app, world.admin, world.project)
    assert overview.counts["dead"] == 2


def test_many_are_shown_page_by_page(world: World, store_id: str) -> None:
    for number in range(1, 61):
        arrive(world, number)
    first = cases.show(world.app, world.admin, store_id)
    second = cases.show(world.app, world.admin, store_id, cursor=first.following)
    numbers = [one.delivery.record_id for page in (first, second) for one in page.letters]
    assert numbers == list(range(60, 0, -1))
    assert second.following is None


def test_a_letter_that_points_at_something_is_replayed(world: World, store_id: str) -> None:
    arrive(world, 1)
    arrive(world, 2, kind=None)
    world.app.receiver.arrived.clear()
    assert cases.replay(world.app, editor(world), store_id) == 1
    assert world.app.receiver.arrived.is_set(), "whoever drains is woken"
    counts = cases.show(world.app, world.admin, store_id).inbox.counts
    assert (counts["new"], counts["dead"]) == (1, 1)
    with world.app.db.read() as connection:
        newest = audit.of_project(connection, world.project)[0]
    assert (newest["event"], newest["detail"], newest["actor"]) == ("inbox.replay", {"count": 1}, "somebody")


def test_only_the_chosen_ones_are_let_go(world: World, store_id: str) -> None:
    for number in (1, 2, 3):
        arrive(world, number)
    letters = cases.show(world.app, world.admin, store_id).letters
    assert cases.drop(world.app, editor(world), store_id, [letters[0].delivery.id, 10**9]) == 1
    counts = cases.show(world.app, world.admin, store_id).inbox.counts
    assert (counts["dropped"], counts["dead"]) == (1, 2)


def test_rights_and_states_are_asked_first(world: World, store_id: str) -> None:
    arrive(world, 1)
    with pytest.raises(NotAllowed):
        cases.replay(world.app, editor(world, Role.VIEWER), store_id)
    with pytest.raises(NotFound):
        cases.show(world.app, Who("x", "X"), store_id)
    with pytest.raises(InvalidInput):
        cases.show(world.app, world.admin, store_id, state="lost")
    with pytest.raises(InvalidInput):
        cases.drop(world.app, world.admin, store_id, list(range(1001)))
    with world.app.db.write() as connection:
        stores.move(connection, stores.load(connection, store_id), Event.DELETE, at=world.app.clock.now(), actor="x")
    with pytest.raises(Refused):
        cases.replay(world.app, world.admin, store_id)


def test_another_project_s_letters_for_the_same_shop_are_not_seen(world: World, store_id: str) -> None:
    """Unopened ones belong to the card that speaks for the shop."""
    arrive(world, 1)
    with world.app.db.write() as connection:
        connection.execute(stores.update(stores.stores).where(stores.stores.c.id == store_id).values(claim=False))
    assert cases.show(world.app, world.admin, store_id).letters == ()


def test_what_is_settled_is_forgotten_after_a_week(world: World, store_id: str) -> None:
    arrive(world, 1, state="dropped")
    arrive(world, 2)
    cases.forget(world.app)
    assert cases.show(world.app, world.admin, store_id).inbox.counts["dropped"] == 1
    world.app.clock.advance(timedelta(days=7, minutes=1))  # type: ignore[attr-defined]
    cases.forget(world.app)
    counts = cases.show(world.app, world.admin, store_id).inbox.counts
    assert (counts["dropped"], counts["dead"]) == (0, 1), "dead letters stay until somebody decides"

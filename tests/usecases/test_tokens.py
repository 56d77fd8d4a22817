"""Access tokens are renewed one at a time, survive a kill in between, and are given up only when truly dead."""

from __future__ import annotations

import threading

import pytest

from mooring.db import credentials, stores
from mooring.domain.lifecycle import Event, Purpose
from mooring.errors import AppRejected, AuthLost, Refused, Stale, Unreachable
from mooring.ports import Grant
from mooring.usecases import gate
from mooring.usecases.gate import Ticket
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import HARBOUR, World

QUERY = "query Shop { shop { id } }"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return Ticket(world.connect().store_id, 1, Purpose.IMPORT)


def ask(world: World, ticket: Ticket) -> str:
    return gate.call(world.app, ticket, QUERY, {}).data["shop"]["id"]


def refreshes(world: World) -> int:
    return world.sandbox.log.counts()["kinds"]["token"]["operations"].get("refresh_token", 0)


def version(world: World, ticket: Ticket) -> int:
    with world.app.db.read() as connection:
        held = credentials.load(connection, world.app.vault, ticket.store_id)
    assert held is not None
    return held.version


def test_a_good_token_is_used_as_it_is(world: World, ticket: Ticket) -> None:
    ask(world, ticket)
    assert refreshes(world) == 0


def test_a_token_about_to_end_is_renewed_before_it_is_used(world: World, ticket: Ticket) -> None:
    world.advance(minutes=56)
    ask(world, ticket)
    ask(world, ticket)
    assert (refreshes(world), version(world, ticket)) == (1, 2)


def test_a_token_shopify_refuses_is_renewed_once_and_the_call_repeated(world: World, ticket: Ticket) -> None:
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=401))
    ask(world, ticket)
    assert refreshes(world) == 1


def test_many_workers_at_once_lead_to_one_refresh(world: World, ticket: Ticket) -> None:
    world.advance(hours=2)
    world.sandbox.faults.add(Fault(kind="late", on="token", seconds=0.4))
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(world, ticket))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(answers) == 6
    assert (refreshes(world), version(world, ticket)) == (1, 2)


def test_a_kill_between_answer_and_commit_loses_nothing(world: World, ticket: Ticket) -> None:
    """Shopify has rotated the pair, we never saw it: the old refresh token may be sent again."""
    world.advance(hours=2)
    world.sandbox.faults.add(Fault(kind="lost_answer", on="token"))
    with pytest.raises(Unreachable):
        ask(world, ticket)
    assert version(world, ticket) == 1
    ask(world, ticket)
    assert (refreshes(world), version(world, ticket)) == (2, 2)


def test_the_turn_of_a_worker_that_died_is_over_after_a_minute(world: World, ticket: Ticket) -> None:
    with world.app.db.write() as connection:
        now = world.app.clock.now()
        assert credentials.take_refresh(connection, ticket.store_id, 1, holder="dead", at=now)
        assert not credentials.take_refresh(connection, ticket.store_id, 1, holder="b", at=now)
    world.advance(hours=2)
    ask(world, ticket)
    assert version(world, ticket) == 2


def test_a_refresh_that_answers_after_a_new_authorisation_does_not_overwrite_it(world: World, ticket: Ticket) -> None:
    with world.app.db.read() as connection:
        old = credentials.load(connection, world.app.vault, ticket.store_id)
    assert old is not None
    world.connect(store_id=ticket.store_id)
    with world.app.db.write() as connection:
        grant = Grant("late", frozenset(), 3600, "late", 7776000)
        vault, at = world.app.vault, world.app.clock.now()
        assert not credentials.replace(connection, vault, ticket.store_id, old.version, grant, at=at)
    assert ask(world, Ticket(ticket.store_id, 2, Purpose.IMPORT))


@pytest.mark.parametrize(
    ("status", "body", "raises"),
    [
        (401, {"error": "invalid_request", "error_description": "needs an active refresh_token"}, AuthLost),
        (400, {"error": "invalid_grant"}, AuthLost),
        (400, {"error": "app_not_installed"}, AuthLost),
        (400, {"error": "invalid_client"}, AppRejected),
        (401, {"error": "invalid_client"}, AppRejected),
        (500, {}, Unreachable),
    ],
)  # fmt: skip
def test_what_the_token_endpoint_says_decides_who_has_to_act(
    world: World, ticket: Ticket, status: int, body: dict[str, str], raises: type[Exception]
) -> None:
    world.advance(hours=2)
    world.sandbox.faults.add(Fault(kind="status", on="token", status=status, body=body))
    with pytest.raises(raises):
        ask(world, ticket)
    assert version(world, ticket) == 1


def test_a_connection_unused_for_ninety_days_is_over_without_asking(world: World, ticket: Ticket) -> None:
    world.advance(days=91)
    calls = world.calls()
    with pytest.raises(AuthLost) as lost:
        ask(world, ticket)
    assert lost.value.code == "refresh_expired"
    assert world.calls() == calls


# -- the gate ------------------------------------------------------------------------------------------------------


def test_the_gate_asks_for_generation_claim_and_state_before_each_call(world: World, ticket: Ticket) -> None:
    calls = world.calls()
    with pytest.raises(Stale):
        ask(world, Ticket(ticket.store_id, 7, Purpose.IMPORT))
    with pytest.raises(Refused):
        ask(world, Ticket(ticket.store_id, 1, Purpose.DELETE))
    with world.app.db.write() as connection:
        moved = stores.move(
            connection, stores.load(connection, ticket.store_id), Event.DISCONNECT, at=world.app.clock.now(), actor="x"
        )
    with pytest.raises(Refused, match="no call leaves for it now"):
        ask(world, Ticket(ticket.store_id, moved.generation, Purpose.IMPORT))
    other = world.connect(HARBOUR, project=world.other_project())
    with pytest.raises(Refused, match="Another project speaks for this shop"):
        ask(world, Ticket(ticket.store_id, moved.generation, Purpose.CLEAN_UP))
    assert other.store_id != ticket.store_id
    assert calls < world.calls(), "the new round trip did call"

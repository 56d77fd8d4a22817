"""Notices: raised once, in the transaction of their cause, and read by each person for themselves."""

from __future__ import annotations

from mooring.db import notices as rows
from mooring.db import stores
from mooring.domain.lifecycle import Event
from mooring.usecases import notices
from mooring.usecases.lost import lose
from tests.usecases.world import World


def raised(world: World, key: str = "one") -> bool:
    with world.app.db.write() as connection:
        return notices.raise_notice(
            connection, at=world.app.clock.now(), project_id=world.project, kind="gap_recovered", key=key,
            sentence="Harbour: gap 3 d 4 h, 212 orders recovered.",
        )  # fmt: skip


def known(world: World) -> list[rows.Notice]:
    with world.app.db.read() as connection:
        return rows.of_project(connection, world.project)


def test_a_notice_is_raised_once_for_each_key_and_project(world: World) -> None:
    assert raised(world) is True
    assert raised(world) is False
    assert raised(world, "two") is True
    assert [one.key for one in known(world)] == ["two", "one"]


def test_a_lost_store_is_told_once_until_it_is_lost_again(world: World) -> None:
    store = world.store(world.connect().store_id)
    with world.app.db.write() as connection:
        once = lose(world.app, connection, store, reason="Shopify refused the token.")
        lose(world.app, connection, once, reason="A newer reason.")
    assert [one.kind for one in known(world)] == ["reconnect_required"]
    assert known(world)[0].sentence == "Harbour needs a reconnect. Shopify refused the token."
    world.advance(minutes=5)
    with world.app.db.write() as connection:
        waiting = stores.load(connection, store.id)
        well = stores.move(
            connection, waiting, Event.READY, at=world.app.clock.now(), actor="system", health_check_passed=True
        )
        lose(world.app, connection, well, reason="Refused again.")
    assert len(known(world)) == 2

"""The quiet end: Shopify well, no faults, time passes; then the hub is what the shops are, record by record.

Twice. First nobody touches anything, so that a disconnected store must stay as it is while everything else heals. Then
people reconnect what asks for it, and what was missed comes in.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from mooring.db import operations
from mooring.db import tables as hub
from tests.sim.compare import differences
from tests.sim.model import BASE, Card, Life
from tests.sim.play import Play

_PAUSES = (40, 26 * 3600)
"""Long enough for every pull, sweep and check to have its turn."""
_PATIENCE = 15
"""How often what waits for something else is waited for, two minutes each."""


def quiet_end(play: Play, check: Callable[[], None]) -> None:
    play.tell("-- the quiet end --")
    _make_well(play)
    check()
    _let_time_pass(play, check)
    _nothing_is_left(play)
    _equal(play)
    if _reconnect(play, check):
        _let_time_pass(play, check)
        _nothing_is_left(play)
        _equal(play)


def _make_well(play: Play) -> None:
    play.everything()
    if play.halted is not None:
        play.thaw()
    play.stage.sandbox.faults.clear()
    for shop in play.shops:
        play.set_state(shop, "active")


def _let_time_pass(play: Play, check: Callable[[], None]) -> None:
    for pause in _PAUSES:
        _go_on(play, check, pause)
    for _ in range(_PATIENCE):
        if not _left(play):
            return
        _go_on(play, check, 120)


def _go_on(play: Play, check: Callable[[], None], pause: float) -> None:
    play.pause(pause)
    play.rest()
    play.deliver_all()
    play.drain()
    play.tick()
    play.rest()
    check()


def _reconnect(play: Play, check: Callable[[], None]) -> bool:
    """A person does for each card what it asks for; whether there was one. Where the domain is another shop's now,
    only a delete helps."""
    asked = False
    for card in play.model.there():
        if not _waits(play, card) or play.stage.sandbox.state.shop_id(play.address(card)) != card.shop:
            continue
        if play.model.may_begin(card.project, play.address(card), card):
            play.authorise(card.project, play.address(card), card, BASE)
            asked = True
            check()
    return asked


def _waits(play: Play, card: Card) -> bool:
    return card.life is Life.DISCONNECTED or not _is_connected(play, card)


def _is_connected(play: Play, card: Card) -> bool:
    return card.life is Life.LIVE and card.claim and play.state(card) == "connected"


def _left(play: Play) -> list[str]:
    """What has neither come to its end nor is parked."""
    with play.app.db.read() as connection:
        found = {card: operations.unfinished(connection, card.store_id) for card in play.model.cards}
    return [
        f"{play.name(card)}: {one.kind} is {one.state} ({one.error})"
        for card, unfinished in found.items()
        for one in unfinished
        if one.state != "parked"
    ]


def _nothing_is_left(play: Play) -> None:
    assert not _left(play), f"still there: {_left(play)}"
    assert all(card.life is not Life.DELETING for card in play.model.cards), "a delete does not come to its end"


def _equal(play: Play) -> None:
    with play.app.db.read() as connection:
        for card in play.model.cards:
            if card.life is Life.GONE:
                left = select(func.count()).select_from(hub.customers).where(hub.customers.c.store_id == card.store_id)
                assert connection.execute(left).scalar_one() == 0, "a deleted store has customers"
            elif card.started and _is_connected(play, card):
                found = differences(
                    connection, play.stage.sandbox.state, card, play.now, play.model.redacted[card.shop]
                )
                assert not found, f"{play.name(card)}: " + "; ".join(found[:12])

"""Two people bring the same store back at once: what the later exchange minted is what is kept."""

from __future__ import annotations

import dataclasses

import pytest

from mooring.errors import Conflict
from mooring.usecases import connect, health
from tests.usecases.world import SESSION, World


def test_the_slower_of_two_round_trips_cannot_put_its_dead_pair_over_the_living(world: World) -> None:
    """It stands still between the reading of the shop and the decision; the other one comes through meanwhile."""
    store_id = world.connect().store_id
    slow, quick = (world.round_trip(store_id=store_id) for _ in range(2))
    real = world.app.shopify
    answers = []

    class Pausing:
        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def graphql(self, *arguments: object) -> object:
            reply = real.graphql(*arguments)  # type: ignore[arg-type]
            if not answers:
                answers.append(reply)
                connect.finish(world.app, quick, session=SESSION)
            return reply

    pausing = dataclasses.replace(world.app, shopify=Pausing())  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="decided already"):
        connect.finish(pausing, slow, session=SESSION)
    assert health.check(world.app, world.admin, store_id).passed

"""What machines are told: counts, and whether a restore waits; never a name."""

from __future__ import annotations

import re

from mooring.usecases import held
from mooring.usecases.held import Hold
from mooring.usecases.lost import lose
from tests.web.face import Face


def metrics(face: Face) -> dict[str, int]:
    text = face.stranger().get("/metrics").text
    return {name: int(value) for name, value in re.findall(r"^([^#\s]\S*) (\d+)$", text, re.M)}


def test_badges_inbox_posts_and_the_hold_are_counted(face: Face) -> None:
    store = face.world.store(face.world.connect().store_id)
    before = metrics(face)
    assert before['mooring_badges{badge="connected"}'] == 1
    assert before['mooring_badges{badge="reconnect_required"}'] == 0
    assert (before["mooring_held"], before["mooring_oldest_delivery_seconds"]) == (0, 0)
    with face.world.app.db.write() as connection:
        lose(face.world.app, connection, store, reason="Shopify refused the token.")
        held.put(connection, Hold(at=face.world.app.clock.now(), source="test"))
    after = metrics(face)
    assert after['mooring_badges{badge="reconnect_required"}'] == 1
    assert after["mooring_held"] == 1


def test_a_held_installation_is_ready_and_says_so(face: Face) -> None:
    assert face.stranger().get("/readyz").text == "ok\n"
    with face.world.app.db.write() as connection:
        held.put(connection, Hold(at=face.world.app.clock.now(), source="test"))
    answer = face.stranger().get("/readyz")
    assert (answer.status_code, "held" in answer.text) == (200, True)

"""The inbox over the API: what was received, which could not be obeyed, and what a person decides about that."""

from __future__ import annotations

from mooring.domain.rules import Role
from tests.usecases.world import HARBOUR
from tests.web.face import Face
from tests.web.test_webhooks import deliver

API = "/api/v1"


def test_dead_letters_are_shown_replayed_and_let_go(face: Face) -> None:
    store_id = face.world.connect(HARBOUR).store_id
    assert deliver(face, b"no json", webhook_id="1").status_code == 200
    assert deliver(face, {"id": 5}, webhook_id="2").status_code == 200
    editor = face.program(face.person(Role.EDITOR), Role.EDITOR, face.world.project)
    shown = editor.get(f"{API}/stores/{store_id}/inbox").json()
    assert shown["inbox"]["counts"] == {"new": 1, "held": 0, "done": 0, "dropped": 0, "dead": 1}
    (letter,) = shown["items"]
    assert (letter["reason"], letter["replayable"]) == ("The body is no JSON object.", False)
    assert editor.get(f"{API}/stores/{store_id}/inbox?which=new").json()["items"][0]["what"] == "Customer 5"
    assert editor.post(f"{API}/stores/{store_id}/inbox/replay", json={}).json() == {"count": 0}, "it points at nothing"
    assert editor.post(f"{API}/stores/{store_id}/inbox/drop", json={"ids": [letter["id"]]}).json() == {"count": 1}
    (counted,) = editor.get(f"{API}/projects/{face.world.project}/inbox").json()["items"]
    assert counted["counts"]["dead"] == 0


def test_what_cannot_be_asked_is_refused_in_words(face: Face) -> None:
    store_id = face.world.connect(HARBOUR).store_id
    socket = face.socket()
    answer = socket.get(f"{API}/stores/{store_id}/inbox?which=lost")
    assert (answer.status_code, answer.json()["field"]) == (422, "which")
    for ids in ([], [0], ["x"], list(range(1, 1002))):
        assert socket.post(f"{API}/stores/{store_id}/inbox/drop", json={"ids": ids}).status_code == 422

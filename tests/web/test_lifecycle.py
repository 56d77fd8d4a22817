"""Disconnect, reconnect and check health through the API: what is shown is what happens, and only an admin may."""

from __future__ import annotations

import pytest

from mooring.domain.lifecycle import State
from mooring.domain.rules import Role
from mooring_sandbox.shopify.faults import Fault
from tests.usecases.world import World
from tests.web.face import Face

API = "/api/v1"


@pytest.fixture
def store_id(world: World) -> str:
    return world.connect().store_id


def test_a_preview_says_everything_and_the_same_generation_confirms_it(face: Face, world: World, store_id: str) -> None:
    path, socket = f"{API}/stores/{store_id}/disconnect", face.socket()
    shown = socket.get(path).json()
    assert shown["prompt"] == "Are you sure you want to disconnect? You can reconnect later."
    assert shown["clean_up"]["possible"] is True
    assert [one["action"] for one in shown["help"]] == ["disconnect", "reconnect", "delete"]
    done = socket.post(path, json={"generation": shown["generation"]})
    assert (done.status_code, done.json()["store"]["badge"]) == (200, "Disconnected")
    assert done.json()["clean_up"]["kind"] == "clean_up"
    assert done.json()["store"]["outlook"]["until"] == shown["clean_up"]["until"]
    assert world.store(store_id).state is State.DISCONNECTED


def test_a_store_that_moved_on_since_the_preview_is_not_disconnected_by_it(
    face: Face, world: World, store_id: str
) -> None:
    path, socket = f"{API}/stores/{store_id}/disconnect", face.socket()
    generation = socket.get(path).json()["generation"]
    world.connect(store_id=store_id)
    refused = socket.post(path, json={"generation": generation})
    assert (refused.status_code, refused.json()["code"]) == (409, "preview_over")
    assert world.store(store_id).state is State.CONNECTED


def test_a_second_disconnect_is_a_problem_with_a_sentence(face: Face, store_id: str) -> None:
    path, socket = f"{API}/stores/{store_id}/disconnect", face.socket()
    assert socket.post(path).status_code == 200
    for answer in (socket.post(path), socket.get(path)):
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_move")
        assert answer.json()["detail"].startswith("This store is already disconnected")


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 403), (Role.ADMIN, 200), (None, 404)])
def test_only_an_admin_of_the_project_disconnects(
    face: Face, world: World, store_id: str, role: Role | None, status: int
) -> None:
    client = face.program(face.person(role))
    assert client.get(f"{API}/stores/{store_id}/disconnect").status_code == status
    assert client.post(f"{API}/stores/{store_id}/disconnect").status_code == status
    expected = State.DISCONNECTED if status == 200 else State.CONNECTED
    assert world.store(store_id).state is expected


def test_the_same_key_disconnects_once(face: Face, world: World, store_id: str) -> None:
    path, key = f"{API}/stores/{store_id}/disconnect", {"Idempotency-Key": "once"}
    socket = face.socket()
    first, second = (socket.post(path, headers=key) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert world.store(store_id).generation == 2


def test_a_failed_check_shows_the_item_that_failed_and_what_mends_it(face: Face, world: World, store_id: str) -> None:
    world.sandbox.faults.add(Fault(kind="status", on="graphql", status=402))
    found = face.socket().post(f"{API}/stores/{store_id}/check-health").json()
    assert (found["health"], found["store"]["badge"]) == ("failed", "Error")
    items = {one["title"]: one for one in found["store"]["readiness"]}
    assert (items["API responding"]["status"], items["API responding"]["button"]) == ("fail", "check")
    again = face.socket().post(f"{API}/stores/{store_id}/check-health").json()
    assert (again["health"], again["reason"], again["store"]["badge"]) == ("passed", None, "Connected")


def test_a_check_while_disconnected_is_refused(face: Face, store_id: str) -> None:
    socket = face.socket()
    socket.post(f"{API}/stores/{store_id}/disconnect")
    refused = socket.post(f"{API}/stores/{store_id}/check-health")
    assert (refused.status_code, refused.json()["code"]) == (409, "call_refused")


def test_a_reconnect_is_offered_while_disconnected_and_brings_the_store_back(
    face: Face, world: World, store_id: str
) -> None:
    socket = face.socket()
    socket.post(f"{API}/stores/{store_id}/disconnect")
    offered = socket.post(f"{API}/stores/{store_id}/reconnect", json={})
    assert (offered.status_code, "open_url" in offered.json()) == (202, True)
    world.connect(store_id=store_id)
    shown = socket.get(f"{API}/stores/{store_id}").json()
    assert (shown["badge"], shown["clean_up"], shown["outlook"]) == ("Connected", None, None)

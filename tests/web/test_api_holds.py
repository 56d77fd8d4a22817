"""Mass deletions that are held, in the API and in the banner; looking at Shopify without waiting for the clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mooring.db import records_kinds, stores
from mooring.domain.kinds import Kind
from mooring.domain.rules import Role, Work
from mooring.usecases import holds
from tests.web.face import Face

API = "/api/v1"


def held(face: Face) -> tuple[str, str]:
    """(store, hold): thirty deliveries of one store would delete thirty of sixty customers."""
    store_id = face.world.connect().store_id
    app = face.world.app
    with app.db.write() as connection:
        made = holds.hold(connection, app, stores.load(connection, store_id), Kind.CUSTOMERS, "webhooks", 30, 60)
    return store_id, made.id


def test_a_hold_is_shown_confirmed_and_answered_once(face: Face) -> None:
    store_id, hold_id = held(face)
    program = face.program(face.world.admin)
    (shown,) = program.get(f"{API}/projects/{face.world.project}/holds").json()["items"]
    assert (shown["id"], shown["count"], shown["total"], shown["kind"]) == (hold_id, 30, 60, "customers")
    assert "30 of 60 customers" in shown["sentence"]
    assert program.get(f"{API}/stores/{store_id}/holds").json()["items"] == [shown]

    path = f"{API}/stores/{store_id}/holds/{hold_id}"
    missing = program.post(path, json={"decision": "delete"})
    assert (missing.status_code, missing.json()["code"]) == (428, "confirmation_missing")
    assert missing.json()["preview"]["count"] == 30
    done = program.post(path, json={"decision": "delete", "token": missing.json()["token"]})
    assert (done.status_code, done.json()["count"], done.json()["operation"]) == (200, 30, None)
    again = program.post(path, json={"decision": "keep"})
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert program.get(f"{API}/projects/{face.world.project}/holds").json()["items"] == []


def test_a_hold_is_found_under_its_own_store_only(face: Face) -> None:
    _, hold_id = held(face)
    other = face.world.connect("lighthouse.myshopify.com").store_id
    program = face.program(face.world.admin)
    for one in (hold_id, "nothing"):
        answer = program.post(f"{API}/stores/{other}/holds/{one}", json={"decision": "keep"})
        assert answer.status_code == 404


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 200)])
def test_a_viewer_sees_it_and_an_editor_answers(face: Face, role: Role, status: int) -> None:
    store_id, hold_id = held(face)
    program = face.program(face.person(role))
    assert len(program.get(f"{API}/stores/{store_id}/holds").json()["items"]) == 1
    assert program.post(f"{API}/stores/{store_id}/holds/{hold_id}", json={"decision": "keep"}).status_code == status


def test_the_banner_has_its_buttons_for_those_who_may_press_them(face: Face) -> None:
    store_id, hold_id = held(face)
    place, button = f"/projects/{face.world.project}/integrations", "Mark 30 as deleted"
    looking = face.browser(face.person(Role.VIEWER)).get(place).text
    assert "30 of 60 customers" in looking and button not in looking and "An editor or admin" in looking
    editor = face.browser(face.person(Role.EDITOR))
    assert button in editor.get(place).text
    answered = editor.post(f"/stores/{store_id}/holds/{hold_id}", data={"decision": "delete", "token": "30"})
    assert (answered.status_code, answered.headers["location"]) == (303, f"{place}?said=marked")
    assert "30 of 60 customers" not in editor.get(place).text


@pytest.mark.parametrize(("verb", "work"), [("pull", Work.PULL), ("sweep", Work.SWEEP)])
def test_looking_now_is_an_operation(face: Face, verb: str, work: Work) -> None:
    store_id, _ = held(face)
    program = face.program(face.world.admin)
    refused = program.post(f"{API}/stores/{store_id}/{verb}")
    assert (refused.status_code, refused.json()["code"]) == (409, "never_complete")
    with face.world.app.db.write() as connection:
        point = face.world.app.clock.now() - timedelta(hours=1)
        records_kinds.change(connection, store_id, Kind.CUSTOMERS, catch_up_point=point)
    started = program.post(f"{API}/stores/{store_id}/{verb}")
    assert (started.status_code, started.json()["kind"]) == (202, str(work))

"""The Odoo connection by API: tested, connected, refused in words, held, disconnected; the key never comes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mooring.domain.rules import Role
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo
from tests.web.face import Face

API = "/api/v1"


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


def path(face: Face) -> str:
    return f"{API}/projects/{face.world.project}/odoo"


def wish(odoo: Odoo, **other: Any) -> dict[str, Any]:
    return {"url": odoo.url, "database": DATABASE, "login": LOGIN, "key": odoo.key} | other


def test_from_test_to_disconnect(face: Face, odoo: Odoo) -> None:
    program = face.program(face.world.admin)
    none = program.get(path(face))
    assert (none.status_code, none.json()["code"]) == (404, "odoo_not_connected")

    tested = program.post(f"{path(face)}/test", json=wish(odoo))
    assert tested.status_code == 200, tested.text
    said = tested.json()
    assert (said["version"], said["protocol"], said["company"]["name"]) == ("19.0", "json2", "My Company")
    assert {one["name"]: one["allowed"] for one in said["rights"]}["external_ids_unlink"] is True
    assert program.get(path(face)).status_code == 404

    made = program.post(path(face), json=wish(odoo))
    assert (made.status_code, made.json()["badge"], made.json()["reason"]) == (201, "Connected", None)
    again = program.post(path(face), json=wish(odoo))
    assert (again.status_code, again.json()["code"]) == (409, "odoo_connected")

    checked = program.post(f"{path(face)}/check").json()
    assert (checked["held"], checked["looked_at"], checked["missing"]) == (False, 0, [])

    shown = program.get(f"{path(face)}/disconnect").json()
    assert shown["prompt"] == "Are you sure you want to disconnect Odoo? You can connect it again later."
    assert [one["choice"] for one in shown["ways"]] == ["keep", "clear"]
    over = program.post(f"{path(face)}/disconnect", json={"generation": shown["generation"] + 1})
    assert (over.status_code, over.json()["code"]) == (409, "preview_over")
    done = program.post(f"{path(face)}/disconnect", json={"generation": shown["generation"]})
    assert (done.status_code, done.json()["odoo"]["badge"]) == (200, "Disconnected")
    assert program.post(f"{path(face)}/disconnect").json()["code"] == "odoo_disconnected"
    back = program.post(path(face), json=wish(odoo))
    assert (back.status_code, back.json()["badge"]) == (201, "Connected")

    answers = (tested, made, checked, shown, done, back)
    assert not any(odoo.key in str(getattr(one, "text", one)) for one in answers)


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"url": "nothing at all"}, "url", "invalid_input"),
        ({"url": "http://127.0.0.1:1"}, "url", "unreachable"),
        ({"database": "other"}, "database", "odoo_no_database"),
        ({"login": "somebody"}, "login", "odoo_login"),
        ({"key": "0123456789abcdef0123456789abcdef01234567"}, "key", "odoo_key_refused"),
        ({"key": ""}, "key", "invalid_input"),
        ({"company_id": 99}, "company_id", "odoo_company"),
    ],
)
def test_what_is_wrong_is_said_by_its_field(
    face: Face, odoo: Odoo, other: dict[str, Any], field: str, code: str
) -> None:
    answer = face.program(face.world.admin).post(path(face), json=wish(odoo, **other))
    problem = answer.json()
    assert (problem["code"], problem["field"]) == (code, field), problem
    assert answer.status_code == 422
    assert face.program(face.world.admin).get(path(face)).status_code == 404


def test_a_held_connection_says_what_it_looks_like_and_what_is_offered(face: Face, odoo: Odoo) -> None:
    program = face.program(face.world.admin)
    program.post(path(face), json=wish(odoo))
    odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    checked = program.post(f"{path(face)}/check").json()
    assert checked["held"]
    found = checked["odoo"]
    assert (found["badge"], found["looks_like"], found["title"]) == ("Held", "copy", "Staging copy")
    assert [one["action"] for one in found["offers"]] == ["verify", "rebuild", "clear", "keep"]
    kept = program.post(f"{path(face)}/keep").json()
    assert (kept["badge"], kept["offers"]) == ("Connected", [])
    assert program.post(f"{path(face)}/keep").json()["code"] == "odoo_not_held"


def test_another_key_of_another_user(face: Face, odoo: Odoo) -> None:
    program = face.program(face.world.admin)
    program.post(path(face), json=wish(odoo))
    key = odoo.user("connector")
    wrong = program.post(f"{path(face)}/key", json={"key": key})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "odoo_login")
    made = program.post(f"{path(face)}/key", json={"key": key, "login": "connector"})
    assert (made.status_code, made.json()["login"]) == (200, "connector")


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 403), (None, 404)])
def test_only_an_admin_connects(face: Face, odoo: Odoo, role: Role | None, status: int) -> None:
    program = face.program(face.person(role))
    for verb in ("", "/test"):
        assert program.post(f"{path(face)}{verb}", json=wish(odoo)).status_code == status
    assert odoo.calls() == {}

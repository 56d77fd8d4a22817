"""The mapping by API: cleared in two steps, open tasks, rebuilt with a choice, resumed, carried over, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mooring.db import clear_tasks, odoo_kinds
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from tests.usecases.odoo_world import an_odoo
from tests.web.face import Face
from tests.web.mapping import Tied, tie

API = "/api/v1"


@pytest.fixture
def tied(face: Face) -> Iterator[Tied]:
    with an_odoo() as odoo:
        made = tie(face, odoo)
        made.customers(1, 2)
        yield made


@pytest.fixture
def program(tied: Tied) -> Any:
    return tied.face.program(tied.face.world.admin)


def of_project(tied: Tied) -> str:
    return f"{API}/projects/{tied.project}/mapping"


def of_store(tied: Tied) -> str:
    return f"{API}{tied.mapping}"


def done(tied: Tied, program: Any, answer: Any) -> dict[str, Any]:
    """The operation that was begun, at its end."""
    assert answer.status_code == 202, answer.text
    tied.face.world.settle()
    ended = program.get(f"{API}/operations/{answer.json()['id']}").json()
    assert ended["state"] == "done", ended
    return ended


# -- clear ---------------------------------------------------------------------------------------------------------


def test_it_is_cleared_in_two_steps_and_shown_before_and_after(tied: Tied, program: Any) -> None:
    shown = program.get(of_project(tied)).json()
    [customers] = [one for one in shown["items"] if one["kind"] == "customers"]
    assert (customers["mapped"], customers["external_ids"], customers["held"]) == (2, 2, None)
    assert set(shown["homes"]) == {"mooring", "odoo", "shopify"}

    path, body = f"{of_project(tied)}/clear", {"kinds": ["customers"]}
    preview = program.post(f"{path}/preview", json=body).json()
    assert preview["preview"]["stores"][0]["records"] == {"customers": 2}
    assert "No customer, no product and no order is deleted" in preview["preview"]["not_deleted"]
    unconfirmed = program.post(path, json=body | {"typed": "clear sync data"})
    assert (unconfirmed.status_code, unconfirmed.json()["code"]) == (428, "confirmation_missing")
    assert unconfirmed.json()["preview"]["kinds"] == ["customers"] and unconfirmed.json()["token"]
    mistyped = program.post(path, json=body | {"typed": "clear", "token": preview["token"]})
    assert (mistyped.status_code, mistyped.json()["code"]) == (422, "phrase_mismatch")
    others = program.post(path, json={"kinds": ["orders"], "typed": "clear sync data", "token": preview["token"]})
    assert (others.status_code, others.json()["code"]) == (428, "confirmation_missing")
    assert tied.pairs() == 2

    begun = program.post(path, json=body | {"typed": "Clear  sync data", "token": preview["token"]})
    assert begun.status_code == 202, begun.text
    busy = program.post(f"{API}/stores/{tied.store_id}/odoo/sync", json={"kinds": ["customers"]})
    assert (busy.status_code, busy.json()["code"]) == (409, "busy")
    [operation] = begun.json()["operations"]
    never = program.post(f"{API}/operations/{operation['id']}/cancel")
    assert (never.status_code, never.json()["code"]) == (409, "not_cancellable")
    tied.face.world.settle()
    ended = program.get(f"{API}/operations/{operation['id']}").json()
    assert ended["receipt"]["forgotten"]["mappings"] == 2
    assert (tied.pairs(), tied.odoo.external_ids()) == (0, {})
    after = [one for one in program.get(of_project(tied)).json()["items"] if one["kind"] == "customers"]
    assert after[0]["mapped"] == 0 and "Mapping cleared on" in after[0]["held"]


def test_an_open_task_is_shown_retried_and_dismissed(tied: Tied, program: Any) -> None:
    tied.odoo.fault("status", status=503, times=None)
    tied.clear(SyncKind.CUSTOMERS)
    tied.face.world.settle()
    [task] = program.get(f"{of_project(tied)}/tasks").json()["items"]
    assert (task["side"], task["left"], task["kinds"], task["state"]) == ("odoo", 2, ["customers"], "open")
    assert "dismiss the task" in task["sentence"]
    refused = program.post(f"{of_store(tied)}/rebuild", json={"kinds": ["customers"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "clear_open")
    path = f"{of_project(tied)}/tasks/{task['id']}"
    tried = program.post(f"{path}/retry")
    assert tried.status_code == 202, tried.text
    tied.face.world.settle()
    assert program.get(f"{API}/operations/{tried.json()['id']}").json()["state"] == "failed"
    dismissed = program.post(f"{path}/dismiss")
    assert (dismissed.status_code, dismissed.json()["state"]) == (200, "dismissed")
    assert dismissed.json()["sentence"].startswith("Dismissed: what is left of the ")
    again = program.post(f"{path}/dismiss")
    assert (again.status_code, again.json()["code"]) == (409, "task_settled")
    assert program.get(f"{of_project(tied)}/tasks").json()["items"] == []
    elsewhere = tied.face.world.other_project()
    assert program.post(f"{API}/projects/{elsewhere}/mapping/tasks/{task['id']}/retry").status_code == 404
    assert program.post(f"{of_project(tied)}/tasks/none/retry").status_code == 404


# -- rebuild, verify, resume ---------------------------------------------------------------------------------------


def test_found_decided_accepted_and_taken_back(tied: Tied, program: Any) -> None:
    [twin] = tied.odoo.does("res.partner", "create", vals_list=[{"name": "Twin", "email": "ann2@example.com"}])
    tied.clear()
    body, path = {"kinds": ["customers"]}, f"{of_store(tied)}/rebuild"
    done(tied, program, program.post(path, json=body))
    found = program.get(path, params={"kind": "customer"}).json()
    assert found["counts"] == {"customer": {"ambiguous": 1, "matched": 1}} and found["next"] is None
    [unsure] = program.get(path, params={"kind": "customer", "only": "ambiguous"}).json()["items"]
    assert (unsure["shopify_id"], unsure["found_by"], twin in unsure["candidates"]) == (2, "email", True)
    assert program.get(path, params={"only": "nothing"}).status_code in (400, 422)
    choice = {"kind": "customer", "shopify_id": 2}
    wrong = program.post(f"{path}/choose", json=choice | {"odoo_id": 1})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "odoo_id")
    assert program.post(f"{path}/choose", json=choice | {"shopify_id": 9, "odoo_id": None}).status_code == 404
    chosen = program.post(f"{path}/choose", json=choice | {"odoo_id": twin})
    assert (chosen.status_code, chosen.json()["state"]) == (200, "matched")
    accepted = done(tied, program, program.post(f"{path}/accept", json=body))
    assert accepted["receipt"]["replanted"] == tied.pairs() == 2
    late = program.post(f"{path}/choose", json=choice | {"odoo_id": twin})
    assert (late.status_code, late.json()["code"]) == (409, "accepted")
    done(tied, program, program.post(f"{path}/undo", json=body))
    assert (tied.pairs(), tied.odoo.external_ids()) == (0, {})
    counts = program.get(path).json()["counts"]
    assert counts["customer"] == {"undone": 2}


def test_verified_without_changing_anything(tied: Tied, program: Any) -> None:
    tied.odoo.forget()
    ended = done(tied, program, program.post(f"{of_store(tied)}/verify", json={"kinds": ["customers"]}))
    assert ended["receipt"]["found"] == {"agree": 2}
    assert tied.odoo.writing_calls() == {}


def test_resumed_only_with_a_preview_made_since(tied: Tied, program: Any) -> None:
    path = f"{of_store(tied)}/resume"
    early = done(tied, program, program.post(f"{path}/preview", json={"kinds": ["customers"]}))
    tied.clear()
    refused = program.post(path, json={"preview": early["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "preview_first")
    assert program.post(path, json={"preview": "nothing"}).status_code == 404
    seen = done(tied, program, program.post(f"{path}/preview", json={"kinds": ["customers"]}))
    assert seen["receipt"]["customers"]["link"] == 2
    resumed = program.post(path, json={"preview": seen["id"]})
    assert (resumed.status_code, resumed.json()) == (200, {"kinds": ["customers"]})
    with tied.face.world.app.db.read() as connection:
        known = odoo_kinds.of_store(connection, tied.store_id)
        assert clear_tasks.open_of_store(connection, tied.store_id) == []
    assert [known[kind].held_since is None for kind in SyncKind] == [True, False, False]


# -- export and import ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json"])
def test_downloaded_cleared_and_taken_in_again(tied: Tied, program: Any, form: str) -> None:
    names = tied.odoo.external_ids()
    file = program.get(f"{of_store(tied)}/export", params={"form": form})
    assert (file.status_code, file.content.count(b"\n")) == (200, 3 if form == "csv" else 2)
    assert "example.com" not in file.text and "attachment" in file.headers["content-disposition"]
    tied.clear()
    taken = program.post(f"{of_store(tied)}/import", content=file.content)
    assert taken.status_code == 200, taken.text
    assert (taken.json()["added"], taken.json()["sentence"]) == (2, "2 pairs imported.")
    tied.face.world.settle()
    assert tied.odoo.external_ids() == names
    again = program.post(f"{of_store(tied)}/import", content=file.content).json()
    assert (again["added"], again["kept"], again["operation"]) == (0, 2, None)


def test_what_does_not_fit_is_refused_whole(tied: Tied, program: Any) -> None:
    path = f"{of_store(tied)}/import"
    file = program.get(f"{of_store(tied)}/export", params={"form": "json"}).content
    lines = file.splitlines(keepends=True)
    otherwise = program.post(path, content=lines[0].replace(b'"odoo_id":', b'"odoo_id":9'))
    assert (otherwise.status_code, otherwise.json()["code"]) == (409, "mapped_otherwise")
    tied.clear()
    for content, status, code in (
        (file.replace(b'"fingerprint":"', b'"fingerprint":"x'), 409, "other_database"),
        (file.replace(b'"shop_id":', b'"shop_id":7'), 409, "other_shop"),
        (file.replace(b'"customer"', b'"nobody"'), 422, "invalid_input"),
        (b"nonsense", 422, "invalid_input"),
        (b"", 422, "invalid_input"),
    ):
        refused = program.post(path, content=content)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert tied.pairs() == 0


# -- who may -------------------------------------------------------------------------------------------------------

_ADMINS = ("clear/preview", "clear", "rebuild", "rebuild/accept", "rebuild/undo", "import")
_EDITORS = ("verify", "resume/preview", "resume", "rebuild/choose")


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 403), (None, 404)])
def test_clearing_and_rebuilding_is_an_admins(tied: Tied, role: Role | None, status: int) -> None:
    program = tied.face.program(tied.face.person(role))
    bodies = {"clear": {"typed": "clear sync data"}}
    for verb in _ADMINS:
        place = of_project(tied) if verb.startswith("clear") else of_store(tied)
        assert program.post(f"{place}/{verb}", json=bodies.get(verb, {})).status_code == status, verb
    assert tied.pairs() == 2


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (None, 404)])
def test_looking_closer_and_deciding_is_an_editors(tied: Tied, role: Role | None, status: int) -> None:
    program = tied.face.program(tied.face.person(role))
    bodies = {"resume": {"preview": "x"}, "rebuild/choose": {"kind": "customer", "shopify_id": 1, "odoo_id": None}}
    for verb in _EDITORS:
        assert program.post(f"{of_store(tied)}/{verb}", json=bodies.get(verb, {})).status_code == status, verb
    assert program.get(f"{of_store(tied)}/export").status_code == status

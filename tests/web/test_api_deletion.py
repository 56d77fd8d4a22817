"""Delete and export over the API: look, confirm, see how it goes, take everything along."""

from __future__ import annotations

import io
import zipfile

from mooring.domain.lifecycle import State
from mooring.domain.rules import Role, Work
from tests.usecases.deleting import erase, finish
from tests.usecases.planting import plant
from tests.usecases.world import HARBOUR
from tests.web.face import Face

API = "/api/v1"


def connected(face: Face) -> str:
    store_id = face.world.connect().store_id
    plant(face.world.app, store_id)
    return f"{API}/stores/{store_id}"


def test_looking_confirming_and_the_receipt(face: Face) -> None:
    place, admin = connected(face), face.program(face.world.admin)
    shown = admin.get(f"{place}/delete/preview").json()
    assert {line["name"]: line["count"] for line in shown["removed"]}["customers"] == 3
    assert {"odoo", "audit", "receipts", "suppressions", "list", "people_elsewhere"} == {
        line["name"] for line in shown["kept"]
    }
    wrong = admin.post(f"{place}/delete", json={"shop_domain": "other.myshopify.com", "token": shown["token"]})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "shop_domain")
    begun = admin.post(f"{place}/delete", json={"shop_domain": HARBOUR, "token": shown["token"]})
    assert (begun.status_code, begun.json()["kind"]) == (202, "delete")
    again = admin.post(f"{place}/delete", json={"shop_domain": HARBOUR, "token": shown["token"]})
    assert (again.status_code, again.json()["code"]) == (409, "deleting")
    operation = admin.get(f"{API}/operations/{begun.json()['id']}").json()
    assert operation["state"] == "pending"
    finish(face.world.app, face.world.operations(place.rpartition("/")[2])[Work.DELETE])
    receipt = admin.get(f"{API}/operations/{operation['id']}").json()["receipt"]
    assert receipt["removed"] == receipt["previewed"]
    assert admin.get(f"{place}/delete/preview").status_code == 404


def test_without_a_token_the_answer_is_the_preview_and_its_token(face: Face) -> None:
    place, admin = connected(face), face.program(face.world.admin)
    missing = admin.post(f"{place}/delete", json={"shop_domain": HARBOUR})
    said = missing.json()
    assert (missing.status_code, said["code"]) == (428, "confirmation_missing")
    assert said["preview"]["shop_domain"] == HARBOUR
    assert admin.post(f"{place}/delete", json={"shop_domain": HARBOUR, "token": said["token"]}).status_code == 202
    assert face.world.store(place.rpartition("/")[2]).state is State.DELETING


def test_the_token_of_one_person_is_none_for_another(face: Face) -> None:
    place = connected(face)
    other = face.person(Role.ADMIN)
    token = face.program(other).get(f"{place}/delete/preview").json()["token"]
    asked = face.program(face.world.admin).post(f"{place}/delete", json={"shop_domain": HARBOUR, "token": token})
    assert asked.status_code == 428


def test_an_answer_that_was_remembered_for_a_repetition_is_forgotten(face: Face) -> None:
    """It may hold a customer as they were; that the request was carried out stays known."""
    place, admin = connected(face), face.program(face.world.admin)
    key = {"Idempotency-Key": "once"}
    first = admin.post(f"{API}/projects/{face.world.project}/lists", json={"name": "Guests"}, headers=key)
    assert (
        admin.post(f"{API}/projects/{face.world.project}/lists", json={"name": "Guests"}, headers=key).text
        == first.text
    )
    erase(face.world.app, face.world.admin, place.rpartition("/")[2])
    again = admin.post(f"{API}/projects/{face.world.project}/lists", json={"name": "Guests"}, headers=key)
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "answer_erased")


def test_retry_is_for_what_failed(face: Face) -> None:
    place, admin = connected(face), face.program(face.world.admin)
    refused = admin.post(f"{place}/delete/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_failed")


def test_the_export_is_a_zip_to_save(face: Face) -> None:
    place, admin = connected(face), face.program(face.world.admin)
    answer = admin.get(f"{place}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="harbour-')
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
    editor = face.program(face.person(Role.EDITOR), Role.EDITOR)
    assert editor.get(f"{place}/export").status_code == 403

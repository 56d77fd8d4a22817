"""Changes of customers and privacy requests over the API: the same rules, answers a program can work with."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

from mooring.db import inbox, stores
from mooring.domain.rules import Role
from mooring.usecases import privacy
from tests.web import records
from tests.web.face import Face

API = "/api/v1"
BODY = '{"defaultEmailAddress":{"emailAddress":"ann@example.com","marketingState":"NOT_SUBSCRIBED"}}'


def customer(face: Face, shopify_id: int = 1, body: str = BODY) -> tuple[str, int]:
    """A connected store and a customer of it without a name."""
    world = face.world
    known = stores_of(face)
    store_id = known[0] if known else world.connect().store_id
    email = f"ann{shopify_id}@example.com"
    hub = records.customer(world, store_id, shopify_id, " ", email=email, email_key=email, body=body)
    return store_id, hub


def stores_of(face: Face) -> list[str]:
    with face.world.app.db.read() as connection:
        return [one.id for one in stores.of_project(connection, face.world.project)]


def test_what_is_left_out_stays_and_null_takes_back(face: Face) -> None:
    _, hub = customer(face)
    editor = face.program(face.person(Role.EDITOR), Role.EDITOR)
    path = f"{API}/customers/{hub}"
    done = editor.patch(path, json={"first_name": "Ann", "address": {"city": "Kiel"}})
    assert done.status_code == 200, done.text
    assert done.json()["customer"]["first_name"] == "Ann"
    assert done.json()["changed"].keys() == {"first_name", "address.city"}
    assert "switched off" in done.json()["changed"]["first_name"]
    editor.patch(path, json={"address": {"city": None}})
    listed = editor.get(f"{path}/edits").json()["items"]
    assert [(one["field"], one["value"], one["state"]) for one in listed] == [("first_name", "Ann", "waiting")]


def test_refusals_are_problems_with_a_code_and_a_field(face: Face) -> None:
    _, hub = customer(face)
    socket = face.socket()
    taken = socket.patch(f"{API}/customers/{hub}", json={"email": "other@example.com"})
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (422, "has_value", "email")
    wrong = socket.patch(f"{API}/customers/{hub}", json={"phone": "12"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "phone")
    assert socket.patch(f"{API}/customers/{hub}", json={"note": "x"}).status_code == 422
    viewer = face.program(face.person(Role.VIEWER), Role.VIEWER)
    assert viewer.patch(f"{API}/customers/{hub}", json={"first_name": "Ann"}).status_code == 403


def test_engagement_is_told_and_answered_with_the_group(face: Face) -> None:
    _, hub = customer(face)
    at = face.world.app.clock.now() - timedelta(hours=1)
    told = {"last_open_at": at.isoformat(), "total_messages": 4}
    done = face.socket().post(f"{API}/customers/{hub}/engagement", json=told)
    assert done.status_code == 200, done.text
    assert (done.json()["total_messages"], done.json()["rfm"]) == (4, "Prospects")
    late = face.socket().post(f"{API}/customers/{hub}/engagement", json={"last_open_at": "2999-01-01T00:00:00Z"})
    assert (late.status_code, late.json()["field"]) == (422, "last_open_at")


def upload(face: Face, store_id: str, text: str) -> Any:
    headers = {"content-type": "text/csv"}
    return face.socket().post(f"{API}/stores/{store_id}/edits.csv", content=text.encode(), headers=headers)


def test_a_file_is_applied_row_by_row_and_every_row_is_told_about(face: Face) -> None:
    store_id, _ = customer(face)
    customer(face, 2)
    done = upload(
        face, store_id,
        "shopify_id,first_name,email\n1,Ann,\n2,Bob,other@example.com\n3,Cy,\n1,Ann,\n2,,\n",
    )  # fmt: skip
    assert done.status_code == 200, done.text
    answer = done.json()
    assert [(row["line"], row["outcome"]) for row in answer["rows"]] == [
        (2, "changed"), (3, "refused"), (4, "refused"), (5, "unchanged"), (6, "unchanged"),
    ]  # fmt: skip
    assert answer["sentence"] == "1 customer changed, 2 unchanged, 2 rows refused."
    assert "Shopify has a value" in answer["rows"][1]["sentence"]
    listed = face.socket().get(f"{API}/stores/{store_id}/edits").json()["items"]
    assert [(one["customer"], one["field"]) for one in listed] == [(1, "first_name")], "no half of the refused row"


def test_a_file_that_makes_no_sense_changes_nothing(face: Face) -> None:
    store_id, _ = customer(face)
    for text in ("", "first_name\nAnn\n", "shopify_id,colour\n1,red\n", "shopify_id,first_name\n1,Ann\n2\n",
                 "shopify_id,email_address,first_name\n1,a@b.c,Ann\n", "shopify_id,first_name\n1,\"Ann\n"):  # fmt: skip
        done = upload(face, store_id, text)
        assert (done.status_code, done.json().get("field")) == (422, "file"), text
    assert face.socket().get(f"{API}/stores/{store_id}/edits").json()["items"] == []


# -- privacy -------------------------------------------------------------------------------------------------------


def asked(face: Face, store_id: str) -> str:
    app = face.world.app
    with app.db.write() as connection:
        store = stores.load(connection, store_id)
        request = inbox.Request(
            id=app.ids.new(), topic="customers/data_request", app_id=store.app_id, shop_id=store.shop_id,
            shop_domain=store.shop_domain, webhook_id="w-1", customer_id=1, email_hash=None, phone_hash=None,
            order_ids=(), request_id=None, received_at=app.clock.now(), due_at=app.clock.now() + timedelta(days=30),
        )  # fmt: skip
        inbox.add_requests(connection, [request])
    privacy.take_in(app)
    return request.id


def test_an_admin_sees_hands_over_and_answers_a_request(face: Face) -> None:
    store_id, _ = customer(face)
    request, socket = asked(face, store_id), face.socket()
    path = f"{API}/projects/{face.world.project}/privacy"
    [shown] = socket.get(path).json()["items"]
    assert (shown["id"], shown["state"], shown["days_left"]) == (request, "open", 29)
    package = socket.get(f"{path}/{request}/package")
    assert package.headers["content-type"].startswith("application/zip")
    with zipfile.ZipFile(io.BytesIO(package.content)) as archive:
        assert "summary.txt" in archive.namelist()
    editor = face.program(face.person(Role.EDITOR), Role.EDITOR)
    assert editor.get(f"{path}/{request}/package").status_code == 403
    assert socket.post(f"{path}/{request}/answer").json()["state"] == "done"
    assert socket.post(f"{path}/{request}/answer").status_code == 409
    assert socket.get(f"{path}/{request}/package").status_code == 409


def test_addresses_are_suppressed_and_lifted(face: Face) -> None:
    customer(face)
    path = f"{API}/projects/{face.world.project}/suppressions"
    address, socket = {"channel": "email", "address": "Ann1@Example.com"}, face.socket()
    assert socket.post(path, json=address).json() == {"channel": "email", "suppressed": True, "changed": True}
    assert socket.post(path, json=address).json()["changed"] is False
    [shown] = socket.get(f"{API}/projects/{face.world.project}/customers").json()["items"]
    assert shown["email_state"] == "UNSUBSCRIBED (SUPPRESSED)"
    assert socket.post(f"{path}/lift", json=address).json()["changed"] is True
    assert socket.post(path, json={"channel": "email", "address": "nobody"}).status_code == 422

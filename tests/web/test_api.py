"""`/api/v1`: what the pages do, for programs and the command line."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from mooring.db import audit, stores
from mooring.domain.lifecycle import Event, State
from mooring.domain.rules import Role
from mooring.errors import Conflict, InvalidInput
from mooring.usecases import once
from tests.usecases.world import HARBOUR, SCOPES, SHOPS
from tests.web.face import Face

API = "/api/v1"


# -- connecting ----------------------------------------------------------------------------------------------------


def test_a_program_gets_a_one_time_page_that_goes_on_in_a_signed_in_browser(face: Face) -> None:
    world = face.world
    program = face.program(world.admin)
    answer = program.post(f"{API}/projects/{world.project}/stores", json={"shop_domain": "harbour"})
    assert answer.status_code == 202, answer.text
    page = urlsplit(answer.json()["open_url"]).path

    assert face.stranger().get(page).headers["location"].startswith("/sign-in?to=/connect/")
    viewer = face.browser(face.person(Role.VIEWER))
    assert viewer.get(page).status_code == 403

    browser = face.browser(world.admin)
    onward = browser.get(page)
    assert onward.status_code == 303
    query = world.consent(onward.headers["location"])
    assert face.browser(world.admin).get("/oauth/callback", params=query).status_code == 409, "another browser"
    back = browser.get("/oauth/callback", params=query)
    assert back.status_code == 303, back.text
    store_id = parse_qs(urlsplit(back.headers["location"]).query)["settings"][0]
    assert world.store(store_id).state is State.CONNECTED

    again = browser.get(page)
    assert (again.status_code, "already used" in again.text) == (409, True)


def test_a_signed_in_browser_is_sent_to_the_consent_page_itself(face: Face) -> None:
    world = face.world
    browser = face.browser(world.admin)
    answer = browser.post(f"{API}/projects/{world.project}/stores", json={"shop_domain": HARBOUR})
    query = world.consent(answer.json()["consent_url"])
    assert browser.get("/oauth/callback", params=query).status_code == 303


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Store domain is required"),
        ("no spaces", "Invalid store domain format"),
        ("abc", "Store name must be at least 4 characters"),
        ("-harbour", "Store name cannot start or end with a hyphen"),
    ],
)
def test_a_bad_domain_is_refused_in_the_words_of_the_page(face: Face, typed: str, sentence: str) -> None:
    answer = face.socket().post(f"{API}/projects/{face.world.project}/stores", json={"shop_domain": typed})
    assert answer.status_code == 422
    assert (answer.json()["detail"], answer.json()["field"]) == (sentence, "shop_domain")


def test_a_store_of_the_own_organisation_is_connected_at_once(face: Face) -> None:
    world, body = face.world, {"shop_domain": HARBOUR, "client_credentials": True}
    refused = face.socket().post(f"{API}/projects/{world.project}/stores", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "app_not_installed")
    said = f"Shopify says that the app is not installed in {HARBOUR}. Install it there, then connect again."
    assert (refused.json()["detail"], refused.json()["other_side"]) == (said, True)
    world.sandbox.installations.install(SHOPS[HARBOUR], world.sandbox.apps.all()[0].id, list(SCOPES))
    answer = face.socket().post(f"{API}/projects/{world.project}/stores", json=body)
    assert (answer.status_code, answer.json()["store"]["badge"]) == (201, "Connected")


def test_a_reconnect_needs_no_body_and_what_needs_one_says_so(face: Face) -> None:
    world = face.world
    store_id, program = world.connect().store_id, face.program(world.admin)
    answer = program.post(f"{API}/stores/{store_id}/reconnect")
    assert (answer.status_code, "/connect/" in answer.json()["open_url"]) == (202, True)
    refused = program.post(f"{API}/stores/{store_id}/delete")
    assert (refused.status_code, refused.json()["detail"]) == (422, "This request needs a JSON body.")
    refused = program.post(f"{API}/stores/{store_id}/delete", json={})
    assert refused.json()["detail"].startswith("The body cannot be used: ")


def test_a_reconnect_keeps_the_store(face: Face) -> None:
    world = face.world
    store_id = world.connect().store_id
    browser = face.browser(world.admin)
    answer = browser.post(f"{API}/stores/{store_id}/reconnect", json={})
    back = browser.get("/oauth/callback", params=world.consent(answer.json()["consent_url"]))
    assert store_id in back.headers["location"]
    assert world.store(store_id).generation == 2


# -- looking -------------------------------------------------------------------------------------------------------


def test_a_connected_store_says_what_it_is_and_what_is_next(face: Face) -> None:
    world = face.world
    store_id = world.connect().store_id
    socket = face.socket()
    card = socket.get(f"{API}/projects/{world.project}/stores").json()["items"][0]
    assert (card["id"], card["badge"], card["shop_domain"]) == (store_id, "Connected", HARBOUR)
    assert len(card["actions"]) == 6

    shown = socket.get(f"{API}/stores/{store_id}").json()
    assert [(check["title"], check["status"]) for check in shown["readiness"]] == [
        ("OAuth connected", "pass"),
        ("Token valid", "pass"),
        ("All scopes granted", "pass"),
        ("API responding", "pass"),
        ("Initial sync complete", "pending"),
    ]
    assert shown["readiness"][4]["button"] == "start"
    assert {p["scope"] for p in shown["permissions"] if p["granted"]} == {
        "read_customers", "read_orders", "read_products"
    }  # fmt: skip
    assert [kind["kind"] for kind in shown["kinds"]] == ["customers", "orders", "products", "collections"]
    assert shown["facts"]["Currency"] == "EUR"


def test_readiness_names_the_permission_that_is_missing(face: Face) -> None:
    store_id = face.world.connect(granted=("read_customers", "read_products")).store_id
    shown = face.socket().get(f"{API}/stores/{store_id}").json()
    checks = {check["title"]: check for check in shown["readiness"]}
    assert shown["badge"] == "Reconnect required"
    assert checks["Token valid"]["status"] == "pass"
    assert checks["All scopes granted"]["status"] == "fail"
    assert "read_orders" in checks["All scopes granted"]["sentence"]
    assert checks["All scopes granted"]["button"] == "reconnect"


def test_readiness_of_a_disconnected_store(face: Face) -> None:
    world = face.world
    store = world.store(world.connect().store_id)
    with world.app.db.write() as connection:
        stores.move(connection, store, Event.DISCONNECT, at=world.app.clock.now(), actor="system")
    shown = face.socket().get(f"{API}/stores/{store.id}").json()
    assert shown["readiness"][0] == {
        "title": "OAuth connected", "status": "fail", "button": "reconnect",
        "sentence": "Disconnected. Everything imported is still here.",
    }  # fmt: skip
    assert {kind["retry_why_not"] for kind in shown["kinds"]} == {"The store is disconnected"}
    refused = face.socket().post(f"{API}/stores/{store.id}/check-health")
    assert (refused.status_code, refused.json()["code"]) == (409, "call_refused")


# -- health --------------------------------------------------------------------------------------------------------


def test_a_health_check_passes_and_says_when(face: Face) -> None:
    world = face.world
    store_id = world.connect().store_id
    world.advance(minutes=5)
    answer = face.socket().post(f"{API}/stores/{store_id}/check-health").json()
    assert (answer["health"], answer["reason"]) == ("passed", None)
    assert world.store(store_id).checked_at == world.app.clock.now() or answer["store"]["checked_at"]


def test_a_health_check_finds_an_app_that_was_uninstalled(face: Face) -> None:
    world = face.world
    store_id = world.connect().store_id
    registered = world.sandbox.apps.all()[0]
    world.sandbox.installations.uninstall(world.store(store_id).shop_id, registered.id)  # type: ignore[attr-defined]
    answer = face.socket().post(f"{API}/stores/{store_id}/check-health").json()
    assert answer["health"] == "failed"
    assert answer["store"]["badge"] == "Reconnect required"
    token = next(check for check in answer["store"]["readiness"] if check["title"] == "Token valid")
    assert token["status"] == "fail"


# -- settings, lists, people, tokens, apps -------------------------------------------------------------------------


def test_sync_settings_change_what_is_named_and_nothing_else(face: Face) -> None:
    store_id = face.world.connect().store_id
    socket = face.socket()
    saved = socket.put(f"{API}/stores/{store_id}/settings", json={"orders": False, "list": "new"}).json()
    assert {t["name"]: t["on"] for t in saved["toggles"]}["orders"] is False
    assert [one["name"] for one in saved["lists"] if one["chosen"]] == ["Harbour"]
    waiting = socket.put(f"{API}/stores/{store_id}/settings", json={"profile_data": True}).json()["toggles"]
    assert [(t["on"], t["missing_scope"]) for t in waiting if t["name"] == "profile_data"] == [
        (True, "write_customers")
    ]
    misspelt = socket.put(f"{API}/stores/{store_id}/settings", json={"order": False})
    assert misspelt.status_code == 422


def test_a_list_is_made_once(face: Face) -> None:
    socket, place = face.socket(), f"{API}/projects/{face.world.project}/lists"
    assert socket.post(place, json={"name": "Newsletter"}).status_code == 201
    assert socket.post(place, json={"name": "newsletter"}).json()["field"] == "name"
    assert [one["name"] for one in socket.get(place).json()["items"]] == ["Newsletter"]


def test_people_get_a_role_and_lose_it(face: Face) -> None:
    socket, place = face.socket(), f"{API}/projects/{face.world.project}/people"
    person = socket.post(place, json={"email": "Ann@Example.com", "name": "Ann", "role": "viewer"}).json()
    assert (person["email"], person["role"]) == ("ann@example.com", "viewer")
    assert socket.put(f"{place}/{person['id']}", json={"role": "editor"}).json()["role"] == "editor"
    assert socket.delete(f"{place}/{person['id']}").status_code == 204
    assert socket.delete(f"{place}/{person['id']}").status_code == 404
    last = socket.delete(f"{place}/{face.world.admin.id}")
    assert (last.status_code, last.json()["code"]) == (409, "last_admin")


def test_links_that_let_in_are_for_the_command_line(face: Face) -> None:
    asked = {"email": "admin@example.com", "purpose": "login"}
    link = face.socket().post(f"{API}/people/links", json=asked).json()["link"]
    assert "/login/" in link
    assert face.browser(face.world.admin).post(f"{API}/people/links", json=asked).status_code == 403
    assert face.program(face.world.admin).post(f"{API}/people/links", json=asked).status_code == 403
    setup = face.socket().post(f"{API}/people/links", json={"purpose": "setup"})
    assert (setup.status_code, setup.json()["code"]) == (409, "set_up")


def test_a_token_cannot_make_a_token(face: Face) -> None:
    world = face.world
    wanted = {"name": "more", "role": "admin"}
    assert face.program(world.admin, Role.VIEWER).post(f"{API}/tokens", json=wanted).status_code == 403
    assert face.socket().post(f"{API}/tokens", json=wanted).status_code == 403
    browser = face.browser(world.admin)
    made = browser.post(f"{API}/tokens", json=wanted).json()
    listed = browser.get(f"{API}/tokens").text
    assert made["token"] not in listed
    assert browser.send("DELETE", f"{API}/tokens/{made['id']}").status_code == 204


def test_the_secret_of_an_app_goes_in_and_never_comes_out(face: Face) -> None:
    socket, secret = face.socket(), "a-very-secret-secret"
    body = {"name": "Second", "client_id": "second", "client_secret": secret}
    made = socket.post(f"{API}/shopify-apps", json=body).json()
    assert made["redirect_uri"].endswith("/oauth/callback")
    changed = {"name": "Renamed", "client_id": "second"}
    assert socket.put(f"{API}/shopify-apps/{made['id']}", json=changed).json()["name"] == "Renamed"
    assert secret not in socket.get(f"{API}/shopify-apps").text
    assert socket.put(f"{API}/shopify-apps/nothing", json=changed).status_code == 404
    first = socket.get(f"{API}/shopify-apps").json()["items"][0]
    taken = socket.put(f"{API}/shopify-apps/{made['id']}", json={"name": "x", "client_id": first["client_id"]})
    assert (taken.status_code, taken.json()["code"]) == (409, "app_exists")


# -- activity, operations, pages -----------------------------------------------------------------------------------


def test_activity_names_people_and_stores(face: Face) -> None:
    world, socket = face.world, face.socket()
    world.connect()
    entries = socket.get(f"{API}/projects/{world.project}/activity").json()["items"]
    assert [(entry["event"], entry["store_name"]) for entry in entries[:2]] == [
        ("store.ready", "Harbour"), ("store.authorized", "Harbour")
    ]  # fmt: skip
    assert [entry["actor"] for entry in entries[:2]] == ["Mooring", "Admin"]


def test_activity_is_paged_without_a_gap(face: Face) -> None:
    world, socket = face.world, face.socket()
    person = face.person(Role.VIEWER)
    place = f"{API}/projects/{world.project}"
    for number in range(120):
        role = "editor" if number % 2 else "viewer"
        assert socket.put(f"{place}/people/{person.id}", json={"role": role}).status_code == 200
    seen: list[int] = []
    page = socket.get(f"{place}/activity").json()
    while True:
        seen += [entry["id"] for entry in page["items"]]
        if page["next"] is None:
            break
        page = socket.get(f"{place}/activity", params={"cursor": page["next"]}).json()
    with world.app.db.read() as connection:
        rows = audit.of_project(connection, world.project, limit=1000)
    assert len(rows) > 120
    assert seen == [row["id"] for row in rows]
    garbled = socket.get(f"{place}/activity", params={"cursor": "%%%"})
    assert (garbled.status_code, garbled.json()["field"]) == (422, "cursor")


def test_an_operation_is_started_shown_and_cancelled(face: Face) -> None:
    world, socket = face.world, face.socket()
    store_id = world.connect().store_id
    started = socket.post(f"{API}/stores/{store_id}/sync", json={}).json()
    assert (started["kind"], started["state"], started["finished"]) == ("import", "pending", False)
    busy = socket.post(f"{API}/stores/{store_id}/sync")
    assert (busy.status_code, busy.json()["operation_id"]) == (409, started["id"])
    listed = socket.get(f"{API}/projects/{world.project}/operations", params={"store_id": store_id}).json()
    assert [one["id"] for one in listed["items"] if one["kind"] == "import"] == [started["id"]]
    assert socket.post(f"{API}/operations/{started['id']}/cancel").json()["cancel_requested"] is True


def test_the_description_is_served_and_knows_the_problems(face: Face) -> None:
    described = face.stranger().get(f"{API}/openapi.json").json()
    assert described["info"]["title"] == "Mooring API"
    paths = described["paths"]
    assert "/api/v1/stores/{store_id}" in paths
    assert not [path for path in paths if not path.startswith(API)]
    named = {one.get("operationId", "") for methods in paths.values() for one in methods.values()}
    assert not [name for name in named if "Handle" in name]
    answers = paths["/api/v1/projects"]["post"]["responses"]
    assert {"201", "401", "403", "422"} <= answers.keys()
    assert "application/problem+json" in answers["422"]["content"]


def test_health_and_metrics(face: Face) -> None:
    face.world.connect()
    client = face.stranger()
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ok\n"
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'mooring_stores{state="connected"} 1' in metrics.text
    assert "harbour" not in metrics.text


# -- idempotency ---------------------------------------------------------------------------------------------------


def test_the_same_key_and_request_take_effect_once(face: Face) -> None:
    socket, place = face.socket(), f"{API}/projects"
    key = {"Idempotency-Key": "one"}
    first = socket.post(place, json={"name": "Once"}, headers=key)
    second = socket.post(place, json={"name": "Once"}, headers=key)
    assert first.json() == second.json()
    assert (second.status_code, second.headers["idempotency-replayed"]) == (201, "true")
    assert [p["name"] for p in socket.get(place).json()["items"]].count("Once") == 1

    other = socket.post(place, json={"name": "Twice"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    face.world.advance(hours=25)
    assert socket.post(place, json={"name": "Once"}, headers=key).json() != first.json()


def test_a_second_request_while_the_first_is_under_way_is_told_so(face: Face) -> None:
    app, person = face.world.app, "cli"
    assert once.begin(app, person, "slow", "a hash") is None
    with pytest.raises(Conflict):
        once.begin(app, person, "slow", "a hash")
    with pytest.raises(InvalidInput):
        once.begin(app, person, "slow", "another hash")
    face.world.advance(minutes=11)
    assert once.begin(app, person, "slow", "a hash") is None, "the process that had it was lost"


def test_a_refused_request_may_be_tried_again_under_its_key(face: Face) -> None:
    world, socket = face.world, face.socket()
    key, place = {"Idempotency-Key": "again"}, f"{API}/projects/{world.project}/stores"
    assert socket.post(place, json={"shop_domain": "abc"}, headers=key).status_code == 422
    assert socket.post(place, json={"shop_domain": HARBOUR}, headers=key).status_code == 202


def test_a_key_belongs_to_one_caller(face: Face) -> None:
    key, name = {"Idempotency-Key": "mine"}, {"name": "Mine"}
    place = f"{API}/projects/{face.world.project}/lists"
    assert face.socket().post(place, json=name, headers=key).status_code == 201
    other = face.program(face.world.admin).post(place, json=name, headers=key)
    assert (other.status_code, other.json()["field"]) == (422, "name"), "not the command line's answer"


@pytest.mark.parametrize("key", ["", "x" * 256, "\x7f", "caf\u00e9"])
def test_a_key_that_cannot_be_kept_is_refused(face: Face, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    answer = face.socket().post(f"{API}/projects", json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "Idempotency-Key")


def test_an_answer_with_a_secret_is_not_kept_readable(face: Face) -> None:
    asked = {"email": "admin@example.com", "purpose": "login"}
    link = face.socket().post(f"{API}/people/links", json=asked, headers={"Idempotency-Key": "l"}).json()["link"]
    with face.world.app.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM idempotency_keys").all()
    assert len(rows) == 1
    assert link.rsplit("/", 1)[-1] not in str(rows)
    again = face.socket().post(f"{API}/people/links", json=asked, headers={"Idempotency-Key": "l"})
    assert again.json()["link"] == link

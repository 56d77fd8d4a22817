"""Sessions, forms, headers, sizes: what a browser can be made to do, and what it cannot."""

from __future__ import annotations

import dataclasses

import pytest
from litestar.testing import TestClient

from mooring.domain.rules import Role
from mooring.errors import Misconfigured
from mooring.usecases import sessions, signing_in
from mooring.web.app import LARGEST_BODY, check_roles, create, routes
from mooring.web.envelope import shown_path
from mooring.web.visit import cookie_name
from tests.web.face import PASSWORD, Face, form_token

API = "/api/v1"


# -- who is who ----------------------------------------------------------------------------------------------------


def test_nobody_signed_in_is_told_so_and_nothing_else(face: Face) -> None:
    answer = face.stranger().get(f"{API}/projects")
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json() == {
        "type": "about:blank", "title": "Unauthorized", "status": 401, "code": "not_signed_in",
        "detail": "Sign in first.",
    }  # fmt: skip


def test_the_command_line_needs_no_token_and_nobody_can_claim_to_be_it(face: Face) -> None:
    assert face.socket().get(f"{API}/me").json()["id"] == "cli"
    pretender = face.stranger()
    pretender.headers.update({"mooring.local": "true", "X-Forwarded-For": "unix"})
    assert pretender.get(f"{API}/me").status_code == 401


def test_a_token_stands_for_its_person_within_its_role(face: Face) -> None:
    program = face.program(face.world.admin, Role.VIEWER)
    me = program.get(f"{API}/me").json()
    assert (me["id"], me["installation_admin"]) == (face.world.admin.id, False)
    assert [p["role"] for p in me["projects"]] == ["viewer"]
    assert program.post(f"{API}/projects", json={"name": "x"}).status_code == 403


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "Bearer \u00e9"])
def test_a_token_that_is_no_good_is_refused_even_beside_a_good_session(face: Face, header: str) -> None:
    browser = face.browser(face.world.admin)
    answer = browser.get(f"{API}/me", headers={"Authorization": header.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_token")


# -- sessions ------------------------------------------------------------------------------------------------------


def come_in(face: Face, client) -> None:
    csrf = form_token(client.get("/sign-in").text)
    form = {"email": "admin@example.com", "password": PASSWORD, "csrf": csrf}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 303, answer.text


def test_signing_in_gives_a_new_id_and_the_old_one_is_worth_nothing(face: Face) -> None:
    client, name = face.stranger(), cookie_name(face.world.app)
    client.get("/sign-in")
    planted = client.cookies[name]
    come_in(face, client)
    assert client.cookies[name] != planted
    assert client.get(f"{API}/me").json()["id"] == face.world.admin.id

    victim = face.stranger()
    victim.cookies.set(name, planted)
    assert victim.get(f"{API}/me").status_code == 401


def test_an_id_that_nobody_gave_out_is_not_adopted(face: Face) -> None:
    client, name = face.stranger(), cookie_name(face.world.app)
    for planted in ("chosen-by-somebody-else", "anonymous.9999999999.x.y", "anonymous..", "\u00e9"):
        client.cookies.clear()
        answer = client.get("/sign-in", headers={b"Cookie": f"{name}={planted}".encode("latin-1")})
        assert answer.status_code == 200
        assert planted not in answer.headers["set-cookie"]


def test_a_signed_in_session_ends_when_signing_in_again(face: Face) -> None:
    client, name = face.stranger(), cookie_name(face.world.app)
    come_in(face, client)
    before = client.cookies[name]
    csrf = sessions.find(face.world.app, before).csrf  # type: ignore[union-attr]
    client.post("/sign-in", data={"email": "admin@example.com", "password": PASSWORD, "csrf": csrf})
    assert client.cookies[name] != before
    assert sessions.find(face.world.app, before) is None


def test_sessions_run_out_idle_and_in_any_case(face: Face) -> None:
    browser = face.browser(face.world.admin)
    for _ in range(14):
        face.world.advance(hours=23)
        assert browser.get(f"{API}/me").status_code == 200
    face.world.advance(hours=15)
    assert browser.get(f"{API}/me").status_code == 401, "14 days are over, however busy it was"

    idle = face.browser(face.world.admin)
    face.world.advance(hours=24, seconds=1)
    assert idle.get(f"{API}/me").status_code == 401


def test_the_cookie_is_for_the_browser_only_and_secure_on_https(face: Face) -> None:
    answer = face.stranger().get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_on_https_the_cookie_belongs_to_this_host_alone(face: Face) -> None:
    settings = face.world.app.settings.model_copy(update={"public_url": "https://hub.example.com"})
    application = create(dataclasses.replace(face.world.app, settings=settings))
    with TestClient(application, base_url="https://hub.example.com") as client:
        headers = client.get("/sign-in").headers
    assert headers["set-cookie"].startswith("__Host-mooring=")
    assert "; Secure" in headers["set-cookie"]
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_session_ids_are_not_in_the_database(face: Face) -> None:
    client = face.stranger()
    come_in(face, client)
    secret = client.cookies[cookie_name(face.world.app)]
    with face.world.app.db.read() as connection:
        rows = connection.exec_driver_sql("SELECT token_hash, data FROM sessions").all()
    assert len(rows) == 1
    assert secret not in str(rows)


# -- forms ---------------------------------------------------------------------------------------------------------


def test_a_cookie_alone_changes_nothing(face: Face) -> None:
    browser = face.browser(face.world.admin)
    before = face.world.rows()
    for token in (b"", b"x" * 64, b"\xe9"):
        answer = browser.client.post(f"{API}/projects", json={"name": "x"}, headers={b"X-CSRF-Token": token})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert face.world.rows() == before
    assert browser.post(f"{API}/projects", json={"name": "x"}).status_code == 201


def test_the_token_of_another_session_is_worth_nothing(face: Face) -> None:
    one, other = face.browser(face.world.admin), face.browser(face.world.admin)
    answer = one.client.post(f"{API}/projects", json={"name": "x"}, headers={"X-CSRF-Token": other.csrf})
    assert answer.json()["code"] == "csrf"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
    ],
)
def test_another_site_cannot_send_even_a_good_token(face: Face, headers: dict[str, str | None]) -> None:
    browser = face.browser(face.world.admin)
    for name, value in headers.items():
        if value is None:
            del browser.client.headers[name]
        else:
            browser.client.headers[name] = value
    assert browser.post(f"{API}/projects", json={"name": "x"}).json()["code"] == "csrf"


def test_programs_and_the_command_line_send_no_form_token(face: Face) -> None:
    assert face.program(face.world.admin).post(f"{API}/projects", json={"name": "x"}).status_code == 403
    assert face.socket().post(f"{API}/projects", json={"name": "x"}).status_code == 201


def test_signing_in_cannot_be_done_by_another_site(face: Face) -> None:
    client = face.stranger()
    answer = client.post("/sign-in", data={"email": "admin@example.com", "password": PASSWORD})
    assert answer.status_code == 403
    assert signing_in.needs_setup(face.world.app) is False


def test_guessing_a_password_is_slowed_down(face: Face) -> None:
    client = face.stranger()
    csrf = form_token(client.get("/sign-in").text)
    form = {"email": "admin@example.com", "password": "wrong", "csrf": csrf}
    answers = [client.post("/sign-in", data=form) for _ in range(12)]
    assert [a.status_code for a in answers[:10]] == [401] * 10
    assert answers[11].status_code == 429
    assert int(answers[11].headers["retry-after"]) > 0


# -- every answer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nothing", f"{API}/nothing", f"{API}/projects", "/healthz"])
def test_every_answer_carries_the_headers(face: Face, path: str) -> None:
    headers = face.stranger().get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "strict-transport-security" not in headers, "that is for https"


def test_a_body_over_the_limit_is_refused_before_anything_is_done(face: Face) -> None:
    socket, before = face.socket(), face.world.rows()
    answer = socket.post(f"{API}/projects", content=b'{"name": "' + b"x" * LARGEST_BODY + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    streamed = socket.post(f"{API}/projects", content=(b"x" * 65536 for _ in range(20)))
    assert streamed.status_code == 413
    assert face.world.rows() == before


def test_an_error_of_our_own_tells_a_reference_and_nothing_else(face: Face) -> None:
    face.world.built.app.db._readers.dispose()
    with face.world.app.db.write() as connection:
        connection.exec_driver_sql("ALTER TABLE projects RENAME TO elsewhere")
    try:
        answer = face.socket().get(f"{API}/projects")
    finally:
        with face.world.app.db.write() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO projects")
    assert answer.status_code == 500
    assert answer.json()["reference"] in answer.json()["detail"]
    assert "projects" not in answer.text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/setup/secret", "/setup/[hidden]"),
        ("/login/secret/more", "/login/[hidden]"),
        ("/password/secret", "/password/[hidden]"),
        ("/connect/secret\nforged", "/connect/[hidden]"),
        ("/projects/a\r\nb\x1b[2J", "/projects/a%0D%0Ab%1B[2J"),
        ("/projects/1/stores", "/projects/1/stores"),
    ],
)
def test_a_path_in_the_log_is_one_harmless_line(path: str, shown: str) -> None:
    assert shown_path(path) == shown


def test_every_one_time_address_is_hidden(face: Face) -> None:
    """Whatever route takes a secret in its path has to be known to the log."""
    for route in face.application.routes:
        if {"token", "ticket"} & set(route.path_parameters):
            assert shown_path(route.path.replace("{", "secret")).endswith("/[hidden]"), route.path


def test_a_route_without_a_role_keeps_mooring_from_starting() -> None:
    from litestar import get

    @get("/no-role", sync_to_thread=False)
    def forgotten() -> str:
        return ""

    application = routes()
    application.register(forgotten)
    with pytest.raises(Misconfigured, match="/no-role declares no role"):
        check_roles(application)


def test_what_is_bound_to_a_browser_is_refused_to_callers_without_one(face: Face) -> None:
    """A caller on the socket is signed in, but a round trip to Shopify begins in a browser."""
    answer = face.socket().get("/connect/nothing")
    assert answer.status_code == 409
    assert "in a browser" in answer.text

"""No secret in any log line, page, problem, or plain in the database."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from mooring.db import credentials, stores
from mooring.domain.rules import Role
from mooring.usecases import signing_in
from mooring.web.visit import cookie_name
from tests.usecases.odoo_world import DATABASE, LOGIN, an_odoo
from tests.usecases.world import HARBOUR, World
from tests.web.face import PASSWORD, Face, face_of, form_token

API = "/api/v1"
WRONG_KEY = "fedcba9876543210fedcba9876543210fedcba98"


class Recorder:
    """A logger that keeps what it is told, before anything is hidden."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, event: str, **facts: Any) -> None:
        self.lines.append(f"{event} {facts}")

    info = warning = error = debug


@pytest.fixture
def told(world: World) -> Iterator[tuple[Face, Recorder]]:
    recorder = Recorder()
    world.built.app = dataclasses.replace(world.app, log=recorder)
    face = face_of(world)
    yield face, recorder
    face.close()


def a_day_at_the_office(face: Face, seen: list[str]) -> dict[str, str]:
    """Everything that carries a secret, done right and done wrong. Returns the secrets; `seen` gets the answers."""
    world, app = face.world, face.world.app
    client = face.stranger()
    login = urlsplit(signing_in.login_link(app, world.admin, "admin@example.com")).path
    pages = [client.get(login), client.get(login + "x"), client.get("/setup/never-given-out-setup-token")]
    signed = client.post(login, data={"csrf": form_token(pages[0].text)})
    session = client.cookies[cookie_name(app)]
    assert signed.status_code == 303
    pages += [signed, client.get("/"), client.get("/nothing?code=code-in-a-query&hmac=hmac-in-a-query")]

    browser = face.browser(world.admin)
    place = f"{API}/projects/{world.project}/stores"
    consent = browser.post(place, json={"shop_domain": HARBOUR}).json()["consent_url"]
    query = world.consent(consent)
    pages += [
        browser.get("/oauth/callback", params=query | {"hmac": "0" * 64}),
        browser.get("/oauth/callback", params=query),
    ]
    program = face.program(world.admin, Role.VIEWER)
    pages += [program.get(f"{API}/me"), program.post(place, json={"shop_domain": HARBOUR})]
    ticket = urlsplit(face.socket().post(place, json={"shop_domain": "lighthouse"}).json()["open_url"]).path
    pages += [client.get(ticket), client.get(ticket)]
    odoo_key = an_odoo_is_connected(face, pages)
    with app.db.read() as connection:
        held = credentials.load(connection, app.vault, world_store(world))
    assert held is not None
    assert held.refresh_token is not None
    seen += [page.text for page in pages if page.status_code != 303]
    return {
        "login token": login.rpartition("/")[2],
        "session": session,
        "ticket": ticket.rpartition("/")[2],
        "api token": program.headers["Authorization"].removeprefix("Bearer "),
        "access token": held.access_token,
        "refresh token": held.refresh_token,
        "code": query["code"],
        "nonce": query["state"],
        "hmac": query["hmac"],
        "odoo key": odoo_key,
        "wrong odoo key": WRONG_KEY,
        "client secret": app.settings.shopify_client_secret.get_secret_value(),
        "password": PASSWORD,
        "planted code": "code-in-a-query",
        "planted hmac": "hmac-in-a-query",
        "set-up token": "never-given-out-setup-token",
    }


def an_odoo_is_connected(face: Face, pages: list[Any]) -> str:
    """Tried with a wrong key and the right one, by page and by API, connected, given the key once more. The key."""
    browser = face.browser(face.world.admin)
    place = f"/projects/{face.world.project}/odoo"
    with an_odoo() as odoo:
        wish = {"url": odoo.url, "database": DATABASE, "login": LOGIN}
        for key in (WRONG_KEY, odoo.key):
            pages += [browser.post(f"{place}/connect", data=wish | {"key": key, "act": "test"})]
            pages += [browser.post(f"{API}{place}/test", json=wish | {"key": key})]
        pages += [browser.post(f"{place}/connect", data=wish | {"key": odoo.key, "act": "connect"})]
        pages += [browser.post(f"{place}/key", data={"key": key}) for key in (WRONG_KEY, odoo.key)]
        pages += [browser.get(place), browser.get(f"{API}{place}"), browser.get(f"{place}/connect")]
        assert [page.status_code for page in pages[-6:-3]] == [303, 422, 303]
        return odoo.key


def world_store(world: World) -> str:
    with world.app.db.read() as connection:
        return stores.of_project(connection, world.project)[0].id


def forms(secret: str) -> set[str]:
    """A secret as it is, quoted, and in base64."""
    return {secret, quote(secret), base64.b64encode(secret.encode()).decode()}


def hits(secrets: dict[str, str], text: str, but: tuple[str, ...] = ()) -> list[str]:
    return [name for name, secret in secrets.items() if name not in but and any(f in text for f in forms(secret))]


def test_no_secret_is_logged_or_shown(told: tuple[Face, Recorder]) -> None:
    face, recorder = told
    seen: list[str] = []
    secrets = a_day_at_the_office(face, seen)
    log = "\n".join(recorder.lines)
    assert "/oauth/callback" in log
    assert "/login/[hidden]" in log
    assert hits(secrets, log) == []
    own_form = ("login token",)  # the page of a one-time link posts to its own address
    assert hits(secrets, "\n".join(seen), but=own_form) == []


def test_no_secret_stands_plain_in_the_database(told: tuple[Face, Recorder], data_dir: Path) -> None:
    face, _ = told
    secrets = a_day_at_the_office(face, [])
    if face.world.app.db.dialect == "sqlite":
        stored = b"".join(p.read_bytes() for p in data_dir.iterdir() if p.is_file() and p.name != "keys")
        text = stored.decode("latin-1")
        assert "harbour" in text
    else:
        with face.world.app.db.read() as connection:
            tables = [
                "odoo_connections", "sessions", "login_links", "api_tokens", "credentials", "oauth_pending",
                "shopify_apps", "audit",
            ]  # fmt: skip
            text = str([connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables])
    assert hits(secrets, text) == []

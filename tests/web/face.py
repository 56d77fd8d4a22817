"""Browsers, programs and the command line in front of the real application."""

from __future__ import annotations

import functools
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from litestar import Litestar
from litestar.testing import TestClient

from mooring.domain.rules import Role
from mooring.usecases import api_tokens, people, sessions, signing_in
from mooring.usecases.who import Who
from mooring.web.app import attach, routes
from mooring.web.local import mark_local
from mooring.web.visit import cookie_name
from tests.usecases.world import PUBLIC, World

PASSWORD = "a long enough password"


@dataclass
class Face:
    world: World
    application: Litestar
    _open: ExitStack = field(default_factory=ExitStack)

    def stranger(self) -> TestClient[Any]:
        """A browser that nobody is signed in with."""
        return self._client(self.application)

    def socket(self) -> TestClient[Any]:
        """The command line."""
        return self._client(mark_local(self.application))

    def browser(self, who: Who) -> Browser:
        client = self.stranger()
        session = sessions.begin(self.world.app, who.id)
        client.cookies.set(cookie_name(self.world.app), session.id)
        return Browser(client, session.csrf)

    def program(self, who: Who, role: Role = Role.ADMIN, project: str | None = None) -> TestClient[Any]:
        _, token = api_tokens.create_token(self.world.app, who, name="program", role=role, project_id=project)
        client = self.stranger()
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    def person(self, role: Role | None, project: str | None = None) -> Who:
        """Somebody new with this role; None is a member of another project only."""
        app, admin = self.world.app, self.world.admin
        place = project or self.world.project
        if role is None:
            place, role = people.create_project(app, admin, "Elsewhere"), Role.ADMIN
        number = self.world.rows()["people"]
        person_id = people.add(
            app, admin, email=f"p{number}@example.com", name=f"P{number}", project_id=place, role=role
        )
        return signing_in.signed_in(app, person_id).who

    def close(self) -> None:
        self._open.close()

    def _client(self, application: Any) -> TestClient[Any]:
        client = TestClient(application, base_url=PUBLIC, raise_server_exceptions=False)
        client.follow_redirects = False
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return self._open.enter_context(client)


@dataclass
class Browser:
    """A signed-in browser, with the form token its pages hold."""

    client: TestClient[Any]
    csrf: str

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.client.get(path, **more)

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"X-CSRF-Token": self.csrf} | more.pop("headers", {})
        return self.client.request(method, path, headers=headers, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.send("POST", path, **more)


def face_of(world: World) -> Face:
    """One at a time: the routes are made once per process, and each world is put behind them in its turn."""
    return Face(world, attach(_routes(), world.app))


_routes = functools.cache(routes)


def form_token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]

"""Mooring sends itself a signed webhook by its public address, and says what came back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from mooring.db import credentials
from mooring.domain.rules import Role
from mooring.errors import NotAllowed
from mooring.usecases import receive_test
from mooring.usecases.context import App
from mooring.usecases.receive_test import Heard
from tests.support.serving import served
from tests.usecases.world import World
from tests.web.face import Face


def tried(world: World, address: str) -> Heard:
    settings = world.app.settings.model_copy(update={"public_url": address})
    with world.app.db.read() as connection:
        app_id = credentials.apps(connection)[0]["id"]
    return receive_test.try_address(replace(world.app, settings=settings), world.admin, app_id)


@contextmanager
def stranger(status: int) -> Iterator[str]:
    """Something that is no Mooring and answers everything alike."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_its_own_address_is_heard_and_nothing_is_stored(face: Face, free_port: int) -> None:
    before = face.world.rows()
    with served(face.application, free_port) as address:
        found = tried(face.world, address)
    assert found.heard, found.sentence
    assert found.sentence.endswith("came through.")
    assert face.world.rows() == before


@pytest.mark.parametrize(
    ("status", "words"), [(200, "so it is not Mooring"), (404, "answered a test delivery with 404"), (302, "with 302"),
                          (401, "refused the signature")],
)  # fmt: skip
def test_whoever_else_answers_there_is_not_taken_for_it(world: World, status: int, words: str) -> None:
    with stranger(status) as address:
        found = tried(world, address)
    assert not found.heard
    assert words in found.sentence


def test_nobody_there_is_said(world: World, free_port: int) -> None:
    found = tried(world, f"http://127.0.0.1:{free_port}")
    assert not found.heard
    assert "did not come through" in found.sentence


def test_without_an_address_there_is_nothing_to_try(world: World) -> None:
    assert tried(world, "").address is None


def test_it_is_for_the_installation_admin(face: Face) -> None:
    app: App = face.world.app
    with pytest.raises(NotAllowed):
        receive_test.try_address(app, face.person(Role.ADMIN), "any")

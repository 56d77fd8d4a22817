"""Nonsense at every route: refused in words, never an error of our own.

`MOORING_TEST_SEED` and `MOORING_TEST_FUZZ` (how many requests) repeat and widen the run.
"""

from __future__ import annotations

import json
import os
import random
from typing import Any
from urllib.parse import quote

from mooring.usecases import odoo_connect
from mooring.usecases.odoo_connect import Wish
from tests.usecases.odoo_world import DATABASE, LOGIN, an_odoo
from tests.web.face import Face
from tests.web.test_roles import doors, filled, world_of_things

SEED = int(os.environ.get("MOORING_TEST_SEED", "20261122"))
REQUESTS = int(os.environ.get("MOORING_TEST_FUZZ", "600"))
NASTY = (
    "", " ", "0", "-1", "9" * 30, "null", "true", "\x00", "a\x00b", "%00", "%", "%zz", "\u2028", "\U0001f4a9", "\ufeff",
    "' OR 1=1 --", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "a" * 3000, "\r\nSet-Cookie: x=y",
    "2026-13-45T99:99:99Z", "gid://shopify/Customer/1", "customers", "admin", "harbour", "AAAA", "W10", "WzFd",
)  # fmt: skip
VALUES: tuple[Any, ...] = (*NASTY, None, True, 0, -1, 2**63, 2**70, 1e308, 0.1, [], {}, [[]], {"a": {"b": [None]}})
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"{}",
    b"\xff\xfe",
    b"[" * 20_000,
    b'{"name":"\\ud800"}',
    b'{"a":1}{"b":2}',
)
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "x/y",
)
KEYS = (b"", b"k", b"\xe9", b"x" * 300)


class Fuzz:
    def __init__(self, face: Face) -> None:
        self.dice = random.Random(SEED)
        self.things = world_of_things(face) | {"kind": "customers"}
        self.words = names(face)
        self.doors = list(doors(face))
        browser = face.browser(face.world.admin)
        browser.client.headers["X-CSRF-Token"] = browser.csrf
        self.callers = [face.socket(), face.stranger(), browser.client]

    def request(self) -> dict[str, Any]:
        door = self.dice.choice(self.doors)
        made: dict[str, Any] = {"method": door.method, "url": self.address(door.path), "headers": {}}
        if self.dice.random() < 0.7:
            made["params"] = {self.dice.choice(self.words): self.text() for _ in range(self.dice.randrange(4))}
        if door.method != "GET":
            made |= self.body()
        if self.dice.random() < 0.2:
            made["headers"] |= {b"Idempotency-Key": self.dice.choice(KEYS)}
        return made

    def address(self, path: str) -> str:
        chosen = {n: self.dice.choice(NASTY) if self.dice.random() < 0.3 else v for n, v in self.things.items()}
        return quote(filled(path, chosen), safe="/")

    def text(self) -> str:
        return str(self.dice.choice(VALUES))[:200]

    def body(self) -> dict[str, Any]:
        facts = {self.dice.choice(self.words): self.dice.choice(VALUES) for _ in range(self.dice.randrange(6))}
        match self.dice.randrange(4):
            case 0:
                kind = self.dice.choice(TYPES).encode()
                return {"content": self.dice.choice(BODIES), "headers": {b"Content-Type": kind}}
            case 1:
                return {"data": {name: str(value) for name, value in facts.items()}}
            case _:
                return {"content": json.dumps(facts).encode(), "headers": {b"Content-Type": b"application/json"}}


def names(face: Face) -> list[str]:
    """What bodies and queries are called anywhere in the application."""
    described = face.stranger().get("/api/v1/openapi.json").json()
    known = {name for schema in described["components"]["schemas"].values() for name in schema.get("properties", {})}
    return sorted(
        known | {"csrf", "cursor", "older", "newer", "q", "store", "store_id", "act", "list", "settings", "to"}
    )


def test_nonsense_is_refused_in_words_and_nothing_breaks(face: Face) -> None:
    with an_odoo() as odoo:
        fuzz = Fuzz(face)
        wish = Wish(odoo.url, DATABASE, LOGIN, odoo.key)
        odoo_connect.request(face.world.app, face.world.admin, face.world.project, wish)
        assert broken_by(fuzz) == []


def broken_by(fuzz: Fuzz) -> list[str]:
    broken: list[str] = []
    for number in range(REQUESTS):
        request = fuzz.request()
        answer = fuzz.dice.choice(fuzz.callers).request(**request)
        if answer.status_code == 500:
            broken.append(f"seed {SEED}, request {number}: {str(request)[:400]}\n{answer.text[:300]}")
    return broken

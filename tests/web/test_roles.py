"""Every route against every kind of caller: what a route declares is what it takes, and strangers learn nothing.

The routes are the application's own, pages included, so a new one is in here by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litestar.routes import HTTPRoute

from mooring.db import operations
from mooring.domain.rules import Role, Work
from mooring.usecases.who import Who
from mooring.web.routing import IN_PROJECT
from tests.web import records
from tests.web.face import Face

RANK = {"viewer": 0, "editor": 1, "admin": 2}
OWN = ("/static", "/openapi.json")


@dataclass(frozen=True)
class Door:
    """One method of one route."""

    method: str
    path: str
    role: str

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")


def doors(face: Face) -> Iterator[Door]:
    for route in face.application.routes:
        if not isinstance(route, HTTPRoute) or any(own in route.path for own in OWN):
            continue
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Door(str(method), route.path, handler.opt["role"])


def world_of_things(face: Face) -> dict[str, str]:
    """One real thing of each kind that a path may name."""
    world = face.world
    store_id = world.connect().store_id
    with world.app.db.write() as connection:
        operation = operations.create(
            connection, id=world.app.ids.new(), project_id=world.project, store_id=store_id, kind=Work.HEALTH_CHECK,
            generation=1, arguments={}, created_by="system", at=world.app.clock.now(),
        )  # fmt: skip
    return {
        "project_id": world.project,
        "store_id": store_id,
        "operation_id": operation.id,
        "customer_id": str(records.customer(world, store_id, 1)),
        "order_id": str(records.order(world, store_id, 1)),
        "product_id": str(records.product(world, store_id, 1)),
        "collection_id": str(records.collection(world, store_id, 1, [1])),
        "shopify_id": "1",
    }


def filled(path: str, things: dict[str, str]) -> str:
    """Parameters that name nothing of a project get a word that leads nowhere."""
    parts = []
    for part in path.split("/"):
        name = part[1:-1].partition(":")[0] if part.startswith("{") else None
        parts.append(things.get(name, "nothing") if name else part)
    return "/".join(parts)


def knock(face: Face, who: Who | None, door: Door, path: str) -> int:
    if who is None:
        return face_status(face.stranger().request(door.method, path))
    browser = face.browser(who)
    more = {"json": {}} if door.is_api else {"data": {"csrf": browser.csrf}}
    return face_status(browser.send(door.method, path, **({} if door.method == "GET" else more)))


def face_status(answer) -> int:
    assert answer.status_code < 500 or answer.status_code in (502, 503), answer.text
    return answer.status_code


def refusal(door: Door, have: str | None) -> int | None:
    """What somebody with this role in the project (None: in another one) has to be told; None if they may."""
    if door.role == "installation_admin":
        return 403
    if door.role in IN_PROJECT:
        if have is None:
            return 404
        return 403 if RANK[have] < RANK[door.role] else None
    return None


def test_every_route_takes_the_role_it_declares_and_no_less(face: Face) -> None:
    things = world_of_things(face)
    callers: dict[str | None, Who] = {role.value: face.person(role) for role in Role}
    callers[None] = face.person(None)
    wrong: list[str] = []
    seen = sorted(set(doors(face)), key=lambda d: (d.method != "GET", d.path, d.method))
    assert len(seen) > 50
    for door in seen:
        if door.role == "public":
            continue
        path = filled(door.path, things)
        nobody = knock(face, None, door, path)
        if nobody != (303 if door.method == "GET" and not door.is_api else 401):
            wrong.append(f"{door}: nobody got {nobody}")
        for have, who in callers.items():
            expected, status = refusal(door, have), knock(face, who, door, path)
            if expected is not None and status != expected:
                wrong.append(f"{door}: {have or 'a stranger'} got {status}, not {expected}")
            if expected is None and status == 403 and door.path not in PERSONAL:
                wrong.append(f"{door}: {have} got 403")
    assert wrong == []


PERSONAL: frozenset[str] = frozenset({"/api/v1/backup"})
"""Routes that refuse somebody for another reason than a role: a backup is made on the machine itself."""


def test_an_unknown_thing_and_one_of_another_project_look_alike(face: Face) -> None:
    things = world_of_things(face)
    stranger = face.browser(face.person(None))
    for door in doors(face):
        if door.role not in IN_PROJECT or not door.is_api or door.method != "GET":
            continue
        real = stranger.get(filled(door.path, things))
        unreal = stranger.get(filled(door.path, dict.fromkeys(things, "12345")))
        assert (real.status_code, unreal.status_code) == (404, 404), door
        assert real.json()["code"] == unreal.json()["code"] == "not_found"


def test_the_installation_admin_comes_in_everywhere(face: Face) -> None:
    things = world_of_things(face)
    admin = face.browser(face.world.admin)
    for door in doors(face):
        if door.method == "GET" and door.path not in PERSONAL:
            assert admin.get(filled(door.path, things)).status_code not in (401, 403), door

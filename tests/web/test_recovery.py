"""Recover one record by API: what is found, chosen from, missing or refused."""

from __future__ import annotations

from typing import Any

from mooring.db import stores
from mooring.domain.rules import Role
from mooring_sandbox.shopify.merchant.collections import create_collection
from mooring_sandbox.shopify.merchant.desk import Desk
from tests.usecases.world import HARBOUR, SHOPS, World
from tests.web.face import Face


def with_collections(world: World, *titles: str) -> str:
    """A connected store whose shop has these collections; its id."""
    store_id = world.connect(HARBOUR).store_id
    with world.app.db.write() as connection:
        stores.change(connection, store_id, initial_sync_started_at=world.app.clock.now())
    for title in titles:
        create_collection(Desk(world.sandbox.state, SHOPS[HARBOUR], world.sandbox.clock), title=title)
    return store_id


def recover(face: Face, store_id: str, **body: str) -> Any:
    return face.program(face.world.admin).post(f"/api/v1/stores/{store_id}/recover", json=body)


def test_one_record_is_found_imported_and_receipted(face: Face, world: World) -> None:
    store_id = with_collections(world, "Blue mugs", "Red mugs")
    answer = recover(face, store_id, kind="collections", what="Blue mugs")
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert (done["outcome"], done["sentence"]) == ("created", "It was missing here and has been imported.")
    assert done["operation"]["state"] == "done"
    assert done["operation"]["receipt"]["shopify_id"] == done["shopify_id"]
    assert recover(face, store_id, kind="collections", what=str(done["shopify_id"])).json()["outcome"] == "unchanged"


def test_several_are_listed_and_none_is_said(face: Face, world: World) -> None:
    store_id = with_collections(world, "Blue mugs", "Red mugs")
    several = recover(face, store_id, kind="collections", what="mugs").json()
    assert (several["outcome"], several["operation"]) == ("several", None)
    assert {one["label"].partition(",")[0] for one in several["matches"]} == {"Blue mugs", "Red mugs"}
    assert recover(face, store_id, kind="collections", what="Teapot").json()["outcome"] == "none"


def test_nonsense_is_refused_in_words(face: Face, world: World) -> None:
    store_id = with_collections(world)
    assert recover(face, store_id, kind="planets", what="5").status_code == 422
    assert recover(face, store_id, kind="orders", what="").status_code == 422
    refused = recover(face, store_id, kind="orders", what="gid://shopify/Product/5")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")


def test_viewers_may_not(face: Face, world: World) -> None:
    store_id = with_collections(world)
    program = face.program(face.world.admin, Role.VIEWER)
    answer = program.post(f"/api/v1/stores/{store_id}/recover", json={"kind": "orders", "what": "#1001"})
    assert answer.status_code == 403

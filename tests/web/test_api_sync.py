"""Sync to Odoo in the API: what is shown, what is refused in words, who may."""

from __future__ import annotations

import pytest

from mooring.db import sync_items
from mooring.db.sync_items import Item
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from tests.usecases.hubbing import customer
from tests.web.face import Face

API = "/api/v1"


def stored(face: Face) -> str:
    """A store with two customers, one of which waits for a person."""
    store_id = face.world.connect().store_id
    for number, email in ((5, "ann@example.com"), (6, "bob@example.com")):
        customer(face.world.app, store_id, number, email=email)
    candidates = [{"id": 9, "model": "res.partner", "name": "Ann"}, {"id": 10, "model": "res.partner", "name": "An"}]
    detail = {"records": {"customer.5": {"by": "email", "candidates": candidates}}}
    waiting = Item(SyncKind.CUSTOMERS, 5, "review", cause="email", sentence="2 contacts have it.", detail=detail)
    with face.world.app.db.write() as connection:
        sync_items.put(connection, store_id, [waiting], at=face.world.app.clock.now())
    return store_id


def test_what_is_synced_is_shown_with_the_reason_why_it_cannot_be(face: Face) -> None:
    store_id, program = stored(face), face.program(face.world.admin)
    shown = program.get(f"{API}/stores/{store_id}/odoo").json()
    customers = shown["kinds"][0]
    assert (customers["kind"], customers["auto"], customers["master"]) == ("customers", False, None)
    assert "not connected to an Odoo" in customers["against"]
    assert customers["counts"] == {
        "all": 2, "synced": 0, "not_synced": 1, "in_progress": 0, "failed": 0, "review": 1}  # fmt: skip
    assert shown["preview"] is None and shown["last"] is None


def test_items_are_listed_by_tab_and_one_is_told_in_full(face: Face) -> None:
    store_id, program = stored(face), face.program(face.world.admin)
    path = f"{API}/projects/{face.world.project}/odoo/items/customers"
    listed = program.get(path, params={"tab": "review"}).json()
    assert [(one["shopify_id"], one["state"], one["cause"]) for one in listed["items"]] == [(5, "review", "email")]
    assert listed["counts"]["not_synced"] == 1 and listed["next"] is None
    assert len(program.get(path, params={"q": "bob@example.com"}).json()["items"]) == 1
    (question,) = program.get(f"{API}/stores/{store_id}/odoo/items/customers/5").json()["questions"]
    assert question["record"] == "customer.5" and [one["id"] for one in question["candidates"]] == [9, 10]
    assert program.get(f"{API}/stores/{store_id}/odoo/items/customers/6").status_code == 404
    assert program.get(f"{API}/projects/{face.world.project}/odoo/items/nothing").status_code in (400, 404, 422)


def test_without_an_odoo_nothing_is_synced_and_nothing_changed(face: Face) -> None:
    store_id, program = stored(face), face.program(face.world.admin)
    for path, body in (("sync", {"kinds": ["customers"]}), ("preview", {}), ("sync", {"ids": {"customers": [5]}})):
        refused = program.post(f"{API}/stores/{store_id}/odoo/{path}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "odoo_not_connected")
    refused = program.post(f"{API}/stores/{store_id}/odoo/accept", json={"preview": "nothing"})
    assert refused.status_code == 404
    refused = program.patch(f"{API}/stores/{store_id}/odoo/kinds/customers", json={"auto": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_accepted")


def test_a_decision_waits_for_the_next_sync_where_none_can_start(face: Face) -> None:
    store_id, program = stored(face), face.program(face.world.admin)
    path = f"{API}/stores/{store_id}/odoo/items/customers/decide"
    made = program.post(path, json={"ids": [5], "choice": "create"}).json()
    assert made == {"count": 1, "operation": None}
    listed = program.get(f"{API}/projects/{face.world.project}/odoo/items/customers").json()["items"]
    assert [one["decided"] for one in listed] == [False, True]
    assert program.post(path, json={"ids": [6], "choice": "create"}).status_code == 404


def test_what_cannot_be_synced_is_not_unlinked_either(face: Face) -> None:
    store_id, program = stored(face), face.program(face.world.admin)
    answer = program.post(f"{API}/stores/{store_id}/odoo/items/orders/5/unlink")
    assert (answer.status_code, answer.json()["code"]) == (404, "odoo_not_connected")


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 409)])
def test_a_viewer_looks_and_an_editor_syncs(face: Face, role: Role, status: int) -> None:
    store_id, program = stored(face), face.program(face.person(role))
    assert program.get(f"{API}/stores/{store_id}/odoo").status_code == 200
    assert program.post(f"{API}/stores/{store_id}/odoo/sync", json={}).status_code == status
    shopify_is_master = program.patch(f"{API}/stores/{store_id}/odoo/kinds/customers", json={"master": True})
    assert shopify_is_master.status_code == (403 if role is Role.VIEWER else 200)

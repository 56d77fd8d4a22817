"""The Odoo card, Connect Odoo and the details page: what they say, what they refuse, that they keep the key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mooring.db import odoo_kinds, sync_items
from mooring.db.sync_items import Item
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo
from tests.web import records
from tests.web.face import Browser, Face


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


@pytest.fixture
def admin(face: Face) -> Browser:
    return face.browser(face.world.admin)


def place(face: Face) -> str:
    return f"/projects/{face.world.project}"


def wish(odoo: Odoo, **other: Any) -> dict[str, Any]:
    return {"url": odoo.url, "database": DATABASE, "login": LOGIN, "key": odoo.key} | other


def connect(face: Face, browser: Browser, odoo: Odoo, **other: Any) -> None:
    answer = browser.post(f"{place(face)}/odoo/connect", data=wish(odoo, act="connect", **other))
    assert answer.status_code == 303, answer.text


def waits(face: Face, store_id: str, shopify_id: int, state: str = "review") -> None:
    with face.world.app.db.write() as connection:
        item = Item(SyncKind.CUSTOMERS, shopify_id, state, cause="email", sentence="2 contacts have it.")
        sync_items.put(connection, store_id, [item], at=face.world.app.clock.now())


def plain(page: str) -> str:
    """What is read of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# -- the card ------------------------------------------------------------------------------------------------------


def test_without_an_odoo_there_is_a_quiet_way_to_connect_one(face: Face, admin: Browser) -> None:
    face.world.connect()
    page = admin.get(f"{place(face)}/integrations").text
    assert f'href="{place(face)}/odoo/connect">Connect Odoo</a>' in page
    assert "Odoo server" not in page
    assert "Odoo</a>" in admin.get(f"{place(face)}/connect").text
    viewer = face.browser(face.person(Role.VIEWER))
    assert "Connect Odoo" not in viewer.get(f"{place(face)}/integrations").text


def test_the_card_counts_and_asks_for_the_one_thing_to_do(face: Face, admin: Browser, odoo: Odoo) -> None:
    store_id = face.world.connect().store_id
    connect(face, admin, odoo)
    page = plain(admin.get(f"{place(face)}/integrations").text)
    assert "1 store and 1 Odoo server. All is well." in page
    assert "19.0 · My Company Connected Synced 0 Needs review 0 Failed 0 nothing synced yet Details" in page

    for number in (5, 6):
        records.customer(face.world, store_id, number)
        waits(face, store_id, number)
    waits(face, store_id, 7, "failed")
    with face.world.app.db.write() as connection:
        odoo_kinds.change(connection, store_id, SyncKind.CUSTOMERS, synced_at=face.world.app.clock.now())
    page = admin.get(f"{place(face)}/integrations/cards").text
    assert "2 items wait for a decision." in page
    assert f'href="{place(face)}/customers?tab=review">Review 2</a>' in page
    assert "Connected Synced 0 Needs review 2 Failed 1 last sync just now" in plain(page)


# -- connect -------------------------------------------------------------------------------------------------------


def test_a_test_tells_what_the_key_opens_and_connects_nothing(face: Face, admin: Browser, odoo: Odoo) -> None:
    assert "without each" in admin.get(f"{place(face)}/odoo/connect").text
    answer = admin.post(f"{place(face)}/odoo/connect", data=wish(odoo, act="test"))
    assert answer.status_code == 200
    page = plain(answer.text)
    for said in ("Works", "Version 19.0", "Company My Company", "Currency", "Language en_US", "Sales installed",
                 "Rights of admin", "Plant external ids (Access Rights) (allowed)"):  # fmt: skip
        assert said in page, said
    assert f'value="{odoo.url}"' in answer.text and odoo.key not in answer.text
    assert "once one is connected" in admin.get(f"{place(face)}/odoo").text


def test_a_user_with_few_rights_sees_what_will_not_work(face: Face, admin: Browser, odoo: Odoo) -> None:
    key = odoo.user("low", "base.group_user")
    page = admin.post(f"{place(face)}/odoo/connect", data=wish(odoo, act="test", login="low", key=key)).text
    assert "Works, with something missing" in page
    assert "Missing. Orders do not reach Odoo." in plain(page)


@pytest.mark.parametrize("act", ["test", "connect"])
@pytest.mark.parametrize(
    ("other", "field", "says"),
    [
        ({"url": "nothing at all"}, "url", "This is no address of an Odoo."),
        ({"database": "other"}, "database", "database"),
        ({"key": "0123456789abcdef0123456789abcdef01234567"}, "key", "key"),
        ({"login": ""}, "login", "The login of the Odoo user is required."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_stays(
    face: Face, admin: Browser, odoo: Odoo, act: str, other: dict[str, str], field: str, says: str
) -> None:
    answer = admin.post(f"{place(face)}/odoo/connect", data=wish(odoo, act=act, **other))
    assert answer.status_code == 422
    told = re.search(rf'id="h-{field}">\s*<p class="wrong-text">(.*?)</p>', answer.text)
    assert told and says in told[1]
    assert f'value="{LOGIN}"' in answer.text or field == "login"
    assert odoo.key not in answer.text and "0123456789abcdef" not in answer.text
    assert (' hx-preserve="true"' in answer.text) is (field != "key")


def test_several_companies_are_a_choice(face: Face, admin: Browser, odoo: Odoo) -> None:
    second = odoo.does("res.company", "create", vals_list=[{"name": "Second House"}])
    number = second[0] if isinstance(second, list) else second
    user = odoo.rows("res.users", [["login", "=", LOGIN]], "company_ids")[0]
    companies = [*user["company_ids"], number]
    odoo.does("res.users", "write", ids=[user["id"]], vals={"company_ids": [[6, 0, companies]]})
    asked = admin.post(f"{place(face)}/odoo/connect", data=wish(odoo, act="connect"))
    assert asked.status_code == 422
    assert f'<option value="{number}">Second House' in asked.text
    connect(face, admin, odoo, company_id=str(number))
    assert "Second House" in admin.get(f"{place(face)}/odoo").text


def test_connected_once_the_page_leads_to_the_details(face: Face, admin: Browser, odoo: Odoo) -> None:
    connect(face, admin, odoo)
    assert admin.get(f"{place(face)}/odoo/connect").headers["location"] == f"{place(face)}/odoo"
    again = admin.post(f"{place(face)}/odoo/connect", data=wish(odoo, act="connect"))
    assert again.status_code == 422 and "connected to the Odoo at" in again.text


# -- details -------------------------------------------------------------------------------------------------------


def test_the_details_show_facts_rights_and_how_each_store_is_synced(face: Face, admin: Browser, odoo: Odoo) -> None:
    store_id = face.world.connect().store_id
    connect(face, admin, odoo)
    answer = admin.get(f"{place(face)}/odoo?said=connected")
    page = plain(answer.text)
    for said in ("Nothing is written before you have seen a preview.", "Database shop", "Rights of admin",
                 "until its first preview is accepted", "Preview sync", "Shopify is master"):  # fmt: skip
        assert said in page, said
    assert odoo.key not in answer.text
    assert "19.0" in page and "Disconnect</a>" in answer.text
    viewer = face.browser(face.person(Role.VIEWER)).get(f"{place(face)}/odoo").text
    assert "Preview sync" not in viewer and "Replace it" not in viewer and "Disconnect</a>" not in viewer
    assert f"/stores/{store_id}/odoo/preview" in answer.text


def test_a_check_says_what_it_found(face: Face, admin: Browser, odoo: Odoo) -> None:
    connect(face, admin, odoo)
    assert "Nothing was written to it yet." in admin.post(f"{place(face)}/odoo/check").text
    odoo.control("POST", f"/databases/{DATABASE}/neutralize")
    page = admin.post(f"{place(face)}/odoo/check").text
    assert "Held: staging copy" in page
    for way in ("settings/advanced", "settings/advanced/clear", "odoo/keep"):
        assert f'"{place(face)}/{way}"' in page
    assert plain(admin.get(f"{place(face)}/integrations").text).count("Held") == 1
    assert admin.post(f"{place(face)}/odoo/keep").headers["location"].endswith("?said=kept")
    again = admin.post(f"{place(face)}/odoo/keep")
    assert again.status_code == 409 and "is not held" in again.text


def test_an_odoo_that_does_not_answer_is_told_in_words(face: Face, admin: Browser, odoo: Odoo) -> None:
    connect(face, admin, odoo)
    odoo.fault("status", status=503, times=20)
    answer = admin.post(f"{place(face)}/odoo/check")
    assert answer.status_code == 409 and 'role="alert"' in answer.text


def test_another_key_is_taken_or_refused_beside_its_field(face: Face, admin: Browser, odoo: Odoo) -> None:
    connect(face, admin, odoo)
    key = odoo.user("connector")
    wrong = admin.post(f"{place(face)}/odoo/key", data={"key": key})
    assert wrong.status_code == 422 and "This key belongs to another Odoo user." in wrong.text
    assert key not in wrong.text
    right = admin.post(f"{place(face)}/odoo/key", data={"key": key, "login": "connector"})
    assert right.headers["location"] == f"{place(face)}/odoo?said=key"
    assert "Rights of connector" in admin.get(f"{place(face)}/odoo").text


def test_disconnect_asks_first_and_keeps_the_mapping_unless_told(face: Face, admin: Browser, odoo: Odoo) -> None:
    face.world.connect()
    connect(face, admin, odoo)
    page = admin.get(f"{place(face)}/odoo?disconnect=1").text
    assert "Are you sure you want to disconnect Odoo? You can connect it again later." in page
    assert "Keep (default)" in page and "Rebuild mapping" in page
    mistyped = admin.post(f"{place(face)}/odoo/disconnect", data={"choice": "clear", "typed": "nothing"})
    assert mistyped.status_code == 422 and "to confirm" in mistyped.text
    over = admin.post(f"{place(face)}/odoo/disconnect", data={"choice": "keep", "generation": "99"})
    assert over.status_code == 422 and "has changed since the preview" in over.text
    done = admin.post(f"{place(face)}/odoo/disconnect", data={"choice": "keep", "generation": "1"})
    assert done.headers["location"].endswith("?said=disconnected")
    page = admin.get(f"{place(face)}/odoo").text
    assert "Connect again" in page and "Disconnected" in page
    assert f'value="{odoo.url}"' in admin.get(f"{place(face)}/odoo/connect").text
    assert "Connect again" in admin.get(f"{place(face)}/integrations").text


# -- settings of a kind --------------------------------------------------------------------------------------------


def test_auto_sync_waits_for_a_preview_and_master_has_three_ways(face: Face, admin: Browser, odoo: Odoo) -> None:
    store_id = face.world.connect().store_id
    connect(face, admin, odoo)
    kind = f"/stores/{store_id}/odoo/kinds/customers"
    refused = admin.post(kind, data={"auto": "on"})
    assert refused.status_code == 409 and "accept it first" in refused.text
    for chosen, kept in (("on", True), ("off", False), ("usual", None)):
        assert admin.post(kind, data={"master": chosen}).status_code == 303
        with face.world.app.db.read() as connection:
            assert odoo_kinds.load(connection, store_id, SyncKind.CUSTOMERS).master is kept
    assert admin.post(kind, data={}).status_code == 409
    assert admin.post(f"/stores/{store_id}/odoo/kinds/nothing", data={"master": "on"}).status_code == 404
    with face.world.app.db.write() as connection:
        odoo_kinds.change(
            connection, store_id, SyncKind.CUSTOMERS, accepted_at=face.world.app.clock.now(), accepted_by="x"
        )
    assert admin.post(kind, data={"auto": "on"}).status_code == 303
    assert "Turn off" in admin.get(f"{place(face)}/odoo").text

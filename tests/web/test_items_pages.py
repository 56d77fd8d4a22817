"""Items pages: tabs, status and why; what is selected is synced or decided on; a record's own page; the preview."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import odoo_kinds, operations, sync_items
from mooring.db.operations import Operation
from mooring.db.sync_items import Item
from mooring.domain.mapping import SyncKind
from mooring.domain.rules import Role, Work
from mooring.usecases import odoo_connect, people
from mooring.usecases.odoo_connect import Wish
from mooring.usecases.operations_drive import drive
from tests.usecases import hubbing
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo
from tests.web.face import Browser, Face
from tests.web.test_odoo_pages import plain

CUSTOMERS = SyncKind.CUSTOMERS


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


@pytest.fixture
def editor(face: Face) -> Browser:
    return face.browser(face.person(Role.EDITOR))


@pytest.fixture
def store_id(face: Face) -> str:
    """A store with four customers and a product."""
    made = face.world.connect().store_id
    for number, name in ((5, "Ann"), (6, "Bob"), (7, "Cid"), (8, "Dot")):
        email = f"{name.lower()}@example.com"
        hubbing.customer(face.world.app, made, number, first_name=name, last_name="Lee", email=email)
    hubbing.product(face.world.app, made, 9, "Mug", {"sku": "MUG"})
    return made


def connect(face: Face, odoo: Odoo) -> None:
    wish = Wish(odoo.url, DATABASE, LOGIN, odoo.key)
    odoo_connect.request(face.world.app, face.world.admin, face.world.project, wish)


def place(face: Face, kind: str = "customers") -> str:
    return f"/projects/{face.world.project}/{kind}"


def driven(face: Face, location: str) -> Operation:
    """The operation that a page led to, run to its end."""
    return drive(face.world.app, location.split("/operations/")[1].partition("/")[0], WORKS, ENDINGS)


def newest(face: Face, store_id: str) -> Operation | None:
    with face.world.app.db.read() as connection:
        return operations.newest(connection, store_id, Work.SYNC_ODOO)


def finish(face: Face, store_id: str) -> Operation:
    found = newest(face, store_id)
    assert found is not None
    return drive(face.world.app, found.id, WORKS, ENDINGS)


def tabs(page: str) -> dict[str, str]:
    return dict(re.findall(r'tab=(\w+)[^"]*"[^>]*>[^<]*<span>([\d,]+)</span>', page))


def item(face: Face, store_id: str, shopify_id: int, state: str, **facts: Any) -> None:
    with face.world.app.db.write() as connection:
        sync_items.put(
            connection, store_id, [Item(CUSTOMERS, shopify_id, state, **facts)], at=face.world.app.clock.now()
        )


def hub_id(page: str, title: str) -> str:
    found = re.search(rf'href="/(?:customers|products)/(\d+)">{title}', page)
    assert found, page
    return found[1]


# -- the list ------------------------------------------------------------------------------------------------------


def test_without_an_odoo_the_lists_are_as_they_were(face: Face, editor: Browser, store_id: str) -> None:
    page = editor.get(place(face)).text
    assert "E-mail consent" in page and 'aria-label="Status"' not in page and "Sync" not in plain(page)


def test_tabs_count_and_lead_and_every_row_says_why(face: Face, editor: Browser, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    item(face, store_id, 5, "failed", sentence="Odoo said: <b>no</b>.")
    item(face, store_id, 6, "review", cause="email", sentence="2 contacts in Odoo have it.")
    page = editor.get(place(face)).text
    assert tabs(page) == {"synced": "0", "not_synced": "2", "in_progress": "0", "failed": "1", "review": "1"}
    assert "All <span>4" in page.replace("All<span>", "All <span>")
    assert "Odoo said: &lt;b&gt;no" in page and "when somebody syncs it" in page
    review = editor.get(f"{place(face)}?tab=review").text
    assert "Bob Lee" in review and "Ann Lee" not in review
    assert "Create new ones" in review and "Create new ones" not in page and "Take Shopify’s values" not in review
    assert "Nothing matches." in editor.get(f"{place(face)}?tab=failed&q=bob@example.com").text
    assert editor.get(f"{place(face)}?tab=nothing").status_code == 200


def test_filters_and_search_stay_in_the_address(face: Face, editor: Browser, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    page = editor.get(f"{place(face)}?tab=not_synced&q=lee&in_shopify=yes&store={store_id}").text
    assert "Ann Lee" in page
    assert f"tab=failed&amp;q=lee&amp;store={store_id}&amp;in_shopify=yes" in page
    assert "Nothing matches." in editor.get(f"{place(face)}?in_shopify=deleted").text
    assert editor.get(f"{place(face)}?email=nonsense").status_code == 422
    by_sku = editor.get(f"{place(face, 'products')}?q=MUG").text
    assert "Mug" in plain(by_sku) and "Sync" in by_sku


def test_a_viewer_looks_and_orders_say_why_they_are_not_synced(face: Face, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    page = face.browser(face.person(Role.VIEWER)).get(place(face)).text
    assert "data-pick" not in page and "Preview sync" not in page and "Not synced" in page
    orders = face.browser(face.world.admin).get(place(face, "orders")).text
    assert "Nobody has chosen yet how this store&#39;s orders are booked" in orders


# -- several -------------------------------------------------------------------------------------------------------


def test_what_is_selected_is_synced_and_one_by_its_button(
    face: Face, editor: Browser, store_id: str, odoo: Odoo
) -> None:
    connect(face, odoo)
    form = f"/projects/{face.world.project}/odoo/items/customers"
    picked = [f"{store_id}:5", f"{store_id}:6"]
    answer = editor.post(form, data={"act": "sync", "pick": picked, "back": "tab=not_synced&q=lee&said=x"})
    assert answer.headers["location"] == f"{place(face)}?tab=not_synced&q=lee&said=sync"
    assert tabs(editor.get(place(face)).text)["in_progress"] == "2"
    assert 'hx-trigger="every 3s"' in editor.get(place(face)).text
    assert finish(face, store_id).state == "done"
    page = editor.get(place(face)).text
    assert tabs(page)["synced"] == "2"
    assert len(re.findall(rf'href="{re.escape(odoo.url)}/odoo/res.partner/\d+"', page)) == 2
    assert len([name for name in odoo.external_ids() if ".customer." in name]) == 2

    assert editor.post(form, data={"one": f"{store_id}:7"}).status_code == 303
    finish(face, store_id)
    assert tabs(editor.get(place(face)).text)["synced"] == "3"


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        ({"act": "sync"}, 409, "Select at least one record."),
        ({"act": "sync", "pick": "nothing"}, 409, "This is no id of a record."),
        ({"act": "sync", "pick": "elsewhere:5"}, 409, "There is no such store."),
        ({"act": "paint", "pick": "STORE:5"}, 409, "Choose what to do with them."),
        ({"act": "take", "pick": "STORE:5"}, 409, "None of these waits for a decision."),
    ],
)
def test_what_cannot_be_done_is_said_over_the_list(
    face: Face, editor: Browser, store_id: str, odoo: Odoo, data: dict[str, str], status: int, says: str
) -> None:
    connect(face, odoo)
    sent = {name: value.replace("STORE", store_id) for name, value in data.items()}
    answer = editor.post(f"/projects/{face.world.project}/odoo/items/customers", data=sent)
    assert answer.status_code == status and says in answer.text, answer.text


def test_a_store_of_another_project_is_not_reached(face: Face, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    elsewhere = people.create_project(face.world.app, face.world.admin, "Elsewhere")
    form = f"/projects/{elsewhere}/odoo/items/customers"
    answer = face.browser(face.world.admin).post(form, data={"act": "sync", "pick": f"{store_id}:5"})
    assert answer.status_code == 409 and "There is no such store." in answer.text
    assert newest(face, store_id) is None


# -- one, and what people decide -------------------------------------------------------------------------------------


def doubled(face: Face, editor: Browser, store_id: str, odoo: Odoo) -> list[int]:
    """Two contacts in Odoo have Ann's address, so her sync asks. Their ids."""
    connect(face, odoo)
    made = odoo.does(
        "res.partner",
        "create",
        vals_list=[
            {"name": "Ann Lee", "email": "ann@example.com", "city": "Oslo"},
            {"name": "A. Lee", "email": "ann@example.com"},
        ],
    )
    editor.post(f"/projects/{face.world.project}/odoo/items/customers", data={"one": f"{store_id}:5"})
    finish(face, store_id)
    return made


def test_a_record_shows_its_candidates_and_a_person_chooses(
    face: Face, editor: Browser, store_id: str, odoo: Odoo
) -> None:
    first, second = doubled(face, editor, store_id, odoo)
    listed = editor.get(f"{place(face)}?tab=review").text
    number = hub_id(listed, "Ann Lee")
    assert f'href="/customers/{number}#odoo">Decide' in listed
    page = editor.get(f"/customers/{number}").text
    for said in ("Needs review", "This customer", f"Contact {first}", f"Contact {second}", "Oslo", "Link to this",
                 "Create a new one", "Odoo id of another one"):  # fmt: skip
        assert said in page, said
    viewer = face.browser(face.person(Role.VIEWER)).get(f"/customers/{number}").text
    assert "Needs review" in viewer and "Link to this" not in viewer

    link = {"act": "link", "record": "customer.5"}
    nothing = editor.post(f"/customers/{number}/odoo", data=link | {"odoo_id": "999999"})
    assert nothing.status_code == 409 and "Odoo has no res.partner with the id 999999." in nothing.text
    done = editor.post(f"/customers/{number}/odoo", data=link | {"odoo_id": str(second)})
    assert done.headers["location"] == f"/customers/{number}?said=decided#odoo"
    finish(face, store_id)
    page = editor.get(f"/customers/{number}").text
    assert f"/odoo/res.partner/{second}" in page and "was there, linked" in page


def test_differences_are_shown_side_by_side_and_taken_or_kept(
    face: Face, editor: Browser, store_id: str, odoo: Odoo
) -> None:
    connect(face, odoo)
    (made,) = odoo.does("res.partner", "create", vals_list=[{"name": "Anna Lee", "email": "ann@example.com"}])
    editor.post(f"/projects/{face.world.project}/odoo/items/customers", data={"one": f"{store_id}:5"})
    finish(face, store_id)
    number = hub_id(editor.get(f"{place(face)}?tab=review").text, "Ann Lee")
    page = plain(editor.get(f"/customers/{number}").text)
    assert "Field Shopify Odoo Name Ann Lee Anna Lee" in page
    form = f"/projects/{face.world.project}/odoo/items/customers"
    assert editor.post(form, data={"act": "take", "pick": f"{store_id}:5"}).status_code == 303
    finish(face, store_id)
    assert odoo.rows("res.partner", [["id", "=", made]], "name")[0]["name"] == "Ann Lee"
    assert tabs(editor.get(place(face)).text)["synced"] == "1"


def test_keeping_odoos_values_needs_no_sync(face: Face, editor: Browser, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    odoo.does("res.partner", "create", vals_list=[{"name": "Anna Lee", "email": "ann@example.com"}])
    editor.post(f"/projects/{face.world.project}/odoo/items/customers", data={"one": f"{store_id}:5"})
    finish(face, store_id)
    number = hub_id(editor.get(f"{place(face)}?tab=review").text, "Ann Lee")
    assert editor.post(f"/customers/{number}/odoo", data={"act": "keep"}).status_code == 303
    assert tabs(editor.get(place(face)).text) == {
        "synced": "1", "not_synced": "3", "in_progress": "0", "failed": "0", "review": "0"}  # fmt: skip


def test_unlink_says_what_it_means_and_both_stay(face: Face, editor: Browser, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    editor.post(f"/projects/{face.world.project}/odoo/items/customers", data={"one": f"{store_id}:5"})
    finish(face, store_id)
    number = hub_id(editor.get(f"{place(face)}?tab=synced").text, "Ann Lee")
    page = editor.get(f"/customers/{number}").text
    assert "made by Mooring" in page and "Both stay as they are." in page
    assert editor.post(f"/customers/{number}/odoo", data={"act": "unlink"}).status_code == 303
    page = editor.get(f"/customers/{number}").text
    for said in ("Unlinked by hand.", "Link to this", "Odoo id of another one", "Create a new one", 'value="sync"'):
        assert said in page, said
    assert odoo.rows("res.partner", [["email", "=", "ann@example.com"]], "name") != []
    again = editor.post(f"/customers/{number}/odoo", data={"act": "unlink"})
    assert again.status_code == 409 and "This record is not linked to Odoo." in again.text
    assert editor.post(f"/customers/{number}/odoo", data={"act": "paint"}).status_code == 409


def test_what_was_unlinked_is_linked_again_or_elsewhere_by_its_form(
    face: Face, editor: Browser, store_id: str, odoo: Odoo
) -> None:
    connect(face, odoo)
    editor.post(f"/projects/{face.world.project}/odoo/items/customers", data={"one": f"{store_id}:5"})
    finish(face, store_id)
    number = hub_id(editor.get(f"{place(face)}?tab=synced").text, "Ann Lee")
    [was] = [row["id"] for row in odoo.rows("res.partner", [["email", "=", "ann@example.com"]], "name")]
    form = f"/customers/{number}/odoo"
    assert editor.post(form, data={"act": "unlink"}).status_code == 303
    assert editor.post(form, data={"act": "sync"}).status_code == 303
    finish(face, store_id)
    assert "It was unlinked by hand from this record of Odoo" in editor.get(f"/customers/{number}").text
    assert editor.post(form, data={"act": "link", "odoo_id": str(was)}).status_code == 303
    finish(face, store_id)
    assert f"/odoo/res.partner/{was}" in editor.get(f"/customers/{number}").text
    assert tabs(editor.get(place(face)).text)["synced"] == "1"


# -- preview -------------------------------------------------------------------------------------------------------


def test_a_preview_is_looked_at_accepted_and_done(face: Face, editor: Browser, store_id: str, odoo: Odoo) -> None:
    connect(face, odoo)
    odoo.does(
        "res.partner",
        "create",
        vals_list=[
            {"name": "Ann Lee", "email": "ann@example.com"},
            {"name": "Ann Lee", "email": "ann@example.com"},
            {"name": "Bob Lee", "email": "bob@example.com"},
        ],
    )
    asked = editor.post(f"/stores/{store_id}/odoo/preview", data={})
    location = asked.headers["location"]
    running = editor.get(location).text
    assert "Nothing is written." in running and 'hx-trigger="every 1s"' in running
    assert "Accept and sync" not in running
    driven(face, location)
    page = editor.get(location).text
    said = plain(page)
    for line in ("Customers: 4", "To create new in Odoo 2", "To link already there; nothing is created 1",
                 "Ambiguous wait in Needs review until a person decides 1", "Products: 1"):  # fmt: skip
        assert line in said, line
    assert re.search(r'href="/customers/\d+">Cid Lee</a>', page)
    assert "4 records are written to Odoo or linked there" in said and "checked" in page
    assert odoo.external_ids() == {}

    preview = location.split("/")[2]
    done = editor.post(f"/stores/{store_id}/odoo/accept", data={"preview": preview, "auto": "on"})
    assert done.headers["location"].startswith("/operations/")
    running = plain(editor.get(done.headers["location"]).text)
    assert "Syncing to Odoo:" in running
    driven(face, done.headers["location"])
    receipt = plain(editor.get(done.headers["location"]).text)
    assert "created 2, linked 1, ambiguous 1" in receipt
    with face.world.app.db.read() as connection:
        assert odoo_kinds.load(connection, store_id, CUSTOMERS).auto
    assert "Something was synced since" in editor.get(location).text
    again = editor.post(f"/stores/{store_id}/odoo/accept", data={"preview": preview})
    assert again.status_code == 409 and "Make a new one." in again.text


def test_one_kind_is_previewed_from_its_list_and_a_sync_may_start_at_once(
    face: Face, editor: Browser, store_id: str, odoo: Odoo
) -> None:
    connect(face, odoo)
    asked = editor.post(f"/stores/{store_id}/odoo/preview", data={"kind": "products"})
    driven(face, asked.headers["location"])
    page = plain(editor.get(asked.headers["location"]).text)
    assert "Products: 1" in page and "Customers:" not in page
    busy = editor.post(f"/stores/{store_id}/odoo/sync", data={"kind": "products"})
    assert busy.status_code == 303
    refused = editor.post(f"/stores/{store_id}/odoo/preview", data={})
    assert refused.status_code == 409 and 'role="alert"' in refused.text
    assert editor.get(f"{busy.headers['location']}/preview").status_code == 404

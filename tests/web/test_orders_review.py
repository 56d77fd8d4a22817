"""Orders that wait in Needs review: why, with what to do about it, and what is decided; on the pages and in the API."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mooring.db import odoo as connections
from mooring.db import order_books, sync_items
from mooring.db.order_books import Book
from mooring.db.sync_items import Item
from mooring.domain.mapping import SyncKind
from mooring.domain.order_causes import WORDS, Cause
from mooring.domain.rules import Role
from tests.usecases.hubbing_orders import order
from tests.usecases.odoo_world import Odoo
from tests.web.face import Browser, Face
from tests.web.test_items_pages import connect, odoo, place
from tests.web.test_odoo_pages import plain

__all__ = ["odoo"]
API = "/api/v1"
EDITED = {
    "fix": "Compare.", "changes": ["The total was 12.5 USD and is 25 USD.", "Mug <b>: the quantity was 1 and is 2."],
    "money": {"booked": "12.5", "now": "25", "currency": "USD"}, "ignore": {"digest": "00ff"},
}  # fmt: skip


@pytest.fixture
def store_id(face: Face, odoo: Odoo) -> str:
    """Three orders in review: two for a tax, one that was edited after it was confirmed."""
    connect(face, odoo)
    made = face.world.connect().store_id
    for number in (5, 6, 7):
        order(face.world.app, made, number)
    for number in (5, 6):
        waits(face, made, number, Cause.TAX, {"fix": "Confirm it."})
    waits(face, made, 7, Cause.CHANGED_AFTER_CONFIRM, EDITED)
    booked(face, made, 7)
    return made


@pytest.fixture
def editor(face: Face) -> Browser:
    return face.browser(face.person(Role.EDITOR))


def waits(face: Face, store_id: str, number: int, cause: Cause, told: dict[str, Any]) -> None:
    detail = {"records": {f"order.{number}": told}}
    found = Item(SyncKind.ORDERS, number, "review", cause, WORDS[cause].sentence, detail)
    with face.world.app.db.write() as connection:
        sync_items.put(connection, store_id, [found], at=face.world.app.clock.now())


def booked(face: Face, store_id: str, number: int) -> None:
    with face.world.app.db.write() as connection:
        there = connections.load(connection, face.world.project)
        book = Book(number, there.fingerprint, "paid", None, None, "12.5")
        order_books.put(connection, store_id, [book], at=face.world.app.clock.now())
        facts = Book(
            number, there.fingerprint, "paid", invoices=(41,), payments={91: 51}, credits={31: 61, 32: 0}, settled=True
        )
        order_books.keep(connection, store_id, facts, at=face.world.app.clock.now())


def page_of(page: str, title: str) -> str:
    found = re.search(rf'href="/orders/(\d+)">{title}', page)
    assert found, page
    return f"/orders/{found[1]}"


# -- the queue -----------------------------------------------------------------------------------------------------


def test_every_cause_is_explained_once_and_leads_to_its_fix(face: Face, editor: Browser, store_id: str) -> None:
    page = editor.get(f"{place(face, 'orders')}?tab=review").text
    said = plain(page)
    for cause in (Cause.TAX, Cause.CHANGED_AFTER_CONFIRM):
        assert WORDS[cause].title in said and WORDS[cause].fix in said
    assert f'href="/stores/{store_id}/odoo/orders#taxes"' in page
    assert page.index(WORDS[Cause.TAX].fix) < page.index(WORDS[Cause.CHANGED_AFTER_CONFIRM].fix)
    for label in ("Ignore", "Reset and sync"):
        assert f">{label}</button>" in page
    assert "Take Shopify" not in page and "cannot be synced yet" not in page


def test_the_queue_is_narrowed_to_a_cause(face: Face, editor: Browser, store_id: str) -> None:
    page = editor.get(f"{place(face, 'orders')}?tab=review&cause=tax").text
    assert "#5" in page and "#6" in page and ">#7<" not in page
    assert WORDS[Cause.CHANGED_AFTER_CONFIRM].title not in page and ">Ignore</button>" not in page
    assert "All that needs review" in page
    assert "Nothing matches." in plain(editor.get(f"{place(face, 'orders')}?tab=review&cause=size").text)


def test_several_are_decided_on_at_once(face: Face, editor: Browser, store_id: str) -> None:
    back = "tab=review"
    picked = [f"{store_id}:{number}" for number in (5, 7)]
    answer = editor.post(f"/projects/{face.world.project}/odoo/items/orders",
                         data={"pick": picked, "act": "ignore", "back": back})  # fmt: skip
    assert answer.status_code == 303 and "said=decided" in answer.headers["location"]
    listed = editor.get(f"{place(face, 'orders')}?tab=review").text
    assert ">#7<" not in listed and ">#5<" in listed


# -- one order -----------------------------------------------------------------------------------------------------


def test_an_order_shows_what_changed_how_far_it_has_come_and_what_can_be_decided(
    face: Face, editor: Browser, store_id: str, odoo: Odoo
) -> None:
    here = page_of(editor.get(f"{place(face, 'orders')}?tab=review").text, "#7")
    page = editor.get(here).text
    said = plain(page)
    for words in ("Changed after it was confirmed", "The total was 12.5 USD and is 25 USD.", "12.50 USD", "25.00 USD",
                  "Invoice paid", "Left out of Odoo 1 refund"):  # fmt: skip
        assert words in said, words
    assert "Mug &lt;b&gt;" in page
    for model, id_ in (("account.move", 41), ("account.move", 61), ("account.payment", 51)):
        assert f'href="{odoo.url}/odoo/{model}/{id_}"' in page
    assert ">Ignore</button>" in page and ">Reset and sync</button>" in page and ">Make a credit note<" not in page
    assert "Odoo id of the order" in said
    answer = editor.post(f"{here}/odoo", data={"act": "ignore"})
    assert answer.status_code == 303, plain(answer.text)
    after = plain(editor.get(here).text)
    assert "Changed after it was confirmed" not in after and "a change, 1 refund" in after
    assert editor.post(f"{here}/odoo", data={"act": "paint"}).status_code == 409


def test_a_viewer_sees_why_and_no_button(face: Face, store_id: str) -> None:
    viewer = face.browser(face.person(Role.VIEWER))
    page = viewer.get(page_of(viewer.get(f"{place(face, 'orders')}?tab=review").text, "#7")).text
    assert "Changed after it was confirmed" in page and ">Ignore</button>" not in page


# -- the API -------------------------------------------------------------------------------------------------------


def test_the_api_says_and_does_the_same(face: Face, store_id: str, odoo: Odoo) -> None:
    program = face.program(face.world.admin)
    listed = f"{API}/projects/{face.world.project}/odoo/items/orders"
    found = program.get(f"{listed}?tab=review").json()
    assert [(one["cause"], one["count"], one["place"]) for one in found["causes"]] == [
        ("tax", 2, "taxes"), ("changed_after_confirm", 1, None),
    ]  # fmt: skip
    assert found["causes"][0]["fix"] == WORDS[Cause.TAX].fix
    assert [one["shopify_id"] for one in program.get(f"{listed}?tab=review&cause=tax").json()["items"]] == [6, 5]

    here = f"{API}/stores/{store_id}/odoo"
    shown = program.get(f"{here}/items/orders/7").json()
    assert (shown["cause"], shown["choices"]) == ("changed_after_confirm", ["ignore", "reset"])
    assert shown["changes"] == EDITED["changes"] and shown["money"] == EDITED["money"]
    assert shown["title"] == "Changed after it was confirmed" and shown["questions"] == []

    stands = program.get(f"{here}/orders/7/standing").json()
    assert (stands["stage"], stands["ignored"]) == ("paid", [32])
    assert stands["credits"] == [{"id": 61, "model": "account.move", "of": 31,
                                  "link": f"{odoo.url}/odoo/account.move/61"}]  # fmt: skip
    assert program.get(f"{here}/orders/5/standing").status_code == 404

    done = program.post(f"{here}/items/orders/decide", json={"ids": [7], "choice": "ignore"})
    assert done.json() == {"count": 1, "operation": None}
    refused = program.post(f"{here}/items/orders/decide", json={"ids": [5], "choice": "credit"})
    assert refused.status_code == 409 and refused.json()["code"] == "nothing_to_decide"

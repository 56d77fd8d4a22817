"""Orders in Odoo, on the page and in the API: from nothing chosen to a rule that books history."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from mooring.db import odoo as connections
from mooring.db import order_books
from mooring.domain.records import Bag, Money
from mooring.domain.records_orders import Order, Tax, Transaction
from mooring.domain.rules import Role
from mooring.usecases import odoo_connect
from mooring.usecases.odoo_connect import Wish
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo
from tests.web import records
from tests.web.face import Browser, Face

API = "/api/v1"


@pytest.fixture
def odoo(face: Face) -> Iterator[Odoo]:
    with an_odoo() as one:
        odoo_connect.request(
            face.world.app, face.world.admin, face.world.project, Wish(one.url, DATABASE, LOGIN, one.key)
        )
        yield one


def bag(amount: str) -> Bag:
    money = Money(amount, "USD")
    return Bag(money, money)


def stored(face: Face) -> str:
    """A store with three orders of last year: taxed, and paid by a bogus gateway."""
    store_id = face.world.connect().store_id
    body = Order(
        taxes_included=False, tax_lines=(Tax(title="State <tax>", rate=0.15, price_set=bag("1.50")),),
        transactions=(Transaction("gid://shopify/OrderTransaction/1", "SALE", "SUCCESS", gateway="bogus",
                                  formatted_gateway="Bogus", amount_set=bag("11.50")),),
    )  # fmt: skip
    text = msgspec.json.encode(body).decode()
    for number in (5, 6, 7):
        records.order(face.world, store_id, number, currency="USD", financial_status="PAID", body=text)
    return store_id


@pytest.fixture
def admin(face: Face) -> Browser:
    return face.browser(face.world.admin)


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def selected(page: str, name: str) -> str:
    """What stands in a select, by its name."""
    block = page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
    found = re.search(r'value="([^"]*)" selected', block)
    assert found, block
    return found[1]


# -- the page ------------------------------------------------------------------------------------------------------


def test_from_nothing_chosen_to_a_rule_that_books_history(face: Face, admin: Browser, odoo: Odoo) -> None:
    store_id = stored(face)
    here = f"/stores/{store_id}/odoo/orders"
    assert f'href="{here}"' in admin.get(f"/projects/{face.world.project}/odoo").text
    page = admin.get(here).text
    assert "Nobody has chosen yet" in page and "state &lt;tax&gt; 15 %" in page
    assert "1 tax to be confirmed" in plain(page)

    chosen = {"outcome": "invoice", "pricelists.USD": "none",
              "journals.bogus": selected(page, "journals.bogus"), "create": "shipping"}  # fmt: skip
    done = admin.post(here, data=chosen)
    assert done.status_code == 303, plain(done.text)
    assert [row["name"] for row in odoo.rows("product.product", [["type", "=", "service"]], "name")] == ["Shipping"]

    page = admin.get(here).text
    tax = selected(page.split('id="taxes"')[1], "odoo_id")
    key = hidden(page, "key")
    done = admin.post(f"{here}/taxes", data={"key": key, "odoo_id": tax})
    assert done.status_code == 303, plain(done.text)
    assert "Every tax that occurs is confirmed." in admin.get(here).text

    counted = admin.post(f"{here}/rule/preview", data={"financial.PAID": "on"})
    assert "takes 3 orders (31.50 USD) more than the saved one, of the fiscal year 2026" in plain(counted.text)
    unseen = admin.post(f"{here}/rule", data={"financial.PAID": "on"})
    assert unseen.status_code == 422 and "Confirm that they are to be synced." in plain(unseen.text)
    assert "Save and sync 3 orders more" in plain(unseen.text)
    token = hidden(unseen.text, "token")
    done = admin.post(f"{here}/rule", data={"financial.PAID": "on", "token": token})
    assert done.status_code == 303, plain(done.text)
    assert face.program(face.world.admin).get(f"{API}{here}/rules").json()["rule"]["since"] is None


def test_what_is_refused_is_said_on_the_page(face: Face, admin: Browser, odoo: Odoo) -> None:
    here = f"/stores/{stored(face)}/odoo/orders"
    for path, data, said in (
        (here, {"pricelists.USD": "99999"}, "no such pricelist in USD"),
        (here, {"warehouse": "x"}, "no id of Odoo"),
        (f"{here}/taxes", {"key": "{}", "odoo_id": "1"}, "No order of this store has such a tax"),
        (f"{here}/taxes", {"key": "{}"}, "Choose the tax of Odoo"),
        (f"{here}/rule", {"since": "soon"}, "This is no date."),
    ):
        answer = admin.post(path, data=data)
        assert answer.status_code == 422 and said in plain(answer.text), (path, data)
    assert "This is no date." in plain(admin.post(f"{here}/rule/preview", data={"since": "soon"}).text)


def test_without_an_odoo_the_page_says_so(face: Face, admin: Browser) -> None:
    page = admin.get(f"/stores/{stored(face)}/odoo/orders")
    assert page.status_code == 200 and "not connected to an Odoo" in plain(page.text)


def test_a_viewer_sees_it_all_and_no_button(face: Face, odoo: Odoo) -> None:
    here = f"/stores/{stored(face)}/odoo/orders"
    viewer = face.browser(face.person(Role.VIEWER))
    page = viewer.get(here).text
    assert "State" in page and 'type="submit"' not in page.split("<h1>")[1].replace("Sign out", "")
    assert viewer.post(here, data={}).status_code == 403


# -- the API -------------------------------------------------------------------------------------------------------


def test_the_api_says_and_does_the_same(face: Face, odoo: Odoo) -> None:
    path, program = f"{API}/stores/{stored(face)}/odoo/orders", face.program(face.world.admin)
    shown = program.get(f"{path}/settings").json()
    assert (shown["saved"], shown["outcome"], shown["open_taxes"]) == (False, "draft_order", 1)
    (money,) = shown["pricelists"]
    assert (money["key"], money["orders"], money["chosen"], money["optional"]) == ("USD", 3, None, True)
    (bogus,) = shown["journals"]
    assert program.post(f"{path}/services/tip").json()["name"] == "Tip"
    assert program.post(f"{path}/services/product").status_code == 422
    kept = program.patch(f"{path}/settings", json={"journals": {"Bogus": bogus["proposed"]}}).json()
    assert kept["saved"] and kept["journals"][0]["chosen"] == bogus["proposed"]
    refused: dict[str, Any] = program.patch(f"{path}/settings", json={"journals": {"bogus": 99_999}}).json()
    assert refused["field"] == "journals.bogus"

    table = program.get(f"{path}/taxes").json()
    (tax,) = table["items"]
    assert (tax["percent"], tax["orders"], tax["confirmed"]) == ("15", 3, False) and tax["proposed"]
    done = program.post(f"{path}/taxes/confirm", json={"key": tax["key"], "odoo_id": None}).json()
    assert "differ in total" in done["warning"]
    assert program.post(f"{path}/taxes/withdraw", json={"key": tax["key"]}).status_code == 204

    shown = program.post(f"{path}/rules/preview", json={}).json()
    assert (shown["taken"]["count"], shown["more"], shown["widens"]) == (
        3,
        {"count": 3, "money": {"USD": "31.5"}},
        True,
    )
    missing = program.put(f"{path}/rules", json={"rule": {}})
    assert missing.status_code == 428 and missing.json()["preview"]["more"] == 3
    assert program.put(f"{path}/rules", json={"rule": {}, "token": missing.json()["token"]}).json()["saved"]
    narrower = program.put(f"{path}/rules", json={"rule": {"tags_any": ["b2b"], "attributes": [{"key": "Po"}]}}).json()
    assert narrower["rule"]["attributes"] == [{"key": "Po", "value": None}]


# -- the outcome ---------------------------------------------------------------------------------------------------


def in_odoo(face: Face, store_id: str, stage: str) -> None:
    """The three orders, as far as this."""
    with face.world.app.db.write() as connection:
        there = connections.load(connection, face.world.project)
        books = [order_books.Book(number, there.fingerprint, stage) for number in (5, 6, 7)]
        order_books.put(connection, store_id, books, at=face.world.app.clock.now())


def test_an_outcome_that_takes_on_orders_shows_first_which(face: Face, admin: Browser, odoo: Odoo) -> None:
    store_id = stored(face)
    here = f"/stores/{store_id}/odoo/orders"
    in_odoo(face, store_id, "draft")
    typed = {"outcome": "invoice", "pricelists.USD": "none", "journals.bogus": "none"}
    asked = admin.post(here, data=typed)
    said = plain(asked.text)
    assert asked.status_code == 422 and "3 orders (31.50 USD) of the fiscal year 2026 are in Odoo already" in said
    assert "Save and take on 3 orders" in said and "Quotation 3" in said
    assert re.search(r'value="invoice" checked', asked.text) and '<option value="none">Not chosen' in asked.text
    assert "Nobody has chosen yet" in said
    done = admin.post(here, data=typed | {"token": hidden(asked.text, "token")})
    assert done.status_code == 303, plain(done.text)
    assert "Orders are taken to: invoice and payment." in plain(admin.get(here).text)


def test_what_is_left_to_do_is_said_until_nothing_is(face: Face, admin: Browser, odoo: Odoo) -> None:
    here = f"/stores/{stored(face)}/odoo/orders"
    said = plain(admin.get(here).text)
    for words in ("To the first booked order", "Nobody has saved them yet.", "1 tax to be confirmed.", "Save first"):
        assert words in said, words
    done = admin.post(here, data={"outcome": "invoice", "journals.bogus": "none", "create": "all"})
    assert done.status_code == 303 and done.headers["location"].endswith("said=all_made"), plain(done.text)
    page = admin.get(here).text
    said = plain(page)
    assert "Not chosen: Bogus. Orders paid through it wait in Needs review." in said and "Chosen for all." in said
    assert 'action="/stores/' in page and "Preview sync" in said and "Create all" not in said
    names = [row["name"] for row in odoo.rows("product.product", [["type", "=", "service"]], "name")]
    assert len(names) == len(set(names)) == 9


def test_the_api_previews_an_outcome(face: Face, odoo: Odoo) -> None:
    store_id = stored(face)
    path, program = f"{API}/stores/{store_id}/odoo/orders", face.program(face.world.admin)
    in_odoo(face, store_id, "order")
    shown = program.post(f"{path}/settings/preview", json={"outcome": "invoice"}).json()
    assert shown["taken"] == {"count": 3, "money": {"USD": "31.5"}} and shown["years"]["2026"]["count"] == 3
    missing = program.patch(f"{path}/settings", json={"outcome": "invoice"})
    assert missing.status_code == 428 and missing.json()["token"] == shown["token"]
    kept = program.patch(f"{path}/settings", json={"outcome": "invoice", "token": shown["token"]}).json()
    assert (kept["outcome"], kept["stages"]) == ("invoice", {"order": 3})
    assert [one["key"] for one in kept["steps"] if not one["done"]] == ["journals", "services", "taxes", "preview"]
    assert len(program.post(f"{path}/services").json()["items"]) == 9
    assert program.post(f"{path}/services").json()["items"] == []


def test_customers_and_products_are_synced_without_settings_of_orders(
    face: Face, admin: Browser, odoo: Odoo
) -> None:  # fmt: skip
    stored(face)
    page = admin.get(f"/projects/{face.world.project}/odoo").text
    block = page.split('aria-labelledby="sync-', 1)[1].split("</section>", 1)[0]
    assert plain(block).count("Nobody has chosen yet how this store's orders are booked.") == 1
    assert " disabled" not in block

"""Advanced settings and Clear sync data as pages: everything is said first, typed in a dialog, and bound to what was
shown; and what is left to choose afterwards stands on every page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.rules import Role, Work
from mooring.usecases import clear_mapping_preview as said
from tests.usecases.odoo_world import an_odoo
from tests.web.face import Browser, Face
from tests.web.mapping import Tied, tie


@pytest.fixture
def tied(face: Face) -> Iterator[Tied]:
    with an_odoo() as odoo:
        made = tie(face, odoo)
        made.customers(1, 2, 3)
        made.bind(MappedKind.ORDER, {7: 70}, planted=False)
        yield made


@pytest.fixture
def browser(tied: Tied) -> Browser:
    return tied.face.browser(tied.face.world.admin)


def words(page: str) -> str:
    """As it is read: no markup, single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def token_of(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, page
    return html.unescape(found[1])


def counts_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'id="(kind-\w+|store-\w+)".*?</span><span>([\d,]+) mapped', page, flags=re.S))


def confirm(browser: Browser, tied: Tied, *kinds: SyncKind, typed: str = "clear sync data"):
    """Read, pressed and typed."""
    path, fields = f"{tied.settings}/clear", tied.fields(*kinds)
    asked = browser.post(path, data=fields | {"token": token_of(browser.get(path, params=fields).text)})
    assert (asked.status_code, "<dialog" in asked.text) == (200, True)
    return browser.post(path, data=fields | {"token": token_of(asked.text), "step": "2", "typed": typed})


def test_advanced_settings_lead_there_and_say_why_where_they_do_not(tied: Tied, browser: Browser) -> None:
    shown = browser.get(tied.settings).text
    assert f'href="{tied.settings}/clear"' in shown and f'href="{tied.mapping}"' in shown
    assert '<td class="number">3</td><td class="number">0</td><td class="number">1</td>' in re.sub(
        r"\s*\n\s*", "", shown
    )
    viewer = tied.face.browser(tied.face.person(Role.VIEWER))
    seen = viewer.get(tied.settings)
    assert (seen.status_code, "An admin of this project can clear sync data." in seen.text) == (200, True)
    assert f'href="{tied.settings}/clear"' not in seen.text
    assert viewer.get(f"{tied.settings}/clear").status_code == 403


def test_every_sentence_of_the_warning_is_on_the_page(tied: Tied, browser: Browser) -> None:
    page = words(browser.get(f"{tied.settings}/clear").text)
    sentences = (said.NOT_DELETED, said.MEMORY, said.FINAL, *said.NEEDED_FOR, *said.REMAINS, *said.AFTERWARDS,
                 *said.WHEN, *said.HOW)  # fmt: skip
    assert [one for one in sentences if one not in page] == []
    for kind, count in (("customers", "3 customers"), ("orders", "1 order"), ("products", "0 products")):
        assert f"{kind.removesuffix('s').capitalize()} sync status" in page and f"the mapping of {count}" in page
    assert (
        "(odoo_id and invoice_id)" in page and "you may have to sync your customers, products and orders again" in page
    )


def test_the_counts_are_those_of_what_is_chosen(tied: Tied, browser: Browser) -> None:
    path, store = f"{tied.settings}/clear", f"store-{tied.store_id}"
    all_of_it = browser.get(path).text
    expected = {"kind-customers": "3", "kind-products": "0", "kind-orders": "1", store: "4"}
    assert counts_of(all_of_it) == expected
    orders = browser.get(path, params=tied.fields(SyncKind.ORDERS)).text
    assert counts_of(orders) == expected, "what is not chosen is counted all the same"
    assert re.search(r'name="kind_orders" checked', orders) and not re.search(r'name="kind_customers" checked', orders)
    assert "the mapping of 1 order" in orders and "Customer sync status" not in orders
    for fields in (
        {"chosen": "1"},
        {"chosen": "1", f"store_{tied.store_id}": "on"},
        {"chosen": "1", "kind_orders": "on"},
    ):
        none = browser.get(path, params=fields).text
        assert "Choose at least" in none and 'name="token"' not in none
    assert browser.get(path, params={"chosen": "1", "kind_orders": "on", "store_nothing": "on"}).status_code == 422


def test_it_is_typed_in_a_dialog_and_ends_in_a_receipt(tied: Tied, browser: Browser) -> None:
    done = confirm(browser, tied)
    assert done.status_code == 303
    operation = tied.face.world.operations(tied.store_id)[Work.CLEAR_MAPPING]
    assert done.headers["location"] == f"/operations/{operation.id}"
    assert "Clearing sync data of Harbour" in words(browser.get(done.headers["location"]).text)
    tied.face.world.settle()
    assert (tied.pairs(), tied.odoo.external_ids()) == (0, {})
    receipt = browser.get(done.headers["location"])
    assert receipt.status_code == 200, receipt.text
    page = words(receipt.text)
    assert "Cleared sync data of Harbour" in page and "No customer, product or order was deleted." in page
    assert re.search(r"Pairs forgotten 4\b", page) and re.search(r"External ids in Odoo 3\b", page)
    assert len(tied.odoo.rows("res.partner", [["email", "like", "ann"]])) == 3


def test_another_text_is_refused_with_what_was_typed_and_the_same_token(tied: Tied, browser: Browser) -> None:
    refused = confirm(browser, tied, typed="clear")
    assert (refused.status_code, tied.pairs()) == (422, 4)
    assert "<dialog" in refused.text and 'role="alert"' in refused.text and 'value="clear"' in refused.text
    again = browser.post(f"{tied.settings}/clear", data=tied.fields() | {
        "token": token_of(refused.text), "step": "2", "typed": " Clear  SYNC data "})  # fmt: skip
    assert again.status_code == 303


def test_what_was_shown_no_longer_holds(tied: Tied, browser: Browser) -> None:
    path, fields = f"{tied.settings}/clear", tied.fields()
    token = token_of(browser.get(path, params=fields).text)
    tied.customers(*range(100, 120))
    fields |= {"step": "2", "typed": "clear sync data", "token": token}
    changed = browser.post(path, data=fields)
    assert (changed.status_code, "<dialog" in changed.text, tied.pairs()) == (422, False, 24)
    assert "There is more or less of this now than you were shown." in changed.text
    without = browser.post(path, data=fields | {"token": ""})
    assert (without.status_code, tied.pairs()) == (422, 24)


def test_what_changed_behind_the_open_dialog_is_shown_anew(tied: Tied, browser: Browser) -> None:
    path, fields = f"{tied.settings}/clear", tied.fields()
    token = token_of(browser.get(path, params=fields).text)
    tied.customers(*range(100, 120))
    asked = browser.post(path, data=fields | {"token": token})
    assert token_of(asked.text) == token, "what is confirmed is what was shown on the page"
    fields |= {"step": "2", "typed": "clear sync data", "token": token_of(asked.text)}
    assert (browser.post(path, data=fields).status_code, tied.pairs()) == (422, 24)


def test_a_second_clear_waits_for_the_first(tied: Tied, browser: Browser) -> None:
    assert confirm(browser, tied).status_code == 303
    second = confirm(browser, tied)
    assert second.status_code == 409
    assert "Clear sync data of this store" in second.text and "Nothing was cleared." in second.text


# -- afterwards ----------------------------------------------------------------------------------------------------


def banner(browser: Browser, path: str) -> str:
    return words("".join(re.findall(r'<section class="banner".*?</section>', browser.get(path).text, flags=re.S)))


def test_the_banner_stays_on_every_page_until_somebody_chooses(tied: Tied, browser: Browser) -> None:
    project = f"/projects/{tied.project}"
    places = [tied.settings, f"{project}/integrations", f"{project}/customers", f"{project}/products"]
    assert [banner(browser, one) for one in places] == [""] * 4
    confirm(browser, tied, SyncKind.CUSTOMERS)
    assert "It is still being cleared." in banner(browser, places[0])
    tied.face.world.settle()
    for place in places:
        shown = banner(browser, place)
        assert re.search(r"Mapping cleared on \d+ \w+ \d{4}, \d\d:\d\d by Admin", shown), shown
        assert "Harbour: customers." in shown and "so nothing doubles" in shown
        assert shown.endswith("Rebuild mapping Resume sync")
    seen = banner(tied.face.browser(tied.face.person(Role.VIEWER)), tied.settings)
    assert "An editor or admin of this project decides." in seen and "Rebuild mapping Resume" not in seen
    editor = banner(tied.face.browser(tied.face.person(Role.EDITOR)), tied.settings)
    assert editor.endswith("so nothing doubles. Resume sync")


def test_the_banner_follows_a_clear_that_is_at_work(tied: Tied, browser: Browser) -> None:
    confirm(browser, tied, SyncKind.CUSTOMERS)
    [news] = re.findall(r'id="mapping-news" data-live hx-get="([^"]+)"', browser.get(tied.settings).text)
    assert "It is still being cleared." in browser.get(news).text
    tied.face.world.settle()
    shown = browser.get(news).text
    assert "Rebuild mapping</a>" in shown and "hx-get" not in shown


def test_orders_that_are_not_synced_yet_keep_nobody_waiting(tied: Tied, browser: Browser) -> None:
    tied.clear(SyncKind.ORDERS)
    assert banner(browser, tied.settings) == ""


def test_a_side_that_is_away_is_told_with_what_to_do(tied: Tied, browser: Browser) -> None:
    tied.odoo.fault("status", status=503, times=None)
    confirm(browser, tied, SyncKind.CUSTOMERS)
    tied.face.world.settle()
    operation = tied.face.world.operations(tied.store_id)[Work.CLEAR_MAPPING]
    for place in (tied.settings, f"/operations/{operation.id}"):
        shown = browser.get(place).text
        assert "the external ids in Odoo of customers are still to be removed" in words(shown)
        assert shown.count("Try again now") == shown.count(">Dismiss<") == 1
    assert "wait for what the clear has left open" in banner(browser, tied.settings)
    assert re.search(r"<button [^>]*disabled>Rebuild mapping", browser.get(tied.settings).text)
    [retry, dismiss] = re.findall(r'action="(/projects/[^"]+/tasks/[^"]+)"', browser.get(tied.settings).text)
    refused = tied.face.browser(tied.face.person(Role.EDITOR)).post(retry)
    assert refused.status_code == 403
    again = browser.post(retry)
    assert again.status_code == 303 and again.headers["location"].startswith("/operations/")
    assert "Clearing sync data of Harbour" in words(browser.get(again.headers["location"]).text)
    gone = browser.post(dismiss)
    assert gone.headers["location"] == f"{tied.settings}?said=dismissed"
    assert "Dismissed. What is left there stays." in browser.get(gone.headers["location"]).text
    assert "still to be removed" not in banner(browser, tied.settings)
    assert browser.post(dismiss).status_code == 409


# -- a store that is deleted takes its part of the mapping along ------------------------------------------------------


def dialog(browser: Browser, tied: Tied) -> str:
    return words(browser.get(f"/projects/{tied.project}/integrations", params={"delete": tied.store_id}).text)


def test_the_delete_dialog_and_its_receipt_name_both_other_homes(tied: Tied, browser: Browser) -> None:
    shown = dialog(browser, tied)
    assert re.search(r"Mappings to Odoo 4\b", shown) and re.search(r"Our external ids in Odoo 3\b", shown)
    assert "Our metafields in Shopify 0" in shown
    path = f"/stores/{tied.store_id}/delete"
    token = token_of(browser.get(f"/projects/{tied.project}/integrations", params={"delete": tied.store_id}).text)
    domain = tied.face.world.store(tied.store_id).shop_domain
    done = browser.post(path, data={"step": "2", "token": token, "domain": domain})
    assert done.status_code == 303, done.text
    tied.face.world.settle()
    receipt = words(browser.get(done.headers["location"]).text)
    assert re.search(r"External ids in Odoo 3\b", receipt) and "Our metafields in Shopify removed" in receipt
    assert tied.odoo.external_ids() == {}


def test_the_delete_dialog_says_what_would_stay_in_an_odoo_that_is_gone(tied: Tied, browser: Browser) -> None:
    socket, path = tied.face.socket(), f"/api/v1/projects/{tied.project}/odoo/disconnect"
    assert socket.post(path, json={"generation": socket.get(path).json()["generation"]}).status_code == 200
    assert "Odoo is disconnected, so they stay: connect it first" in dialog(browser, tied)

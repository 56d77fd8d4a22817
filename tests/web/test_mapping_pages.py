"""The mapping of one store as pages: rebuilt with a choice by hand, taken back, resumed after a preview, verified,
downloaded and taken in again."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from mooring.db import odoo_kinds, rebuild
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.rules import Role, Work
from tests.usecases.odoo_world import an_odoo
from tests.web.face import Browser, Face
from tests.web.mapping import Tied, tie
from tests.web.test_clear_page import words


@pytest.fixture
def tied(face: Face) -> Iterator[Tied]:
    """Two customers mapped; the second has a twin in Odoo with the same e-mail."""
    with an_odoo() as odoo:
        made = tie(face, odoo)
        made.customers(1, 2)
        odoo.does(
            "res.partner", "create", vals_list=[{"name": "Ann Twin", "email": "ann2@example.com", "city": "Porto"}]
        )
        yield made


@pytest.fixture
def browser(tied: Tied) -> Browser:
    return tied.face.browser(tied.face.world.admin)


def held(tied: Tied, kind: SyncKind = SyncKind.CUSTOMERS) -> bool:
    with tied.face.world.app.db.read() as connection:
        return odoo_kinds.load(connection, tied.store_id, kind).held_since is not None


def searched(tied: Tied, browser: Browser, *kinds: SyncKind) -> str:
    """What the page says when the search is over."""
    path = f"{tied.mapping}/rebuild"
    started = browser.post(path, data={f"kind_{kind}": "on" for kind in kinds or (SyncKind.CUSTOMERS,)})
    assert started.status_code == 303, started.text
    assert "Rebuilding the mapping of Harbour…" in words(browser.get(path).text)
    tied.face.world.settle()
    return browser.get(path).text


def tabs(page: str) -> dict[str, str]:
    return dict(re.findall(r'tab=(\w+)"[^>]*>[^<]+<span>([\d,]+)', page))


# -- rebuild -------------------------------------------------------------------------------------------------------


def test_a_rebuild_is_searched_decided_by_hand_linked_and_taken_back(tied: Tied, browser: Browser) -> None:
    path = f"{tied.mapping}/rebuild"
    tied.clear()
    assert "Find what belongs together" in browser.get(path).text
    page = searched(tied, browser)
    assert tabs(page) == {"matched": "1", "ambiguous": "1", "unmatched": "0"}
    text = words(page)
    assert "nothing is created or changed in Odoo, only linked" in text and "Link 1 match " in text
    assert "Ann 2 Lee" in text and "ann2@example.com" in text, "what is ambiguous is shown first"
    twins = {
        row["name"]: row["id"] for row in tied.odoo.rows("res.partner", [["email", "=", "ann2@example.com"]], "name")
    }
    assert sorted(twins) == ["Ann 2 Lee", "Ann Twin"]
    for name, odoo_id in twins.items():
        assert re.search(
            rf'value="{odoo_id}" required><span>{name}\s+<a href="{tied.odoo.url}[^"]+" [^>]*>#{odoo_id}<', page
        )
    assert "Porto" in text and "None of these" in text and "Decide later" in text

    chosen = {"kind": "customer", "tab": "ambiguous", "id": "2", "odoo_id": str(twins["Ann Twin"])}
    done = browser.post(f"{path}/choose", data=chosen)
    assert done.headers["location"] == f"{path}?kind=customer&tab=ambiguous&after=0"
    page = browser.get(done.headers["location"]).text
    assert tabs(page) == {"matched": "2", "ambiguous": "0", "unmatched": "0"} and "Nothing is ambiguous." in page
    assert tied.pairs() == 0 and held(tied), "nothing is linked before somebody says so"

    assert browser.post(f"{path}/accept", data={"kind_customers": "on"}).status_code == 303
    tied.face.world.settle()
    page = browser.get(path).text
    assert tabs(page)["accepted"] == "2" and "2 pairs linked." in words(page)
    assert not held(tied) and tied.pairs() == 2
    assert tied.odoo.external_ids()["s10000000001.customer.2"] == ("res.partner", twins["Ann Twin"])

    assert "Undo the links" in page
    assert browser.post(f"{path}/undo", data={"kind_customers": "on"}).status_code == 303
    tied.face.world.settle()
    assert (tied.pairs(), tied.odoo.external_ids()) == (0, {})


def test_links_can_be_made_while_automatic_sync_stays_held(tied: Tied, browser: Browser) -> None:
    tied.clear()
    searched(tied, browser)
    linked = browser.post(f"{tied.mapping}/rebuild/accept", data={"kind_customers": "on", "hold": "on"})
    tied.face.world.settle()
    assert (linked.status_code, tied.pairs(), held(tied)) == (303, 1, True)


def test_what_is_none_of_them_or_nothing_at_all_is_said(tied: Tied, browser: Browser) -> None:
    path = f"{tied.mapping}/rebuild"
    tied.clear()
    searched(tied, browser)
    fields = {"kind": "customer", "tab": "ambiguous", "id": "2"}
    for wrong, why in (
        (fields, "Choose one of the records first"),
        (fields | {"odoo_id": "999999"}, "Choose one of the records that were found."),
        (fields | {"odoo_id": "none", "id": "77"}, "The rebuild knows no such record."),
        (fields | {"odoo_id": "none", "kind": "planet"}, "The rebuild knows no such record."),
        (fields | {"odoo_id": "9" * 40}, "Choose one of the records first"),
    ):
        answer = browser.post(f"{path}/choose", data=wrong)
        assert (answer.status_code, why in answer.text) == (422, True), (wrong, answer.text)
    assert browser.post(f"{path}/choose", data=fields | {"odoo_id": "none"}).status_code == 303
    page = browser.get(path, params={"kind": "customer", "tab": "unmatched"}).text
    assert tabs(page) == {"matched": "1", "ambiguous": "0", "unmatched": "1"}
    assert re.search(r'value="none" required checked', page), "and it can be chosen anew"
    for strange in ({"kind": "planet"}, {"tab": "lost"}, {"after": "x"}, {"after": "9" * 30}):
        assert browser.get(path, params=strange).status_code == 200
    nothing = browser.post(path, data={})
    assert (nothing.status_code, "Choose at least one kind." in nothing.text) == (409, True)


def test_pages_of_a_rebuild_go_on_where_the_last_ended(tied: Tied, browser: Browser) -> None:
    many = [rebuild.Match(MappedKind.CUSTOMER, n, "matched", "email", n) for n in range(1000, 1150)]
    tied.clear()
    searched(tied, browser)
    operation = tied.face.world.operations(tied.store_id)[Work.REBUILD_MAPPING]
    with tied.face.world.app.db.write() as connection:
        rebuild.put(connection, tied.store_id, operation.id, many, at=tied.face.world.app.clock.now())
    path = f"{tied.mapping}/rebuild?kind=customer&tab=matched"
    first = browser.get(path).text
    [following] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = browser.get(html.unescape(following)).text
    seen = [re.findall(r'<li id="r(\d+)"', page) for page in (first, second)]
    assert [len(one) for one in seen] == [100, 51] and not set(seen[0]) & set(seen[1])
    assert "Link 151 matches" in words(first)


def test_an_odoo_that_is_away_leaves_ids_and_says_so(tied: Tied, browser: Browser) -> None:
    tied.clear()
    searched(tied, browser)
    tied.odoo.fault("status", status=503, times=None)
    page = browser.get(f"{tied.mapping}/rebuild")
    assert (page.status_code, "Odoo’s names could not be read" in page.text) == (200, True)
    assert re.search(r'<input type="radio" name="odoo_id" value="\d+"', page.text)


def test_while_something_is_open_no_rebuild_begins(tied: Tied, browser: Browser) -> None:
    tied.odoo.fault("status", status=503, times=None)
    tied.clear(SyncKind.CUSTOMERS)
    for path in ("rebuild", "resume"):
        page = browser.get(f"{tied.mapping}/{path}").text
        assert "still to be removed" in page or "could not be reached" in page
        assert re.search(r'<button class="button primary" type="submit" disabled', page), path
    refused = browser.post(f"{tied.mapping}/rebuild", data={"kind_customers": "on"})
    assert (refused.status_code, "Clear sync data is not finished" in refused.text) == (409, True)
    refused = browser.post(f"{tied.mapping}/resume/preview")
    assert (refused.status_code, "Clear sync data is not finished" in refused.text) == (409, True)


# -- resume --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [False, True])
def test_sync_is_resumed_only_after_a_preview(tied: Tied, browser: Browser, now: bool) -> None:
    path = f"{tied.mapping}/resume"
    assert "automatic sync is not held" in browser.get(path).text
    tied.clear(SyncKind.CUSTOMERS)
    page = browser.get(path).text
    assert "Preview the next sync" in page and ">Resume sync<" not in page.replace("<h1>Resume sync<", "")
    refused = browser.post(path, data={"preview": "nothing"})
    assert refused.status_code in (404, 409) and held(tied)
    assert browser.post(f"{path}/preview").status_code == 303
    assert "See the operation" in browser.get(path).text
    tied.face.world.settle()
    page = browser.get(path).text
    row = re.findall(r"<tr><td>Customers</td>(.*?)</tr>", page)[0]
    assert re.findall(r"([\d,]+)</td>", row) == ["0", "0", "1", "0", "0", "1"]
    assert tied.pairs() == 0 and held(tied)
    [preview, *_] = re.findall(r'name="preview" value="([^"]+)"', page)
    done = browser.post(path, data={"preview": preview} | ({"now": "1"} if now else {}))
    assert done.status_code == 303 and not held(tied)
    expected = "/operations/" if now else f"{tied.mapping}?said=later"
    assert done.headers["location"].startswith(expected)
    assert browser.get(done.headers["location"]).status_code == 200
    tied.face.world.settle()
    assert tied.pairs() == (1 if now else 0)


# -- verify --------------------------------------------------------------------------------------------------------


def test_a_check_says_what_is_wrong_of_whom_and_what_to_do(tied: Tied, browser: Browser) -> None:
    path = f"{tied.mapping}/verify"
    assert "was not verified yet" in browser.get(path).text
    [gone] = tied.odoo.rows("res.partner", [["name", "=", "Ann 2 Lee"]], "id")
    tied.odoo.does("res.partner", "unlink", ids=[gone["id"]])
    assert browser.post(path).headers["location"] == path
    waiting = browser.get(path).text
    [region] = re.findall(r'hx-get="(/operations/[^"]+/wait)"', waiting)
    assert "HX-Refresh" not in browser.get(region).headers
    tied.face.world.settle()
    assert browser.get(region).headers["HX-Refresh"] == "true"
    page = browser.get(path).text
    text = words(page)
    assert re.search(r"✓ Agree .*? 1\b", text) and re.search(
        r"! Missing in Odoo The record in Odoo is gone\..*? 1\b", text
    )
    assert re.search(r'<a href="/customers/\d+">Ann 2 Lee</a> <code>s\d+\.customer\.2</code>', page)
    receipt = browser.get(region.removesuffix("/wait"))
    assert (receipt.status_code, "Verified the mapping of Harbour" in receipt.text) == (200, True)


# -- a file --------------------------------------------------------------------------------------------------------


def test_a_mapping_is_downloaded_cleared_and_taken_in_again(tied: Tied, browser: Browser) -> None:
    page = browser.get(tied.mapping).text
    [download, _] = re.findall(r'href="(/api/v1/[^"]+/mapping/export[^"]+)"', page)
    content = browser.get(html.unescape(download)).content
    assert content.count(b"\n") == 3
    tied.clear()
    done = browser.post(f"{tied.mapping}/import", files={"file": ("mapping.csv", content, "text/csv")})
    assert (done.status_code, "2 pairs imported." in done.text, tied.pairs()) == (200, True, 2)
    tied.face.world.settle()
    assert len(tied.odoo.external_ids()) == 2


def test_a_file_that_does_not_fit_is_refused_in_words(tied: Tied, browser: Browser) -> None:
    [download, _] = re.findall(r'href="(/api/v1/[^"]+/mapping/export[^"]+)"', browser.get(tied.mapping).text)
    content = browser.get(html.unescape(download)).text
    [*_, last] = content.splitlines()
    mark = last.split(",")[1]
    for text, why, status in (
        (content.replace(mark, "another/1"), "another Odoo database or company", 409),
        (content.replace("10000000001", "10000000002"), "the mapping of another shop", 409),
        ("nothing\n", "The first line has to name these columns", 422),
        ("", "Choose a downloaded mapping that is not empty.", 422),
    ):
        answer = browser.post(f"{tied.mapping}/import", files={"file": ("mapping.csv", text.encode(), "text/csv")})
        assert (answer.status_code, why in answer.text) == (status, True), answer.text
        assert words(answer.text).count("Nothing was imported.") == 1
    assert tied.pairs() == 2


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, set()), (Role.EDITOR, {"verify", "resume/preview"})])
def test_who_may_do_what(tied: Tied, role: Role, may: set[str]) -> None:
    browser = tied.face.browser(tied.face.person(role))
    for path in ("", "/verify", "/rebuild", "/resume"):
        assert browser.get(f"{tied.mapping}{path}").status_code == 200
    for path in ("import", "rebuild", "rebuild/accept", "rebuild/undo", "verify", "resume/preview"):
        files = {"file": ("m.csv", b"x", "text/csv")} if path == "import" else None
        status = browser.post(f"{tied.mapping}/{path}", files=files, data=None if files else {}).status_code
        assert (status != 403) == (path in may), path

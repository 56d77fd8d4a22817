"""The page of a store's changes made here: a CSV file is looked at, then applied; what became of each change."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from mooring.domain.rules import Role
from mooring.usecases import edits_csv
from tests.web import records
from tests.web.face import Browser, Face

BODY = '{"defaultEmailAddress":{"emailAddress":"ann@example.com","marketingState":"NOT_SUBSCRIBED"}}'
FILE = (
    "shopify_id,first_name,email,last_open_at,total_messages\n"
    "1,Ann,,2026-01-02T10:00:00Z,4\n"
    "2,Bob,other@example.com,,\n"
    "3,Cy,,,\n"
    "2,,,yesterday,\n"
    "2,,,,many\n"
)


@pytest.fixture
def store_id(face: Face) -> str:
    """A store with two customers who have no name."""
    made = face.world.connect().store_id
    for number in (1, 2):
        email = f"ann{number}@example.com"
        records.customer(face.world, made, number, " ", email=email, email_key=email, body=BODY)
    return made


def choose(browser: Browser, store_id: str, content: str | bytes) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return browser.post(f"/stores/{store_id}/edits", files={"file": ("changes.csv", raw, "text/csv")})


def kept_text(page: str) -> str:
    found = re.search(r'name="text" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def edits_of(face: Face, store_id: str) -> list[tuple[int, str]]:
    listed = face.socket().get(f"/api/v1/stores/{store_id}/edits").json()["items"]
    return [(one["customer"], one["field"]) for one in listed]


def test_a_file_is_shown_first_and_changes_what_it_showed(face: Face, store_id: str) -> None:
    browser = face.browser(face.person(Role.EDITOR))
    looked_at = choose(browser, store_id, FILE)
    assert looked_at.status_code == 200
    assert "1 customer would change, 0 would not, 4 rows would be refused. Nothing was changed yet." in looked_at.text
    for line, why in [(3, "Shopify has a value there"), (4, "no such customer"), (5, "Last open: give a moment"),
                      (6, "Total messages: give a whole number")]:  # fmt: skip
        assert re.search(rf'<td class="number">{line}</td><td>[^<]*{why}', looked_at.text), why
    assert edits_of(face, store_id) == []

    done = browser.post(f"/stores/{store_id}/edits", files={"text": (None, kept_text(looked_at.text))})
    assert "1 customer changed, 0 unchanged, 4 rows refused." in done.text
    assert set(edits_of(face, store_id)) == {
        (1, "first_name"), (1, "last_open_at"), (1, "total_messages"), (1, "rfm"),
    }  # fmt: skip
    again = choose(browser, store_id, FILE)
    assert "0 customers would change, 1 would not" in again.text
    assert 'name="text"' not in again.text, "there is nothing to apply"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "Choose a CSV file that is not empty."),
        ("first_name\nAnn\n", "The first line has to name one of the columns"),
        ("shopify_id,colour\n1,red\n", "There is no field colour to change. There are: first_name"),
        (b"shopify_id,first_name\n1,\xff\n", "This is no CSV file in UTF-8"),
        ("shopify_id,first_name\n" + "1,A\n" * (edits_csv.MOST_ROWS + 1), "The file has more than 5,000 rows."),
        ("shopify_id,first_name\n" + " " * edits_csv.LARGEST, "The file is larger than 1 MB."),
    ],
    ids=["empty", "nobody named", "unknown field", "not UTF-8", "too many rows", "too large"],
)
def test_a_file_that_makes_no_sense_is_refused_whole(
    face: Face, store_id: str, content: str | bytes, says: str
) -> None:
    answer = choose(face.browser(face.world.admin), store_id, content)
    assert (answer.status_code, says in answer.text) == (422, True), answer.text
    assert "Nothing was changed." in answer.text
    assert edits_of(face, store_id) == []


@pytest.mark.parametrize("parts", [{"other": (None, "x")}, {"file": ("", b"", "application/octet-stream")}])
def test_a_form_without_a_file_is_refused(face: Face, store_id: str, parts: dict[str, Any]) -> None:
    answer = face.browser(face.world.admin).post(f"/stores/{store_id}/edits", files=parts)
    assert (answer.status_code, "Choose a CSV file" in answer.text) == (422, True)


def test_a_viewer_looks_and_has_no_form(face: Face, store_id: str) -> None:
    viewer = face.browser(face.person(Role.VIEWER))
    page = viewer.get(f"/stores/{store_id}/edits")
    assert (page.status_code, "Nothing was changed here yet." in page.text) == (200, True)
    assert 'type="file"' not in page.text
    assert choose(viewer, store_id, FILE).status_code == 403


def test_a_store_that_is_deleted_takes_no_changes(face: Face, store_id: str) -> None:
    shown = face.socket().get(f"/api/v1/stores/{store_id}/delete/preview").json()
    confirmed = {"token": shown["token"], "shop_domain": shown["shop_domain"]}
    assert face.socket().post(f"/api/v1/stores/{store_id}/delete", json=confirmed).status_code == 202
    browser = face.browser(face.world.admin)
    page = browser.get(f"/stores/{store_id}/edits")
    assert "This store is being deleted" in page.text and 'type="file"' not in page.text
    assert choose(browser, store_id, FILE).status_code == 409


def test_changes_are_listed_by_state_and_failed_ones_sent_again(face: Face, store_id: str) -> None:
    browser = face.browser(face.person(Role.EDITOR))
    face.socket().post(
        f"/api/v1/stores/{store_id}/edits.csv", content=b"shopify_id,first_name\n1,Ann\n",
        headers={"content-type": "text/csv"},
    )  # fmt: skip
    waiting = browser.get(f"/stores/{store_id}/edits?is_in=waiting").text
    assert "First name" in waiting and "is switched off in the sync settings" in waiting
    assert "None of these." in browser.get(f"/stores/{store_id}/edits?is_in=failed").text
    assert browser.get(f"/stores/{store_id}/edits?is_in=lost").status_code == 422
    assert "Ann" not in waiting, "a list of a store names no people"
    settled = browser.post(f"/stores/{store_id}/edits/retry")
    assert (settled.status_code, "nothing to send again" in settled.text) == (409, True)


def test_the_way_there(face: Face, store_id: str) -> None:
    browser = face.browser(face.world.admin)
    for place in (f"/projects/{face.world.project}/customers", f"/stores/{store_id}"):
        assert f'href="/stores/{store_id}/edits"' in browser.get(place).text

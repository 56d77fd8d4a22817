"""The small browser of the demo: forms as a browser would send them, redirects, cookies."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs

import httpx2
import pytest

from mooring.cli.browser import Browser
from mooring.errors import Permanent
from tests.contract import standin
from tests.contract.standin import Asked, Script, StandIn

PAGE = """<html><form action="/other"><input name="q"></form>
<form action="send?step=2" method="post">
  <input type="hidden" name="csrf" value="a&amp;b"><input name="shop_domain"><input name="off" value="x" disabled>
  <input type="checkbox" name="granted" value="read_orders" checked>
  <input type="checkbox" name="granted" value="read_customers">
  <input type="radio" name="kind" value="one"><input type="radio" name="kind" value="two" checked>
  <select name="list"><option value="">none</option><option value="new" selected>New</option></select>
  <select name="app"><option value="a" disabled>A</option><option value="b">B</option><option>C</option></select>
  <textarea name="note"></textarea><input type="submit" name="go" value="Go"><button name="decision">x</button>
</form></html>"""


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standin.running() as running:
        running.says(body=PAGE)
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    with httpx2.Client(trust_env=False) as client:
        yield Browser(client)


def sent(asked: Asked) -> dict[str, list[str]]:
    return parse_qs(asked.body.decode(), keep_blank_values=True)


def test_an_untouched_form_sends_what_it_holds(server: StandIn, browser: Browser) -> None:
    page = browser.open(f"{server.url}/stores/new?x=1")
    browser.submit(page, page.form("shop_domain"))
    asked = server.asked[1]
    assert (asked.method, asked.path) == ("POST", "/stores/send?step=2")
    assert sent(asked) == {
        "csrf": ["a&b"],
        "shop_domain": [""],
        "granted": ["read_orders"],
        "kind": ["two"],
        "list": ["new"],
        "app": ["b"],
        "note": [""],
    }


def test_what_is_filled_in_takes_the_place_of_what_was_there(server: StandIn, browser: Browser) -> None:
    page = browser.open(server.url)
    form = page.form("granted", "list")
    browser.submit(page, form, granted=["read_orders", "read_customers"], kind="one", decision="install")
    assert sent(server.asked[1])["granted"] == ["read_orders", "read_customers"]
    assert sent(server.asked[1])["kind"] == ["one"]
    assert sent(server.asked[1])["decision"] == ["install"]
    assert form.offered["granted"] == ["read_orders", "read_customers"]


def test_a_form_without_an_action_goes_where_the_page_came_from(server: StandIn, browser: Browser) -> None:
    server.says(body='<form method="post"><input name="a" value="1"></form>')
    page = browser.open(f"{server.url}/consent?client_id=x")
    browser.submit(page, page.form("a"))
    assert server.asked[1].path == "/consent?client_id=x"


def test_a_get_form_asks_with_its_fields(server: StandIn, browser: Browser) -> None:
    page = browser.open(server.url)
    browser.submit(page, page.forms[0], q="tea")
    assert (server.asked[1].method, server.asked[1].path) == ("GET", "/other?q=tea")


def test_redirects_are_followed_with_the_cookies_of_each_site(server: StandIn, browser: Browser) -> None:
    def answer(asked: Asked) -> Script:
        if asked.path == "/start":
            return Script(303, headers={"Location": "/end", "Set-Cookie": "session=1; Path=/"})
        return Script(200, "<p>here</p>")

    server.script = answer
    assert browser.open(f"{server.url}/start").url == f"{server.url}/end"
    assert server.asked[1].headers["cookie"] == "session=1"


def test_a_circle_of_redirects_ends(server: StandIn, browser: Browser) -> None:
    server.says(302, headers={"Location": "/again"})
    with pytest.raises(Permanent, match="without end"):
        browser.open(server.url)


def test_a_page_without_the_form_is_named(server: StandIn, browser: Browser) -> None:
    page = browser.open(f"{server.url}/stores?secret=1")
    with pytest.raises(Permanent, match=r"/stores has no form with password") as missing:
        page.form("password")
    assert "secret" not in str(missing.value)

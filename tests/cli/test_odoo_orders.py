"""`mooring odoo orders …`: from nothing chosen to a rule that books history, and the exit statuses on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing
from tests.usecases.odoo_world import DATABASE, LOGIN, Odoo, an_odoo

pytestmark = pytest.mark.slow


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with an_odoo() as one:
        yield one


@pytest.fixture
def here(data_dir: Path, rehearsing: Rehearsing, odoo: Odoo, tmp_path: Path) -> dict[str, Any]:
    """A store with its orders, an Odoo, and no server."""
    rehearsing.install()
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
    made: dict[str, Any] = {"data_dir": data_dir, **rehearsing.settings}
    key = tmp_path / "key"
    key.write_text(odoo.key)
    answer("stores", "connect", SHOP, "--client-credentials", **made)
    answer("stores", "sync", SHOP, **made)
    answer("odoo", "connect", odoo.url, "--database", DATABASE, "--login", LOGIN, "--key-file", str(key), **made)
    return made


def test_from_nothing_chosen_to_history_booked(here: dict[str, Any]) -> None:
    orders = ("odoo", "orders")
    shown = mooring(*orders, "settings", SHOP, **here)
    assert (shown.returncode, "Nobody has chosen yet" in shown.stdout) == (0, True), shown.stderr

    chosen = answer(*orders, "settings", SHOP, "--proposed", "--outcome", "order", "--create-service", "tip", **here)
    assert chosen["saved"] and chosen["outcome"] == "order"
    assert [one["key"] for one in chosen["services"] if one["chosen"]] == ["tip"]
    for typed, status in (("--pricelist", 2), ("--warehouse", 2)):
        assert mooring(*orders, "settings", SHOP, typed, "USD=x", **here).returncode == status

    table = answer(*orders, "taxes", SHOP, **here)
    tax = table["items"][0]["label"]
    done = mooring(*orders, "taxes", SHOP, "--tax", tax, "--odoo-tax", "none", **here)
    assert (done.returncode, "wait in Needs review" in done.stderr) == (0, True), done.stderr
    assert answer(*orders, "taxes", SHOP, **here)["items"][0]["confirmed"]
    assert not answer(*orders, "taxes", SHOP, "--tax", tax, "--withdraw", **here)["items"][0]["confirmed"]
    assert mooring(*orders, "taxes", SHOP, "--tax", tax, **here).returncode == 2
    unknown = mooring(*orders, "taxes", SHOP, "--tax", "no such", "--withdraw", **here)
    assert (unknown.returncode, tax in unknown.stderr) == (2, True)

    everything = (*orders, "rules", SHOP, "--any", "since", "--any", "financial", "--test-orders")
    assert answer(*everything, "--preview", **here)["more"]["count"] > 0
    asked = mooring(*everything, "--json", **here)
    said = json.loads(asked.stdout)
    assert (asked.returncode, said["preview"]["more"] > 0) == (4, True)
    saved = answer(*everything, "--confirm", said["confirm"], **here)
    assert (saved["rule"]["since"], saved["rule"]["financial"]) == (None, [])
    narrower = mooring(*orders, "rules", SHOP, "--attribute", "po=7", "--tag", "b2b", **here)
    assert (narrower.returncode, "attributes: po=7" in narrower.stdout) == (0, True), narrower.stderr


def test_what_waits_is_listed_explained_and_decided(here: dict[str, Any], odoo: Odoo) -> None:
    orders = ("odoo", "orders")
    answer(*orders, "settings", SHOP, "--proposed", "--outcome", "order", "--create-service", "all", **here)
    everything = (*orders, "rules", SHOP, "--any", "since", "--any", "financial", "--test-orders")
    answer(*everything, "--confirm", json.loads(mooring(*everything, "--json", **here).stdout)["confirm"], **here)
    answer("odoo", "sync", SHOP, **here)

    waiting = answer("odoo", "review", **here)["orders"]
    assert waiting and all(one["title"] and one["fix"] for one in waiting)
    [money] = [one for one in waiting if one["cause"] == "currency"]
    assert money["place"] == "pricelists" and "Choose a pricelist" in mooring("odoo", "review", **here).stdout
    listed = answer("odoo", "items", "orders", "--tab", "review", "--cause", "currency", "--store", SHOP, **here)
    assert 0 < len(listed["items"]) <= money["count"] and {one["cause"] for one in listed["items"]} == {"currency"}

    number = str(listed["items"][0]["shopify_id"])
    shown = mooring("odoo", "item", SHOP, "orders", number, **here)
    assert (
        shown.returncode == 0
        and "Currency without a pricelist" in shown.stdout
        and "To decide: nothing" in shown.stdout
    )
    refused = mooring("odoo", "decide", SHOP, "orders", "ignore", number, **here)
    assert (refused.returncode, "nothing of the sort" in refused.stderr) == (3, True), refused.stderr
    assert mooring("odoo", "decide", SHOP, "orders", "ignore", **here).returncode == 2
    assert mooring("odoo", "decide", SHOP, "orders", "ignore", "--cause", "size", **here).returncode == 2
    assert mooring("odoo", "decide", SHOP, "orders", "link", number, **here).returncode == 2
    assert mooring("odoo", "link", SHOP, "orders", number, "999999", **here).returncode == 2
    gone = mooring(*orders, "show", SHOP, number, **here)
    assert (gone.returncode, "Nothing of this order is in Odoo." in gone.stderr) == (3, True)

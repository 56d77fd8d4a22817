"""The port to Odoo: one suite for the stand-in and for a real Odoo, over both protocols.

What is known to be so of a real Odoo 19 (reference exchanges) must be so of both.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mooring.errors import AuthLost, MooringError, Permanent
from mooring.ports import Loaded
from tests.contract.odoo import ARCHIVED_TOO, KINDS, At, at

PROTOCOLS = ("json2", "jsonrpc")
CONTACT = ["id", "name", "ref", "email"]


@pytest.fixture(params=KINDS, scope="module")
def place(request: pytest.FixtureRequest) -> Iterator[At]:
    with at(request.param) as found:
        yield found
        found.clean_up()


@pytest.fixture(params=PROTOCOLS)
def odoo(place: At, request: pytest.FixtureRequest) -> Iterator[At]:
    """A token of its own for each test, whose external ids go with it; its records go at the end of all."""
    one = At(place.client, replace(place.access, protocol=request.param), place.server, made=place.made)
    yield one
    one.forget()


def refused(do) -> MooringError:
    with pytest.raises(MooringError) as error:
        do()
    return error.value


# -- identity ------------------------------------------------------------------------------------------------------


def test_the_version_needs_no_key(place: At) -> None:
    found = place.client.version(place.access.url)
    assert found.major >= 19
    assert found.series.startswith(f"{found.major}.")


def test_signing_in_gives_the_user(odoo: At) -> None:
    id_ = odoo.client.sign_in(replace(odoo.access, user_id=None))
    asked = {"fields": ["login", "company_id"]}
    (row,) = odoo.client.call(odoo.access, "res.users", "read", asked, ids=[id_], writes=False)
    assert row["login"] == odoo.access.login
    assert isinstance(row["company_id"][0], int)


def test_a_wrong_key_is_lost_authority(odoo: At) -> None:
    wrong = replace(odoo.access, key="0123456789abcdef0123456789abcdef01234567")
    for do in (lambda: odoo.client.sign_in(wrong), lambda: odoo.client.count(wrong, "res.partner", [])):
        error = refused(do)
        assert (type(error), error.code) == (AuthLost, "odoo_key_refused")
        assert wrong.key not in error.sentence


def test_a_wrong_database_is_said(odoo: At) -> None:
    wrong = replace(odoo.access, database=f"none_{odoo.run}")
    for do in (lambda: odoo.client.sign_in(wrong), lambda: odoo.client.count(wrong, "res.partner", [])):
        error = refused(do)
        assert (type(error), error.code) == (Permanent, "odoo_no_database")


def test_rights_can_be_asked_for(odoo: At) -> None:
    asked = {"operation": "create"}
    assert odoo.client.call(odoo.access, "res.partner", "has_access", asked, ids=[], writes=False) is True
    named = {"allfields": ["name", "no_such_field"], "attributes": ["type"]}
    assert odoo.client.call(odoo.access, "res.partner", "fields_get", named, writes=False).keys() == {"name"}


# -- load ----------------------------------------------------------------------------------------------------------


def test_load_creates_updates_and_can_be_sent_again(odoo: At) -> None:
    first = odoo.kept("res.partner", CONTACT, [odoo.xid("a"), "Ada", f"{odoo.run}-a", ""],
                      [odoo.xid("b"), "Bob", f"{odoo.run}-b", "bob@example.com"])  # fmt: skip
    again = odoo.kept("res.partner", CONTACT, [odoo.xid("a"), "Ada", f"{odoo.run}-a", ""],
                      [odoo.xid("b"), "Bob B", f"{odoo.run}-b", ""])  # fmt: skip
    assert again == first
    assert odoo.planted() == {"a": first[0], "b": first[1]}
    rows = odoo.rows("res.partner", [["ref", "=like", f"{odoo.run}-%"]], "name", "email", "ref")
    assert [(row["id"], row["name"], row["email"]) for row in rows] == [(first[0], "Ada", False),
                                                                       (first[1], "Bob B", False)]  # fmt: skip


def test_one_bad_row_keeps_every_row_out_and_is_named(odoo: At) -> None:
    rows = [[odoo.xid("a"), "Ada", ""], [odoo.xid("b"), "Bob", "no.such_country"], [odoo.xid("c"), "Cy", ""]]
    loaded = odoo.load("res.partner", ["id", "name", "country_id/id"], *rows)
    assert loaded.ids is None
    assert not loaded.lost_race
    (error,) = loaded.errors
    assert (error.record, error.rows, error.field) == (1, (1, 1), "country_id")
    assert "no.such_country" in error.text
    assert odoo.planted() == {}
    kept = odoo.kept("res.partner", ["id", "name", "country_id/id"], rows[0], rows[2])
    assert odoo.planted() == {"a": kept[0], "c": kept[1]}


def test_rows_refused_by_the_database_are_named_too(odoo: At) -> None:
    loaded = odoo.load("product.template", ["id", "name"], [odoo.xid("a"), "Tea"], [odoo.xid("b"), ""])
    assert loaded.ids is None
    assert {one.record for one in loaded.errors} == {1}
    assert "\n" not in loaded.errors[0].text
    assert odoo.planted() == {}


def test_a_deleted_record_is_made_anew_by_load(odoo: At) -> None:
    row = [odoo.xid("a"), "Ada", "", ""]
    (gone,) = odoo.kept("res.partner", CONTACT, row)
    odoo.client.unlink(odoo.access, "res.partner", [gone])
    assert odoo.planted() == {}
    (anew,) = odoo.kept("res.partner", CONTACT, row)
    assert anew != gone


def test_the_same_external_id_twice_is_one_record(odoo: At) -> None:
    ids = odoo.kept("res.partner", ["id", "name"], [odoo.xid("a"), "First"], [odoo.xid("a"), "Last"])
    assert ids[0] == ids[1]
    (row,) = odoo.rows("res.partner", [["id", "=", ids[0]]], "name")
    assert row["name"] == "Last"


def test_whoever_loses_a_race_sends_it_again_and_nothing_doubles(odoo: At) -> None:
    """Five at once. Some may lose: then nothing of theirs was kept, and the same rows sent again find the winner's."""
    rows = [[odoo.xid(f"k{n}"), f"K{n}", f"{odoo.run}-k", ""] for n in range(20)]
    begun, found = threading.Barrier(5), list[Loaded]()

    def send() -> None:
        begun.wait()
        found.append(odoo.client.load(odoo.access, "res.partner", CONTACT, rows))

    threads = [threading.Thread(target=send) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(found) == 5
    assert all(one.ids is not None or one.lost_race for one in found)
    ids = odoo.kept("res.partner", CONTACT, *rows)
    assert {one.ids for one in found if one.ids} <= {tuple(ids)}
    assert odoo.client.count(odoo.access, "res.partner", [["ref", "=", f"{odoo.run}-k"]]) == 20


def test_load_speaks_utc_and_takes_what_is_below(odoo: At) -> None:
    parent, child = odoo.kept(
        "res.partner", ["id", "name", "type", "parent_id/id"],
        [odoo.xid("p"), "Parent", "contact", ""], [odoo.xid("c"), "Dock", "delivery", odoo.xid("p")],
    )  # fmt: skip
    (row,) = odoo.rows("res.partner", [["id", "=", child]], "parent_id", "type")
    assert (row["parent_id"][0], row["type"]) == (parent, "delivery")


def test_an_unknown_column_is_a_fault_of_the_call(odoo: At) -> None:
    error = refused(lambda: odoo.load("res.partner", ["id", "no_such_field"], [odoo.xid("a"), "x"]))
    assert (type(error), error.code) == (Permanent, "odoo_error")
    assert "no_such_field" in error.sentence


# -- reading -------------------------------------------------------------------------------------------------------


def test_pages_follow_each_other(odoo: At) -> None:
    ids = odoo.kept("res.partner", ["id", "name", "ref"],
                    *([odoo.xid(f"r{n}"), f"Row {n}", f"{odoo.run}-{n}"] for n in range(5)))  # fmt: skip
    mine = [["ref", "=like", f"{odoo.run}-%"]]
    pages = [odoo.rows("res.partner", mine, "name", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [[row["id"] for row in page] for page in pages] == [ids[:2], ids[2:4], ids[4:], []]
    assert odoo.client.count(odoo.access, "res.partner", mine) == 5
    (last, *_) = odoo.rows("res.partner", mine, "name", order="id desc", limit=1)
    assert last["id"] == ids[-1]
    assert [row["id"] for row in odoo.rows("res.partner", [["id", "in", [*ids, 999999999]]], "name")] == ids


def test_an_archived_record_is_read_when_asked_for(odoo: At) -> None:
    (id_,) = odoo.kept("res.partner", ["id", "name"], [odoo.xid("a"), "Ada"])
    odoo.client.write(odoo.access, "res.partner", [id_], {"active": False})
    mine = [["id", "=", id_]]
    assert odoo.rows("res.partner", mine, "name") == []
    (row,) = odoo.rows("res.partner", mine, "name", context=ARCHIVED_TOO)
    assert (row["id"], row["name"]) == (id_, "Ada")
    assert odoo.client.count(odoo.access, "res.partner", mine, context=ARCHIVED_TOO) == 1


# -- external ids by hand ------------------------------------------------------------------------------------------


def test_an_external_id_is_planted_once_and_taken_away(odoo: At) -> None:
    (partner,) = odoo.create("res.partner", {"name": "There before", "ref": f"{odoo.run}-x"})
    row = {"module": "mooring", "name": f"{odoo.run}_x", "model": "res.partner", "res_id": partner}
    (planted,) = odoo.client.create(odoo.access, "ir.model.data", [row])
    error = refused(lambda: odoo.client.create(odoo.access, "ir.model.data", [row]))
    assert (type(error), error.code) == (Permanent, "odoo_refused")
    assert odoo.kept("res.partner", ["id", "name"], [odoo.xid("x"), "Linked"]) == [partner]
    odoo.client.unlink(odoo.access, "ir.model.data", [planted])
    odoo.client.unlink(odoo.access, "ir.model.data", [planted])
    assert odoo.planted() == {}
    (kept,) = odoo.rows("res.partner", [["id", "=", partner]], "name")
    assert kept["name"] == "Linked"


# -- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "method", "arguments", "ids", "code"),
    [
        ("no.such.model", "search_count", {"domain": []}, None, "odoo_unknown"),
        ("res.partner", "no_such_method", {}, None, "odoo_unknown"),
        ("res.partner", "_compute_display_name", {}, [1], "odoo_access"),
        ("res.partner", "write", {"vals": {"name": "z"}}, [999999999], "odoo_missing"),
        ("res.partner", "create", {"vals_list": [{"email": "nameless@example.com"}]}, None, "odoo_refused"),
        ("res.partner", "create", {"vals_list": [{"name": "x", "no_such_field": 1}]}, None, "odoo_error"),
        ("res.partner", "search_read", {"domain": [["no_such_field", "=", 1]], "fields": ["id"]}, None, "odoo_error"),
    ],
)
def test_an_error_is_known_by_its_name(odoo: At, model: str, method: str, arguments, ids, code: str) -> None:
    error = refused(lambda: odoo.client.call(odoo.access, model, method, arguments, ids=ids))
    assert (type(error), error.code) == (Permanent, code)
    assert error.sentence and "Traceback" not in error.sentence and "\n" not in error.sentence
    assert len(error.sentence) < 700


def test_a_barcode_belongs_to_one_product(odoo: At) -> None:
    odoo.kept("product.product", ["id", "name", "barcode"], [odoo.xid("p"), "Tea", f"B{odoo.run}"])
    again = {"name": "Other tea", "barcode": f"B{odoo.run}"}
    error = refused(lambda: odoo.create("product.product", again))
    assert error.code == "odoo_refused"
    assert f"B{odoo.run}" in error.sentence


# -- both protocols ------------------------------------------------------------------------------------------------


def test_both_protocols_say_the_same(place: At) -> None:
    (id_,) = place.kept("res.partner", ["id", "name", "ref"], [place.xid("both"), "Both", f"{place.run}-both"])
    said = [place.over(one).rows("res.partner", [["id", "=", id_]], "name", "ref", "parent_id") for one in PROTOCOLS]
    assert said[0] == said[1]

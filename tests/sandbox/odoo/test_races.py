"""Transactions: who commits first wins, a rolled back one leaves nothing, and what comes late still comes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from mooring_sandbox.odoo.calls import in_transaction
from mooring_sandbox.odoo.errors import SerializationFailure
from mooring_sandbox.odoo.orm.environment import Env
from tests.sandbox.odoo.asking import DATABASE, Asking

FIELDS = ["id", "name", "ref"]
LOST = "could not serialize access due to concurrent update\n"


def begun_load(odoo: Asking, begun: int, *rows: list[str]) -> dict[str, Any]:
    """A load in a transaction that began at that moment."""
    sandbox = odoo.app.sandbox
    work = lambda shared: Env(shared, 2)["res.partner"].load(FIELDS, list(rows))  # noqa: E731
    return in_transaction(sandbox.databases.get(DATABASE), sandbox.clock, work, begun)


def begin(odoo: Asking) -> int:
    return odoo.app.sandbox.databases.get(DATABASE).begin()


def test_the_second_of_two_loads_of_the_same_new_ids_loses(odoo: Asking):
    begun = begin(odoo)
    odoo.kept("res.partner", FIELDS, ["mooring.a", "First", "r-a"])
    said = begun_load(odoo, begun, ["mooring.a", "Second", "r-a"])
    assert said["ids"] is False
    assert [message["message"] for message in said["messages"]] == [LOST]
    assert odoo.names("r-") == ["First"]


def test_the_second_of_two_loads_of_known_ids_loses_too(odoo: Asking):
    odoo.kept("res.partner", FIELDS, ["mooring.a", "Old", "r-a"])
    begun = begin(odoo)
    odoo.kept("res.partner", FIELDS, ["mooring.a", "First", "r-a"])
    assert begun_load(odoo, begun, ["mooring.a", "Second", "r-a"])["ids"] is False
    assert odoo.names("r-") == ["First"]


def test_loads_of_other_records_do_not_disturb_each_other(odoo: Asking):
    begun = begin(odoo)
    odoo.kept("res.partner", FIELDS, ["mooring.a", "First", "r-a"])
    assert begun_load(odoo, begun, ["mooring.b", "Second", "r-b"])["messages"] == []
    assert odoo.names("r-") == ["First", "Second"]


def test_an_id_that_was_cleared_meanwhile_makes_the_load_lose(odoo: Asking):
    odoo.kept("res.partner", FIELDS, ["mooring.a", "Old", "r-a"])
    begun = begin(odoo)
    rows = odoo.call("ir.model.data", "search", domain=[["module", "=", "mooring"]])
    odoo.call("ir.model.data", "unlink", ids=rows)
    said = begun_load(odoo, begun, ["mooring.a", "New", "r-a"])
    assert said["ids"] is False
    assert odoo.names("r-") == ["Old"]


def test_one_of_two_rows_in_a_race_takes_the_other_with_it(odoo: Asking):
    begun = begin(odoo)
    odoo.kept("res.partner", FIELDS, ["mooring.a", "First", "r-a"])
    said = begun_load(odoo, begun, ["mooring.b", "Alone", "r-b"], ["mooring.a", "Second", "r-a"])
    assert [(m["record"], m["message"]) for m in said["messages"]] == [(1, LOST)]
    assert odoo.names("r-") == ["First"]


def test_a_write_that_lost_is_done_again(odoo: Asking):
    (id_,) = odoo.kept("res.partner", FIELDS, ["mooring.a", "Old", "r-a"])
    sandbox, begun = odoo.app.sandbox, begin(odoo)
    odoo.call("res.partner", "write", ids=[id_], vals={"name": "First"})
    work = lambda shared: Env(shared, 2)["res.partner"]._browse([id_]).write({"name": "Second"})  # noqa: E731
    assert in_transaction(sandbox.databases.get(DATABASE), sandbox.clock, work, begun) is True
    assert odoo.names("r-") == ["Second"]


def test_a_transaction_that_fails_leaves_nothing(odoo: Asking):
    answer = odoo.answer(
        "res.partner", "create", vals_list=[{"name": "Kept?", "ref": "r-1"}, {"name": "x", "nofield": 1}]
    )
    assert answer.status_code == 500
    assert odoo.names("r-") == []


def test_many_clients_at_once_make_each_record_once(odoo: Asking):
    rows = [[f"mooring.m{n}", f"M{n}", "r-m"] for n in range(20)]
    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(lambda _: odoo.load("res.partner", FIELDS, *rows), range(12)))
    assert any(one["ids"] for one in said)
    assert all(one["ids"] or LOST in {m["message"] for m in one["messages"]} for one in said)
    assert len(odoo.names("r-m")) == 20


@pytest.mark.parametrize("queued", [False, True])
def test_a_late_commit_happens_when_the_clock_says_so(odoo: Asking, queued: bool):
    odoo.control("POST", "/faults", kind="late_commit", operation="res.partner.load", seconds=30, queued=queued)
    with pytest.raises(httpx.HTTPError):
        odoo.load("res.partner", FIELDS, ["mooring.a", "Late", "r-a"])
    assert odoo.names("r-") == []
    odoo.control("POST", "/clock", advance=29)
    assert odoo.names("r-") == []
    odoo.control("POST", "/clock", advance=2)
    assert odoo.names("r-") == ["Late"]


@pytest.mark.parametrize(("queued", "name"), [(False, "Resent"), (True, "Late")])
def test_a_resend_and_the_late_original_make_one_record(odoo: Asking, queued: bool, name: str):
    """The original that began with its request loses to the resend; one that only begins now finds its id known."""
    odoo.control("POST", "/faults", kind="late_commit", operation="res.partner.load", seconds=30, queued=queued)
    with pytest.raises(httpx.HTTPError):
        odoo.load("res.partner", FIELDS, ["mooring.a", "Late", "r-a"])
    odoo.kept("res.partner", FIELDS, ["mooring.a", "Resent", "r-a"])
    odoo.control("POST", "/late/settle")
    assert odoo.names("r-") == [name]


def test_a_create_whose_answer_is_lost_is_there_and_doubles_when_sent_again(odoo: Asking):
    odoo.control("POST", "/faults", kind="lost_answer", operation="res.partner.create")
    vals = [{"name": "Twice", "ref": "r-t"}]
    with pytest.raises(httpx.HTTPError):
        odoo.call("res.partner", "create", vals_list=vals)
    assert odoo.names("r-t") == ["Twice"]
    odoo.call("res.partner", "create", vals_list=vals)
    assert odoo.names("r-t") == ["Twice", "Twice"]


def test_an_ordered_loss_of_a_race_is_told_in_the_messages_of_a_load_and_hidden_elsewhere(odoo: Asking):
    odoo.control("POST", "/faults", kind="serialization", times=2)
    said = odoo.load("res.partner", FIELDS, ["mooring.a", "A", "r-a"])
    assert (said["ids"], said["messages"][0]["message"]) == (False, LOST)
    assert odoo.call("res.partner", "create", vals_list=[{"name": "B", "ref": "r-b"}])
    assert odoo.names("r-") == ["B"]


def test_a_race_that_is_lost_again_and_again_is_given_up(odoo: Asking):
    sandbox = odoo.app.sandbox
    database = sandbox.databases.get(DATABASE)

    def always(shared: Any) -> None:
        raise SerializationFailure

    with pytest.raises(SerializationFailure):
        in_transaction(database, sandbox.clock, always)

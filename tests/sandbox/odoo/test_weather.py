"""Faults, pace, the log of what was asked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mooring_sandbox.odoo import pace
from tests.sandbox.odoo.asking import Asking

COUNT: dict[str, Any] = {"domain": [["id", "=", 0]]}


@pytest.mark.parametrize("kind", ["gone", "hang", "cut", "lost_answer", "late_commit"])
def test_the_client_hears_nothing_it_can_read(odoo: Asking, kind: str):
    odoo.control("POST", "/faults", kind=kind, seconds=0.01, sent_bytes=3)
    with pytest.raises(httpx.HTTPError):
        odoo.call("res.partner", "search_count", **COUNT)
    assert odoo.call("res.partner", "search_count", **COUNT) == 0


@pytest.mark.parametrize(
    ("kind", "done"), [("gone", 0), ("hang", 0), ("cut", 1), ("lost_answer", 1), ("late_commit", 0)]
)
def test_what_is_done_of_a_call_that_failed(odoo: Asking, kind: str, done: int):
    odoo.control(
        "POST", "/faults", kind=kind, operation=r"res\.partner\.create", seconds=0.01 if kind == "hang" else 60
    )
    with pytest.raises(httpx.HTTPError):
        odoo.call("res.partner", "create", vals_list=[{"name": "X", "ref": "w-1"}])
    assert len(odoo.names("w-")) == done


def test_a_proxy_answers_instead(odoo: Asking):
    odoo.control("POST", "/faults", kind="status", status=502, times=2)
    for _ in range(2):
        answer = odoo.answer("res.partner", "search_count", **COUNT)
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    odoo.control("POST", "/faults", kind="status", status=503, body={"error": "busy"}, headers={"Retry-After": "3"})
    answer = odoo.answer("res.partner", "search_count", **COUNT)
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"error": "busy"}, "3")


def test_a_late_answer_comes_after_the_work(odoo: Asking):
    odoo.control("POST", "/faults", kind="late", seconds=0.05)
    assert odoo.call("res.partner", "create", vals_list=[{"name": "X", "ref": "w-1"}])
    assert odoo.names("w-") == ["X"]


def test_faults_strike_by_place_count_and_seed(odoo: Asking):
    odoo.control("POST", "/faults", kind="status", operation=r"res\.partner\..*", skip=1, times=1)
    statuses = [odoo.answer("res.partner", "search_count", **COUNT).status_code for _ in range(3)]
    assert statuses == [200, 500, 200]
    odoo.control("DELETE", "/faults")
    odoo.control("POST", "/faults", kind="status", probability=0.5, seed=7, times=None)
    first = [odoo.answer("res.country", "search_count", **COUNT).status_code for _ in range(12)]
    odoo.control("DELETE", "/faults")
    odoo.control("POST", "/faults", kind="status", probability=0.5, seed=7, times=None)
    assert [odoo.answer("res.country", "search_count", **COUNT).status_code for _ in range(12)] == first
    assert {200, 500} == set(first)


def test_a_mistaken_fault_gets_a_sentence(odoo: Asking):
    refused = odoo.http.post(f"{odoo.url}/_sandbox/faults", json={"kind": "nonsense"})
    assert refused.status_code == 400 and "kind" in refused.json()["error"]
    refused = odoo.http.post(f"{odoo.url}/_sandbox/faults", json={"kind": "gone", "operation": "("})
    assert refused.status_code == 400 and "no regular expression" in refused.json()["error"]


def test_calls_and_records_are_counted(odoo: Asking):
    odoo.control("DELETE", "/requests")
    odoo.kept("res.partner", ["id", "name"], ["mooring.a", "A"], ["mooring.b", "B"])
    odoo.call("res.partner", "search_count", **COUNT)
    counted = odoo.control("GET", "/counts")
    assert counted["operations"]["res.partner.load"] == {"calls": 1, "records": 2}
    assert counted["total"] == 2
    (entry,) = [e for e in odoo.control("GET", "/requests") if e["operation"] == "res.partner.load"]
    assert (entry["kind"], entry["database"], entry["status"]) == ("json2", "shop", 200)


def test_the_pace_is_what_was_measured():
    """Per record, in batches of 500: 1.3 ms for a new contact, 4.5 ms for a known one, 9.7 ms for an order of three
    lines."""
    new, again = (pace.before("res.partner", "load", 500, known, {}) for known in (0, 500))
    assert 0.6 < new < 0.75 and 2.0 < again < 2.5
    assert pace.before("sale.order", "load", 100, 0, {}) > 0.9
    assert pace.before("res.partner", "load", 500, 0, {"tracking_disable": True}) < new
    assert pace.before("res.partner", "search_read", 1, 0, {}) + pace.after("search_read", 5000) < 0.1


def test_settings_are_kept_and_named_when_wrong(odoo: Asking):
    assert odoo.control("PATCH", "/settings", workers=2)["workers"] == 2
    assert odoo.http.patch(f"{odoo.url}/_sandbox/settings", json={"speed": 1}).status_code == 400
    assert odoo.control("GET", "/settings")["workers"] == 2


def test_the_control_api_is_for_this_machine(odoo: Asking):
    assert odoo.http.get(f"{odoo.url}/_sandbox/", headers={"Host": "evil.example"}).status_code == 403
    assert odoo.http.get(f"{odoo.url}/_sandbox/", headers={"X-Forwarded-For": "1.2.3.4"}).status_code == 403

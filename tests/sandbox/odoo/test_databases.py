"""Several databases: copies with the same uuid, a restored older state, a neutralised one, and after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import beside, server
from tests.sandbox.odoo.asking import DATABASE, Asking

FIELDS = ["id", "name", "ref"]


def uuid(odoo: Asking, database: str) -> str:
    return odoo.call("ir.config_parameter", "get_param", key="database.uuid", database=database)


def test_a_copy_has_the_same_uuid_keys_and_records_and_goes_its_own_way(odoo: Asking):
    odoo.kept("res.partner", FIELDS, ["mooring.a", "A", "r-a"])
    odoo.control("POST", f"/databases/{DATABASE}/copy", name="staging", neutralize=True)
    assert uuid(odoo, "staging") == uuid(odoo, DATABASE)
    neutral = odoo.call("ir.config_parameter", "get_param", key="database.is_neutralized", database="staging")
    assert neutral == "true"
    odoo.kept("res.partner", FIELDS, ["mooring.b", "B", "r-b"], database="staging")
    assert odoo.names("r-", database="staging") == ["A", "B"]
    assert odoo.names("r-", database=DATABASE) == ["A"]


def test_odoos_own_copy_has_a_uuid_of_its_own(odoo: Asking):
    odoo.control("POST", f"/databases/{DATABASE}/copy", name="second", same_uuid=False)
    assert uuid(odoo, "second") != uuid(odoo, DATABASE)


def test_with_several_databases_a_request_must_name_one(odoo: Asking):
    odoo.control("POST", "/databases", name="other")
    answer = odoo.answer("res.partner", "search_count", domain=[])
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert odoo.answer("res.partner", "search_count", domain=[], database="other").status_code == 401


def test_a_restored_database_gives_its_ids_out_again(odoo: Asking):
    odoo.kept("res.partner", FIELDS, ["mooring.a", "A", "r-a"])
    odoo.control("POST", f"/databases/{DATABASE}/snapshot", label="monday")
    (lost,) = odoo.kept("res.partner", FIELDS, ["mooring.b", "B", "r-b"])
    odoo.control("POST", f"/databases/{DATABASE}/restore", label="monday")
    assert odoo.names("r-") == ["A"]
    (other,) = odoo.kept("res.partner", FIELDS, ["mooring.c", "C", "r-c"])
    assert other == lost


def test_what_does_not_exist_is_said(odoo: Asking):
    refused = odoo.http.post(f"{odoo.url}/_sandbox/databases/none/copy", json={"name": "x"})
    assert (refused.status_code, refused.json()) == (404, {"error": "there is no database 'none'"})
    refused = odoo.http.post(f"{odoo.url}/_sandbox/databases/{DATABASE}/restore", json={"label": "tuesday"})
    assert refused.status_code == 404 and "no snapshot" in refused.json()["error"]
    refused = odoo.http.post(f"{odoo.url}/_sandbox/databases", json={"name": DATABASE})
    assert refused.status_code == 400 and "already" in refused.json()["error"]


def test_the_directory_is_the_server(tmp_path: Path):
    first = server.create(Clock(), data=tmp_path)
    key = beside.known_key(first.sandbox.databases, DATABASE)
    first.sandbox.databases.act(
        first.sandbox.databases.get(DATABASE),
        lambda env: env["res.partner"].create({"name": "Kept", "ref": "k"}).ids[0],
    )
    first.close()
    again = server.create(Clock(), data=tmp_path)
    assert beside.known_key(again.sandbox.databases, DATABASE) == key
    found = again.sandbox.databases.act(
        again.sandbox.databases.get(DATABASE), lambda env: env["res.partner"].search_count([("ref", "=", "k")])
    )
    again.close()
    assert found == 1


def test_a_database_without_a_directory_lives_as_long_as_its_process(odoo: Asking):
    app = server.create(Clock(), database="passing")
    app.sandbox.databases.snapshot("passing", "now")
    app.sandbox.databases.restore("passing", "now")
    assert app.sandbox.databases.names() == ["passing"]
    app.close()


@pytest.mark.parametrize("name", ["", "../x", "a b", "a.snapshot-b"])
def test_a_name_that_is_no_name_is_refused(odoo: Asking, name: str):
    assert odoo.http.post(f"{odoo.url}/_sandbox/databases", json={"name": name}).status_code == 400


def test_somebody_in_odoo_does_something_unseen(odoo: Asking):
    (id_,) = odoo.kept("res.partner", FIELDS, ["mooring.a", "A", "r-a"])
    odoo.control("DELETE", "/requests")
    said = odoo.control(
        "POST",
        f"/databases/{DATABASE}/call",
        model="res.partner",
        method="write",
        arguments={"ids": [id_], "vals": {"name": "Edited"}},
    )
    assert said is True
    assert odoo.control("GET", "/counts")["total"] == 0
    assert odoo.names("r-") == ["Edited"]

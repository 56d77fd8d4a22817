"""`mooring sandbox` serves an Odoo too: what it prints, that a restart is the same, how it refuses a port."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from mooring_sandbox.odoo import beside
from tests.sandbox.test_server_cli import SMALL, refused, running

pytestmark = pytest.mark.slow


def version_and_count(odoo: dict[str, str]) -> tuple[str, int]:
    with httpx.Client(
        base_url=odoo["url"], trust_env=False, headers={"Authorization": f"bearer {odoo['key']}"}
    ) as http:
        version = http.get("/web/version").json()["version"]
        return version, http.post("/json/2/res.partner/search_count", json={"domain": []}).json()


def test_it_prints_what_is_needed_and_a_restart_is_the_same(tmp_path: Path):
    with running(tmp_path, "--odoo-pace", "0") as (first, process):
        odoo = first["odoo"]
        assert (odoo["database"], odoo["login"]) == ("shop", "admin")
        assert version_and_count(odoo) == ("19.0", 2)
        headers = {"Authorization": f"bearer {odoo['key']}"}
        httpx.post(
            f"{odoo['url']}/json/2/res.partner/create",
            json={"vals_list": [{"name": "Kept"}]},
            headers=headers,
            trust_env=False,
        )
        process.kill()
        process.communicate(timeout=20)
    with running(tmp_path) as (again, _):
        assert again["odoo"]["key"] == odoo["key"]
        assert version_and_count(again["odoo"]) == ("19.0", 3)


def test_both_go_by_one_clock(tmp_path: Path):
    with running(tmp_path) as (facts, _):
        httpx.post(f"{facts['control']}/clock", json={"set": "2031-05-06T07:08:09Z"}, trust_env=False)
        now = httpx.get(f"{facts['odoo']['control']}/clock", trust_env=False).json()["now"]
        assert now.startswith("2031-05-06T07:08")


def test_a_taken_port_gets_a_sentence(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = refused(tmp_path, "--port", "0", "--odoo-port", str(port), *SMALL)
    assert (code, said) == (1, f"port {port} is taken: choose another with --odoo-port, or 0 for a free one")


def test_unasked_it_takes_odoos_usual_port_or_a_free_one():
    with (
        beside.listening("127.0.0.1", None, beside=0) as first,
        beside.listening("127.0.0.1", None, beside=8787) as second,
        beside.listening("127.0.0.1", None, beside=8787) as third,
    ):
        ports = [one.getsockname()[1] for one in (first, second, third)]
    assert len(set(ports)) == 3 and ports[0] != beside.USUAL_PORT

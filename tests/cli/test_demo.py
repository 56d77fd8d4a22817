"""`mooring demo`: the whole way by real redirects, proved; and again in the same directory."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import httpx2
import pytest

from mooring.cli import local
from tests.cli.commands import COMMAND, environment, mooring

pytestmark = pytest.mark.slow
SIZES = ("--customers=30", "--orders=40", "--products=10", "--book=12")


def demo(data_dir: Path, *words: str):
    done = mooring("demo", "--once", "--json", *words, data_dir=data_dir)
    assert done.stdout.count("\n") == 1, done.stderr
    return done, json.loads(done.stdout)


def test_it_ends_with_a_proof_and_can_be_repeated(data_dir: Path, tmp_path: Path) -> None:
    kept = f"--data={tmp_path / 'demo'}"
    done, facts = demo(data_dir, *SIZES, kept)
    assert done.returncode == 0, done.stderr
    assert (facts["store"], facts["status"]) == ("rehearsal.myshopify.com", "verified")
    assert facts.keys() == {
        "store", "status", "imported", "seconds", "requests", "detail_requests", "odoo", "orders", "invoices",
        "totals_equal", "orders_in_review", "orders_since",
    }  # fmt: skip
    counts = {kind: (one["count"], one["expected"], one["verified"]) for kind, one in facts["imported"].items()}
    assert counts["customers"] == (30, 30, True)
    assert counts["orders"] == (40, 40, True)
    assert counts["products"] == (10, 10, True)
    assert all(one["verified"] for one in facts["imported"].values())
    assert facts["seconds"] > 0
    assert facts["odoo"].keys() == {"customers", "products", "orders"}
    assert facts["odoo"]["customers"]["created"] + facts["odoo"]["customers"]["linked"] == 30
    assert facts["odoo"]["products"] == {"created": 10, "linked": 0, "unchanged": 0, "failed": 0}
    assert facts["odoo"]["orders"]["created"] == facts["orders"] + facts["orders_in_review"] >= 12
    assert facts["odoo"]["orders"]["created"] + facts["odoo"]["orders"]["excluded"] == 40, "the newest dozen"
    assert facts["totals_equal"] is True and facts["orders_since"] and 0 < facts["invoices"] <= facts["orders"]
    again, repeated = demo(data_dir, kept)
    assert (again.returncode, repeated["imported"]) == (0, facts["imported"])
    unchanged = {kind: one["unchanged"] for kind, one in repeated["odoo"].items()}
    assert unchanged == {"customers": 30, "products": 10, "orders": facts["odoo"]["orders"]["created"]}
    assert (repeated["orders"], repeated["invoices"]) == (facts["orders"], facts["invoices"])
    assert repeated["totals_equal"] is True


def test_a_demo_that_is_killed_leaves_nobody_behind(data_dir: Path, tmp_path: Path) -> None:
    words = [*COMMAND, "demo", "--json", *SIZES, f"--data={tmp_path / 'demo'}"]
    running = subprocess.Popen(words, env=environment(data_dir, {}), stdout=subprocess.PIPE, cwd=data_dir)
    assert running.stdout is not None
    url = json.loads(running.stdout.readline())["url"]
    assert httpx2.get(f"{url}/healthz").status_code == 200
    running.kill()
    running.wait()
    for _ in range(600):
        if not (tmp_path / "demo" / "hub" / local.NAME).exists():
            return
        time.sleep(0.05)
    raise AssertionError("the Mooring of a killed demo goes on")


def test_a_callers_own_mooring_is_left_alone(data_dir: Path) -> None:
    before = {path.name for path in data_dir.iterdir()}
    done, _ = demo(data_dir, *SIZES)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in data_dir.iterdir()} == before


def test_a_csv_file_that_cannot_be_read_ends_it_with_the_row(data_dir: Path) -> None:
    (data_dir / "products.csv").write_text("Handle,Title,Variant Price\ntea,Green tea,twelve\n")
    done, facts = demo(data_dir, "--products-csv=products.csv")
    assert done.returncode == 1
    assert facts["error"]["code"] == "child_failed"
    assert "row 2" in done.stderr
    assert "Traceback" not in done.stderr

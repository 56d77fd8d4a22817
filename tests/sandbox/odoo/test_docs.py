"""docs/sandbox-odoo.md names every verb of the control API, every kind of fault and every setting, and nothing that is
not there."""

import re
from pathlib import Path
from typing import get_args

import msgspec

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo import server
from mooring_sandbox.odoo.faults import Kind
from mooring_sandbox.odoo.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "sandbox-odoo.md").read_text()


def served() -> set[str]:
    app = server.create(Clock(), database=None)
    found = {f"{method} {template}" for method, template, _ in app.control.routes()}
    app.close()
    return found


def documented() -> set[str]:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if re.match(r"\| `[A-Z]", line)]
    spoken = [found for row in rows for found in re.findall(r"`([A-Z, ]+) (/[\w/{}]*)", row)]
    return {f"{verb} {path}" for verbs, path in spoken for verb in verbs.split(", ")}


def test_every_verb_is_documented_and_no_other():
    assert documented() == served()


def test_every_kind_of_fault_is_documented():
    assert [kind for kind in get_args(Kind) if f"| `{kind}`" not in PAGE] == []


def test_every_setting_is_documented():
    assert [field.name for field in msgspec.structs.fields(Settings) if f"`{field.name}`" not in PAGE] == []

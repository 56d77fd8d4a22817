"""docs/sandbox.md names every verb of the control API and every kind of fault, and nothing that is not there."""

import re
from pathlib import Path
from typing import get_args

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.faults import Kind
from mooring_sandbox.shopify.state import State

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()


def documented() -> set[str]:
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `") and "/" in line.split("|")[1]]
    return {path.partition("?")[0] for row in rows for path in re.findall(r"(?<![\w>])(/[\w/{}]*)", row)}


def served(tmp_path: Path) -> set[str]:
    state = State(tmp_path / "s.sqlite")
    asgi = server.create(state, Clock(), data=tmp_path)
    paths = {template for _, template, _ in asgi.control.routes()}
    asgi.close()
    state.close()
    return paths


def test_every_verb_is_documented(tmp_path: Path):
    page = documented()
    short = {path for path in served(tmp_path) if path not in page}
    # Several verbs of one thing share a row: "/shops/{shop}/install …, /uninstall".
    assert {path for path in short if f"/{path.rpartition('/')[2]}`" not in PAGE} == set()


def test_every_kind_of_fault_is_documented():
    assert [kind for kind in get_args(Kind) if f"`{kind}`" not in PAGE] == []

"""What `mooring odoo sync` and `preview` say of several kinds at once."""

from __future__ import annotations

from typing import Any

import pytest

from mooring.cli import console, odoo_sync

DONE: dict[str, Any] = {
    "id": "7", "state": "done", "error": None,
    "receipt": {"customers": {"created": 3}, "orders": {"created": 4, "differs": 5}, "booked": {"paid": 1}},
}  # fmt: skip


def test_every_column_has_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    console.show({}, json=False, text=odoo_sync.told(DONE))
    head, _, customers, orders = (line.split() for line in capsys.readouterr().out.strip().splitlines())
    assert head == ["Kind", "Created", "Differs"]
    assert (customers, orders) == (["Customers", "3"], ["Orders", "4", "5"])


def test_what_to_do_next_stands_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    console.show({}, json=False, text=odoo_sync.told(DONE, "Do it with: that"))
    said = capsys.readouterr().out
    assert "Created" in said and said.strip().endswith("Do it with: that")

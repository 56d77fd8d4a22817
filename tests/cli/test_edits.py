"""`mooring edits` and `mooring privacy`, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import answer, mooring, serving
from tests.cli.conftest import SHOP, Rehearsing

pytestmark = pytest.mark.slow


def test_a_file_is_uploaded_and_an_address_suppressed(rehearsing: Rehearsing, data_dir: Path, tmp_path: Path) -> None:
    with serving(data_dir, **rehearsing.settings) as running:
        rehearsing.set_up(running)
    rehearsing.install()
    on = {"data_dir": data_dir, **rehearsing.settings}
    answer("stores", "connect", "harbour", "--client-credentials", **on)
    file = tmp_path / "changes.csv"
    file.write_text("email_address,first_name\nnobody@example.com,Ann\n")
    shown = mooring("edits", "upload", SHOP, str(file), "--preview", **on)
    assert "1 row would be refused. Nothing was changed yet." in shown.stdout
    done = mooring("edits", "upload", SHOP, str(file), **on)
    assert done.returncode == 1
    assert "line 2: There is no such customer in this store." in done.stdout
    assert answer("edits", "list", SHOP, **on) == {"edits": []}
    assert mooring("edits", "retry", SHOP, **on).returncode == 3

    assert answer("privacy", "list", **on) == {"requests": []}
    assert answer("privacy", "suppress", "email", "a@example.com", **on)["changed"] is True
    assert answer("privacy", "lift", "email", "a@example.com", **on)["changed"] is True
    package = mooring("privacy", "package", "nothing", "--to", str(tmp_path / "p.zip"), **on)
    assert package.returncode != 0
    assert "There is no such request." in package.stderr
    assert list(tmp_path.glob("p.zip*")) == []

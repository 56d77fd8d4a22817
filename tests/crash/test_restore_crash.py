"""kill -9 at every file that a restore touches: the next start has the old Mooring whole, or the restored one, held."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.crash

OLD, RESTORED = ["Before", "After"], ["Before"]


def test_a_restore_that_is_killed_is_not_begun_or_is_finished_by_the_next_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.crash.restore_worker", str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, timeout=120, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["ended"] for one in found[:-1]} == {-signal.SIGKILL}
    assert found[-1]["ended"] == 0
    for one in found:
        assert sorted(one["projects"]) in (sorted(OLD), RESTORED), one
        whole = one["held"] and [sorted(kept) for kept in one["aside"]] == [sorted(OLD)]
        assert whole or (sorted(one["projects"]) == sorted(OLD) and not one["held"] and not one["aside"]), one
        assert one["left"] == [], one
    assert any(one["missing"] for one in found), "no kill came while there was no database"
    assert any(one["cut_off"] for one in found)

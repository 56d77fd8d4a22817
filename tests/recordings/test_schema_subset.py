"""The pruned schemas are true subsets of the official ones, and what `script/prune-schema` makes of them today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = ROOT.parent / "shared/shopify/schema"
TOOL = ROOT.parent / "shared/tools/schema_check.py"
KEPT = ROOT / "src/mooring_sandbox/shopify/schema"

pytestmark = pytest.mark.skipif(not TOOL.exists(), reason=f"no official schema to compare with: {OFFICIAL} is absent")


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_is_a_true_subset(version: str) -> None:
    ran = run(TOOL, "--schema", OFFICIAL / f"{version}.graphql.gz", "subset", KEPT / f"{version}.graphql")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_is_what_the_pruner_makes(tmp_path: Path) -> None:
    ran = run(ROOT / "script/prune-schema", OFFICIAL, "--into", tmp_path)
    assert ran.returncode == 0, ran.stderr
    made = sorted(tmp_path.iterdir())
    assert len(made) == 5
    assert [p.name for p in made if p.read_bytes() != (KEPT / p.name).read_bytes()] == []

"""The commands in script/: their shell is sound, and what they refuse they refuse in a sentence."""

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from script.lib import bench

ROOT = Path(__file__).parents[2]
COMMANDS = [path for path in sorted((ROOT / "script").iterdir()) if path.is_file()] + [ROOT / ".ci" / "run"]
SHELL_FILES = [path for path in COMMANDS if "bash" in path.read_text().partition("\n")[0]]
SHELL_FILES += sorted((ROOT / "script/lib").glob("*.sh"))


def run(*command: str | Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.mark.parametrize("path", SHELL_FILES, ids=lambda path: path.name)
def test_the_shell_reads_it(path: Path) -> None:
    assert run("bash", "-n", path).stderr == ""


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_it_can_be_started(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/usr/bin/env ")


def test_the_quick_tests_are_there() -> None:
    (quick,) = (line for line in (ROOT / "script/test").read_text().splitlines() if line.startswith("quick=("))
    assert [name for name in quick.removeprefix("quick=(").rstrip(")").split() if not (ROOT / name).exists()] == []


def test_run_names_a_command_that_is_not_there() -> None:
    done = run(ROOT / "script/run", "nonsense")
    assert (done.returncode, done.stdout) == (127, "")
    assert done.stderr.endswith("mooring: no such command: nonsense\n")


def test_run_without_a_command_says_how() -> None:
    done = run(ROOT / "script/run")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: script/run COMMAND" in done.stderr


def test_run_keeps_directory_arguments_and_status(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    folder.mkdir()
    code = "import os, sys; print(os.getcwd(), sys.argv[1:]); sys.exit(3)"
    done = run(ROOT / "script/run", "python", "-c", code, "one two", "", cwd=folder)
    assert (done.returncode, done.stdout) == (3, f"{folder} ['one two', '']\n")


def test_run_works_without_a_home() -> None:
    done = run(ROOT / "script/run", "mooring-is-not-asked", env={"PATH": os.environ["PATH"]})
    assert done.returncode == 127


SHELL = """
set -euo pipefail
. "$1/script/lib/environment.sh"
root=$2 environment=$2/.venv stamp=$2/.venv/.complete
"""


def in_shell(steps: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run functions of environment.sh on a checkout of our own."""
    return run("bash", "-c", SHELL + steps, "bash", ROOT, folder)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "a checkout"
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").symlink_to("/bin/true")
    (folder / "requirements.lock").write_text("one==1\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    assert in_shell('fingerprint >"$stamp"', folder).returncode == 0
    return folder


def is_complete(folder: Path) -> bool:
    return in_shell("environment_is_complete", folder).returncode == 0


def test_a_finished_environment_is_left_alone(checkout: Path) -> None:
    assert is_complete(checkout)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_file_asks_for_set_up(checkout: Path, name: str) -> None:
    with (checkout / name).open("a") as file:
        file.write("changed\n")
    assert not is_complete(checkout)


def test_a_moved_checkout_asks_for_set_up(checkout: Path) -> None:
    assert not is_complete(checkout.rename(checkout.with_name("elsewhere")))


def test_another_interpreter_asks_for_set_up(checkout: Path) -> None:
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/bin/python").symlink_to("/bin/false")
    assert not is_complete(checkout)


def test_an_old_python_is_refused_in_a_sentence(checkout: Path) -> None:
    steps = "install_debian_packages() { :; }; python_version_needed='(9, 0)'; find_python"
    done = in_shell(steps, checkout)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, and Python 3." in done.stderr


def test_missing_packages_are_named() -> None:
    done = in_shell("id() { echo 1000; }; install_debian_packages postgresql chromium", ROOT)
    assert done.returncode == 1
    assert "sudo apt-get install postgresql chromium" in done.stderr


def test_bench_writes_one_row_per_benchmark() -> None:
    results = [
        {"name": "import_store", "records": 220000, "ours_per_s": 51234.5, "ratio": 0.71, "machine": "2 cores"},
        {"name": "webhooks: **failed**", "failed": True},
    ]
    text = bench.page(results, ["--records", "9"], date(2026, 1, 2))
    assert "`script/bench --records 9` on 2026-01-02" in text
    assert "Machine: 2 cores" in text
    assert "| benchmark | records | ours, per second | ratio |\n| --- | --- | --- | --- |\n" in text
    assert "| import_store | 220,000 | 51,234.50 | 0.71 |\n| webhooks: **failed** |  |  |  |\n" in text


def test_bench_runs_benchmarks_and_not_their_parts() -> None:
    found = {path.stem for path in bench.benchmarks()}
    assert {"import_store", "delete_store"} <= found
    assert not found & {"common", "bare_import", "delete_rows"}


def test_bench_takes_a_failure_for_a_failure(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("print('no JSON')")
    assert bench.measure(broken, [])["failed"]
    broken.write_text("import sys; print('{}'); sys.exit(1)")
    assert bench.measure(broken, [])["failed"]

"""`mooring serve`: one Mooring on a data directory; every other command is its client, or does the work itself."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from pathlib import Path

import httpx2
import pytest

from mooring.cli import local
from tests.cli.commands import answer, mooring, serving

pytestmark = pytest.mark.slow


def test_it_serves_by_network_and_by_socket_and_stops_cleanly(data_dir: Path) -> None:
    with serving(data_dir, MOORING_LOG_LEVEL="debug") as running:
        assert httpx2.get(f"{running.said['url']}/healthz").status_code == 200
        assert answer("stores", "list", data_dir=data_dir) == {"stores": []}
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) & 0o077 for path in data_dir.iterdir()}
        assert not any(modes.values()), modes
        assert running.stop() == 0
        link = running.said["setup_link"]
        assert link.startswith(f"{running.said['url']}/setup/")
        assert link.rpartition("/")[2] not in running.log.read_text()
        assert "Traceback" not in running.log.read_text()
    assert not (data_dir / local.NAME).exists()


def test_the_network_is_not_the_socket(data_dir: Path) -> None:
    """Who comes by TCP is a stranger, whatever they claim."""
    with serving(data_dir) as running:
        claims = {"X-Forwarded-For": "", "Host": "localhost"}
        assert httpx2.get(f"{running.said['url']}/api/v1/projects", headers=claims).status_code == 401


def test_a_second_one_is_refused_and_names_the_first(data_dir: Path) -> None:
    with serving(data_dir) as running:
        done = mooring("serve", "--port=0", data_dir=data_dir)
        assert done.returncode == 3
        assert "in use" in done.stderr
        assert str(running.process.pid) in done.stderr
        assert answer("stores", "list", data_dir=data_dir) == {"stores": []}, "the first goes on"


@pytest.mark.parametrize("words", [["stores", "list"], ["migrate"], ["serve", "--port=0"]])
def test_a_directory_in_use_by_something_silent_is_a_sentence(data_dir: Path, words: list[str]) -> None:
    with (data_dir / "mooring.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(str(os.getpid()))
        held.flush()
        done = mooring(*words, "--json", data_dir=data_dir)
    assert done.returncode == 3
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "directory_in_use"
    assert str(os.getpid()) in error["sentence"]


def test_a_port_that_is_taken_is_a_sentence(data_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with serving(data_dir) as running:
        port = running.said["url"].rpartition(":")[2]
        done = mooring("serve", f"--port={port}", data_dir=data_dir, MOORING_DATA_DIR=str(other))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr
    assert not other.exists(), "nothing was begun"


def test_a_wrong_key_file_is_a_sentence(data_dir: Path) -> None:
    answer("stores", "list", data_dir=data_dir)
    (data_dir / "keys").write_text("k1:" + "A" * 43 + "=\n")
    for words in (["serve", "--port=0"], ["stores", "list"], ["doctor"]):
        done = mooring(*words, data_dir=data_dir)
        assert done.returncode == 1
        assert "does not open with this key ring" in " ".join((done.stdout + done.stderr).split())
        assert "Traceback" not in done.stderr


def test_a_set_up_link_is_made_anew_until_there_is_an_admin(data_dir: Path) -> None:
    links = set()
    for _ in range(2):
        with serving(data_dir) as running:
            links.add(running.said["setup_link"])
    assert len(links) == 2

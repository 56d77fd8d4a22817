"""The socket in the data directory, and a port that is taken."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from mooring.cli import local
from mooring.cli.listening import listen
from mooring.errors import Misconfigured


@pytest.fixture(params=["", "a" * 150], ids=["short", "long"])
def folder(data_dir: Path, request: pytest.FixtureRequest) -> Path:
    """Also a directory whose path is longer than the kernel allows for a socket."""
    made = data_dir / request.param
    made.mkdir(exist_ok=True)
    return made


def test_only_the_owner_can_open_the_socket(folder: Path) -> None:
    with local.listening(folder), local.path_of(folder) as path:
        assert stat.S_IMODE((folder / local.NAME).stat().st_mode) == 0o600
        assert local.answers(path)
    assert not (folder / local.NAME).exists()


def test_a_leftover_of_a_dead_process_does_not_answer_and_is_replaced(folder: Path) -> None:
    with local.path_of(folder) as path:
        left = socket.socket(socket.AF_UNIX)
        left.bind(path)
        left.close()
        assert not local.answers(path)
        with local.listening(folder):
            assert local.answers(path)


def test_a_socket_that_answers_is_not_taken_away(folder: Path) -> None:
    with local.listening(folder), local.path_of(folder) as path:
        with pytest.raises(Misconfigured, match="in use"), local.listening(folder):
            pass
        assert local.answers(path)


def test_nothing_answers_where_nothing_is(folder: Path) -> None:
    with local.path_of(folder) as path:
        assert not local.answers(path)


def test_the_mode_of_other_files_stays_as_it_was(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        with local.listening(folder):
            assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("server", "by_socket"),
    [(("/data/mooring.sock", None), True), (("127.0.0.1", 8321), False), (None, False)],
)
def test_a_unix_socket_is_told_by_its_own_end(server: tuple | None, by_socket: bool) -> None:
    """The peer of a TCP connection can be unknown too, when it has gone already."""
    assert local.came_by_socket({"server": server, "client": None}) is by_socket


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(Misconfigured, match="is taken by another program"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_address_that_is_not_ours_is_a_sentence() -> None:
    with pytest.raises(Misconfigured, match="Check MOORING_HOST"):
        listen("203.0.113.7", 0)


def test_ipv6_is_listened_on() -> None:
    with listen("::1", 0) as listener:
        assert listener.getsockname()[0] == "::1"

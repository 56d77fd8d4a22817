"""How a command ends: its status, and what is said about an error nobody foresaw."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from mooring.cli import main
from mooring.cli.commands import app
from mooring.errors import Refused


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch):
    """A command `fail` that raises what the test wants."""

    def add(error: BaseException) -> None:
        def fail(json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
            """Fails."""
            raise error

        monkeypatch.setattr(app, "registered_commands", [*app.registered_commands])
        app.command("fail")(fail)

    return add


def test_a_command_that_asks_a_running_server_loads_neither_database_nor_server() -> None:
    """Each of them would make every command slower; whoever needs one imports it where it is needed."""
    heavy = {"sqlalchemy", "alembic", "litestar", "dbos", "graphql", "jinja2", "cryptography"}
    said = "import mooring.cli.main, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert set(done.stdout.split()) & heavy == set()


def test_wrong_usage_is_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["stores", "list", "--nonsense", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "usage"


def test_a_refusal_is_a_sentence_on_stderr(failing, capsys: pytest.CaptureFixture[str]) -> None:
    failing(Refused("Not now."))
    assert main.run(["fail"]) == 3
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "Not now.\n")


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [
        (KeyError("hush"), 1, "error of its own (KeyError)"),
        (PermissionError(13, "Permission denied", "/data"), 1, "Permission denied: /data."),
        (OSError(28, "No space left on device"), 1, "No space left on device."),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, "Stopped."),
    ],
)
def test_an_unforeseen_error_is_one_too(
    failing, capsys: pytest.CaptureFixture[str], error: BaseException, status: int, sentence: str
) -> None:
    failing(error)
    assert main.run(["fail"]) == status
    said = capsys.readouterr().err
    assert sentence in said
    assert "hush" not in said
    assert "Traceback" not in said


def test_a_traceback_is_there_for_whoever_asks(
    failing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_LOG_LEVEL", "debug")
    failing(KeyError("name"))
    assert main.run(["fail"]) == 1
    assert "Traceback" in capsys.readouterr().err

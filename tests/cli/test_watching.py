"""A command waits for an operation that gets on, and not for ever for one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mooring.cli import console, watching
from mooring.cli.api import Api
from mooring.errors import Unreachable

AWAY = "Odoo at http://127.0.0.1 cannot be reached."


def one(state: str = "running", *, attempts: int = 0, error: str | None = None) -> dict[str, Any]:
    ended = state in ("done", "failed")
    return {"id": "op-1", "state": state, "finished": ended, "attempts": attempts, "error": error}


def watched(*states: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The first is known; each look finds the next, and the last for ever."""
    following: Iterator[dict[str, Any]] = iter(states[1:])

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=next(following, states[-1]))

    with httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://localhost") as client:
        return watching.to_its_end(Api(client), states[0], **more)


def test_it_stays_until_the_end_and_says_what_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    waiting, on = one(attempts=1, error=AWAY), one(error=AWAY)
    assert watched(one(), waiting, waiting, on, one("done"))["state"] == "done"
    assert capsys.readouterr().err.count(f"Waiting: {AWAY}") == 1


def test_each_look_is_shown_the_last_one_too() -> None:
    seen: list[str] = []
    watched(one("pending"), one(), one("done"), show=lambda operation: seen.append(operation["state"]))
    assert seen == ["pending", "running", "done"]


def test_one_that_is_parked_is_not_waited_for() -> None:
    assert watched(one(), one("parked"))["state"] == "parked"


def test_an_other_side_that_stays_away_is_waited_for_so_long_and_no_longer() -> None:
    with pytest.raises(Unreachable, match="mooring operations show op-1") as given_up:
        watched(one(), one(attempts=1, error=AWAY), patience=0)
    assert given_up.value.sentence.startswith(AWAY)
    assert console.status_of(given_up.value) == console.FAILED

"""Problems of the API become the errors they were, and errors become exit statuses."""

from __future__ import annotations

from typing import Any, cast

import httpx2
import msgspec
import pytest

from mooring.cli import console
from mooring.cli.api import Api, problem
from mooring.errors import (
    AuthLost,
    ConfirmationMissing,
    InvalidInput,
    Misconfigured,
    MooringError,
    NotAllowed,
    NotFound,
    NotTaken,
    Permanent,
    Refused,
    Stale,
    Unreachable,
)
from mooring.usecases.context import App
from mooring.web import problems


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "exits"),
    [
        (
            400,
            {"code": "invalid_shop_domain", "detail": "Invalid store domain format"},
            InvalidInput,
            "invalid_shop_domain",
            2,
        ),
        (422, {"code": "invalid_input", "detail": "No."}, InvalidInput, "invalid_input", 2),
        (404, {"code": "not_found", "detail": "No such store."}, NotFound, "not_found", 3),
        (403, {"code": "not_allowed", "detail": "No."}, Refused, "not_allowed", 3),
        (409, {"code": "busy", "detail": "An import runs."}, Refused, "busy", 3),
        (503, {"code": "unreachable", "detail": "Later."}, Unreachable, "unreachable", 1),
        (500, {"code": "own_fault", "detail": "Oh."}, Permanent, "own_fault", 1),
        (502, None, Permanent, "failed", 1),
        (500, ["nonsense"], Permanent, "failed", 1),
    ],
)
def test_a_problem_is_the_error_it_was(status: int, body: Any, kind: type, code: str, exits: int) -> None:
    answer = httpx2.Response(status, json=body) if body is not None else httpx2.Response(status, text="<html>")
    error = problem(answer)
    assert (type(error), error.code, console.status_of(error)) == (kind, code, exits)
    if isinstance(body, dict):
        assert error.sentence == body["detail"]


def test_a_preview_asks_for_confirmation(capsys: pytest.CaptureFixture[str]) -> None:
    body = {"code": "confirmation_missing", "detail": "Look.", "preview": {"customers": 3}, "token": "t1"}
    error = problem(httpx2.Response(409, json=body))
    assert isinstance(error, ConfirmationMissing)
    assert console.failure(error, json=False) == 4
    said = capsys.readouterr()
    assert "customers: 3" in said.out
    assert "--confirm t1" in said.err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Misconfigured("In use.", code="directory_in_use"), 3),
        (Misconfigured("Bad port."), 1),
        (AuthLost("Gone."), 1),
        (Refused("No."), 3),
    ],
)
def test_an_error_is_one_json_object_on_stdout(
    capsys: pytest.CaptureFixture[str], error: MooringError, status: int
) -> None:
    assert console.failure(error, json=True) == status
    said = capsys.readouterr()
    assert said.out == f'{{"error":{{"code":"{error.code}","sentence":"{error.sentence}"}}}}\n'
    assert said.err == ""


def test_lists_are_read_to_their_last_page() -> None:
    pages = {None: {"items": [{"id": 1}], "next": "b"}, "b": {"items": [{"id": 2}], "next": None}}

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert request.url.path == "/api/v1/projects"
        return httpx2.Response(200, json=pages[request.url.params.get("cursor")])

    with httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://localhost") as client:
        assert [one["id"] for one in Api(client).every("/projects")] == [1, 2]


def test_a_server_that_went_away_is_a_sentence(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    with httpx2.Client(base_url=url, trust_env=False) as client, pytest.raises(Unreachable, match="does not answer"):
        Api(client).get("/projects")


def test_square_brackets_in_data_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    console.show({}, json=False, text=console.table(("Name",), [("[red]tea[/red]",)], empty=""))
    assert "[red]tea[/red]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("Mistyped.", field="url"), console.USAGE),
        (NotTaken("Odoo does not accept the API key.", field="key"), console.FAILED),
        (NotAllowed("Not yours."), console.REFUSED),
        (Refused("Not now."), console.REFUSED),
        (Stale("Superseded."), console.REFUSED),
        (Unreachable("No answer."), console.FAILED),
        (Permanent("Never."), console.FAILED),
        (AuthLost("Dead."), console.FAILED),
        (ConfirmationMissing("Look first.", preview={}, token="t"), console.CONFIRMATION_MISSING),
    ],
)
def test_an_error_has_one_exit_status_here_and_through_a_server(error: MooringError, status: int) -> None:
    told = problems.answer_to(cast(App, None), error).problem
    over = problem(httpx2.Response(told.status, content=msgspec.json.encode(told)))
    assert (console.status_of(error), console.status_of(over)) == (status, status)

"""Errors as answers: RFC 9457 problem documents for machines, a page for people. `code` is stable, `detail` is the
sentence; the status follows from the error's class. Of an error that is our own fault the answer names only a
reference; the log has the rest under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from mooring.errors import (
    AppRejected,
    AuthLost,
    ConfirmationMissing,
    Conflict,
    InvalidInput,
    Misconfigured,
    MooringError,
    NotAllowed,
    NotFound,
    NotSignedIn,
    NotTaken,
    OutcomeUnknown,
    Permanent,
    Refused,
    Retriable,
    Stale,
)
from mooring.usecases.context import App

MEDIA_TYPE = "application/problem+json"
_FOR_MACHINES = ("/api/", "/hooks/", "/healthz", "/readyz", "/metrics")


class Problem(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An RFC 9457 problem document."""

    type: Annotated[str, msgspec.Meta(description="Always about:blank; `code` says what it is.")]
    title: Annotated[str, msgspec.Meta(description="The status in words.")]
    status: Annotated[int, msgspec.Meta(description="The HTTP status.")]
    code: Annotated[str, msgspec.Meta(description="Stable, for programs.")]
    detail: Annotated[str, msgspec.Meta(description="What happened and what to do, for people.")]
    field: Annotated[str | None, msgspec.Meta(description="The input that is wrong.")] = None
    other_side: Annotated[
        bool, msgspec.Meta(description="Shopify or Odoo refuses it, or does not answer; the request is right.")
    ] = False
    reference: Annotated[str | None, msgspec.Meta(description="Under which the log tells more.")] = None
    operation_id: Annotated[str | None, msgspec.Meta(description="The operation that stands in the way.")] = None
    preview: Annotated[dict[str, Any] | None, msgspec.Meta(description="What would be done.")] = None
    token: Annotated[str | None, msgspec.Meta(description="Repeat the request with it to confirm the preview.")] = None


class TooMany(Retriable):
    """Somebody tries too often; `retry_after` seconds from now it may be tried again."""

    code = "too_many_attempts"


STATUS: tuple[tuple[type[MooringError], HTTPStatus], ...] = (
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotSignedIn, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (ConfirmationMissing, HTTPStatus.PRECONDITION_REQUIRED),
    (Conflict, HTTPStatus.CONFLICT),
    (Refused, HTTPStatus.CONFLICT),
    (TooMany, HTTPStatus.TOO_MANY_REQUESTS),
    (Retriable, HTTPStatus.SERVICE_UNAVAILABLE),
    (OutcomeUnknown, HTTPStatus.BAD_GATEWAY),
    (AuthLost, HTTPStatus.CONFLICT),
    (AppRejected, HTTPStatus.BAD_GATEWAY),
    (Permanent, HTTPStatus.BAD_GATEWAY),
    (Stale, HTTPStatus.CONFLICT),
    (Misconfigured, HTTPStatus.INTERNAL_SERVER_ERROR),
)
"""First match wins."""

_OF_STATUS = {
    400: ("malformed", "This request cannot be understood. Check its form against the API description."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "This request is larger than 1 MiB."),
    415: ("unsupported_media_type", "Send JSON (application/json)."),
}
"""What the framework refuses by itself, in our words: its own may repeat what was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A problem and the headers that go with it."""

    problem: Problem
    headers: dict[str, str] = field(default_factory=dict[str, str])


def answer_to(app: App, error: Exception) -> Answer:
    match error:
        case MooringError():
            return _known(error)
        case ValidationException():
            return Answer(_invalid(error))
        case HTTPException() if error.status_code < 500:
            return _of_framework(error)
        case _:
            return Answer(_unknown(app, error))


def _known(error: MooringError) -> Answer:
    status = next(status for kind, status in STATUS if isinstance(error, kind))
    operation_id = error.facts.get("operation_id")
    problem = _problem(status, error.code, error.sentence, field=getattr(error, "field", None))
    problem.other_side = isinstance(error, NotTaken | AuthLost)
    problem.operation_id = operation_id if isinstance(operation_id, str) else None
    if isinstance(error, ConfirmationMissing):
        problem.preview, problem.token = error.preview, error.token
    headers: dict[str, str] = {}
    if isinstance(error, Retriable):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    if isinstance(error, NotSignedIn):
        headers["WWW-Authenticate"] = 'Bearer realm="Mooring"'
    return Answer(problem, headers)


_BODY = "data"
"""What the framework calls the body; a body that is missing is reported by that name and nothing else."""


def _invalid(error: ValidationException) -> Problem:
    """The first thing that did not fit: which input, and what was expected. What was sent is not repeated."""
    first: dict[str, Any] = next((e for e in error.extra or [] if isinstance(e, dict)), {})
    key, expected = str(first.get("key") or ""), str(first.get("message") or "").split(", got ")[0].rstrip(".")
    if (key, expected) == (_BODY, f"'{_BODY}'"):
        return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_input", "This request needs a JSON body.", field=key)
    name = "The body" if key == _BODY else key or "The request"
    sentence = f"{name} cannot be used: {expected or 'it does not fit the API description'}."
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_input", sentence, field=key or None)


def _of_framework(error: HTTPException) -> Answer:
    code, sentence = _OF_STATUS.get(error.status_code, ("refused", HTTPStatus(error.status_code).phrase + "."))
    allowed = (error.headers or {}).get("allow") or (error.headers or {}).get("Allow")
    return Answer(_problem(HTTPStatus(error.status_code), code, sentence), {"Allow": allowed} if allowed else {})


def _unknown(app: App, error: Exception) -> Problem:
    reference = app.ids.new()
    app.log.error("request_error", reference=reference, exc_info=error)
    problem = _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        f"Mooring met an error of its own (reference {reference}). The log says more under this reference.",
    )
    problem.reference = reference
    return problem


def _problem(status: HTTPStatus, code: str, sentence: str, *, field: str | None = None) -> Problem:
    return Problem(type="about:blank", title=status.phrase, status=status, code=code, detail=sentence, field=field)


# -- rendering -----------------------------------------------------------------------------------------------------


def as_json(answer: Answer) -> Response[Problem]:
    return Response(answer.problem, status_code=answer.problem.status, media_type=MEDIA_TYPE, headers=answer.headers)


class Rendered(Response[Any]):
    """A page that is made in a thread: exception handlers run where nothing may wait for a database."""

    def __init__(self, make: Callable[[], Response[Any]]) -> None:
        super().__init__(None)
        self._make = make

    def to_asgi_response(self, app: Any = None, request: Any = None, **more: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            made = await to_thread.run_sync(self._make)
            await made.to_asgi_response(None, request)(scope, receive, send)

        return answer


def as_plain_page(answer: Answer) -> Response[str]:
    """A page that needs nothing: no template, no style. For errors while the real one is being made."""
    title, sentence = escape(answer.problem.title), escape(answer.problem.detail)
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{title}</title><h1>{title}</h1><p>{sentence}</p><p><a href="/">Back to Mooring</a></p></html>'
    )
    return Response(page, status_code=answer.problem.status, media_type=MediaType.HTML, headers=answer.headers)


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether this goes to a person: not the API, not a machine that asks for JSON."""
    for_machines = request.scope["path"].startswith(_FOR_MACHINES)
    return not for_machines and "json" not in request.headers.get("accept", "")


RESPONSES: dict[int, ResponseSpec] = {
    status: ResponseSpec(data_container=Problem, description=words, media_type=MEDIA_TYPE, generate_examples=False)  # type: ignore[arg-type]
    for status, words in {
        401: "Nobody is signed in, or the token is over.",
        403: "The role is too low, or the form token is missing.",
        404: "There is no such thing, or it is not yours to see.",
        409: "Not now or not so; the detail says why.",
        422: "An input cannot be used; `field` names it.",
        503: "Try again later, `Retry-After` seconds from now.",
    }.items()
}
"""What any call of the API may answer besides its success."""

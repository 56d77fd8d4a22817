"""The one guard in front of every route: the role it declares, and that a form came from our own page.

Rule 1: nobody signed in learns less than 401 tells; a stranger to a project learns that there is no such thing.
Rule 2: only what a browser proves by itself (its cookie) can be borrowed by another site, so only there a writing
request has to carry the session's token, in the header `X-CSRF-Token` or the form field `csrf`, and must not say that
another site sent it.
Rule 3: a signed route judges the raw request by itself.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlsplit

from anyio import to_thread
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import SerializationException
from litestar.handlers import BaseRouteHandler

from mooring.domain.rules import Role
from mooring.errors import InvalidInput, NotAllowed
from mooring.usecases import access
from mooring.usecases.context import App
from mooring.web.routing import IN_PROJECT
from mooring.web.visit import Caller, Visit, visit_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    if connection.scope["method"] == "OPTIONS":  # type: ignore[typeddict-item]
        return  # Litestar's own answer: which methods there are
    role: str = handler.opt["role"]
    _refuse_nul(connection)
    safe = connection.scope["method"] in SAFE  # type: ignore[typeddict-item]
    visit = visit_of(connection)
    if role == "public" and (safe or handler.opt.get("signed")):
        return
    caller = await to_thread.run_sync(visit.caller)
    if role != "public":
        visit.who  # noqa: B018 - raises NotSignedIn
    if not safe:
        assert isinstance(connection, Request)
        await _look_into(connection, visit, caller)
    if role != "public":
        await to_thread.run_sync(_require, connection.app.state.mooring, visit, role, connection.path_params)


def _require(app: App, visit: Visit, role: str, parameters: dict[str, Any]) -> None:
    if role == "installation_admin":
        visit.who.require_installation_admin()
    need = Role(role) if role in IN_PROJECT else Role.VIEWER
    for name in access.THINGS.keys() & parameters.keys():
        visit.who.require(access.project_of(app, name, str(parameters[name])), need)


# -- what a browser can be made to send ----------------------------------------------------------------------------


async def _look_into(request: Request[Any, Any, Any], visit: Visit, caller: Caller) -> None:
    written = b"%00" if _is_form(request) else b"\\u0000"
    body = await request.body()
    if b"\x00" in body or written in body:
        raise InvalidInput("Text must not contain the character NUL.")
    await _refuse_deep_json(request)
    if caller.by in ("session", "nothing"):
        await _came_from_our_page(request, visit)


def _is_form(request: Request[Any, Any, Any]) -> bool:
    return request.headers.get("content-type", "").startswith(_FORMS)


async def _refuse_deep_json(request: Request[Any, Any, Any]) -> None:
    """Whatever it says it is: the decoder gives up on depth with an error of its own. What is no JSON at all is left to
    the handler, which may not want any; the result is kept for it."""
    try:
        await request.json()
    except RecursionError:
        raise InvalidInput("This JSON is nested too deeply.") from None
    except SerializationException:
        return


async def _came_from_our_page(request: Request[Any, Any, Any], visit: Visit) -> None:
    session = await to_thread.run_sync(lambda: visit.session)
    given = request.headers.get("x-csrf-token") or await _field(request)
    known = session is not None and hmac.compare_digest(given.encode(), session.csrf.encode())
    if not known or _another_site(request):
        raise NotAllowed(
            "This page is too old, or another page sent the form. Nothing was changed. Load it again and repeat.",
            code="csrf",
        )


async def _field(request: Request[Any, Any, Any]) -> str:
    if not _is_form(request):
        return ""
    value = (await request.form()).get("csrf", "")
    return value if isinstance(value, str) else ""


def _another_site(request: Request[Any, Any, Any]) -> bool:
    """Browsers say it in `Sec-Fetch-Site`. Older ones send `Origin`, which our Referrer-Policy makes `null` on forms:
    that says nothing, and the token decides alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return False
    ours = {request.headers.get("host", ""), urlsplit(request.app.state.mooring.settings.listens_at).netloc}
    return urlsplit(origin).netloc not in ours


def _refuse_nul(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """PostgreSQL holds no NUL in a text, so nothing that carries one goes further."""
    if "\x00" in connection.scope["path"] or b"%00" in connection.scope["query_string"]:
        raise InvalidInput("An address must not contain the character NUL.")

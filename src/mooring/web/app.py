"""The web face: `create(app)` gives the ASGI application of pages, API, hooks and health.

From the outside in: `envelope` (headers, cookie, log line), Litestar's router, `once` (the API's idempotency keys),
`guard` (roles, forms), a handler. A route that declares no role keeps the application from being made.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from litestar import Litestar, Request, Response, Router
from litestar.concurrency import get_asyncio_executor, set_asyncio_executor
from litestar.datastructures import State
from litestar.di import Provide
from litestar.routes import HTTPRoute

from mooring.errors import Misconfigured, NotSignedIn
from mooring.usecases import access
from mooring.usecases.context import App
from mooring.web import api, envelope, health, hooks, hooks_webhooks, pages, problems
from mooring.web.guard import guard
from mooring.web.limits import Limits
from mooring.web.problems import Answer
from mooring.web.routing import IN_PROJECT, ROLES
from mooring.web.visit import provide_visit, provide_who

LARGEST_BODY = 1024 * 1024
SIGN_IN = "/sign-in"
THREADS = 32
"""Handlers at work at the same time. One that waits for Shopify must not keep the pages waiting, and the default is
six on a small machine."""


def create(app: App) -> Litestar:
    """Serve it with any ASGI server. Callers on the unix socket have to be marked by `web.local.mark_local`."""
    return attach(routes(), app)


def routes() -> Litestar:
    """All routes, before anything stands behind them: they are the same for every Mooring, and some hundred of them
    take a while to make."""
    if get_asyncio_executor() is None:
        set_asyncio_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="web"))
    made = Litestar(
        route_handlers=[
            api.router(),
            Router(
                "/",
                route_handlers=[*hooks.ROUTES, *hooks_webhooks.ROUTES, *health.ROUTES, *pages.ROUTES],
                include_in_schema=False,
            ),
        ],
        dependencies={
            "app": Provide(_app, sync_to_thread=False),
            "limits": Provide(_limits, sync_to_thread=False),
            "visit": Provide(provide_visit, sync_to_thread=False),
            "who": Provide(provide_who, sync_to_thread=True),
        },
        guards=[guard],
        exception_handlers={Exception: _failed},
        openapi_config=api.description(),
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        debug=False,
    )
    check_roles(made)
    made.state.bare = made.asgi_handler
    return made


def attach(made: Litestar, app: App) -> Litestar:
    """Put a Mooring behind the routes, in place of the one that was there."""
    made.state.mooring, made.state.limits = app, Limits(app.clock)
    made.asgi_handler = envelope.wrap(made.state.bare, app)
    return made


def _app(state: State) -> App:
    return state.mooring


def _limits(state: State) -> Limits:
    return state.limits


def check_roles(made: Litestar) -> None:
    """Every route says which role it needs, and one in a project names a thing by which the project is found."""
    for route in made.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else [route.route_handler]:
            if getattr(handler, "http_methods", set()) != {"OPTIONS"}:
                _check_role(route.path, handler.opt.get("role"), set(route.path_parameters))


def _check_role(path: str, role: object, parameters: set[str]) -> None:
    if role not in ROLES:
        raise Misconfigured(f"The route {path} declares no role.", code="no_role")
    if role in IN_PROJECT and not parameters & access.THINGS.keys():
        raise Misconfigured(f"The route {path} needs the {role} of a project that its path does not name.")


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    app: App = request.app.state.mooring
    answer = problems.answer_to(app, error)
    if not problems.wants_page(request):
        return problems.as_json(answer)
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return _to_sign_in(request)
    return problems.Rendered(lambda: _page(app, request, answer))


def _to_sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """And back afterwards. htmx is told to take the whole page there, not a region of it."""
    if request.headers.get("hx-request"):
        return Response(None, status_code=204, headers={"HX-Redirect": SIGN_IN})
    wanted = request.scope["path"] + (f"?{query}" if (query := request.scope["query_string"].decode("latin-1")) else "")
    return Response(None, status_code=303, headers={"Location": f"{SIGN_IN}?to={quote(wanted, safe='/')}"})


def _page(app: App, request: Request[Any, Any, Any], answer: Answer) -> Response[Any]:
    try:
        return pages.problem(request, answer)
    except Exception as second:  # the page of an error must not hide the error
        app.log.error("problem_page_failed", exc_info=second)
        return problems.as_plain_page(answer)

"""What Shopify calls: the OAuth callback, in the browser of the person who began the round trip; and the page that
begins one for a terminal (`usecases.tickets`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.response import Redirect

from mooring.usecases import connect, tickets
from mooring.usecases.connect import Connected
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.limits import Limits
from mooring.web.routing import FromPath, Given, get
from mooring.web.visit import Visit


@get("/oauth/callback", role="public")
def callback(request: Request[Any, Any, Any], app: Given[App], visit: Given[Visit], limits: Given[Limits]) -> Redirect:
    """Public because the proof is the signature and the browser's own session, which `connect.finish` compares with
    the one that began. Whatever does not fit stores nothing and calls nobody."""
    limits.by_address(request)
    query = dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True))
    session = visit.session.id if visit.session else ""
    return _see(place_after(connect.finish(app, query, session=session)))


@get("/connect/{ticket:str}", role="signed_in")
def begin(app: Given[App], who: Given[Who], visit: Given[Visit], ticket: FromPath[str]) -> Redirect:
    """Opened from a terminal: on to Shopify's consent page, bound to this browser."""
    return _see(tickets.use(app, who, ticket, session=visit.browser))


def place_after(connected: Connected) -> str:
    """After the first consent the sync settings are to be chosen before any data moves."""
    page = f"/projects/{connected.project_id}/integrations"
    return f"{page}?settings={connected.store_id}" if connected.first else f"{page}?connected={connected.store_id}"


def _see(address: str) -> Redirect:
    return Redirect(address, status_code=303)


ROUTES = [callback, begin]

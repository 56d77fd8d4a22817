"""GET and POST /admin/oauth/authorize: the consent page, its refusals, and the way back with a code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mooring_sandbox.shopify import oauth_links
from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.answers import json_answer
from mooring_sandbox.shopify.apps import App
from mooring_sandbox.shopify.faults import answer_under
from mooring_sandbox.shopify.server_graphql import gate, read_body
from mooring_sandbox.shopify.shops import Visit

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True)
_NEVER_FRAMED = {"Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store"}


class OAuthError(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error, self.description = error, description


@dataclass(frozen=True)
class Ask:
    """A checked authorisation request."""

    app: App
    scopes: list[str]
    redirect_uri: str
    state: str | None
    online: bool


class Authorize:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, request: Request) -> Response:
        visit: Visit = request.scope["sandbox.visit"]
        request.scope["sandbox.entry"].kind = "authorize"
        fault = self._sandbox.faults.take("authorize", [], visit.domain)
        return await answer_under(fault, lambda: self._answer(request, visit))

    async def _answer(self, request: Request, visit: Visit) -> Response:
        shut = gate(self._sandbox, visit)
        if shut:
            return shut
        try:
            ask = self._checked(request.query_params)
        except OAuthError as refused:
            return _refusal(request, refused)
        if request.method == "POST":
            return await self._decided(request, visit, ask)
        if ask.app.auto_approve:
            return self._granted(visit, ask, [s for s in ask.scopes if s not in ask.app.auto_approve_without])
        return self._page(visit, ask)

    def _checked(self, query: QueryParams) -> Ask:
        client_id = query.get("client_id", "")
        app = self._sandbox.apps.by_client_id(client_id)
        if app is None:
            raise OAuthError(
                "application_cannot_be_found", f"Could not find Shopify API application with api_key {client_id}"
            )
        redirect_uri = query.get("redirect_uri", "")
        if not redirect_uri or not app.allows_redirect(redirect_uri):
            raise OAuthError("invalid_request", "The redirect_uri is not whitelisted")
        wanted = scope_rules.split(query.get("scope", "")) or app.scopes
        strange = scope_rules.unknown(wanted)
        if strange:
            raise OAuthError("invalid_scope", f"The access scope is invalid: {', '.join(strange)}")
        online = "per-user" in query.getlist("grant_options[]")
        return Ask(app, wanted, redirect_uri, query.get("state"), online)

    async def _decided(self, request: Request, visit: Visit, ask: Ask) -> Response:
        body = await read_body(request, 100_000) or b""
        form = parse_qsl(body.decode("utf-8", "replace"))
        if ("decision", "install") not in form:
            return self._cancelled(visit, ask)
        ticked = {value for name, value in form if name == "granted"}
        return self._granted(visit, ask, [scope for scope in ask.scopes if scope in ticked])

    def _granted(self, visit: Visit, ask: Ask, scopes: list[str]) -> Response:
        sandbox = self._sandbox
        assert visit.shop_id is not None
        code = sandbox.codes.create(visit.shop_id, ask.app.id, ",".join(scopes), ask.online)
        secret = ask.app.secrets[0].value
        address = oauth_links.callback(
            ask.redirect_uri, secret, sandbox.clock, code=code, domain=visit.domain, state=ask.state
        )
        return RedirectResponse(address, 302, _NEVER_FRAMED)

    def _page(self, visit: Visit, ask: Ask) -> Response:
        assert visit.shop_id is not None
        installed = self._sandbox.installations.get(visit.shop_id, ask.app.id)
        shop = self._sandbox.state.shop(visit.shop_id)
        had = installed.scopes if installed else frozenset[str]()
        scopes = [(scope, _words(scope), scope not in had) for scope in ask.scopes]
        return _html(
            "consent.html", app=ask.app, shop=shop.get("name") or visit.domain, domain=visit.domain,
            scopes=scopes, update=installed is not None, back=urlsplit(ask.redirect_uri).netloc,
        )  # fmt: skip

    def _cancelled(self, visit: Visit, ask: Ask) -> Response:
        parts = urlsplit(ask.redirect_uri)
        return _html("cancelled.html", app=ask.app, domain=visit.domain, home=f"{parts.scheme}://{parts.netloc}/")


def _words(scope: str) -> str:
    """`read_customer_merge` -> "View customer merge"."""
    verb, _, kind = scope.partition("_")
    return f"{'Edit' if verb == 'write' else 'View'} {kind.replace('_', ' ')}"


def _refusal(request: Request, refused: OAuthError) -> Response:
    if "application/json" in request.headers.get("accept", ""):
        return json_answer({"error": refused.error, "error_description": refused.description}, 400)
    return _html("refused.html", 400, error=refused.error, description=refused.description)


def _html(name: str, status: int = 200, **values: object) -> Response:
    return HTMLResponse(_pages.get_template(name).render(**values), status, _NEVER_FRAMED)

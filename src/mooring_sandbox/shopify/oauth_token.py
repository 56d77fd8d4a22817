"""POST /admin/oauth/access_token: every grant, in JSON and in form encoding, with Shopify's answers and refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mooring_sandbox.shopify import id_tokens, shops
from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.answers import json_answer, not_found
from mooring_sandbox.shopify.apps import App, Secret
from mooring_sandbox.shopify.faults import answer_under
from mooring_sandbox.shopify.server_graphql import read_body
from mooring_sandbox.shopify.shops import Visit
from mooring_sandbox.shopify.tokens import Pair

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105
_OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
_ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"
_DEAD_REFRESH = "This request requires an active refresh_token"
_DEAD_CODE = "The authorization code was not found or was already used"


class Refused(Exception):
    def __init__(self, status: int, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error} | ({"error_description": description} if description else {})


class TokenEndpoint:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._grants: dict[str, Callable[[int, App, Secret, dict[str, str], str], dict[str, Any]]] = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            "client_credentials": self._by_client,
            _EXCHANGE: self._by_exchange,
        }

    async def __call__(self, request: Request) -> Response:
        visit: Visit = request.scope["sandbox.visit"]
        entry = request.scope["sandbox.entry"]
        entry.kind = "token"
        if request.method != "POST" or visit.shop_id is None or shops.is_gone(self._sandbox.state, visit.shop_id):
            return not_found()
        sent = read_parameters(request, await read_body(request, 100_000) or b"")
        entry.operation = sent.get("grant_type") or "authorization_code"
        fault = self._sandbox.faults.take("token", [entry.operation], visit.domain)
        entry.fault = fault.kind if fault else ""

        async def work() -> Response:
            return self._answer(visit, entry.operation, sent)

        return await answer_under(fault, work)

    def _answer(self, visit: Visit, grant: str, sent: dict[str, str]) -> Response:
        assert visit.shop_id is not None
        no_store = {"Cache-Control": "no-store"}
        try:
            app, secret = self._client(sent)
            if grant not in self._grants:
                raise Refused(400, "unsupported_grant_type")
            with self._sandbox.state.transaction():
                body = self._grants[grant](visit.shop_id, app, secret, sent, visit.domain)
            return json_answer(body, headers=no_store)
        except Refused as refused:
            return json_answer(refused.body, refused.status, no_store)

    def _client(self, sent: dict[str, str]) -> tuple[App, Secret]:
        app = self._sandbox.apps.by_client_id(sent.get("client_id", ""))
        if app is None:
            raise Refused(400, "invalid_client", "The client_id is not known")
        secret = app.secret(sent.get("client_secret", ""))
        if secret is None:
            raise Refused(401, "invalid_client", "The client_secret is not valid")
        return app, secret

    # -- the grants -------------------------------------------------------------------------------------------

    def _by_code(self, shop_id: int, app: App, secret: Secret, sent: dict[str, str], domain: str) -> dict[str, Any]:
        code = self._sandbox.codes.use(sent.get("code", ""), shop_id, app.id)
        if code is None:
            raise Refused(400, "invalid_grant", _DEAD_CODE)
        self._sandbox.installations.install(shop_id, app.id, scope_rules.split(code.scopes))
        if code.online:
            return self._online(shop_id, app, secret)
        return self._offline(shop_id, app, secret, sent)

    def _by_refresh(self, shop_id: int, app: App, secret: Secret, sent: dict[str, str], domain: str) -> dict[str, Any]:
        value = sent.get("refresh_token", "")
        if self._sandbox.tokens.is_foreign(value, shop_id, app.id):
            raise Refused(400, "invalid_grant")
        pair = self._sandbox.tokens.refresh(value, shop_id, app.id, secret.id)
        if pair is None:
            raise Refused(401, "invalid_request", _DEAD_REFRESH)
        return self._written(shop_id, app, pair)

    def _by_client(self, shop_id: int, app: App, secret: Secret, sent: dict[str, str], domain: str) -> dict[str, Any]:
        if not app.own_organisation:
            raise Refused(400, "shop_not_permitted", "Client credentials cannot be performed on this shop.")
        self._must_be_installed(shop_id, app)
        return self._written(shop_id, app, self._sandbox.tokens.mint_short(shop_id, app.id, secret.id, "client"))

    def _by_exchange(self, shop_id: int, app: App, secret: Secret, sent: dict[str, str], domain: str) -> dict[str, Any]:
        subject, kind = sent.get("subject_token", ""), sent.get("subject_token_type")
        wanted = sent.get("requested_token_type", _OFFLINE)
        if kind == _OFFLINE and wanted == _OFFLINE and _expiring(sent):
            return self._migrated(shop_id, app, secret, subject)
        if kind != _ID_TOKEN or wanted not in (_OFFLINE, _ONLINE):
            raise Refused(400, "invalid_request", "The token types are not supported")
        now = self._sandbox.clock.now().timestamp()
        if not id_tokens.valid(subject, [s.value for s in app.secrets], app.client_id, domain, now):
            raise Refused(400, "invalid_subject_token", "The subject token is invalid or has expired")
        self._must_be_installed(shop_id, app)
        if wanted == _ONLINE:
            return self._online(shop_id, app, secret)
        return self._offline(shop_id, app, secret, sent)

    def _migrated(self, shop_id: int, app: App, secret: Secret, subject: str) -> dict[str, Any]:
        self._must_be_installed(shop_id, app)
        pair = self._sandbox.tokens.migrate(subject, shop_id, app.id, secret.id)
        if pair is None:
            raise Refused(400, "invalid_subject_token", "The subject token is not an active offline access token")
        return self._written(shop_id, app, pair)

    # -- the answers ------------------------------------------------------------------------------------------

    def _must_be_installed(self, shop_id: int, app: App) -> None:
        if self._sandbox.installations.get(shop_id, app.id) is None:
            raise Refused(400, "app_not_installed", "The application is not installed on this shop")

    def _offline(self, shop_id: int, app: App, secret: Secret, sent: dict[str, str]) -> dict[str, Any]:
        """Without `expiring` (or with 0) it is the old kind of token that never ends."""
        tokens = self._sandbox.tokens
        mint = tokens.mint_expiring if _expiring(sent) else tokens.mint_legacy
        return self._written(shop_id, app, mint(shop_id, app.id, secret.id))

    def _online(self, shop_id: int, app: App, secret: Secret) -> dict[str, Any]:
        body = self._written(shop_id, app, self._sandbox.tokens.mint_short(shop_id, app.id, secret.id, "online"))
        return body | {"associated_user_scope": body["scope"], "associated_user": _owner(shop_id)}

    def _written(self, shop_id: int, app: App, pair: Pair) -> dict[str, Any]:
        now = self._sandbox.tokens.now()
        installed = self._sandbox.installations.get(shop_id, app.id)
        scope = scope_rules.written(installed.scopes if installed else ())
        body: dict[str, Any] = {"access_token": pair.access.value, "scope": scope}
        if pair.access.expires is not None:
            body["expires_in"] = round(pair.access.expires - now)
        if pair.refresh:
            body["refresh_token"] = pair.refresh.value
            body["refresh_token_expires_in"] = round(pair.refresh.expires - now)
        return body


def read_parameters(request: Request, body: bytes) -> dict[str, str]:
    """JSON or form, whatever the body is; values as text. The address's own parameters count too, as in Rails."""
    query = dict(request.query_params)
    if body.lstrip()[:1] != b"{":
        return query | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        sent = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return query
    return query | {name: _text(value) for name, value in sent.items() if value is not None}


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _expiring(sent: dict[str, str]) -> bool:
    return sent.get("expiring", "0").lower() in ("1", "true")


def _owner(shop_id: int) -> dict[str, Any]:
    return {
        "id": shop_id % 1_000_000_007,
        "first_name": "Shop",
        "last_name": "Owner",
        "email": "owner@example.com",
        "email_verified": True,
        "account_owner": True,
        "locale": "en",
        "collaborator": False,
    }

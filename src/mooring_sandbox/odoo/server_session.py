"""What the web client uses: a session by password, and calls within it. A user makes an API key only this way."""

from __future__ import annotations

import json
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mooring_sandbox.odoo import pages
from mooring_sandbox.odoo.calls import by_position
from mooring_sandbox.odoo.errors import AccessDenied, OdooError
from mooring_sandbox.odoo.orm.environment import SUPERUSER, Env, Shared
from mooring_sandbox.odoo.orm.storage import Database
from mooring_sandbox.odoo.sandbox import Call
from mooring_sandbox.odoo.server_answers import Exchange
from mooring_sandbox.odoo.server_jsonrpc import failed, result
from mooring_sandbox.odoo.version import SERVER_VERSION

_WEEK = 7 * 86400


class SessionExpired(OdooError):
    name, status = "odoo.http.SessionExpiredException", 403


class WebClient:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange, self._sandbox = exchange, exchange.sandbox

    async def version_info(self, request: Request) -> Response:
        sent = await self._sent(request)
        return result(sent.get("id"), SERVER_VERSION) if isinstance(sent, dict) else sent

    async def database_list(self, request: Request) -> Response:
        sent = await self._sent(request)
        return result(sent.get("id"), self._sandbox.databases.names()) if isinstance(sent, dict) else sent

    async def authenticate(self, request: Request) -> Response:
        sent = await self._sent(request)
        if isinstance(sent, Response):
            return sent
        params = sent.get("params") or {}
        database = self._sandbox.databases.named(params.get("db"))
        if database is None:
            return failed(sent.get("id"), AccessDenied())
        call = Call("session", "session", "authenticate", lambda shared: _signed_in(shared, params, database))
        return await self._exchange.answer(
            database, call, lambda who: self._opened(sent, database, who), lambda error: failed(sent.get("id"), error)
        )

    async def call_kw(self, request: Request) -> Response:
        sent = await self._sent(request)
        if isinstance(sent, Response):
            return sent
        session = self._sandbox.sessions.get(request.cookies.get("session_id", ""))
        database = self._sandbox.databases.named(session["db"]) if session else None
        if session is None or database is None:
            return failed(sent.get("id"), SessionExpired("Session expired"), 100, "Odoo Session Expired")
        call = _called(session, sent.get("params") or {})
        return await self._exchange.answer(
            database, call, lambda value: result(sent.get("id"), value), lambda error: failed(sent.get("id"), error)
        )

    async def _sent(self, request: Request) -> dict[str, Any] | Response:
        body = await self._exchange.body(request)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return pages.wrong_type(request.url.path, "jsonrpc")
        try:
            sent = json.loads(body)
        except ValueError:
            return pages.bad_json()
        return sent if isinstance(sent, dict) else {}

    def _opened(self, sent: dict[str, Any], database: Database, who: dict[str, Any]) -> Response:
        key = secrets.token_urlsafe(42)
        self._sandbox.sessions[key] = {"db": database.name, "uid": who["uid"], "confirmed": False}
        answer = result(sent.get("id"), who)
        answer.headers["set-cookie"] = f"session_id={key}; Max-Age={_WEEK}; HttpOnly; Path=/; SameSite=Lax"
        return answer


def _called(session: dict[str, Any], params: dict[str, Any]) -> Call:
    model, method, args = params.get("model", ""), params.get("method", ""), params.get("args") or []
    kwargs = dict(params.get("kwargs") or {})

    def work(shared: Shared) -> Any:
        context = dict(kwargs.get("context") or {}) | {"_session": session}
        return by_position(Env(shared, session["uid"], {}), model, method, list(args), kwargs | {"context": context})

    return Call("session", model, method, work)


def _signed_in(shared: Shared, params: dict[str, Any], database: Database) -> dict[str, Any]:
    users = Env(shared, SUPERUSER)["res.users"]
    uid = users._by_login(str(params.get("login")))
    if uid is None:
        raise AccessDenied
    users._browse([uid])._check_password(params.get("password"))
    env = Env(shared, uid, {})
    row = users._browse([uid])._row("login", "name", "company_id", "partner_id")
    return {
        "uid": uid, "is_system": "base.group_system" in env.groups, "is_admin": "base.group_erp_manager" in env.groups,
        "is_internal_user": "base.group_user" in env.groups, "user_context": env["res.users"].context_get(),
        "db": database.name, "name": row["name"], "username": row["login"], "partner_id": row["partner_id"],
        "server_version": SERVER_VERSION["server_version"],
        "server_version_info": SERVER_VERSION["server_version_info"],
        "user_companies": {"current_company": row["company_id"]},
    }  # fmt: skip

"""POST /jsonrpc: the services common, object and db. The HTTP status is 200 whatever happens."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mooring_sandbox.odoo import pages, serialized
from mooring_sandbox.odoo.calls import by_position
from mooring_sandbox.odoo.errors import AccessDenied, OdooError
from mooring_sandbox.odoo.orm.environment import SUPERUSER, Env, Shared
from mooring_sandbox.odoo.orm.storage import Database
from mooring_sandbox.odoo.sandbox import Call, Sandbox
from mooring_sandbox.odoo.server_answers import Exchange, json_answer
from mooring_sandbox.odoo.version import SERVER_VERSION


class NoDatabase(OdooError):
    name = "psycopg2.OperationalError"


class JSONRPC:
    """The names are Odoo's: Python's own words about missing arguments carry them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sandbox: Sandbox = exchange.sandbox

    async def __call__(self, request: Request) -> Response:
        body = await self._exchange.body(request)
        plain = request.headers.get("content-type", "").partition(";")[0].strip()
        if request.method != "POST" or plain not in ("application/json", "application/json-rpc"):
            return pages.wrong_type("/jsonrpc", "jsonrpc")
        try:
            sent = json.loads(body)
        except ValueError:
            return pages.bad_json()
        return await self._answered(sent if isinstance(sent, dict) else {})

    async def _answered(self, sent: dict[str, Any]) -> Response:
        id_ = sent.get("id")
        try:
            found = self.jsonrpc(**(sent.get("params") or {}))
        except Exception as error:
            return failed(id_, error)
        if not isinstance(found, tuple):
            return result(id_, found)
        database, call = found
        return await self._exchange.answer(database, call, lambda value: result(id_, value), lambda e: failed(id_, e))

    # -- services -----------------------------------------------------------------------------------------------------

    def jsonrpc(self, service: str, method: str, args: list[Any]) -> Any:
        """A result, or the call that leads to it."""
        return {"common": self._common, "object": self._object, "db": self._db}[service](method, args)

    def _common(self, method: str, args: list[Any]) -> Any:
        if method == "version":
            return SERVER_VERSION
        if method not in ("authenticate", "login"):
            raise Exception(f"Method not found: {method}")
        name, login, secret = args[:3]
        work = lambda shared: _authenticated(shared, login, secret)  # noqa: E731
        return self._database(name), Call("jsonrpc", "common", method, work)

    def _db(self, method: str, args: list[Any]) -> Any:
        if method == "list":
            return self._sandbox.databases.names()
        if method == "db_exist":
            return args[0] in self._sandbox.databases.names()
        if method == "server_version":
            return SERVER_VERSION["server_version"]
        raise Exception(f"Method not found: {method}")

    def _object(self, method: str, args: list[Any]) -> Any:
        if method not in ("execute", "execute_kw"):
            raise NameError(f"Method not available {method}")
        name, uid, secret, model, called, *rest = args
        positional, named = (
            (rest, {}) if method == "execute" else (rest[0] if rest else [], rest[1] if rest[1:] else {})
        )

        def work(shared: Shared) -> Any:
            _checked(shared, uid, secret)
            return by_position(Env(shared, uid, {}), model, called, positional, named)

        first = positional[1] if called == "load" and positional[1:] else positional[0] if positional else None
        count = len(first) if isinstance(first, list) else 1
        rows = first if called == "load" and isinstance(first, list) else []
        context = (named or {}).get("context")
        call = Call(
            "jsonrpc",
            model,
            called,
            work,
            records=count,
            rows=rows,
            context=context if isinstance(context, dict) else {},
        )
        return self._database(name), call

    def _database(self, name: str) -> Database:
        found = self._sandbox.databases.named(name) if name else None
        if found is None:
            where = 'connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL: '
            raise NoDatabase(f'{where} database "{name}" does not exist\n')
        return found


def _authenticated(shared: Shared, login: Any, secret: Any) -> Any:
    """The user's id, or false: a wrong password is no error here."""
    users = Env(shared, SUPERUSER)["res.users"]
    uid = users._by_login(login)
    return uid if uid is not None and users._browse([uid])._accepts(secret) else False


def _checked(shared: Shared, uid: Any, secret: Any) -> None:
    users = Env(shared, SUPERUSER)["res.users"]
    if not isinstance(uid, int) or not users._browse([uid])._existing() or not users._browse([uid])._accepts(secret):
        raise AccessDenied


def result(id_: Any, value: Any) -> Response:
    """A method that returns nothing leaves neither result nor error."""
    said = {} if value is None else {"result": value}
    return json_answer({"jsonrpc": "2.0", "id": id_} | said)


def failed(id_: Any, error: Exception, code: int = 0, message: str = "Odoo Server Error") -> Response:
    return json_answer(
        {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message, "data": serialized.told(error)}}
    )

"""POST /json/2/<model>/<method> with a bearer key."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mooring_sandbox.odoo import pages
from mooring_sandbox.odoo.calls import by_name
from mooring_sandbox.odoo.errors import HttpError, not_found
from mooring_sandbox.odoo.orm.environment import SUPERUSER, Env, Shared
from mooring_sandbox.odoo.sandbox import Call
from mooring_sandbox.odoo.server_answers import Exchange, json_answer, refusal

_ROUTE = "/json/2/&lt;__model__&gt;/&lt;__method__&gt;"
_HINT = "Did you mean POST /json/2/<model>/<method>?"
_ASK = {"WWW-Authenticate": "Bearer"}
_NO_KEY = "User not authenticated, use an API Key with a Bearer Authorization header."


class Json2:
    """Refuses in Odoo's order: database, content type, key, body, model, method, arguments."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def __call__(self, request: Request) -> Response:
        sandbox = self._exchange.sandbox
        database = sandbox.databases.named(request.headers.get("x-odoo-database"))
        if database is None:
            return pages.no_database()
        parts = request.url.path.removeprefix("/json/2").strip("/").split("/")
        if request.method != "POST" or len(parts) != 2 or not all(parts):
            return refusal(not_found(_HINT))
        body = await self._exchange.body(request)
        if body and request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return pages.wrong_type(_ROUTE, "json2")
        call = self._call(request, parts[0], parts[1], body)
        return await self._exchange.answer(database, call, json_answer, refusal)

    def _call(self, request: Request, model: str, method: str, body: bytes) -> Call:
        key, sent = _bearer(request.headers.get("authorization", "")), Sent(body)

        def work(shared: Shared) -> Any:
            uid = _user(shared, key)
            return by_name(Env(shared, uid, {}), model, method, sent.arguments())

        return Call("json2", model, method, work, records=sent.records, rows=sent.rows, context=sent.context)


class Sent:
    """The body: what it asks for, and how much."""

    def __init__(self, body: bytes) -> None:
        self._error: HttpError | None = None
        self._found: Any = {}
        if body:
            try:
                self._found = json.loads(body)
            except ValueError as error:
                sentence = f"could not parse the body as json: {error.args[0]}"
                self._error = HttpError("BadRequest", 400, sentence)
        known = self._found if isinstance(self._found, dict) else {}
        context, rows = known.get("context"), known.get("data")
        self.context: dict[str, Any] = context if isinstance(context, dict) else {}
        self.rows: list[Any] = rows if isinstance(rows, list) else []
        listed = [v for v in (rows, known.get("vals_list"), known.get("ids")) if isinstance(v, list)]
        self.records = len(listed[0]) if listed else 1

    def arguments(self) -> dict[str, Any]:
        """Each time anew: a call may be done twice. What is no object counts as nothing."""
        if self._error is not None:
            raise self._error
        return dict(self._found) if isinstance(self._found, dict) else {}


def _bearer(header: str) -> str | None:
    word, _, key = header.partition(" ")
    return key.strip() or None if word.lower() == "bearer" else None


def _user(shared: Shared, key: str | None) -> int:
    if key is None:
        raise HttpError("Unauthorized", 401, _NO_KEY, _ASK)
    uid = Env(shared, SUPERUSER)["res.users.apikeys"]._user_of(key)
    if uid is None:
        raise HttpError("Unauthorized", 401, "Invalid apikey", _ASK)
    return uid

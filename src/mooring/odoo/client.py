"""Implements `ports.Odoo`: one method, one HTTP request, one class of error that says what happens next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mooring.errors import MooringError, Permanent
from mooring.http import Answer, Http, origin
from mooring.odoo import answers, json2, jsonrpc
from mooring.odoo.calls import Call, context
from mooring.odoo.load import loaded
from mooring.ports import Domain, Loaded, OdooAccess, OdooVersion, Row

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
_VERSION_PATH = "/web/version"
_SERIES = re.compile(r"(?:saas[~-])?(\d+)\.(\d+)")
_LOADING = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}
"""Without it every contact loaded gets a line of chatter, for a third more of Odoo's time."""


class OdooClient:
    """`http` waits for an answer as long as Odoo itself may work on a call; `quick` asks who is there, before a key."""

    def __init__(self, http: Http, quick: Http | None = None) -> None:
        self._http, self._quick = http, quick or http

    def version(self, url: str) -> OdooVersion:
        """A second request where it is older than `/web/version`."""
        answer = self._quick.send("GET", _at(url, _VERSION_PATH), headers=_JSON, repeatable=True)
        if answer.status != 404:
            return _version_of(_told(answer), "version")
        where, body = _at(url, jsonrpc.PATH), jsonrpc.version()
        answer = self._quick.send("POST", where, headers=_JSON, body=body, repeatable=True)
        told = _told(answer)
        return _version_of(told.get("result") if isinstance(told, dict) else None, "server_version")

    def sign_in(self, access: OdooAccess) -> int:
        if access.protocol == "jsonrpc":
            found = self._rpc(access.url, jsonrpc.authenticate(access), "res.users", repeatable=True)
        else:
            told = self._do(access, Call("res.users", "context_get", {}))
            found = told.get("uid") if isinstance(told, dict) else None
        if not found or not isinstance(found, int):
            raise answers.key_refused()
        return found

    # -- reading ------------------------------------------------------------------------------------------------------

    def search_read(
        self, access: OdooAccess, model: str, domain: Domain, fields: Sequence[str], *, limit: int | None = None,
        offset: int = 0, order: str | None = None, context: Mapping[str, Any] | None = None,
    ) -> list[Row]:  # fmt: skip
        arguments = {"domain": domain, "fields": list(fields), "limit": limit, "offset": offset, "order": order}
        given = {name: value for name, value in arguments.items() if value not in (None, 0)}
        return _listed(self._do(access, Call(model, "search_read", given, context=_context(access, context))))

    def count(self, access: OdooAccess, model: str, domain: Domain, *, context: Mapping[str, Any] | None = None) -> int:
        found = self._do(access, Call(model, "search_count", {"domain": domain}, context=_context(access, context)))
        if not isinstance(found, int):
            raise answers.garbled(repeatable=True)
        return found

    # -- writing ------------------------------------------------------------------------------------------------------

    def load(
        self, access: OdooAccess, model: str, fields: Sequence[str], rows: Sequence[Sequence[str]], *,
        context: Mapping[str, Any] | None = None,
    ) -> Loaded:  # fmt: skip
        arguments = {"fields": list(fields), "data": [list(row) for row in rows]}
        given = _context(access, _LOADING | dict(context or {}))
        return loaded(self._do(access, Call(model, "load", arguments, context=given, writes=True)))

    def create(self, access: OdooAccess, model: str, values: Sequence[Row]) -> list[int]:
        call = Call(model, "create", {"vals_list": list(values)}, context=_context(access, _LOADING), writes=True)
        return [int(one) for one in _listed(self._do(access, call), repeatable=False)]

    def write(self, access: OdooAccess, model: str, ids: Sequence[int], values: Row) -> None:
        self.call(access, model, "write", {"vals": values}, ids=ids)

    def unlink(self, access: OdooAccess, model: str, ids: Sequence[int]) -> None:
        self.call(access, model, "unlink", {}, ids=ids)

    def call(
        self, access: OdooAccess, model: str, method: str, arguments: Mapping[str, Any], *,
        ids: Sequence[int] | None = None, context: Mapping[str, Any] | None = None, writes: bool = True,
    ) -> Any:  # fmt: skip
        return self._do(access, Call(model, method, arguments, ids, _context(access, context), writes))

    # -- the request --------------------------------------------------------------------------------------------------

    def _do(self, access: OdooAccess, call: Call) -> Any:
        if access.protocol == "jsonrpc":
            return self._rpc(access.url, jsonrpc.body(access, call), call.model, repeatable=not call.writes)
        where, headers = _at(access.url, json2.path(call)), _JSON | json2.headers(access)
        return json2.result(self._post(where, headers, json2.body(call), repeatable=not call.writes), call)

    def _rpc(self, url: str, body: bytes, model: str, *, repeatable: bool) -> Any:
        answer = self._post(_at(url, jsonrpc.PATH), _JSON, body, repeatable=repeatable)
        return jsonrpc.result(answer, model=model, repeatable=repeatable)

    def _post(self, where: str, headers: dict[str, str], body: bytes, *, repeatable: bool) -> Answer:
        return self._http.send("POST", where, headers=headers, body=body, repeatable=repeatable)


_context = context


def _at(url: str, path: str) -> str:
    """Within the connection's own address, whatever else was typed behind it."""
    try:
        return origin(url) + path
    except ValueError:
        raise Permanent("The address of Odoo is no http or https address.", code="host_not_allowed") from None


def _listed(found: Any, *, repeatable: bool = True) -> list[Any]:
    if not isinstance(found, list):
        raise answers.garbled(repeatable=repeatable)
    return found


def _told(answer: Answer) -> Any:
    """Whoever has not signed in yet cannot be told that a database is missing: a 404 means that no Odoo is there."""
    if answer.status == 404:
        raise _no_odoo()
    if answer.status != 200:
        raise answers.of_status(answer, model="", repeatable=True)
    return answers.decoded(answer)


def _version_of(told: Any, name: str) -> OdooVersion:
    """`19.0`, or `saas~19.1+e` of Odoo Online."""
    server = str(told.get(name) or "") if isinstance(told, dict) else ""
    found = _SERIES.match(server)
    if found is None:
        raise _no_odoo()
    return OdooVersion(server, f"{found[1]}.{found[2]}", int(found[1]))


def _no_odoo() -> MooringError:
    return Permanent("What answers at this address is no Odoo.", code="odoo_not_there")

"""JSON-RPC (Odoo 17 and 18; gone with 22): `POST /jsonrpc`, always HTTP 200, the error inside the answer.

Tested against 19 alone. A secret is checked as a password first, which costs Odoo about 0.3 s whenever its cache is
cold: another reason for few and large calls.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mooring.errors import MooringError
from mooring.http import Answer
from mooring.odoo import answers
from mooring.odoo.calls import Call
from mooring.ports import OdooAccess

PATH = "/jsonrpc"


def version() -> bytes:
    return _request("common", "version", [])


def authenticate(access: OdooAccess) -> bytes:
    return _request("common", "authenticate", [access.database, access.login, access.key, {}])


def body(access: OdooAccess, call: Call) -> bytes:
    if access.user_id is None:
        raise ValueError("over JSON-RPC nobody is known before signing in")
    named, positional = dict(call.arguments), [] if call.ids is None else [list(call.ids)]
    if call.method == "create":  # older series look at its first argument by position
        positional = [named.pop("vals_list")]
    named["context"] = dict(call.context)
    who = [access.database, access.user_id, access.key]
    return _request("object", "execute_kw", [*who, call.model, call.method, positional, named])


def _request(service: str, method: str, arguments: list[Any]) -> bytes:
    parameters = {"service": service, "method": method, "args": arguments}
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "call", "id": 1, "params": parameters})


def result(answer: Answer, *, model: str, repeatable: bool) -> Any:
    """What the method returned; None where it returns nothing. Raises what the answer means."""
    content = answers.decoded(answer)
    if answer.status != 200:
        raise answers.of_status(answer, model=model, repeatable=repeatable)
    if not isinstance(content, dict) or content.get("jsonrpc") != "2.0":
        raise answers.garbled(repeatable=repeatable)
    if content.get("error"):
        raise _failure(content["error"], model, repeatable)
    return content.get("result")


def _failure(error: Any, model: str, repeatable: bool) -> MooringError:
    told = error.get("data") if isinstance(error, dict) else None
    if not isinstance(told, dict):
        return answers.garbled(repeatable=repeatable)
    return answers.meaning(str(told.get("name") or ""), told.get("message"), model=model, repeatable=repeatable)

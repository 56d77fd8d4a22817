"""JSON-2 (Odoo 19 and later): `POST /json/2/<model>/<method>` with a bearer key; the answer is the bare result."""

from __future__ import annotations

from typing import Any

import msgspec

from mooring.errors import MooringError
from mooring.http import Answer
from mooring.odoo import answers
from mooring.odoo.calls import Call
from mooring.ports import OdooAccess


def path(call: Call) -> str:
    return f"/json/2/{call.model}/{call.method}"


def headers(access: OdooAccess) -> dict[str, str]:
    return {"Authorization": f"bearer {access.key}", "X-Odoo-Database": access.database}


def body(call: Call) -> bytes:
    ids = {} if call.ids is None else {"ids": list(call.ids)}
    return msgspec.json.encode(ids | dict(call.arguments) | {"context": dict(call.context)})


def result(answer: Answer, call: Call) -> Any:
    """What the method returned. Raises what the answer means."""
    content = answers.decoded(answer)
    if answer.status != 200:
        raise _failure(answer, content, call)
    if content is msgspec.UNSET:
        raise answers.garbled(repeatable=not call.writes)
    return content


def _failure(answer: Answer, content: Any, call: Call) -> MooringError:
    if isinstance(content, dict) and isinstance(content.get("name"), str):
        return answers.meaning(content["name"], content.get("message"), model=call.model, repeatable=not call.writes)
    return answers.of_status(answer, model=call.model, repeatable=not call.writes)

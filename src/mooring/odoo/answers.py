"""What an answer of Odoo means, over either protocol: which class of error says what happens next.

The name of Odoo's exception decides, the HTTP status only where there is none: a 500 can be permanent (an unknown
field), and over JSON-RPC every status is 200. Source: exchanges recorded with a real Odoo 19.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mooring.domain.odoo_details import parse_address
from mooring.errors import AuthLost, InvalidInput, MooringError, Permanent, Throttled, Unreachable
from mooring.http import Answer, broken

_LONGEST = 300
_KEY_REFUSED = "Odoo does not accept the API key. Make a new one in Odoo (Preferences, Account Security, New API Key)."
_NO_DATABASE = "There is no database of this name at this address."
_BUSY = "Odoo is busy with the same records. Nothing was written; the call is made again."
_BUSY_SECONDS = 3.0


def decoded(answer: Answer) -> Any:
    """The JSON of an answer; `msgspec.UNSET` if it is none."""
    try:
        return msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.UNSET


# -- what Odoo says ------------------------------------------------------------------------------------------------


def said(message: Any) -> str:
    """The first line of what Odoo says, with the next one where it only announces that; short enough for a sentence."""
    lines = [" ".join(line.split()) for line in str(message or "").splitlines() if line.strip()]
    text = " ".join(lines[:2] if lines and lines[0].endswith(":") else lines[:1])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _groups(message: Any) -> str:
    """Odoo lists who may: "\\t- Role / Administrator"."""
    found = [line.strip()[2:] for line in str(message or "").splitlines() if line.strip().startswith("- ")]
    return f" Odoo allows it to: {', '.join(found)}."[:_LONGEST] if found else ""


def meaning(name: str, message: Any, *, model: str, repeatable: bool) -> MooringError:
    """The error that an exception of Odoo stands for. `name` is its Python name, as in `odoo.exceptions.UserError`."""
    short = name.rpartition(".")[2]
    make = _BY_NAME.get(short)
    if make is not None:
        return make(message, model)
    if name.startswith("psycopg2.") and "does not exist" in str(message) and short == "OperationalError":
        return no_database()
    if short in _PASSING:
        return broken("Odoo's own database does not answer.", repeatable)
    return Permanent(f"Odoo fails over this call: {said(message) or short}", code="odoo_error", model=model, name=short)


def key_refused(*_: Any) -> AuthLost:
    return AuthLost(_KEY_REFUSED, code="odoo_key_refused")


def no_database(*_: Any) -> Permanent:
    return Permanent(_NO_DATABASE, code="odoo_no_database")


def _no_access(message: Any, model: str) -> Permanent:
    return Permanent(f"{said(message)}{_groups(message)}", code="odoo_access", model=model)


def _missing(message: Any, model: str) -> Permanent:
    return Permanent(said(message), code="odoo_missing", model=model)


def _unknown(message: Any, model: str) -> Permanent:
    sentence = f"This Odoo has no such thing ({said(message)}). Is the app that brings it installed?"
    return Permanent(sentence, code="odoo_unknown", model=model)


def _refused(message: Any, model: str) -> Permanent:
    """Over JSON-RPC a model that is not there is refused like anything else."""
    if said(message) == f"Object {model} doesn't exist":
        return _unknown(message, model)
    return Permanent(said(message) or "Odoo refuses, and says no more.", code="odoo_refused", model=model)


def _no_field(message: Any, model: str) -> Permanent:
    return Permanent(f"Odoo knows no {said(message)!r} of {model}.", code="odoo_error", model=model, name="KeyError")


def _too_much(*_: Any) -> Permanent:
    return Permanent("This is more at once than Odoo takes.", code="odoo_too_large")


def _busy(*_: Any) -> Unreachable:
    return Unreachable(_BUSY, retry_after=_BUSY_SECONDS, code="odoo_busy")


_BY_NAME: dict[str, Callable[[Any, str], MooringError]] = {
    "AccessDenied": key_refused,
    "Unauthorized": key_refused,
    "AccessError": _no_access,
    "Forbidden": _no_access,
    "MissingError": _missing,
    "NotFound": _unknown,
    "AttributeError": _unknown,
    "UserError": _refused,
    "ValidationError": _refused,
    "RedirectWarning": _refused,
    "UnprocessableEntity": _refused,
    "KeyError": _no_field,
    "MemoryError": _too_much,
    "RequestEntityTooLarge": _too_much,
    "SerializationFailure": _busy,
    "DeadlockDetected": _busy,
    "LockNotAvailable": _busy,
    "ConcurrencyError": _busy,
}
_PASSING = frozenset({"OperationalError", "InterfaceError", "PoolError", "AdminShutdown", "CannotConnectNow",
                      "TooManyConnections", "QueryCanceled", "ServiceUnavailable"})  # fmt: skip


# -- what the status says ------------------------------------------------------------------------------------------


def of_status(answer: Answer, *, model: str, repeatable: bool) -> MooringError:
    """For an answer that carries no exception of Odoo: somebody in between wrote it, or there is no Odoo at all."""
    status = answer.status
    if 300 <= status < 400:
        return redirected(answer)
    if status == 429:
        return Throttled("Odoo's address asks to slow down.", retry_after=_retry_after(answer))
    if status == 413:
        return _too_much()
    if status == 404:
        return no_database()
    if status >= 500 or status == 408:
        return broken(f"Odoo does not answer (HTTP {status}).", repeatable)
    return Permanent(f"Something in front of Odoo refuses the call (HTTP {status}).", code="odoo_access", model=model)


def redirected(answer: Answer) -> Permanent:
    sentence = "This address leads elsewhere, and Mooring follows no redirect with a key."
    return Permanent(f"{sentence} Use {_there(answer)}.", code="odoo_redirected")


def _there(answer: Answer) -> str:
    where = answer.headers.get("location", "")
    try:
        return f"{parse_address(where)}, if that is yours" if "://" in where else "the address it ends at"
    except InvalidInput:
        return "the address it ends at"


def _retry_after(answer: Answer) -> float:
    try:
        return min(max(float(answer.headers.get("retry-after", "")), 1.0), 3600.0)
    except ValueError:
        return 10.0


def garbled(*, repeatable: bool) -> MooringError:
    return broken("The answer is not what Odoo sends. Is something in between?", repeatable)

"""An exception as Odoo tells it to a client."""

from __future__ import annotations

import traceback
from typing import Any

from mooring_sandbox.odoo.errors import HttpError, OdooError


def status_of(error: Exception) -> int:
    return error.status if isinstance(error, OdooError) else 500


def told(error: Exception) -> dict[str, Any]:
    """{name, message, arguments, context, debug}."""
    arguments = list(error.args)
    return {
        "name": error.name if isinstance(error, OdooError) else f"{type(error).__module__}.{type(error).__name__}",
        "message": str(arguments[0]) if arguments else str(error),
        "arguments": arguments,
        "context": {},
        "debug": "".join(traceback.format_exception(error)),
    }


def headers_of(error: Exception) -> dict[str, str]:
    return error.headers if isinstance(error, HttpError) else {}

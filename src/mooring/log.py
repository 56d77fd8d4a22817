"""Structured logs on stderr, one line each, without secrets.

Whatever stands under a name that looks like a secret is hidden, and so is anything in a text that looks like a
Shopify token or a bearer header. This is the second fence; the first is that no code logs such a thing.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_NAMES = re.compile(r"token|secret|password|authorization|cookie|session|hmac|\bkey\b|code$", re.I)
_TEXT = re.compile(
    r"\b(shp[a-z]{2,4}_[\w-]{8,}|atkn_[\w-]{8,}|Bearer\s+\S+)|((?:code|hmac|state|token)=)[^&\s\"']+", re.I
)
_ROW = re.compile(
    r"(^|\n)(DETAIL|CONTEXT):.*?(?=\n(?:HINT|DETAIL|CONTEXT|\[SQL|Traceback|The above|During handling)\b|\n\n|\Z)", re.S
)
"""PostgreSQL shows the row that does not fit in the detail of its error; whose row it is, is nobody's business here."""
_HARMLESS = frozenset({"error_code", "status_code"})


def _hide(value: Any) -> Any:
    if isinstance(value, str):
        told = _TEXT.sub(lambda m: (m.group(2) or "") + "[hidden]", value)
        return _ROW.sub(r"\1\2: [hidden]", told)
    if isinstance(value, dict):
        return {k: _hidden_item(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_hide(v) for v in value]
    return value


def _hidden_item(name: str, value: Any) -> Any:
    return "[hidden]" if _NAMES.search(name) and name not in _HARMLESS and value else _hide(value)


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _hide(value) if name in ("event", "exception") else _hidden_item(name, value)
    return event


def configure(level: str, *, json: bool | None = None) -> Any:
    """The logger. JSON unless stderr is a terminal. Standard-library loggers of dependencies go the same way."""
    as_json = not sys.stderr.isatty() if json is None else json
    chain: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    last = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=True)
    structlog.configure(
        processors=[*chain, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _route_standard_logging(level, chain, last)
    return structlog.get_logger("mooring")


def _route_standard_logging(level: str, chain: list[Any], last: Any) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last]
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, getattr(logging, level.upper())))

"""A method is called on records: by name from JSON-2, by position from /jsonrpc and the web client."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from mooring_sandbox.clock import Clock
from mooring_sandbox.odoo.errors import (
    IntegrityError,
    SerializationFailure,
    UserError,
    ValidationError,
    not_found,
    unprocessable,
)
from mooring_sandbox.odoo.orm import remote
from mooring_sandbox.odoo.orm.core import Core
from mooring_sandbox.odoo.orm.environment import Env, Shared
from mooring_sandbox.odoo.orm.registry import REGISTRY
from mooring_sandbox.odoo.orm.storage import Database

T = TypeVar("T")
_TRIES = 5


def in_transaction(
    database: Database, clock: Clock, work: Callable[[Shared], T], begun: int | None = None, *, loses: bool = False
) -> T:
    """Commits what `work` does, or nothing. After a lost race it is done again, as Odoo does, on what is there then."""
    for attempt in range(_TRIES):
        held = database.begin() if begun is None else begun
        try:
            with database.run(held, loses=loses and attempt == 0) as transaction:
                return work(Shared(transaction, clock.now()))
        except SerializationFailure:
            if attempt == _TRIES - 1:
                raise
            begun = None
        except IntegrityError as error:
            raise ValidationError(f"The operation cannot be completed: {error.sentence(REGISTRY)}") from error
        finally:
            database.forget(held)
    raise AssertionError("unreachable")


def by_name(env: Env, model: str, method: str, body: dict[str, Any]) -> Any:
    """JSON-2: `ids` and `context` beside the method's own arguments."""
    if model not in REGISTRY:
        raise not_found(f"the model {model!r} does not exist")
    records = env.changed(context=dict(body.pop("context", None) or {}))[model]
    ids = body.pop("ids", ()) or ()
    function = _public(records, method)
    if remote.on_model(function) and ids:
        raise unprocessable(f"cannot call {model}.{method} with ids")
    records = records._browse(_id_list(ids))
    try:
        inspect.signature(function).bind(records, **body)
    except TypeError as error:
        raise unprocessable(error.args[0]) from error
    result = function(records, **body)
    return list(result.ids) if isinstance(result, Core) else result


def _public(records: Core, method: str) -> Callable[..., Any]:
    try:
        return remote.find(records, method)
    except AttributeError as error:
        raise not_found(error.args[0]) from error


def by_position(env: Env, model: str, method: str, args: list[Any], kwargs: dict[str, Any] | None = None) -> Any:
    """execute_kw: the ids are the first argument of what is called on records."""
    if model not in REGISTRY:
        raise UserError(f"Object {model} doesn't exist")
    given = dict(kwargs or {})
    records = env.changed(context=env.context | dict(given.pop("context", None) or {}))[model]
    function = remote.find(records, method)
    rest = list(args)
    if not remote.on_model(function):
        ids = rest.pop(0) if rest else given.pop("ids", ())
        records = records._browse(_id_list(ids))
    result = function(records, *rest, **given)
    if not isinstance(result, Core):
        return result
    one = method == "create" and isinstance(args[0] if args else given.get("vals_list"), dict)
    return result.ids[0] if one else list(result.ids)


def _id_list(ids: Any) -> tuple[int, ...]:
    if not ids:
        return ()
    return (ids,) if isinstance(ids, int) else tuple(ids)

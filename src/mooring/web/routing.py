"""How a route is declared. Every route says which role it needs; nothing starts with one that does not.

`role` is one of
  public               nobody has to be signed in
  signed_in            somebody has
  viewer editor admin  in the project that the path names (`project_id`, `store_id`, `operation_id`, `customer_id`, …)
  installation_admin   who looks after Mooring itself

Handlers are plain functions run in a thread: parse, call one use case, render. By name they are given
`app: Given[App]` (the use cases' context), `who: Given[Who]` (whoever is signed in; not on public routes),
`visit: Given[Visit]` (session, form token) and `limits: Given[Limits]`; what comes from the address is
`FromPath[…]` and `FromQuery[…]`. Whatever they may not do raises an error of `mooring.errors`, and `web.problems`
renders it.

`signed=True` is for public routes whose caller proves himself by a signature over the raw bytes (webhooks): nothing
looks at the request before the handler does. `threaded=False` is for coroutines.

An exception leaves a thread for the request that waits for it, with one exception: Python hands no `StopIteration` on,
and the request would wait for ever. It becomes an ordinary error here, for every handler.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Literal

import litestar
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, FromQuery, JSONBody

from mooring.web.problems import RESPONSES

__all__ = [
    "IN_PROJECT",
    "ROLES",
    "FromPath",
    "FromQuery",
    "Given",
    "JSONBody",
    "Role",
    "delete",
    "get",
    "patch",
    "post",
    "put",
]

Role = Literal["public", "signed_in", "viewer", "editor", "admin", "installation_admin"]
ROLES = frozenset({"public", "signed_in", "viewer", "editor", "admin", "installation_admin"})
IN_PROJECT = frozenset({"viewer", "editor", "admin"})


def _declare(
    method: Callable[..., Any],
    path: str | list[str],
    *,
    role: Role,
    signed: bool = False,
    threaded: bool = True,
    **more: Any,
) -> Any:
    opt = {"role": role, "signed": signed} | more.pop("opt", {})
    declared = method(path, opt=opt, sync_to_thread=True if threaded else None, responses=RESPONSES, **more)
    return (lambda handler: declared(_answering(handler))) if threaded else declared


def _answering(handler: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(handler)
    def answering(*arguments: Any, **named: Any) -> Any:
        try:
            return handler(*arguments, **named)
        except StopIteration as stopped:
            raise RuntimeError("A handler asked for one more than there was.") from stopped

    return answering


get = partial(_declare, litestar.get)
post = partial(_declare, litestar.post)
put = partial(_declare, litestar.put)
patch = partial(_declare, litestar.patch)
delete = partial(_declare, litestar.delete)

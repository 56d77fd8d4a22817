"""The few REST addresses that clients still use beside GraphQL: the shop, the granted scopes, the uninstall."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.answers import json_answer, not_found
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.faults import answer_under
from mooring_sandbox.shopify.graph.versions import served
from mooring_sandbox.shopify.rest_shop import rest_shop
from mooring_sandbox.shopify.server_graphql import UNVERSIONED
from mooring_sandbox.shopify.shops import Visit

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_CALLS = {"X-Shopify-Shop-Api-Call-Limit": "1/40"}


class Rest:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def shop(self, request: Request) -> Response:
        return await self._answer(request, "GET", self._shop)

    async def scopes(self, request: Request) -> Response:
        return await self._answer(request, "GET", self._scopes)

    async def permissions(self, request: Request) -> Response:
        return await self._answer(request, "DELETE", self._uninstall)

    async def _answer(
        self, request: Request, method: str, work: Callable[[Caller, Visit, dict[str, str]], Response]
    ) -> Response:
        visit: Visit = request.scope["sandbox.visit"]
        entry = request.scope["sandbox.entry"]
        entry.kind, entry.operation = "rest", request.url.path.rpartition("/")[2]
        if request.method != method:
            return not_found()
        caller = self._sandbox.authorise(visit, request.headers.get("x-shopify-access-token", ""))
        if isinstance(caller, Response):
            return caller

        headers = {**_CALLS, "X-Shopify-API-Version": served(request.path_params.get("version", UNVERSIONED))}

        async def run() -> Response:
            return work(caller, visit, headers)

        return await answer_under(self._sandbox.faults.take("rest", [entry.operation], visit.domain), run)

    def _shop(self, caller: Caller, visit: Visit, headers: dict[str, str]) -> Response:
        doc = self._sandbox.state.shop(caller.shop_id)
        return json_answer({"shop": rest_shop(caller.shop_id, visit.domain, doc)}, headers=headers)

    def _scopes(self, caller: Caller, visit: Visit, headers: dict[str, str]) -> Response:
        handles = sorted(scope_rules.implied(caller.scopes))
        return json_answer({"access_scopes": [{"handle": handle} for handle in handles]}, headers=headers)

    def _uninstall(self, caller: Caller, visit: Visit, headers: dict[str, str]) -> Response:
        self._sandbox.installations.uninstall(caller.shop_id, caller.app_id)
        return json_answer({}, headers=headers)

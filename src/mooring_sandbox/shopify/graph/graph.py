"""The entry points: one request, one bulk query, the handlers that others register."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from graphql import OperationDefinitionNode, value_from_ast_untyped

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.graph import mutations, resolvers  # noqa: F401 - they register themselves
from mooring_sandbox.shopify.graph.access import Access
from mooring_sandbox.shopify.graph.api import Answer, Doc, Handler
from mooring_sandbox.shopify.graph.bucket import Buckets
from mooring_sandbox.shopify.graph.connections import Records, sort_keys
from mooring_sandbox.shopify.graph.context import Context
from mooring_sandbox.shopify.graph.cost import Cost
from mooring_sandbox.shopify.graph.errors import Json, Rejected
from mooring_sandbox.shopify.graph.execution import Run, internal_error, run
from mooring_sandbox.shopify.graph.fields import FieldReaders
from mooring_sandbox.shopify.graph.limits import MAXIMUM_COST, THROTTLED, oversized_inputs, too_dear
from mooring_sandbox.shopify.graph.mutations.definitions import purge_due
from mooring_sandbox.shopify.graph.prepared import Prepared, prepare
from mooring_sandbox.shopify.graph.projection import project
from mooring_sandbox.shopify.graph.schema import official
from mooring_sandbox.shopify.graph.sorting import Order, SortValue
from mooring_sandbox.shopify.graph.variables import check_variables
from mooring_sandbox.shopify.graph.versions import schema_version, served
from mooring_sandbox.shopify.state import State

_log = logging.getLogger(__name__)
_KEPT_INDEXES = 64
_KEPT_ANSWERS = 10_000


class Graph:
    """Safe to call from several threads.

    `customers_by_day`: the customers filter `updated_at` is documented as "matching a whole day", unlike that of
    orders and products; whether the real server looks at the time of day is not known, so a test can try both.
    `definition_delete_seconds`: how long the values of a deleted metafield definition stay. `local_hooks`: webhook
    addresses on this machine are accepted, which the real server never does. `revoke` takes scopes from an app.
    """

    def __init__(
        self,
        state: State,
        clock: Clock,
        *,
        maximum: float = 2000.0,
        restore_rate: float = 100.0,
        customers_by_day: bool = False,
        definition_delete_seconds: float = 0.0,
        local_hooks: bool = False,
        revoke: Callable[[Caller, frozenset[str]], None] = lambda _, __: None,
    ) -> None:
        self.state = state
        self.clock = clock
        self.buckets = Buckets(maximum, restore_rate)
        self.customers_by_day = customers_by_day
        self.definition_delete_seconds = definition_delete_seconds
        self.local_hooks = local_hooks
        self.revoke = revoke
        self.answers: dict[tuple[int, int, str], tuple[str, Any]] = {}
        self._handlers: dict[str, Handler] = {}
        self._readers: dict[str, FieldReaders] = {}
        self._access: dict[Any, Access] = {}
        self._indexes: dict[tuple[Any, ...], tuple[int, list[tuple[SortValue, int]]]] = {}
        self._lock = threading.Lock()

    def register(self, root_field: str, handler: Handler) -> None:
        """`handler(context, **arguments)` answers this root field from now on."""
        self._handlers[root_field] = handler

    def handler(self, root_field: str) -> Handler | None:
        return self._handlers.get(root_field)

    def set_bucket(self, maximum: float, restore_rate: float, available: float | None = None) -> None:
        """Every bucket from now on; `available` also empties or fills those that exist."""
        self.buckets.configure(maximum, restore_rate, available)

    def drain(self, shop_id: int, app_id: int, available: float) -> None:
        """Sets one bucket, whether it exists or not."""
        self.buckets.drain((shop_id, app_id), available, self.clock.now())

    def execute(
        self, caller: Caller, version: str, payload: Doc, *, at: datetime | None = None, base_url: str = ""
    ) -> Answer:
        """One POST to graphql.json: always an answer, never an exception."""
        query = payload.get("query")
        if not isinstance(query, str) or not query.strip():
            return Answer(400, {"errors": {"query": "Required parameter missing or invalid"}}, served(version))
        context = self.context(caller, version, at, base_url)
        try:
            return self._answer(context, query, payload)
        except Rejected as rejected:
            return Answer(200, {"errors": rejected.errors}, context.version)
        except RecursionError:
            return Answer(200, {"errors": [{"message": "The query is nested too deeply."}]}, context.version)
        except Exception:
            request_id = str(uuid.uuid4())
            _log.exception("request %s failed inside", request_id)
            return Answer(200, {"errors": [internal_error(request_id)]}, context.version)

    def validate(self, version: str, query: str) -> list[str]:
        """What is wrong with a document, in the server's words; [] if it could run."""
        try:
            prepare(schema_version(served(version)), query)
        except Rejected as rejected:
            return [e["message"] for e in rejected.errors]
        return []

    def rows(
        self, caller: Caller, version: str, query: str, *, grouped: bool = False
    ) -> Iterator[tuple[Doc, str | None]]:
        """The rows of a bulk query, each with its parent's gid; children adjacent to their parent only if `grouped`.

        Raises AccessDenied before the first row when a selected field is not in the caller's scopes.
        """
        context = self.context(caller, version)
        prepared = prepare(context.official.version, query)
        return project(self.run_for(context), prepared, grouped)

    def context(self, caller: Caller, version: str, at: datetime | None = None, base_url: str = "") -> Context:
        version = served(version)
        now = at or self.clock.now()
        known = official(schema_version(version))
        context = Context(self.state, self.clock, caller, version, now, known, self, base_url)
        purge_due(context)
        return context

    def run_for(self, context: Context) -> Run:
        name = context.official.version
        with self._lock:
            readers = self._readers.setdefault(name, FieldReaders(context.official))
            key = (name, context.caller.scopes, context.caller.protected)
            access = self._access.get(key) or self._access.setdefault(key, Access(context.official, context.caller))
        return Run(context, readers, access)

    def remember(self, key: tuple[int, int, str], answer: tuple[str, Any]) -> None:
        """The answer to an @idempotent mutation; the oldest go when there are too many."""
        with self._lock:
            while len(self.answers) >= _KEPT_ANSWERS:
                self.answers.pop(next(iter(self.answers)))
            self.answers[key] = answer

    def sort_index(self, context: Context, source: Records, order: Order) -> list[tuple[SortValue, int]]:
        """Keys of a computed order, kept until any record changes."""
        key = (context.shop_id, source.type, source.parent, order.name)
        changes = self.state.changes
        known = self._indexes.get(key)
        if known is None or known[0] != changes:
            known = changes, sort_keys(context, source, order)
            with self._lock:
                if len(self._indexes) >= _KEPT_INDEXES:
                    self._indexes.clear()
                self._indexes[key] = known
        return known[1]

    def _answer(self, context: Context, query: str, payload: Doc) -> Answer:
        prepared = prepare(context.official.version, query)
        operation = prepared.operation(payload.get("operationName"))
        given = _variables(payload.get("variables"))
        check_variables(context.official.schema, operation, given)
        context.variables = _with_defaults(operation, given)
        cost = Cost(context.official.schema, prepared.fragments, context.variables)
        requested = cost.requested(operation)
        refused = self._refused(context, prepared, operation, requested)
        if refused is not None:
            return Answer(
                200, self._with_cost(context, {"errors": refused}, requested, None), context.version, requested
            )
        data, errors = run(self.run_for(context), prepared, operation, given)
        actual = cost.actual(operation, data)
        self.buckets.give_back(_key(context), requested - actual, context.now)
        body: Json = {"errors": errors, "data": data} if errors else {"data": data}
        return Answer(200, self._with_cost(context, body, requested, actual), context.version, requested, actual)

    def _refused(
        self, context: Context, prepared: Prepared, operation: OperationDefinitionNode, requested: int
    ) -> list[Json] | None:
        if requested > MAXIMUM_COST:
            raise Rejected([too_dear(requested)])
        oversized = oversized_inputs(operation, prepared.fragments, context.variables)
        if oversized:
            return oversized
        return None if self.buckets.take(_key(context), requested, context.now) else [THROTTLED]

    def _with_cost(self, context: Context, body: Json, requested: int, actual: int | None) -> Json:
        status = self.buckets.status(_key(context), context.now)
        cost = {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}
        search = {"search": context.searches} if context.searches else {}
        return {**body, "extensions": {"cost": cost, **search}}


def _key(context: Context) -> tuple[int, int]:
    return context.shop_id, context.caller.app_id


def _variables(given: Any) -> Json:
    """Some clients send them as a JSON text."""
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    return given if isinstance(given, dict) else {}


def _with_defaults(operation: OperationDefinitionNode, given: Json) -> Json:
    defaults = {
        d.variable.name.value: value_from_ast_untyped(d.default_value)
        for d in operation.variable_definitions or ()
        if d.default_value is not None
    }
    return {**defaults, **given}

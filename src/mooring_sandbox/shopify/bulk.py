"""Bulk operations: accepted or refused, then carried by a thread each until they are done, cancelled or failed."""

from __future__ import annotations

import math
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from graphql import GraphQLSchema

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify import bulk_rules, uploads
from mooring_sandbox.shopify.bulk_files import ResultFiles
from mooring_sandbox.shopify.bulk_job import Job
from mooring_sandbox.shopify.bulk_prebuilt import Prebuilt
from mooring_sandbox.shopify.graph import Context
from mooring_sandbox.shopify.graph.documents import read
from mooring_sandbox.shopify.graph.errors import Rejected
from mooring_sandbox.shopify.graph.schema import official
from mooring_sandbox.shopify.graph.versions import schema_version, served
from mooring_sandbox.shopify.installations import Installation
from mooring_sandbox.shopify.server_graphql import named
from mooring_sandbox.shopify.shops import domain_of
from mooring_sandbox.shopify.state import Doc, gid, parse_gid

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_FIRST = 8_000_000_000_001
LIVE = frozenset({"CREATED", "RUNNING", "CANCELING"})


class Bulk:
    """Keeps its operations as `BulkOperation` records; private keys begin with `$`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.files = ResultFiles(sandbox.state, sandbox.data / "bulk")
        self.staged = uploads.Staged(self.files, sandbox.data / "staged")
        self.prebuilt = Prebuilt(self)
        self.builders = threading.Semaphore(2)
        self._jobs: dict[str, Job] = {}
        self._next_expiry = math.inf
        self._lock = threading.Lock()
        for name, handler in {
            "bulkOperationRunQuery": self._run_query,
            "bulkOperationRunMutation": self._run_mutation,
            "bulkOperationCancel": self._cancel,
            "stagedUploadsCreate": self._stage,
        }.items():
            sandbox.register(name, handler)
        sandbox.installations.watch(self._on_installation)
        self.resume()

    # -- handlers ---------------------------------------------------------------------------------------------

    def _run_query(self, context: Context, *, query: str, groupObjects: bool = False, **_: Any) -> Doc:  # noqa: N803
        problems = self.query_problems(context.version, query)
        errors = [{"field": ["query"], "message": text, "code": "INVALID"} for text in problems]
        errors = errors or self._too_many(context, "QUERY", "OPERATION_IN_PROGRESS")
        if errors:
            return {"bulkOperation": None, "userErrors": errors}
        return {"bulkOperation": self._create(context, "QUERY", query, {"$grouped": groupObjects}), "userErrors": []}

    def _run_mutation(
        self, context: Context, *, mutation: str, stagedUploadPath: str, clientIdentifier: str | None = None, **_: Any  # noqa: N803
    ) -> Doc:  # fmt: skip
        problem = (
            self._mutation_problem(context.version, mutation)
            or _identifier_problem(clientIdentifier)
            or self.staged.problem(stagedUploadPath, context.caller.shop_id)
        )
        errors = [problem] if problem else self._too_many(context, "MUTATION", "OPERATION_IN_PROGRESS")
        if errors:
            return {"bulkOperation": None, "userErrors": errors}
        doc = self._create(context, "MUTATION", mutation, {"$upload": stagedUploadPath})
        return {"bulkOperation": doc, "userErrors": []}

    def _cancel(self, context: Context, *, id: str, **_: Any) -> Doc:
        parsed = parse_gid(id)
        shop_id = context.caller.shop_id
        doc = self.sandbox.state.get(shop_id, *parsed) if parsed and parsed[0] == "BulkOperation" else None
        if doc is None or doc.get("$app", context.caller.app_id) != context.caller.app_id:
            return {"bulkOperation": None, "userErrors": [_error(["id"], "Bulk operation does not exist")]}
        if doc["status"] not in LIVE:
            text = f"A bulk operation cannot be canceled when it is {doc['status'].lower()}"
            return {"bulkOperation": doc, "userErrors": [_error(None, text)]}
        doc = self.update(shop_id, id, ("CREATED", "RUNNING"), status="CANCELING")
        self._stop(id)
        return {"bulkOperation": doc, "userErrors": []}

    def _stage(self, context: Context, *, input: list[Doc], **_: Any) -> Doc:
        return self.staged.create(context.caller.shop_id, input, self.sandbox.clock.now())

    # -- rules ------------------------------------------------------------------------------------------------

    def query_problems(self, version: str, query: str) -> list[str]:
        if len(query.encode()) > bulk_rules.MAX_DOCUMENT_BYTES:
            return [f"Bulk queries cannot be longer than {bulk_rules.MAX_DOCUMENT_BYTES} bytes."]
        try:
            document = read(query)
        except Rejected as rejected:
            return [f"Invalid bulk query: {error['message']}" for error in rejected.errors]
        problems = bulk_rules.query_problems(document, schema_of(version))
        return problems or [f"Invalid bulk query: {text}" for text in self.sandbox.graph.validate(version, query)]

    def _mutation_problem(self, version: str, mutation: str) -> Doc | None:
        try:
            document = read(mutation)
        except Rejected as rejected:
            text = f"Failed to parse the mutation - {rejected}"
            return {"field": None, "message": text, "code": "INVALID_MUTATION"}
        problem = bulk_rules.mutation_problem(document, schema_of(version))
        wrong = None if problem else next(iter(self.sandbox.graph.validate(version, mutation)), None)
        return problem or (_error(["mutation"], wrong, "INVALID_MUTATION") if wrong else None)

    def _too_many(self, context: Context, type_: str, code: str) -> list[Doc]:
        caller = context.caller
        running = [
            doc["id"] for doc in self.sandbox.state.scan(caller.shop_id, "BulkOperation")
            if doc["type"] == type_ and doc["status"] in LIVE and doc.get("$app") == caller.app_id
        ]  # fmt: skip
        if len(running) < self.sandbox.settings.now.bulk_limit:
            return []
        text = f"A bulk {type_.lower()} operation for this app and shop is already in progress: {', '.join(running)}."
        return [_error(None, text, code)]

    # -- life -------------------------------------------------------------------------------------------------

    def _create(self, context: Context, type_: str, query: str, private: Doc) -> Doc:
        shop_id, state = context.caller.shop_id, self.sandbox.state
        doc = {
            "id": gid("BulkOperation", state.next_id("BulkOperation", _FIRST)),
            "status": "CREATED",
            "type": type_,
            "errorCode": None,
            "createdAt": iso(context.now),
            "completedAt": None,
            "objectCount": "0",
            "rootObjectCount": "0",
            "fileSize": None,
            "url": None,
            "partialDataUrl": None,
            "query": query,
            "$app": context.caller.app_id,
            "$version": context.version,
        } | private
        state.put(shop_id, "BulkOperation", doc)
        self._start(shop_id, doc)
        return doc

    def update(self, shop_id: int, id_: str, expected: tuple[str, ...] | None = None, **changes: Any) -> Doc:
        """Changes an operation if its status is one of `expected`; answers it as it is now."""
        number = parse_gid(id_)
        assert number is not None
        with self.sandbox.state.transaction():
            doc = self.sandbox.state.get(shop_id, *number)
            if doc is None:
                raise KeyError(id_)
            if expected is None or doc["status"] in expected:
                doc |= changes
                self.sandbox.state.put(shop_id, "BulkOperation", doc)
        return doc

    def _start(self, shop_id: int, doc: Doc) -> None:
        if self.sandbox.settings.now.bulk_by_clock:
            return
        job = Job(self, shop_id, doc)
        with self._lock:
            self._jobs = {id_: kept for id_, kept in self._jobs.items() if kept.is_alive()}
            self._jobs[doc["id"]] = job
        job.start()

    def carry_on(self) -> None:
        """With `bulk_by_clock`: bring to their end, here and now, the operations whose time has come."""
        settings = self.sandbox.settings.now
        if not settings.bulk_by_clock:
            return
        due = iso(self.sandbox.clock.now() - timedelta(seconds=settings.bulk_created_seconds + settings.bulk_seconds))
        for shop_id, _ in self.sandbox.state.shops():
            for doc in list(self.sandbox.state.scan(shop_id, "BulkOperation")):
                if doc["status"] == "CANCELING" or (doc["status"] in LIVE and doc["createdAt"] <= due):
                    Job(self, shop_id, doc).run()

    def _stop(self, id_: str) -> None:
        with self._lock:
            job = self._jobs.get(id_)
        if job:
            job.cancelled.set()

    def resume(self) -> None:
        """After a restart: what was running begins again from its first row."""
        for shop_id, _ in self.sandbox.state.shops():
            for doc in list(self.sandbox.state.scan(shop_id, "BulkOperation")):
                if doc["status"] in LIVE:
                    self._start(shop_id, doc)
                elif doc.get("$file"):
                    self.note_expiry(doc["$expires"])

    def _on_installation(self, what: str, now: Installation, before: frozenset[str]) -> None:
        if what == "uninstalled":
            for doc in list(self.sandbox.state.scan(now.shop_id, "BulkOperation")):
                if doc["status"] in LIVE and doc.get("$app") == now.app_id:
                    self.update(now.shop_id, doc["id"], ("CREATED", "RUNNING"), status="CANCELING")
                    self._stop(doc["id"])

    def stop_all(self) -> None:
        """Cancels what runs and waits for it."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancelled.set()
        for job in jobs:
            job.join(timeout=10)

    def close(self) -> None:
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.join(timeout=5)

    def owner(self, name: str) -> tuple[str, str]:
        """The shop's domain and the root field of the operation that a result file belongs to; for the log."""
        for shop_id, _ in self.sandbox.state.shops():
            for doc in self.sandbox.state.scan(shop_id, "BulkOperation"):
                if doc.get("$file") == name:
                    return domain_of(self.sandbox.state, shop_id), ",".join(named(doc["query"], None)[1])
        return "", ""

    # -- expiry -----------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Addresses end after seven days; called before every answer, so that a moved clock is seen at once."""
        now = self.sandbox.clock.now().timestamp()
        if now < self._next_expiry:
            return
        self._next_expiry = math.inf
        for shop_id, _ in self.sandbox.state.shops():
            for doc in list(self.sandbox.state.scan(shop_id, "BulkOperation")):
                if doc.get("$file") and doc["$expires"] <= now:
                    self.files.path(doc["$file"]).unlink(missing_ok=True)
                    self.update(shop_id, doc["id"], status="EXPIRED", url=None, partialDataUrl=None, **{"$file": None})
                elif doc.get("$file"):
                    self.note_expiry(doc["$expires"])

    def note_expiry(self, expires: float) -> None:
        self._next_expiry = min(self._next_expiry, expires)


def schema_of(version: str) -> GraphQLSchema:
    return official(schema_version(served(version))).schema


def _identifier_problem(identifier: str | None) -> Doc | None:
    if identifier is None or 10 <= len(identifier) <= 255:
        return None
    bound = "short (minimum is 10" if len(identifier) < 10 else "long (maximum is 255"
    return _error(["clientIdentifier"], f"is too {bound} characters)", "INVALID_MUTATION")


def _error(field: list[str] | None, message: str, code: str | None = None) -> Doc:
    return {"field": field, "message": message, "code": code}

"""One bulk operation on its way: waiting, building its file, finishing; in a thread of its own."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
from graphql import GraphQLError

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify import bulk_files, shops
from mooring_sandbox.shopify.bulk_files import Counts
from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.server_graphql import named
from mooring_sandbox.shopify.state import Doc, parse_gid

if TYPE_CHECKING:
    from mooring_sandbox.shopify.bulk import Bulk

_PROGRESS_SECONDS = 0.25
_BREATH_ROWS = 100
_BREATH_SECONDS = 0.0005


class _Stopped(Exception):
    pass


class _Cancelled(Exception):
    pass


class _Failed(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Job(threading.Thread):
    def __init__(self, bulk: Bulk, shop_id: int, doc: Doc) -> None:
        super().__init__(name=f"bulk-{doc['id']}", daemon=True)
        self._bulk, self._sandbox = bulk, bulk.sandbox
        self._shop_id, self._doc, self._id = shop_id, doc, doc["id"]
        self.cancelled = threading.Event()
        self._counts, self._name = Counts(), ""
        if doc["status"] == "CANCELING":
            self.cancelled.set()

    def run(self) -> None:
        try:
            self._work()
        except _Stopped:
            self._bulk.files.path(self._name).unlink(missing_ok=True)
        except _Cancelled:
            self._finish_cancelled()
        except _Failed as failed:
            self._end("FAILED", errorCode=failed.code)
        except Exception:  # whatever went wrong must show up as this operation's end
            traceback.print_exc(file=sys.stderr)
            self._end("FAILED", errorCode="INTERNAL_SERVER_ERROR")

    # -- the way through --------------------------------------------------------------------------------------

    def _work(self) -> None:
        started, settings = time.monotonic(), self._sandbox.settings.now
        due = self._sandbox.clock.now().timestamp()
        ready = self._bulk.prebuilt.find(self._shop_id, self._doc)
        if ready is None:
            self._wait(started, due, settings.bulk_created_seconds)
        self._bulk.update(self._shop_id, self._id, ("CREATED", "RUNNING"), status="RUNNING")
        fault = self._fault()
        if ready is None:
            with self._bulk.builders:
                self._check()
                self._build(fault)
            self._wait(started, due, settings.bulk_seconds)
        else:
            self._name, self._counts = self._bulk.files.reuse(ready.path), ready.counts
        self._finish(fault)

    def _wait(self, started: float, due: float, seconds: float) -> None:
        """Until so much real time has passed, or the sandbox's clock was moved on by as much."""
        by_clock, clock = self._sandbox.settings.now.bulk_by_clock, self._sandbox.clock
        while not by_clock and time.monotonic() - started < seconds and clock.now().timestamp() < due + seconds:
            self._check()
            time.sleep(0.01)
        self._check()

    def _check(self) -> None:
        if self._sandbox.stopping.is_set():
            raise _Stopped
        if self.cancelled.is_set():
            raise _Cancelled

    def _fault(self) -> Fault | None:
        roots = named(self._doc["query"], None)[1]
        return self._sandbox.faults.take("bulk", roots, shops.domain_of(self._sandbox.state, self._shop_id))

    # -- building ---------------------------------------------------------------------------------------------

    def _build(self, fault: Fault | None) -> None:
        self._name = self._bulk.files.new_name()
        with self._bulk.files.path(self._name).open("wb") as file:
            self.fill(file)
        if fault and fault.kind == "fail":
            self._keep_part(fault)
            raise _Failed(fault.error_code)

    def fill(self, file: BinaryIO) -> Counts:
        """Streams every row into the file; nothing but counts is held."""
        counts, reported = self._counts, time.monotonic()
        for text, is_root in self._lines():
            file.write(text)
            counts.rows += 1
            counts.roots += is_root
            counts.size += len(text)
            if counts.rows % _BREATH_ROWS == 0:
                self._check()
                time.sleep(_BREATH_SECONDS)  # the server must keep answering meanwhile
                if time.monotonic() - reported > _PROGRESS_SECONDS:
                    self._report()
                    reported = time.monotonic()
        self._check()
        return counts

    def _lines(self) -> Iterator[tuple[bytes, bool]]:
        return self._mutation_lines() if self._doc["type"] == "MUTATION" else self._query_lines()

    def _query_lines(self) -> Iterator[tuple[bytes, bool]]:
        caller = self._sandbox.caller(self._shop_id, self._sandbox.apps.by_id(self._doc["$app"]))
        grouped = bool(self._doc.get("$grouped"))
        try:
            rows = self._sandbox.graph.rows(caller, self._doc["$version"], self._doc["query"], grouped=grouped)
            for row, parent in rows:
                yield bulk_files.line(row, parent), parent is None
        except GraphQLError as error:
            denied = (error.extensions or {}).get("code") == "ACCESS_DENIED"
            raise _Failed("ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR") from error

    def _mutation_lines(self) -> Iterator[tuple[bytes, bool]]:
        caller = self._sandbox.caller(self._shop_id, self._sandbox.apps.by_id(self._doc["$app"]))
        with self._bulk.staged.path(self._doc["$upload"]).open("rb") as lines:
            for number, text in enumerate(line for line in lines if line.strip()):
                answer = self._mutate(caller, text)
                yield bulk_files.line(answer | {"__lineNumber": number}, None), True

    def _mutate(self, caller: Any, text: bytes) -> Doc:
        try:
            variables = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            return {"errors": [{"message": "The line is not a JSON object", "extensions": {"code": "INVALID_JSONL"}}]}
        payload = {"query": self._doc["query"], "variables": variables}
        body = self._sandbox.unbound.execute(caller, self._doc["$version"], payload).body
        return {key: body[key] for key in ("data", "errors") if key in body}

    def _report(self) -> None:
        if not self.is_alive():
            return  # a file is being built ahead, there is no operation to tell
        counts = self._counts
        self._bulk.update(
            self._shop_id, self._id, ("RUNNING",), objectCount=str(counts.rows), rootObjectCount=str(counts.roots),
            fileSize=str(counts.size),
        )  # fmt: skip

    # -- ends -------------------------------------------------------------------------------------------------

    def _finish(self, fault: Fault | None) -> None:
        if fault and self._counts.rows:
            bulk_files.damage(self._own_copy(), fault)
            self._counts = _falsified(self._counts, fault)
        self._end("COMPLETED", completedAt=iso(self._sandbox.clock.now()))

    def _own_copy(self) -> Any:
        """A prebuilt file is shared by link: what is to be damaged is copied first."""
        path = self._bulk.files.path(self._name)
        copy = path.with_suffix(".copy")
        copy.write_bytes(path.read_bytes())
        return copy.replace(path)

    def _finish_cancelled(self) -> None:
        started, due = time.monotonic(), self._sandbox.clock.now().timestamp()
        self.cancelled.clear()
        try:
            self._wait(started, due, self._sandbox.settings.now.bulk_cancel_seconds)
        except _Stopped:
            return
        self._end("CANCELED")

    def _keep_part(self, fault: Fault) -> None:
        """Cuts the file after the share of its rows that were ready when it failed."""
        path, kept = self._bulk.files.path(self._name), Counts()
        with path.open("r+b") as file:
            while kept.rows < int(self._counts.rows * fault.fraction):
                text = file.readline()
                kept.rows += 1
                kept.roots += b'"__parentId":' not in text
                kept.size += len(text)
            file.truncate(kept.size)
        self._counts = kept

    def _end(self, status: str, **more: Any) -> None:
        counts, number = self._counts, parse_gid(self._id)
        assert number is not None
        changes: Doc = {"status": status, "objectCount": str(counts.rows), "rootObjectCount": str(counts.roots)} | more
        if counts.size and self._name:
            size = self._bulk.files.path(self._name).stat().st_size
            expires = self._sandbox.clock.now().timestamp() + self._sandbox.settings.now.bulk_file_seconds
            address = self._bulk.files.address(self._name, expires, number[1])
            key = "url" if status == "COMPLETED" else "partialDataUrl"
            changes |= {"fileSize": str(size), key: address, "$file": self._name, "$expires": expires}
            self._bulk.note_expiry(expires)
        doc = self._bulk.update(self._shop_id, self._id, **changes)
        self._sandbox.state.emit(self._shop_id, "BULK_OPERATIONS_FINISH", self._id, doc)


def _falsified(counts: Counts, fault: Fault) -> Counts:
    if fault.kind != "false_counts":
        return counts
    return Counts(counts.rows + fault.delta, counts.roots + fault.root_delta, counts.size)

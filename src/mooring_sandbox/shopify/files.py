"""The storage host: result files by range, staged uploads in. No token is asked for, addresses are the key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from mooring_sandbox.shopify import uploads
from mooring_sandbox.shopify.bulk import Bulk
from mooring_sandbox.shopify.faults import answer_under
from mooring_sandbox.shopify.shops import Visit

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_MAX_FIELDS_BYTES = 100_000


class Storage:
    def __init__(self, sandbox: Sandbox, bulk: Bulk) -> None:
        self._sandbox, self._bulk = sandbox, bulk

    async def download(self, request: Request) -> Response:
        entry = request.scope["sandbox.entry"]
        entry.kind = "download"
        name = request.path_params["name"]
        entry.shop, entry.operation = self._bulk.owner(name)
        fault = self._sandbox.faults.take("download", [entry.operation], entry.shop)
        entry.fault = fault.kind if fault else ""

        async def work() -> Response:
            return self._file(request, name)

        return await answer_under(fault, work)

    def _file(self, request: Request, name: str) -> Response:
        query = request.query_params
        expires, signature = query.get("Expires", ""), query.get("Signature", "")
        if request.method not in ("GET", "HEAD") or not self._bulk.files.signed(name, expires, signature):
            return _xml(403, "SignatureDoesNotMatch", "Access denied.")
        if float(expires) <= self._sandbox.clock.now().timestamp():
            return _xml(400, "ExpiredToken", "The provided token has expired.")
        path = self._bulk.files.path(name)
        if not path.is_file():
            return _xml(404, "NoSuchKey", "The specified key does not exist.")
        headers = {"Content-Disposition": query.get("response-content-disposition", "attachment")}
        return FileResponse(path, headers=headers, media_type="application/jsonl")

    async def upload(self, request: Request) -> Response:
        visit: Visit = request.scope["sandbox.visit"]
        request.scope["sandbox.entry"].kind = "upload"

        async def work() -> Response:
            return await (self._form(request, visit) if request.method == "POST" else self._put(request))

        return await answer_under(self._sandbox.faults.take("upload", [], visit.domain), work)

    async def _form(self, request: Request, visit: Visit) -> Response:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        if kind != "multipart/form-data" or not options.get("boundary"):
            return _xml(400, "MalformedPOSTRequest", "The body is not well-formed multipart/form-data.")
        form = _Form(self._sandbox, self._bulk.staged)
        try:
            await form.read(request, options["boundary"])
        except MultipartError as error:
            return _xml(400, "MalformedPOSTRequest", str(error))
        finally:
            form.close()
        if form.refusal:
            return form.refusal
        key, status = form.fields["key"], form.fields.get("success_action_status", "204")
        location = f"{visit.origin}{uploads.STAGED}{key}"
        text = f"<PostResponse><Location>{escape(location)}</Location><Key>{escape(key)}</Key></PostResponse>"
        return Response(text if status == "201" else b"", int(status), media_type="application/xml")

    async def _put(self, request: Request) -> Response:
        key, query = request.path_params.get("key", ""), request.query_params
        expires, signature = query.get("Expires", ""), query.get("Signature", "")
        now = self._sandbox.clock.now()
        if request.method != "PUT" or not self._bulk.staged.allows_put(key, expires, signature, now):
            return _xml(403, "SignatureDoesNotMatch", "Access denied.")
        taken = _Taken(self._bulk.staged.path(key))
        async for part in request.stream():
            taken.write(part)
        return Response(b"", 200) if taken.keep() else _too_large()


class _Taken:
    """A file on its way in: beside its place until it is whole, gone if it is too large or cut off."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_suffix(f".{os.urandom(6).hex()}.part")
        self._file, self._size = self._part.open("wb"), 0

    def write(self, part: bytes) -> None:
        self._size += len(part)
        if self._size <= uploads.MAX_BYTES:
            self._file.write(part)

    def keep(self) -> bool:
        self._file.close()
        if self._size > uploads.MAX_BYTES:
            self._part.unlink()
            return False
        self._part.replace(self._path)
        return True

    def drop(self) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)


class _Form:
    """All parameters first, the file last: what follows the file is not looked at, as at the real storage."""

    def __init__(self, sandbox: Sandbox, staged: uploads.Staged) -> None:
        self._sandbox, self._staged = sandbox, staged
        self.fields: dict[str, str] = {}
        self.refusal: Response | None = None
        self._name, self._text, self._taken = "", bytearray(), None
        self._done = False

    async def read(self, request: Request, boundary: str) -> None:
        parser = PushMultipartParser(boundary, max_segment_count=100)
        async for chunk in request.stream():
            if chunk and not self._done and not self.refusal:
                for event in parser.parse(chunk):
                    self._take(event)
        if not self._done and not self.refusal:
            self.refusal = _xml(400, "MalformedPOSTRequest", "The form has no whole file in it.")

    def _take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if self._done or self.refusal:
            return
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event is not None:
            self._write(bytes(event))
        elif self._taken:
            self._done = True
            self.refusal = None if self._taken.keep() else _too_large()
        else:
            self.fields[self._name] = self._text.decode("utf-8", "replace")

    def _begin(self, segment: MultipartSegment) -> None:
        self._name, self._text = segment.name or "", bytearray()
        if segment.name != "file":
            return
        if self._staged.allows_form(self.fields, self._sandbox.clock.now()):
            self._taken = _Taken(self._staged.path(self.fields["key"]))
        else:
            self.refusal = _xml(
                403, "AccessDenied", "The policy does not fit: send all parameters first, the file last."
            )

    def _write(self, part: bytes) -> None:
        if self._taken:
            self._taken.write(part)
        elif len(self._text) + len(part) > _MAX_FIELDS_BYTES:
            self.refusal = _too_large()
        else:
            self._text += part

    def close(self) -> None:
        if self._taken and not self._done:
            self._taken.drop()


def _too_large() -> Response:
    return _xml(400, "EntityTooLarge", "Your proposed upload is larger than the maximum object size allowed.")


def _xml(status: int, code: str, message: str) -> Response:
    head = "<?xml version='1.0' encoding='UTF-8'?>"
    text = f"{head}<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return Response(text, status, media_type="application/xml; charset=UTF-8")

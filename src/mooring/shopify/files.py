"""Bulk files: pre-signed addresses that are read without a token, and go on at a byte after an interruption."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterator

from mooring.errors import Permanent, Throttled, Unreachable
from mooring.http import Stream, host_of

_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")
_GONE = frozenset({400, 403, 404, 410, 416})
"""A storage host answers an expired signature with 400 or 403."""


def request_headers(first_byte: int) -> dict[str, str]:
    """Unpacked, because positions are counted in the bytes of the file itself."""
    headers = {"Accept-Encoding": "identity"}
    return headers | {"Range": f"bytes={first_byte}-"} if first_byte else headers


class Marks:
    """The ETags of the files lately read, so that a file that changed is not sewn together from two versions."""

    def __init__(self, kept: int = 64) -> None:
        self._kept, self._marks, self._lock = kept, OrderedDict[str, str](), threading.Lock()

    def check(self, url: str, etag: str, *, resumed: bool) -> None:
        with self._lock:
            known = self._marks.pop(url, None) if resumed else None
            self._marks[url] = etag
            while len(self._marks) > self._kept:
                self._marks.popitem(last=False)
        if known and etag and known != etag:
            raise Permanent("The bulk file changed while it was read. Start the import again.", code="file_changed")


def content(stream: Stream, url: str, first_byte: int, marks: Marks) -> Iterator[bytes]:
    """The bytes from `first_byte` on. Raises `Permanent` (code `file_gone`) when the file is no longer there."""
    if stream.status == 416 and _length(stream) == first_byte:
        return iter(())  # everything had been read before the interruption
    _accepted(stream, url)
    marks.check(url, stream.headers.get("etag", ""), resumed=first_byte > 0)
    if stream.status == 200:
        return _without(stream.chunks, first_byte)
    if _start(stream) != first_byte:
        raise Permanent(f"{host_of(url)} sent another part of the bulk file than asked for.", code="wrong_range")
    return stream.chunks


def _accepted(stream: Stream, url: str) -> None:
    status, host = stream.status, host_of(url)
    if status in _GONE:
        raise Permanent("The bulk file is no longer there: Shopify keeps it for seven days.", code="file_gone")
    if status == 429:
        raise Throttled(f"{host} asks to slow down.", retry_after=5.0)
    if status >= 500 or status == 408:
        raise Unreachable(f"{host} has a fault of its own (HTTP {status}).")
    if status not in (200, 206) or stream.headers.get("content-encoding", "identity") != "identity":
        raise Permanent(f"{host} answers the download in a way that cannot be used (HTTP {status}).", code="bad_file")


def _start(stream: Stream) -> int | None:
    found = _RANGE.fullmatch(stream.headers.get("content-range", ""))
    return int(found[1]) if found and found[1] else None


def _length(stream: Stream) -> int | None:
    """How long the whole file is, where a refused range says so."""
    found = _RANGE.fullmatch(stream.headers.get("content-range", ""))
    return int(found[3]) if found and found[3] != "*" else None


def _without(chunks: Iterator[bytes], skipped: int) -> Iterator[bytes]:
    """A host that knows no ranges sends the whole file again; what was read before is passed over."""
    for chunk in chunks:
        if skipped < len(chunk):
            yield chunk[skipped:]
        skipped = max(0, skipped - len(chunk))

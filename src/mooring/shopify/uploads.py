"""A file sent to where Shopify wants it (a staged upload): a form with all parameters first and the file last."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mooring.errors import Permanent, Unreachable
from mooring.http import Answer, host_of

NAME = "lines.jsonl"
_TAKEN = range(200, 300)
_PASSING = 500


def form(parameters: Sequence[tuple[str, str]], content: bytes) -> tuple[str, bytes]:
    """(content type, body). The boundary is a digest of the file, so it cannot stand in it."""
    boundary = hashlib.sha256(content).hexdigest()
    parts = [_part(boundary, f'name="{name}"', b"", value.encode()) for name, value in parameters]
    parts.append(_part(boundary, f'name="file"; filename="{NAME}"', b"Content-Type: text/jsonl\r\n", content))
    return f"multipart/form-data; boundary={boundary}", b"".join([*parts, f"--{boundary}--\r\n".encode()])


def _part(boundary: str, named: str, headers: bytes, content: bytes) -> bytes:
    start = f"--{boundary}\r\nContent-Disposition: form-data; {named}\r\n".encode()
    return start + headers + b"\r\n" + content + b"\r\n"


def judge(answer: Answer, url: str) -> None:
    """A target works once, for a while: what it refuses is asked for anew."""
    if answer.status in _TAKEN:
        return
    if answer.status >= _PASSING:
        raise Unreachable(f"{host_of(url)} could not take the file now (HTTP {answer.status}).")
    raise Permanent(f"{host_of(url)} did not take the file (HTTP {answer.status}).", code="upload_refused")

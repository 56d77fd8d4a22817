"""Result files: written row by row, named so that nobody guesses them, signed, and damaged on order."""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec

from mooring_sandbox.shopify.faults import Fault
from mooring_sandbox.shopify.server_graphql import ORIGIN
from mooring_sandbox.shopify.settings import load, save
from mooring_sandbox.shopify.state import State

OUTPUTS = "/_storage/bulk-operation-outputs"
_encode = msgspec.json.encode


@dataclass
class Counts:
    rows: int = 0
    roots: int = 0
    size: int = 0


class ResultFiles:
    """Files under `folder`, each known by a random name; addresses carry an expiry and a signature over both."""

    def __init__(self, state: State, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        key = load(state, "storage_key", "") or secrets.token_hex(32)
        save(state, "storage_key", key)
        self._key = key.encode()

    def new_name(self) -> str:
        return secrets.token_hex(14)

    def path(self, name: str) -> Path:
        """Names come from addresses: anything but our own hexadecimal is no file."""
        safe = name if name.isalnum() else "none"
        return self.folder / f"{safe}.jsonl"

    def address(self, name: str, expires: float, operation: int) -> str:
        disposition = f"attachment; filename=\"bulk-{operation}.jsonl\"; filename*=UTF-8''bulk-{operation}.jsonl"
        query = {
            "GoogleAccessId": "sandbox",
            "Expires": str(int(expires)),
            "Signature": self.sign(f"{name}:{int(expires)}"),
            "response-content-disposition": disposition,
            "response-content-type": "application/jsonl",
        }
        return f"https://{ORIGIN}{OUTPUTS}/{name}?{urlencode(query)}"

    def signed(self, name: str, expires: str, signature: str) -> bool:
        return self.is_signature(f"{name}:{expires}", signature)

    def is_signature(self, text: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(text).encode(), signature.encode())

    def sign(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def reuse(self, existing: Path) -> str:
        """The same bytes under a new name, without copying them."""
        name = self.new_name()
        os.link(existing, self.path(name))
        return name


def line(row: dict[str, Any], parent: str | None) -> bytes:
    """One object, every slash escaped, as the recorded files have it."""
    if parent is not None:
        row["__parentId"] = parent
    return _encode(row).replace(b"/", b"\\/") + b"\n"


def damage(path: Path, fault: Fault) -> None:
    """Rewrites the file as the fault says; it stays a plain file, only a false one."""
    if fault.kind == "truncate":
        os.truncate(path, int(path.stat().st_size * fault.fraction))
        return
    total = sum(1 for _ in _lines(path))
    if not total or fault.kind not in ("drop_line", "double_line", "drop_and_double"):
        return
    chance = random.Random(fault.seed)  # noqa: S311
    dropped = chance.randrange(total) if fault.kind != "double_line" else -1
    doubled = _other(chance, total, dropped) if fault.kind != "drop_line" else -1
    spare = path.with_suffix(".damaged")
    with spare.open("wb") as out:
        for number, text in enumerate(_lines(path)):
            out.write(text * {dropped: 0, doubled: 2}.get(number, 1))
    spare.replace(path)


def _other(chance: random.Random, total: int, taken: int) -> int:
    drawn = chance.randrange(total)
    return drawn if drawn != taken else (drawn + 1) % total


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file

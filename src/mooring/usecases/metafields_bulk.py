"""Many metafields by one bulk mutation: a file of calls is uploaded, Shopify makes them, and its answers are read.

What is written is told by the answers alone; a line that failed is left to whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection

from mooring.domain.lifecycle import Purpose
from mooring.domain.metafields import AT_ONCE
from mooring.errors import Permanent
from mooring.ports import Reply
from mooring.usecases.context import App
from mooring.usecases.import_store_pieces import pieces, usual
from mooring.usecases.operations_run import Again, Next, Run, Wait

MOST = 40_000
"""Records in one file: 10 MB and less; Shopify takes 100."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
_UNDER_WAY = frozenset({"CREATED", "RUNNING", "CANCELING"})
_ROOM = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
_ROOM_WAIT = 5.0


class Writing(msgspec.Struct, omit_defaults=True):
    """`marked`: how many records the answers named."""

    bulk_id: str = ""
    polls: int = 0
    marked: int = 0


@dataclass(slots=True)
class Sent:
    """`written` marks records in the transaction that moves the place on; `over` is told when the answers are read."""

    app: App
    run: Run
    place: Writing
    checkpoint: Callable[[], AbstractContextManager[Connection]]
    call: Callable[[str, dict[str, Any]], Reply]
    written: Callable[[Connection, Sequence[str]], None]
    over: Callable[[], None]

    def save(self) -> None:
        with self.checkpoint():
            pass


# -- sending -------------------------------------------------------------------------------------------------------


def lines(records: Sequence[list[dict[str, str]]]) -> bytes:
    """A call per line, as many whole records in it as fit."""
    found, batch = list[bytes](), list[dict[str, str]]()
    for values in records:
        if len(batch) + len(values) > AT_ONCE:
            found.append(msgspec.json.encode({"metafields": batch}))
            batch = []
        batch = batch + values
    if batch:
        found.append(msgspec.json.encode({"metafields": batch}))
    return b"\n".join([*found, b""])


def send(sent: Sent, records: Sequence[list[dict[str, str]]]) -> Next:
    """Upload and start. Raises `Permanent` where Shopify does not want it so."""
    path = _upload(sent, lines(records))
    mutation = sent.app.shopify.document("metafields_set_many")
    reply = sent.call("bulk_mutate", {"mutation": mutation, "path": path})
    answer: dict[str, Any] = reply.data.get("bulkOperationRunMutation") or {}
    if any(one.get("code") in _ROOM for one in answer.get("userErrors") or ()):
        sent.save()
        return Wait(_ROOM_WAIT)
    if not answer.get("bulkOperation"):
        raise Permanent(f"Shopify does not run the bulk mutation: {_said(answer)}", code="bulk_refused")
    sent.place.bulk_id, sent.place.polls, sent.place.marked = answer["bulkOperation"]["id"], 0, 0
    sent.save()
    return Again()


def _upload(sent: Sent, content: bytes) -> str:
    wanted = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "lines.jsonl",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    reply = sent.call("staged_upload", {"input": [wanted]})
    answer: dict[str, Any] = reply.data.get("stagedUploadsCreate") or {}
    targets: list[dict[str, Any]] = answer.get("stagedTargets") or []
    if not targets or not targets[0].get("url"):
        raise Permanent(f"Shopify names no place for the upload: {_said(answer)}", code="upload_refused")
    parameters: list[tuple[str, str]] = [(one["name"], one["value"]) for one in targets[0]["parameters"]]
    sent.run.upload(targets[0]["url"], parameters, content, purpose=Purpose.WRITE_BACK)
    return dict(parameters)["key"]


def _said(answer: dict[str, Any]) -> str:
    return "; ".join(one["message"] for one in answer.get("userErrors") or ()) or "it gave no reason"


# -- looking after it ----------------------------------------------------------------------------------------------


def look(sent: Sent) -> Next:
    reply = sent.run.call(
        sent.app.shopify.document("bulk_status"), {"ids": [sent.place.bulk_id]}, purpose=Purpose.WRITE_BACK
    )
    node = next(iter(reply.data["nodes"]), None)
    if node is not None and node["status"] in _UNDER_WAY:
        sent.place.polls += 1
        sent.save()
        return Wait(min(_LONGEST_WAIT, _FIRST_WAIT * 1.5 ** min(sent.place.polls, 20)))
    if node is not None and (url := node.get("url") or node.get("partialDataUrl")):
        _read(sent, url)  # of one that failed: what it had done until then
    sent.place.bulk_id = ""
    sent.over()
    sent.save()
    return Again()


class _Owner(msgspec.Struct):
    id: str = ""


class _Metafield(msgspec.Struct):
    owner: _Owner


class _Set(msgspec.Struct):
    metafields: list[_Metafield] | None = None


class _Data(msgspec.Struct):
    metafieldsSet: _Set | None = None  # noqa: N815 - as Shopify spells it


class _Line(msgspec.Struct):
    data: _Data | None = None


_decode = msgspec.json.Decoder(_Line).decode


def _read(sent: Sent, url: str) -> None:
    """From the beginning, whoever comes: marking twice is harmless."""
    with sent.run.open_file(url, 0, purpose=Purpose.WRITE_BACK) as blocks:
        for piece in pieces(blocks, 0, usual()):
            owners = [owner for line in piece.lines for owner in _owners(line)]
            with sent.checkpoint() as connection:
                sent.place.marked += len(owners)
                sent.written(connection, owners)


def _owners(line: bytes) -> list[str]:
    found = _decode(line).data
    if found is None or found.metafieldsSet is None:
        return []
    return list(dict.fromkeys(one.owner.id for one in found.metafieldsSet.metafields or ()))

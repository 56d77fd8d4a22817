"""Notices: what people should hear of without asking. Raised in the transaction of their cause, once per key.

`raise_notice` also queues what is to be sent on (`notice_posts`); the sending itself is in `notice_posts.py`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from mooring.db import notices, people


class NoticeKind(StrEnum):
    """What a notice is about. The word in the database, the API and what is sent on."""

    RECONNECT_REQUIRED = "reconnect_required"
    DELETE_FINISHED = "delete_finished"
    DELETE_FAILED = "delete_failed"
    CLEAR_FINISHED = "clear_finished"
    GAP_RECOVERED = "gap_recovered"
    MASS_DELETION_HELD = "mass_deletion_held"
    SHOP_REDACT = "shop_redact"
    DATA_REQUEST = "data_request"
    RESTORED = "restored"
    TEST = "test"


MAIL_FACT = "mail"
"""The fact of the installation that says whether notices go out by e-mail; set when a process starts to work."""


def raise_notice(
    connection: Connection,
    *,
    at: datetime,
    project_id: str,
    kind: str,
    key: str,
    sentence: str,
    store_id: str | None = None,
    address: str | None = None,
    urgent: bool = False,
) -> bool:
    """In the caller's transaction; False when this key was raised before. `sentence` names no customer; `address` is a
    path of ours, as in `/projects/1/operations/2`."""
    notice_id = notices.add(
        connection,
        at=at,
        project_id=project_id,
        kind=NoticeKind(kind),
        key=key,
        sentence=sentence,
        store_id=store_id,
        address=address,
        urgent=urgent,
    )
    if notice_id is None:
        return False
    for way in _ways(connection, project_id):
        notices.queue(connection, notice_id, way)
    return True


def _ways(connection: Connection, project_id: str) -> list[str]:
    mail = ["email"] if people.fact(connection, MAIL_FACT) == "on" else []
    return mail + (["webhook"] if notices.has_hook(connection, project_id) else [])


def settle_notice(connection: Connection, project_id: str, key: str, *, at: datetime) -> bool:
    """Its cause is gone. False when there was no such notice, or it was settled before."""
    return notices.settle(connection, project_id, key, at=at)

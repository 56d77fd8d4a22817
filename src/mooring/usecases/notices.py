"""Notices: what people should hear of without asking. Raised in the transaction of their cause, once per key.

`raise_notice` also queues what is to be sent on (`notice_posts`); the sending itself is in `notice_posts.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from mooring.db import notice_posts, notices, people
from mooring.db.notice_posts import Post
from mooring.db.notices import Notice
from mooring.domain.lifecycle import State
from mooring.domain.rules import Role
from mooring.usecases import paging
from mooring.usecases.context import App
from mooring.usecases.who import Who


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
    ODOO_HELD = "odoo_held"
    TEST = "test"


TITLES: dict[NoticeKind, str] = {
    NoticeKind.RECONNECT_REQUIRED: "Reconnect required",
    NoticeKind.DELETE_FINISHED: "Delete finished",
    NoticeKind.DELETE_FAILED: "Delete failed",
    NoticeKind.CLEAR_FINISHED: "Clear sync data finished",
    NoticeKind.GAP_RECOVERED: "Gap recovered",
    NoticeKind.MASS_DELETION_HELD: "Mass deletion held",
    NoticeKind.SHOP_REDACT: "The shop asked for erasure",
    NoticeKind.DATA_REQUEST: "A customer asked for their data",
    NoticeKind.RESTORED: "Restored from a backup",
    NoticeKind.ODOO_HELD: "Odoo sync is held",
    NoticeKind.TEST: "Test",
}

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


# -- for the pages -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice as one person sees it. `posts` says how far it got by e-mail and to the project's own address."""

    notice: Notice
    title: str
    unread: bool
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Notices:
    """Newest first. `unread` counts all of them, not only those of this page."""

    items: tuple[Shown, ...]
    next: str | None
    unread: int


def unread(app: App, who: Who, project_id: str) -> int:
    """The number at the bell."""
    who.require(project_id, Role.VIEWER)
    with app.db.read() as connection:
        return notices.unread(connection, project_id, who.id)


def page(app: App, who: Who, project_id: str, *, cursor: str | None = None) -> Notices:
    who.require(project_id, Role.VIEWER)
    before = paging.number(cursor)
    with app.db.read() as connection:
        found = notices.of_project(connection, project_id, before=before, limit=paging.LIMIT + 1)
        shown = found[: paging.LIMIT]
        posts = notice_posts.of_notices(connection, [one.id for one in shown])
        read = notices.last_read(connection, project_id, who.id)
        count = notices.unread(connection, project_id, who.id)
    items = tuple(_shown(one, posts, read) for one in shown)
    return Notices(items, paging.encode(shown[-1].id) if len(found) > paging.LIMIT else None, count)


def _shown(one: Notice, posts: list[Post], read: int) -> Shown:
    mine = tuple(post for post in posts if post.notice_id == one.id)
    return Shown(one, TITLES[NoticeKind(one.kind)], one.id > read, mine)


def mark_read(app: App, who: Who, project_id: str, up_to: int) -> int:
    """Up to this notice, and no further: one that came meanwhile stays unread. Returns how many are left."""
    who.require(project_id, Role.VIEWER)
    with app.db.write() as connection:
        newest = min(up_to, notices.newest(connection, project_id))
        notices.read_up_to(connection, project_id, who.id, newest)
        return notices.unread(connection, project_id, who.id)


# -- for the schedule ----------------------------------------------------------------------------------------------


def settle_reconnected(app: App) -> int:
    """Stores that no longer wait for a reconnect: found from their state, whatever brought them there."""
    with app.db.read() as connection:
        over = notices.of_stores_not_in(connection, NoticeKind.RECONNECT_REQUIRED, State.RECONNECT_REQUIRED)
    for one in over:
        with app.db.write() as connection:
            notices.settle(connection, one.project_id, one.key, at=app.clock.now())
    return len(over)


def note_mail(app: App) -> None:
    """Say in the database whether notices go out by e-mail, for `raise_notice`, which knows no settings."""
    wanted = "off" if app.mail is None else "on"
    with app.db.read() as connection:
        known = people.fact(connection, MAIL_FACT)
    if known != wanted:
        with app.db.write() as connection:
            people.set_fact(connection, MAIL_FACT, wanted)

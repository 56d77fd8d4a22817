"""The outbox of notices (`notice_posts`), and the addresses projects chose for them (`notice_hooks`)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from mooring.db.tables import notice_hooks, notice_posts, notices
from mooring.ports import Vault


@dataclass(frozen=True, slots=True)
class Post:
    """One notice on one way out. `state` is due, sent or failed; `error` the last thing that went wrong."""

    id: int
    notice_id: int
    project_id: str
    way: str
    state: str
    attempts: int
    not_before: datetime | None
    error: str | None
    raised_at: datetime

    @property
    def destination(self) -> tuple[str, str | None]:
        """What it shares with other posts: one mail server, one address for each project."""
        return self.way, self.project_id if self.way == "webhook" else None


_POSTS = select(
    notice_posts, notices.c.project_id.label("project_id"), notices.c.at.label("raised_at")
).join(notices, notices.c.id == notice_posts.c.notice_id)  # fmt: skip


def _of(row: Any) -> Post:
    return Post(**{name: row._mapping[name] for name in Post.__dataclass_fields__})


def due(connection: Connection, *, at: datetime, limit: int) -> list[Post]:
    row = notice_posts.c
    query = _POSTS.where(row.state == "due", or_(row.not_before.is_(None), row.not_before <= at))
    return [_of(found) for found in connection.execute(query.order_by(row.id).limit(limit))]


def of_notices(connection: Connection, notice_ids: list[int]) -> list[Post]:
    query = _POSTS.where(notice_posts.c.notice_id.in_(notice_ids)).order_by(notice_posts.c.id)
    return [_of(found) for found in connection.execute(query)]


def claim(connection: Connection, post: Post, *, until: datetime) -> bool:
    """Whether this attempt is ours; until then nobody else makes one."""
    row = notice_posts.c
    done = connection.execute(
        update(notice_posts)
        .where(row.id == post.id, row.state == "due", row.attempts == post.attempts)
        .values(attempts=post.attempts + 1, not_before=until)
    )
    return done.rowcount == 1


def settle(connection: Connection, post_id: int, state: str, error: str | None, *, at: datetime) -> None:
    values = {"state": state, "error": error, "settled_at": at, "not_before": None}
    connection.execute(update(notice_posts).where(notice_posts.c.id == post_id).values(**values))


def postpone(connection: Connection, post: Post, error: str, *, until: datetime) -> None:
    """This one has failed for now; the others of the same destination wait as long, unsaid."""
    row = notice_posts.c
    connection.execute(update(notice_posts).where(row.id == post.id).values(error=error, not_before=until))
    way, project_id = post.destination
    same = select(notices.c.id)
    if project_id is not None:
        same = same.where(notices.c.project_id == project_id)
    connection.execute(
        update(notice_posts)
        .where(row.way == way, row.state == "due", row.notice_id.in_(same))
        .where(or_(row.not_before.is_(None), row.not_before < until))
        .values(not_before=until)
    )


def count_due(connection: Connection) -> dict[str, int]:
    row = notice_posts.c
    query = select(row.way, func.count()).where(row.state == "due").group_by(row.way)
    return {found.way: found[1] for found in connection.execute(query)}


# -- a project's own address ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hook:
    """Many services put a password into the address itself, so it is kept like one."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    since: datetime


def hook(connection: Connection, vault: Vault, project_id: str) -> Hook | None:
    row = connection.execute(select(notice_hooks).where(notice_hooks.c.project_id == project_id)).first()
    if row is None:
        return None
    url = vault.open(base64.b64decode(row.url), table="notice_hooks", row=project_id, column="url")
    secret = vault.open(row.secret, table="notice_hooks", row=project_id, column="secret")
    return Hook(url, secret, row.created_at)


def put_hook(connection: Connection, vault: Vault, project_id: str, *, url: str, secret: str, at: datetime) -> None:
    remove_hook(connection, project_id)
    sealed = vault.seal(url, table="notice_hooks", row=project_id, column="url")
    connection.execute(
        insert(notice_hooks).values(
            project_id=project_id,
            url=base64.b64encode(sealed).decode(),
            secret=vault.seal(secret, table="notice_hooks", row=project_id, column="secret"),
            created_at=at,
        )
    )


def remove_hook(connection: Connection, project_id: str) -> bool:
    return connection.execute(delete(notice_hooks).where(notice_hooks.c.project_id == project_id)).rowcount == 1

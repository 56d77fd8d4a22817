"""Notices of a project, how far each person has read, and where else they go."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from mooring.usecases import notice_hooks, notice_posts, notices
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Out, Page
from mooring.web.routing import FromPath, FromQuery, Given, JSONBody, delete, get, post, put


class PostOut(Out):
    """How far a notice got on one way: due, sent or failed; `error` is the last thing that went wrong."""

    way: str
    state: str
    attempts: int
    error: str | None


class NoticeOut(Out):
    """`address` is the page it is about. `settled_at`: since when its cause is gone."""

    id: int
    kind: str
    title: str
    sentence: str
    store_id: str | None
    store_name: str | None
    address: str | None
    urgent: bool
    at: datetime
    settled_at: datetime | None
    unread: bool
    posts: list[PostOut]


class NoticePage(Page[NoticeOut]):
    """`unread` counts all of them, not only those of this part."""

    unread: int = 0


class Read(In):
    """The newest notice that was seen."""

    up_to: Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Unread(Out):
    unread: int


@get("/projects/{project_id:str}/notices", role="viewer", summary="The notices of a project, newest first")
def listed(
    app: Given[App], who: Given[Who], project_id: FromPath[str], cursor: FromQuery[str | None] = None
) -> NoticePage:
    page = notices.page(app, who, project_id, cursor=cursor)
    return NoticePage(items=[_out(one) for one in page.items], next=page.next, unread=page.unread)


def _out(shown: notices.Shown) -> NoticeOut:
    own = {"title": shown.title, "unread": shown.unread, "posts": [_post(one) for one in shown.posts]}
    names = NoticeOut.__struct_fields__
    return NoticeOut(**{name: getattr(shown.notice, name) for name in names if name not in own}, **own)


def _post(one: notice_posts.Post) -> PostOut:
    return PostOut(**{name: getattr(one, name) for name in PostOut.__struct_fields__})


@post("/projects/{project_id:str}/notices/read", role="viewer", status_code=200, summary="Mark notices as read")
def read(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[Read]) -> Unread:
    """For the caller alone; one that came after `up_to` stays unread."""
    return Unread(notices.mark_read(app, who, project_id, data.up_to))


# -- where else they go --------------------------------------------------------------------------------------------


class WaysOut(Out):
    """`mail_from` is null where no mail server is set; `url` is the project's own address."""

    mail_from: str | None
    url: str | None
    since: datetime | None


class Address(In):
    url: Annotated[str, Meta(min_length=1, max_length=2000)]


class NewAddress(Out):
    """`secret` is shown this once. Each post carries `X-Mooring-Signature: sha256=` and the hex HMAC of its raw body
    under this secret."""

    url: str
    secret: str


class Way(In):
    way: Literal["email", "webhook"]


class TriedOut(Out):
    """`sentence` says what happened, or what is to be mended."""

    way: str
    sent: bool
    sentence: str


@get("/projects/{project_id:str}/notices/ways", role="admin", summary="Where notices go besides the page")
def ways(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> WaysOut:
    found = notice_hooks.show(app, who, project_id)
    return WaysOut(found.mail_from, found.url, found.since)


@put("/projects/{project_id:str}/notices/webhook", role="admin", summary="Post notices to an address")
def chosen(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[Address]) -> NewAddress:
    """Replaces the address and the secret that were there."""
    return NewAddress(data.url.strip(), notice_hooks.choose(app, who, project_id, data.url))


@delete("/projects/{project_id:str}/notices/webhook", role="admin", status_code=204, summary="Post notices nowhere")
def removed(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> None:
    notice_hooks.remove(app, who, project_id)


@post("/projects/{project_id:str}/notices/test", role="admin", status_code=200, summary="Send a test notice")
def tried(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[Way]) -> TriedOut:
    """By e-mail to the caller, or to the project's own address. A failure is an answer, not an error."""
    outcome = notice_posts.try_out(app, who, project_id, data.way)
    return TriedOut(outcome.way, outcome.sent, outcome.sentence)


ROUTES = [listed, read, ways, chosen, removed, tried]

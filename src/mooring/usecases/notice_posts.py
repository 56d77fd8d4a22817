"""Sending notices on: by e-mail to a project's admins, and to the address the project chose. Never anything personal.

The outbox (`notice_posts`) is filled in the transaction that raises the notice. A post is tried again with growing
pauses and given up a day after its notice was raised; the reason stays visible beside the notice. What may have
arrived is sent again under the same id.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mooring.db import notice_posts, notices, people, stores
from mooring.db.notice_posts import Hook, Post
from mooring.db.notices import Notice
from mooring.domain.rules import Role
from mooring.domain.wording import counted
from mooring.errors import MooringError, NotFound, Permanent, Unreachable
from mooring.ports import Letter
from mooring.usecases.context import App
from mooring.usecases.notices import TITLES, NoticeKind
from mooring.usecases.who import Who

GIVE_UP = timedelta(hours=24)
_AT_ONCE = 20
_LEASE = timedelta(minutes=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
NO_MAIL = "There is no mail server: set MOORING_SMTP_HOST and MOORING_SMTP_FROM."
NO_HOOK = "This project has no address for notices."


def post_due(app: App) -> int:
    """Send what is due; a destination that fails is left alone until its next turn. Returns how many went out."""
    with app.db.read() as connection:
        due = notice_posts.due(connection, at=app.clock.now(), limit=_AT_ONCE)
    sent, failing = 0, set[Any]()
    for post in due:
        if post.destination in failing or not _claim(app, post):
            continue
        if _attempt(app, post):
            sent += 1
        else:
            failing.add(post.destination)
    return sent


def _claim(app: App, post: Post) -> bool:
    with app.db.write() as connection:
        return notice_posts.claim(connection, post, until=app.clock.now() + _LEASE)


def _attempt(app: App, post: Post) -> bool:
    try:
        remark = _send(app, post)
    except MooringError as error:
        _failed(app, post, error.sentence)
        return False
    with app.db.write() as connection:
        notice_posts.settle(connection, post.id, "sent", remark, at=app.clock.now())
    return True


def _failed(app: App, post: Post, sentence: str) -> None:
    now = app.clock.now()
    with app.db.write() as connection:
        if now - post.raised_at >= GIVE_UP:
            notice_posts.settle(connection, post.id, "failed", f"Given up after a day. {sentence}", at=now)
        else:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(post.attempts, 10))
            notice_posts.postpone(connection, post, sentence, until=now + pause)


def _send(app: App, post: Post) -> str | None:
    """What is to be remarked about it. Raises what went wrong."""
    with app.db.read() as connection:
        notice = notices.load(connection, post.notice_id)
        project = people.project_name(connection, notice.project_id)
        admins = [p.email for p, role in people.of_project(connection, notice.project_id) if role is Role.ADMIN]
        hook = notice_posts.hook(connection, app.vault, notice.project_id)
        store = stores.load(connection, notice.store_id) if notice.store_id else None
    if post.way == "email":
        return _mail(app, _letter(app, notice, project, admins))
    facts = {"id": store.id, "name": store.name, "shop_domain": store.shop_domain} if store else None
    _deliver(app, hook, _body(app, notice, project, facts))
    return None


# -- by e-mail -----------------------------------------------------------------------------------------------------


def _letter(app: App, notice: Notice, project: str, to: list[str]) -> Letter:
    about = notice.store_name or project
    lines = [
        notice.sentence,
        _link(app, notice.address),
        f"Project: {project}\nWhen: {notice.at:%d %b %Y, %H:%M} UTC",
        "You get this because you are an admin of this project in Mooring.",
    ]
    subject = f"{TITLES[NoticeKind(notice.kind)]}: {about}"
    return Letter(f"notice-{notice.id}", tuple(to), subject, "\n\n".join(lines) + "\n", notice.at)


def _mail(app: App, letter: Letter) -> str | None:
    if app.mail is None:
        raise Permanent(NO_MAIL, code="no_mail")
    if not letter.to:
        raise Permanent("This project has no admin to write to.", code="no_admin")
    refused = app.mail.send(letter)
    return f"The mail server did not take {refused} of {counted(len(letter.to), 'addresses')}." if refused else None


def _link(app: App, address: str | None) -> str:
    return app.settings.listens_at + (address or "/")


# -- to a project's own address ------------------------------------------------------------------------------------


def _body(app: App, notice: Notice, project: str, store: dict[str, str] | None) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "project": {"id": notice.project_id, "name": project},
        "store": store,
        "sentence": notice.sentence,
        "address": _link(app, notice.address),
        "at": notice.at.isoformat(),
    }


def _deliver(app: App, hook: Hook | None, facts: dict[str, Any]) -> None:
    if hook is None:
        raise Permanent(NO_HOOK, code="no_hook")
    body = msgspec.json.encode(facts)
    headers = {"Content-Type": "application/json", "X-Mooring-Signature": signature(hook.secret, body)}
    status = app.outgoing.post(hook.url, headers, body)
    if not 200 <= status < 300:
        raise Unreachable(f"{urlsplit(hook.url).hostname} answered HTTP {status}.", code="not_taken")


def signature(secret: str, body: bytes) -> str:
    """What receivers compare `X-Mooring-Signature` with: over the raw body, under the secret as text."""
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


# -- trying it out -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """`sentence` says what happened, or what is to be mended."""

    way: str
    sent: bool
    sentence: str


def try_out(app: App, who: Who, project_id: str, way: str) -> Tried:
    """Send a test notice: by e-mail to whoever asks (the command line, which has no address, only signs in at the mail
    server), or to the project's own address. Failing is an answer, not an error."""
    who.require(project_id, Role.ADMIN)
    try:
        return Tried(way, True, _try_mail(app, who, project_id) if way == "email" else _try_hook(app, project_id))
    except MooringError as error:
        return Tried(way, False, error.sentence)


def _try_mail(app: App, who: Who, project_id: str) -> str:
    if app.mail is None:
        raise Permanent(NO_MAIL, code="no_mail")
    notice, project = _test(app, project_id)
    with app.db.read() as connection:
        address = _address_of(connection, who)
    if address is None:
        app.mail.check()
        return "The mail server takes letters from Mooring."
    _mail(app, _letter(app, notice, project, [address]))
    return f"The mail server took a letter to {address}."


def _address_of(connection: Any, who: Who) -> str | None:
    try:
        return people.load(connection, who.id).email
    except NotFound:
        return None


def _try_hook(app: App, project_id: str) -> str:
    notice, project = _test(app, project_id)
    with app.db.read() as connection:
        hook = notice_posts.hook(connection, app.vault, project_id)
    _deliver(app, hook, _body(app, notice, project, None))
    return "The address took a test notice."


def _test(app: App, project_id: str) -> tuple[Notice, str]:
    with app.db.read() as connection:
        project = people.project_name(connection, project_id)
    return _test_notice(project_id, app.clock.now()), project


def _test_notice(project_id: str, at: datetime) -> Notice:
    """Raised nowhere; its id is no notice's."""
    return Notice(
        id=0,
        project_id=project_id,
        store_id=None,
        store_name=None,
        kind=NoticeKind.TEST,
        key="test",
        sentence="This is a test. Notices of this project will come this way.",
        address=f"/projects/{project_id}/settings",
        urgent=False,
        at=at,
        settled_at=None,
    )

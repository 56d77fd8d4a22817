"""Where a project's notices go besides the page: whether e-mail is set up, and an address of the project's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from mooring.db import audit, notice_posts, people
from mooring.domain.rules import Role
from mooring.errors import NotFound
from mooring.usecases.context import App
from mooring.usecases.notice_posts import NO_HOOK
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Ways:
    """`mail_from` is None where no mail server is set. `url` is the project's own address."""

    mail_from: str | None
    url: str | None = field(repr=False)
    since: datetime | None


def show(app: App, who: Who, project_id: str) -> Ways:
    """For admins: an address may hold a password."""
    who.require(project_id, Role.ADMIN)
    with app.db.read() as connection:
        hook = notice_posts.hook(connection, app.vault, project_id)
    sender = app.settings.smtp_from if app.mail is not None else None
    return Ways(sender, hook.url if hook else None, hook.since if hook else None)


def choose(app: App, who: Who, project_id: str, url: str) -> str:
    """Post notices to this address from now on. Returns the secret they are signed with, shown this once."""
    who.require(project_id, Role.ADMIN)
    url = url.strip()
    app.outgoing.check(url)
    secret, now = app.ids.token(), app.clock.now()
    with app.db.write() as connection:
        people.project_name(connection, project_id)
        notice_posts.put_hook(connection, app.vault, project_id, url=url, secret=secret, at=now)
        detail = {"host": urlsplit(url).hostname}
        audit.write(
            connection, at=now, project_id=project_id, actor=who.id, event="notices.address_chosen", detail=detail
        )
    return secret


def remove(app: App, who: Who, project_id: str) -> None:
    who.require(project_id, Role.ADMIN)
    with app.db.write() as connection:
        if not notice_posts.remove_hook(connection, project_id):
            raise NotFound(NO_HOOK)
        audit.write(
            connection, at=app.clock.now(), project_id=project_id, actor=who.id, event="notices.address_removed"
        )

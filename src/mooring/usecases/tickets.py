"""From a terminal or a program to the browser: a one-time ticket for beginning a round trip to Shopify there.

A round trip is bound to the browser that begins it, and an API client has none. So the API answers `open_url`, a page
of Mooring. Opened in a browser in which an admin of the project is signed in, it begins the round trip bound to that
browser and sends it on to Shopify. The ticket carries no rights: whoever opens it needs the role themselves.
"""

from __future__ import annotations

from datetime import timedelta

from mooring.db import credentials, sessions
from mooring.domain.rules import Role
from mooring.domain.signing import parse_shop_domain
from mooring.errors import Refused
from mooring.usecases import authorize_check, connect
from mooring.usecases.connect import hashed
from mooring.usecases.context import App
from mooring.usecases.who import Who

LIFE = timedelta(minutes=10)
PATH = "/connect/"
_OVER = "This link was already used or has run out. Begin again where it came from."


def issue(
    app: App, who: Who, project_id: str, typed: str, *, app_id: str | None = None, store_id: str | None = None
) -> str:
    """The address to open in a browser. Raises what `connect.request` would, so that the caller learns it at once."""
    who.require(project_id, Role.ADMIN)
    domain, ticket, now = parse_shop_domain(typed), app.ids.token(), app.clock.now()
    wish = {"project_id": project_id, "shop_domain": domain, "app_id": app_id, "store_id": store_id}
    with app.db.write() as connection:
        authorize_check.check_free(connection, who, project_id, domain, store_id=store_id)
        credentials.app(connection, app.vault, app_id or authorize_check.default_app(connection))
        sessions.create(
            connection, token_hash=hashed(ticket), person_id=None, at=now, expires_at=now + LIFE, data={"connect": wish}
        )
    return app.settings.listens_at + PATH + ticket


def use(app: App, who: Who, ticket: str, *, session: str) -> str:
    """Shopify's consent page, for the browser of this session. Raises `Refused` for a ticket that is over."""
    with app.db.write() as connection:
        row = sessions.find(connection, hashed(ticket), at=app.clock.now())
        wish = row.data.get("connect") if row else None
        if wish is not None:
            who.require(wish["project_id"], Role.ADMIN)
        if wish is None or not sessions.end(connection, hashed(ticket)):
            raise Refused(
                "This link was already used or has run out. Begin again where it came from.", code="link_over"
            )
    return connect.request(
        app,
        who,
        wish["project_id"],
        wish["shop_domain"],
        session=session,
        app_id=wish["app_id"],
        store_id=wish["store_id"],
    )

"""Facts about this installation for whoever looks after it: what runs, on what, and what waits. No secrets."""

from __future__ import annotations

from dataclasses import dataclass

from mooring import __version__
from mooring.db import counting, migrate
from mooring.usecases import connect, held, shopify_apps
from mooring.usecases.context import App
from mooring.usecases.who import Who


@dataclass(frozen=True, slots=True)
class Facts:
    """`operations` counts those of each state; `public` says whether Shopify can reach this installation;
    `held` that a restore waits to be accepted; `mail` whether notices go out by e-mail."""

    version: str
    database: str
    schema: str | None
    address: str
    public: bool
    redirect_uri: str
    shopify_api_version: str
    shopify_apps: int
    workers: int
    stores: dict[str, int]
    operations: dict[str, int]
    held: bool
    mail: bool


def facts(app: App, who: Who) -> Facts:
    who.require_installation_admin()
    with app.db.read() as connection:
        schema = migrate.current(connection)
        stores = counting.stores_by_state(connection)
        work = counting.operations_by_kind(connection)
    return Facts(
        version=__version__,
        database=app.db.dialect,
        schema=schema,
        address=app.settings.listens_at,
        public=app.settings.public_url.startswith("https://"),
        redirect_uri=connect.redirect_uri(app),
        shopify_api_version=app.settings.shopify_api_version,
        shopify_apps=len(shopify_apps.apps(app)),
        workers=app.settings.workers,
        stores=stores,
        operations=_by_state(work),
        held=held.held(app) is not None,
        mail=app.mail is not None,
    )


def _by_state(work: dict[tuple[str, str], int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_, state), count in work.items():
        found[state] = found.get(state, 0) + count
    return found

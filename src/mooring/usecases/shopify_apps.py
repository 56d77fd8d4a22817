"""Shopify apps: the first from settings, any number more. Secrets go in and never come out again."""

from __future__ import annotations

from typing import Any

from mooring.db import audit, credentials
from mooring.domain import rules
from mooring.errors import Misconfigured, Refused
from mooring.usecases.context import App
from mooring.usecases.who import SYSTEM, Who


def apps(app: App) -> list[dict[str, Any]]:
    """The Shopify apps of this installation, the first one first, without their secrets."""
    with app.db.read() as connection:
        return credentials.apps(connection)


def save_app(
    app: App,
    who: Who,
    *,
    name: str,
    client_id: str,
    secret: str | None,
    previous_secret: str | None = None,
    optional_scopes: frozenset[str] = frozenset(),
    id: str | None = None,
    from_settings: bool = False,
) -> str:
    """Add or change a Shopify app. A secret of None keeps the stored one. Returns its id."""
    who.require_installation_admin()
    if not client_id.strip() or (id is None and not secret):
        raise Refused("A Shopify app needs its client id and client secret.", code="app_incomplete")
    if unknown := sorted(optional_scopes - set(rules.OPTIONAL_SCOPES)):
        raise Refused(f"Mooring has no use for the scope {unknown[0]}.", code="unknown_scope")
    with app.db.write() as connection:
        known = credentials.app_id_of(connection, client_id.strip())
        if id is not None:
            credentials.app(connection, app.vault, id)
        if known not in (None, id) and not from_settings:
            raise Refused("A Shopify app with this client id is already here.", code="app_exists")
        app_id = id or known or app.ids.new()
        credentials.put_app(
            connection,
            app.vault,
            id=app_id,
            name=name.strip() or client_id.strip(),
            client_id=client_id.strip(),
            secret=secret,
            previous_secret=previous_secret,
            optional_scopes=optional_scopes,
            from_settings=from_settings,
            at=app.clock.now(),
        )
        if not from_settings:
            audit.write(connection, at=app.clock.now(), actor=who.id, event="app.saved", detail={"app": app_id})
    return app_id


def app_of_settings(app: App) -> str | None:
    """The first app comes from settings, and follows them at each start."""
    settings = app.settings
    if not settings.shopify_client_id:
        return None
    unknown = set(settings.shopify_optional_scopes) - set(rules.OPTIONAL_SCOPES)
    if unknown:
        raise Misconfigured(f"MOORING_SHOPIFY_OPTIONAL_SCOPES names {sorted(unknown)[0]}, for which there is no use.")
    return save_app(
        app,
        SYSTEM,
        name="From settings",
        client_id=settings.shopify_client_id,
        secret=settings.shopify_client_secret.get_secret_value(),
        previous_secret=settings.shopify_previous_secret.get_secret_value(),
        optional_scopes=frozenset(settings.shopify_optional_scopes),
        from_settings=True,
    )

"""Shopify apps. Their secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from mooring.errors import NotFound
from mooring.usecases import connect, receive_test, shopify_apps
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Name, Out, Page
from mooring.web.routing import FromPath, Given, JSONBody, get, post, put

ClientId = Annotated[str, Meta(min_length=1, max_length=200)]
Secret = Annotated[str, Meta(min_length=1, max_length=200)]


class AppIn(In):
    name: Name
    client_id: ClientId
    client_secret: Secret
    optional_scopes: tuple[str, ...] = ()


class AppChange(In):
    """Without `client_secret` the stored one stays. `previous_secret` is accepted as well while Shopify rotates; an
    empty one ends the rotation."""

    name: Name
    client_id: ClientId
    client_secret: Secret | None = None
    previous_secret: Annotated[str, Meta(max_length=200)] | None = None
    optional_scopes: tuple[str, ...] = ()


class AppOut(Out):
    """`redirect_uri` has to be allowed in the app's settings at Shopify."""

    id: str
    name: str
    client_id: str
    optional_scopes: list[str]
    from_settings: bool
    rotating: bool
    redirect_uri: str
    created_at: datetime


class HeardOut(Out):
    """`address`: where Shopify is to deliver webhooks and privacy requests; null without a public address."""

    address: str | None
    heard: bool
    sentence: str


@get("/shopify-apps", role="signed_in", summary="The Shopify apps of this installation")
def listed(app: Given[App]) -> Page[AppOut]:
    return Page(items=_apps(app))


@post("/shopify-apps", role="installation_admin", summary="A new Shopify app")
def added(app: Given[App], who: Given[Who], data: JSONBody[AppIn]) -> AppOut:
    app_id = shopify_apps.save_app(
        app,
        who,
        name=data.name,
        client_id=data.client_id,
        secret=data.client_secret,
        optional_scopes=frozenset(data.optional_scopes),
    )
    return _one(app, app_id)


@put("/shopify-apps/{app_id:str}", role="installation_admin", summary="Change a Shopify app")
def changed(app: Given[App], who: Given[Who], app_id: FromPath[str], data: JSONBody[AppChange]) -> AppOut:
    shopify_apps.save_app(
        app,
        who,
        id=app_id,
        name=data.name,
        client_id=data.client_id,
        secret=data.client_secret,
        previous_secret=data.previous_secret,
        optional_scopes=frozenset(data.optional_scopes),
    )
    return _one(app, app_id)


@post("/shopify-apps/{app_id:str}/try-address", role="installation_admin", status_code=200, summary="Try the webhooks")
def tried(app: Given[App], who: Given[Who], app_id: FromPath[str]) -> HeardOut:
    """Mooring sends itself a signed delivery by its public address. Nothing is stored."""
    found = receive_test.try_address(app, who, app_id)
    return HeardOut(found.address, found.heard, found.sentence)


def _apps(app: App) -> list[AppOut]:
    return [AppOut(**row, redirect_uri=connect.redirect_uri(app)) for row in shopify_apps.apps(app)]


def _one(app: App, app_id: str) -> AppOut:
    found = next((one for one in _apps(app) if one.id == app_id), None)
    if found is None:
        raise NotFound("There is no such Shopify app.")
    return found


ROUTES = [listed, added, changed, tried]

"""`/api/v1`: everything the pages do, for programs and for the command line.

Callers prove themselves by `Authorization: Bearer <API token>`, by the unix socket of the data directory (the command
line: no token), or by the cookie of a browser session together with its form token in `X-CSRF-Token`.

Lists are `{"items": […], "next": cursor | null}`; the next part is asked for with `?cursor=`. Errors are RFC 9457
problems with a stable `code`. Writing requests may carry an `Idempotency-Key`. Work that takes longer answers 202 with
an operation; its progress is at `GET /api/v1/operations/{id}`.
"""

from __future__ import annotations

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from mooring import __version__
from mooring.web import once
from mooring.web.api import (
    activity,
    apps,
    backup,
    deletion,
    edits,
    holds,
    inbox,
    lifecycle,
    lists,
    mapping,
    mapping_rebuild,
    notices,
    odoo,
    odoo_orders,
    operations,
    people,
    privacy,
    projects,
    receipts,
    records,
    recovery,
    stores,
    sync,
)

ROOT = "/api/v1"
PARTS = (
    projects,
    people,
    apps,
    lists,
    stores,
    lifecycle,
    deletion,
    recovery,
    holds,
    odoo,
    odoo_orders,
    sync,
    mapping,
    mapping_rebuild,
    operations,
    records,
    edits,
    inbox,
    privacy,
    activity,
    notices,
    backup,
    receipts,
)


def router() -> Router:
    routes = [route for part in PARTS for route in part.ROUTES]
    return Router(ROOT, route_handlers=routes, middleware=[once.middleware])


def description() -> OpenAPIConfig:
    """Served at `/api/v1/openapi.json`."""
    return OpenAPIConfig(
        title="Mooring API",
        version=__version__,
        description=__doc__,
        openapi_router=Router(ROOT, route_handlers=[], opt={"role": "public"}, include_in_schema=False),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer", description="An API token.")}
        ),
        security=[{"token": []}],
        use_handler_docstrings=True,
    )

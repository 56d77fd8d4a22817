"""The pages: one file per part of the site. Each handler parses, calls one use case and renders."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.static_files import create_static_files_router

from mooring.web.pages import (
    activity,
    advanced,
    connecting,
    edits,
    entry,
    integrations,
    items,
    lifecycle,
    mapping,
    mapping_rebuild,
    notices,
    odoo,
    odoo_connect,
    odoo_orders,
    operations,
    privacy,
    records,
    settings,
    store,
    sync_odoo,
    sync_settings,
)
from mooring.web.problems import Answer
from mooring.web.render import STATIC, page, static_directory
from mooring.web.visit import visit_of

_TITLES = {
    401: "Sign in first",
    403: "Not allowed",
    404: "Not here",
    409: "Not now",
    413: "Too large",
    422: "That cannot be used",
    429: "Too many attempts",
    502: "Shopify refused",
    503: "Try again later",
}

_static = create_static_files_router(
    path=STATIC.rstrip("/"),
    directories=[static_directory()],
    opt={"role": "public"},
    include_in_schema=False,
    cache_control=None,
)

ROUTES: list[Any] = [
    *entry.ROUTES,
    *activity.ROUTES,
    *integrations.ROUTES,
    *lifecycle.ROUTES,
    *connecting.ROUTES,
    *sync_settings.ROUTES,
    *store.ROUTES,
    *records.ROUTES,
    *edits.ROUTES,
    *settings.ROUTES,
    *advanced.ROUTES,
    *mapping.ROUTES,
    *mapping_rebuild.ROUTES,
    *notices.ROUTES,
    *odoo.ROUTES,
    *odoo_connect.ROUTES,
    *odoo_orders.ROUTES,
    *sync_odoo.ROUTES,
    *items.ROUTES,
    *operations.ROUTES,
    *privacy.ROUTES,
    _static,
]


def problem(request: Request[Any, Any, Any], answer: Answer) -> Response[str]:
    """An error as a page: what happened, and the way on."""
    app, visit = request.app.state.mooring, visit_of(request)
    told = answer.problem
    made = page(
        app,
        visit,
        "problem.html",
        status=told.status,
        title=_TITLES.get(told.status, "Something went wrong"),
        sentence=told.detail,
        code=told.code,
        signed_out=told.status == 401,
    )
    made.headers.update(answer.headers)
    return made

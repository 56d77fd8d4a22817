"""Connect platform: which Shopify store, by which app; then off to Shopify's consent page."""

from __future__ import annotations

from litestar import Response

from mooring.domain import rules
from mooring.errors import MooringError
from mooring.usecases import connect, shopify_apps
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.hooks import place_after
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit


@get("/projects/{project_id:str}/connect", role="admin")
def form(
    app: Given[App],
    visit: Given[Visit],
    project_id: FromPath[str],
    domain: FromQuery[str] = "",
    store: FromQuery[str] = "",
) -> Response[str]:
    return _form(app, visit, project_id, {"shop_domain": domain, "store": store}, {})


@post("/projects/{project_id:str}/connect", role="admin")
def begin(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """Everything that can be refused is refused here, beside the field it belongs to; what was typed stays."""
    try:
        return go(_onwards(app, who, visit, project_id, data))
    except MooringError as refused:
        errors = {getattr(refused, "field", None) or "shop_domain": refused.sentence}
        return _form(app, visit, project_id, data, errors, status=422)


def _onwards(app: App, who: Who, visit: Visit, project_id: str, data: dict[str, str]) -> str:
    typed, app_id, store_id = data.get("shop_domain", ""), data.get("app") or None, data.get("store") or None
    if data.get("credentials") == "client_credentials":
        done = connect.request_client_credentials(app, who, project_id, typed, app_id=app_id, store_id=store_id)
        return place_after(done)
    return connect.request(app, who, project_id, typed, session=visit.browser, app_id=app_id, store_id=store_id)


def _form(
    app: App, visit: Visit, project_id: str, typed: dict[str, str], errors: dict[str, str], *, status: int = 200
) -> Response[str]:
    return page(
        app,
        visit,
        "connect.html",
        project_id=project_id,
        status=status,
        nav="integrations",
        apps=shopify_apps.apps(app),
        typed=typed,
        errors=errors,
        scopes=sorted(rules.base_scopes(rules.Settings())),
        redirect_uri=connect.redirect_uri(app),
    )


ROUTES = [form, begin]

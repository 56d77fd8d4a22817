"""View details of a store, and what happened in a project."""

from __future__ import annotations

from litestar import Response

from mooring.usecases import activity, health, store_details
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.render import go, page, part
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_SAID = {
    "rerun": "Sync rerun started",
    "well": "Health check completed",
    "unwell": "Health check failed",
}


@get("/stores/{store_id:str}", role="viewer")
def details(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], said: FromQuery[str] = ""
) -> Response[str]:
    shown = store_details.show(app, who, store_id)
    facts = {"nav": "integrations", "details": shown, "toast": _SAID.get(said)}
    return page(app, visit, "store.html", project_id=shown.store.project_id, **facts)


@post("/stores/{store_id:str}/check", role="editor")
def check(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> Response[str]:
    found = health.check(app, who, store_id)
    return go(f"/stores/{store_id}?said={'well' if found.passed else 'unwell'}")


@get("/stores/{store_id:str}/live", role="viewer")
def live(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    """The live region."""
    shown = store_details.show(app, who, store_id)
    return part(app, visit, "store_live.html", project_id=shown.store.project_id, details=shown)


@get("/projects/{project_id:str}/activity", role="viewer")
def happened(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    store: FromQuery[str] = "",
    older: FromQuery[str] = "",
) -> Response[str]:
    entries, following = activity.page(app, who, project_id, store_id=store or None, cursor=older or None)
    return page(
        app,
        visit,
        "activity.html",
        project_id=project_id,
        nav="activity",
        tab="activity",
        entries=entries,
        older=following,
        store=store,
    )


ROUTES = [details, check, live, happened]

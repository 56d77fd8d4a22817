"""View details of a store, and what happened in a project."""

from __future__ import annotations

from litestar import Response

from mooring.usecases import activity, health, store_details
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.render import go, page, part
from mooring.web.routing import get, post
from mooring.web.visit import Visit

_SAID = {
    "rerun": "Sync rerun started",
    "well": "Health check completed",
    "unwell": "Health check failed",
}


@get("/stores/{store_id:str}", role="viewer")
def details(app: App, who: Who, visit: Visit, store_id: str, said: str = "") -> Response[str]:
    shown = store_details.show(app, who, store_id)
    facts = {"nav": "integrations", "details": shown, "toast": _SAID.get(said)}
    return page(app, visit, "store.html", project_id=shown.store.project_id, **facts)


@post("/stores/{store_id:str}/check", role="editor")
def check(app: App, who: Who, store_id: str) -> Response[str]:
    found = health.check(app, who, store_id)
    return go(f"/stores/{store_id}?said={'well' if found.passed else 'unwell'}")


@get("/stores/{store_id:str}/live", role="viewer")
def live(app: App, who: Who, visit: Visit, store_id: str) -> Response[str]:
    """The live region."""
    shown = store_details.show(app, who, store_id)
    return part(app, visit, "store_live.html", project_id=shown.store.project_id, details=shown)


@get("/projects/{project_id:str}/activity", role="viewer")
def happened(app: App, who: Who, visit: Visit, project_id: str, store: str = "", older: str = "") -> Response[str]:
    entries, following = activity.page(app, who, project_id, store_id=store or None, cursor=older or None)
    return page(
        app,
        visit,
        "activity.html",
        project_id=project_id,
        nav="activity",
        entries=entries,
        older=following,
        store=store,
    )


ROUTES = [details, check, live, happened]

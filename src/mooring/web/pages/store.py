"""View details of a store: readiness, kinds, facts; check its health, recover one record."""

from __future__ import annotations

from typing import Any

from litestar import Response

from mooring.domain.kinds import Kind
from mooring.errors import InvalidInput, MooringError
from mooring.usecases import health, recover, store_details
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
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
    return _page(app, who, visit, store_id, toast=_SAID.get(said))


@post("/stores/{store_id:str}/recover", role="editor")
def recovered(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """What was asked for stands in the form again; a name is not put into an address, for those are logged."""
    kind, what = data.get("kind", ""), data.get("what", "").strip()
    facts: dict[str, Any] = {"asked": {"kind": kind, "what": what}}
    try:
        if kind not in list(Kind):
            raise InvalidInput("Choose what kind of record it is.", field="kind")
        facts["recovery"] = recover.request(app, who, store_id, Kind(kind), what)
    except MooringError as refused:
        facts["recover_error"] = refused.sentence
    return _page(app, who, visit, store_id, status=422 if "recover_error" in facts else 200, **facts)


def _page(app: App, who: Who, visit: Visit, store_id: str, *, status: int = 200, **facts: Any) -> Response[str]:
    shown = store_details.show(app, who, store_id)
    known: dict[str, Any] = {"toast": None, "recovery": None, "recover_error": None}
    known |= {"details": shown, "kinds": list(Kind), "nav": "integrations", "asked": {"kind": "", "what": ""}}
    return page(app, visit, "store.html", project_id=shown.store.project_id, status=status, **known | facts)


@post("/stores/{store_id:str}/check", role="editor")
def check(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> Response[str]:
    found = health.check(app, who, store_id)
    return go(f"/stores/{store_id}?said={'well' if found.passed else 'unwell'}")


@get("/stores/{store_id:str}/live", role="viewer")
def live(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    """The live region."""
    shown = store_details.show(app, who, store_id)
    return part(app, visit, "store_live.html", project_id=shown.store.project_id, details=shown)


ROUTES = [details, recovered, check, live]

"""The sync settings drawer: what was chosen is saved, and on the first time the initial sync starts."""

from __future__ import annotations

from litestar import Response

from mooring.domain.rules import TOGGLES, Settings
from mooring.errors import MooringError
from mooring.usecases import import_store, store_settings
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages import integrations
from mooring.web.pages.entry import Form
from mooring.web.render import go
from mooring.web.routing import FromPath, Given, post
from mooring.web.visit import Visit


@post("/stores/{store_id:str}/settings", role="admin")
def save(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form) -> Response[str]:
    """With `act=start` the initial sync begins with what was just chosen."""
    try:
        store = store_settings.save(app, who, store_id, _chosen(data), data.get("list", ""))
        if data.get("act") == "start":
            import_store.request(app, who, store_id)
    except MooringError as refused:
        return integrations.with_drawer(app, who, visit, store_id, wrong=refused.sentence)
    return go(f"/projects/{store.project_id}/integrations")


def _chosen(data: dict[str, str]) -> Settings:
    """A check box that is off sends nothing."""
    return Settings(**{toggle.name: toggle.name in data for toggle in TOGGLES})


ROUTES = [save]

"""Settings -> Advanced settings: the mapping of each store, and Clear sync data.

Clearing is said first, in full, and confirmed by typing in a dialog over that page. Without a script the dialog is the
page's second step: every step of it is a form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response

from mooring.domain.mapping import SyncKind
from mooring.errors import ConfirmationMissing, InvalidInput, Refused
from mooring.usecases import clear_mapping, clear_mapping_tasks, mapping_news, mapping_stores
from mooring.usecases.clear_mapping_preview import Preview
from mooring.usecases.context import App
from mooring.usecases.mapping_stores import OfStore, Shown
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.pages.settings import section_page
from mooring.web.render import go, page, part
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_SAID = {
    "clearing": "Sync data is being cleared. The receipts say what was done.",
    "dismissed": "Dismissed. What is left there stays.",
}


@get("/projects/{project_id:str}/settings/advanced", role="viewer")
def advanced(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], said: FromQuery[str] = ""
) -> Response[str]:
    shown = mapping_stores.show(app, who, project_id)
    facts = {"shown": shown, "kinds": list(SyncKind), "toast": _SAID.get(said)}
    return section_page(app, visit, project_id, "advanced", **facts)


# -- Clear sync data -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Which stores and kinds are to be cleared. `missing`: what has to be chosen yet."""

    stores: tuple[str, ...]
    kinds: tuple[SyncKind, ...]
    missing: str | None = None


@get("/projects/{project_id:str}/settings/advanced/clear", role="admin")
def clear_form(
    request: Request[Any, Any, Any], app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]
) -> Response[str]:
    """What would be cleared stands in the address; without it, that is everything."""
    shown = mapping_stores.show(app, who, project_id)
    return _clear(app, who, visit, project_id, _choice(request.query_params, shown))


@post("/projects/{project_id:str}/settings/advanced/clear", role="admin")
def clear(
    app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form
) -> Response[str]:
    """Step 1 leads to the dialog with the token of what was shown; step 2 clears, if that is still so."""
    shown = mapping_stores.show(app, who, project_id)
    choice, token = _choice(data, shown), data.get("token", "")
    asked = {"app": app, "who": who, "visit": visit, "project_id": project_id, "choice": choice}
    if data.get("step") != "2" or choice.missing:
        return _clear(**asked, step=1 if choice.missing else 2, token=token)
    typed = data.get("typed", "")
    try:
        started = clear_mapping.request(app, who, project_id, choice.stores, choice.kinds, token=token, typed=typed)
    except ConfirmationMissing as changed:
        return _clear(**asked, wrong=changed.sentence, status=422)
    except InvalidInput as mistyped:
        return _clear(**asked, step=2, token=token, typed=typed, wrong=mistyped.sentence, status=422)
    except Refused as refused:
        return _clear(**asked, wrong=f"{refused.sentence} Nothing was cleared.", status=409)
    only = started[0] if len(started) == 1 else None
    return go(f"/operations/{only.id}" if only else f"/projects/{project_id}/settings/advanced?said=clearing")


def _choice(given: Mapping[str, str], shown: Shown) -> Choice:
    """Fields `store_<id>` and `kind_<kind>`, as checkboxes send them. `chosen` tells none of them from no form."""
    if "chosen" not in given:
        return Choice(tuple(one.store.id for one in shown.stores), tuple(SyncKind))
    stores = tuple(name.removeprefix("store_") for name in given if name.startswith("store_"))
    kinds = tuple(kind for kind in SyncKind if f"kind_{kind}" in given)
    lacks = "a kind" if not kinds else "a store" if not stores else None
    return Choice(stores, kinds, f"Choose at least {lacks} to clear." if lacks else None)


def _clear(
    app: App, who: Who, visit: Visit, project_id: str, choice: Choice, *, step: int = 1, token: str = "",
    typed: str = "", wrong: str = "", status: int = 200,
) -> Response[str]:  # fmt: skip
    """In step 2 the token is that of step 1: what is confirmed is what was shown there."""
    shown = clear_mapping.preview(app, who, project_id, choice.stores, choice.kinds)
    here = mapping_stores.show(app, who, project_id).stores
    facts = {"stores": here, "mapped": _mapped(here, choice), "kinds": list(SyncKind), "totals": _totals(shown)}
    facts |= {"shown": shown, "token": token or shown.token, "choice": choice, "back": _address(project_id, choice)}
    facts |= {"step": step, "typed": typed, "wrong": wrong}
    return page(app, visit, "clear.html", project_id=project_id, nav="settings", status=status, **facts)


def _mapped(here: Iterable[OfStore], choice: Choice) -> dict[SyncKind, int]:
    """Of every kind, chosen or not, in the chosen stores."""
    chosen = [one for one in here if one.store.id in choice.stores]
    return {kind: sum(one.kinds[kind].mapped for one in chosen) for kind in SyncKind}


def _totals(shown: Preview) -> dict[str, Any]:
    """Of all chosen stores: pairs people see and pairs inside them, by kind; what stands in the two other homes."""
    listed = shown.stores
    return {
        "records": {kind: sum(one.records[kind] for one in listed) for kind in shown.kinds},
        "inner": {kind: sum(one.inner[kind] for one in listed) for kind in shown.kinds},
        "metafields": sum(one.metafields for one in listed),
        "external_ids": sum(one.external_ids for one in listed),
        "invoices": sum(one.invoices for one in listed),
    }


def _address(project_id: str, choice: Choice) -> str:
    """Of the page with this choice."""
    fields = [f"kind_{kind}" for kind in choice.kinds] + [f"store_{id_}" for id_ in choice.stores]
    query = urlencode({"chosen": "1"} | dict.fromkeys(fields, "on"))
    return f"/projects/{project_id}/settings/advanced/clear?{query}"


# -- what waits afterwards -----------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/mapping/news", role="viewer")
def news(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    """The banners, while something about them changes by itself."""
    facts = {"mapping_news": mapping_news.show(app, who, project_id), "project": {"id": project_id}}
    return part(app, visit, "banner_mapping.html", project_id=project_id, **facts)


# -- what a clear could not reach ------------------------------------------------------------------------------------


@post("/projects/{project_id:str}/mapping/tasks/{task_id:str}/retry", role="admin")
def retried(app: Given[App], who: Given[Who], project_id: FromPath[str], task_id: FromPath[str]) -> Response[str]:
    return go(f"/operations/{clear_mapping_tasks.retry(app, who, task_id, project_id=project_id).id}")


@post("/projects/{project_id:str}/mapping/tasks/{task_id:str}/dismiss", role="admin")
def dismissed(app: Given[App], who: Given[Who], project_id: FromPath[str], task_id: FromPath[str]) -> Response[str]:
    clear_mapping_tasks.dismiss(app, who, task_id, project_id=project_id)
    return go(f"/projects/{project_id}/settings/advanced?said=dismissed")


ROUTES = [advanced, clear_form, clear, news, retried, dismissed]

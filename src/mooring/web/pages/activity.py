"""What happened in a project: the log with its filters, the inbox of webhooks, and the hold after a restore."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

from litestar import Response

from mooring.domain.rules import Role
from mooring.errors import ConfirmationMissing, InvalidInput
from mooring.usecases import activity, inbox, overview, restore, store_settings
from mooring.usecases.activity import Filter
from mooring.usecases.activity_words import GROUPS
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit


@get("/projects/{project_id:str}/activity", role="viewer")
def happened(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    store: FromQuery[str] = "",
    group: FromQuery[str] = "",
    since: FromQuery[str] = "",
    older: FromQuery[str] = "",
) -> Response[str]:
    """What is asked for stands in the address, so that it can be kept and shared."""
    wanted = Filter(store_id=store or None, group=group or None, since=_day(since))
    entries, following = activity.page(app, who, project_id, cursor=older or None, wanted=wanted)
    facts = {"entries": entries, "older": following, "wanted": wanted, "since": since, "groups": GROUPS}
    facts |= {"stores": [card.store for card in overview.show(app, who, project_id).cards]}
    facts |= {"query": _query(store_id=store, group=group, since=wanted.since and wanted.since.isoformat())}
    facts |= {"page_query": _query(store=store, group=group, since=since), "nav": "activity", "tab": "activity"}
    return page(app, visit, "activity.html", project_id=project_id, **facts)


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput("Give the day as in 2026-11-22.", field="since") from None


def _query(**given: str | None) -> str:
    """An address's query that more can be put behind."""
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{query}&" if query else ""


# -- webhooks ------------------------------------------------------------------------------------------------------


@get("/projects/{project_id:str}/inbox", role="viewer")
def webhooks(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    project_id: FromPath[str],
    store: FromQuery[str] = "",
    show: FromQuery[str] = "dead",
    older: FromQuery[str] = "",
) -> Response[str]:
    inboxes = inbox.of_project(app, who, project_id)
    chosen = next((one.store.id for one in inboxes if one.store.id == store), None)
    shown = inbox.show(app, who, chosen, state=show, cursor=older or None) if chosen else None
    facts = {"inboxes": inboxes, "shown": shown, "states": inbox.STATES, "nav": "activity", "tab": "inbox"}
    return page(app, visit, "inbox.html", project_id=project_id, **facts)


@post("/stores/{store_id:str}/inbox", role="editor")
def decided(app: Given[App], who: Given[Who], store_id: FromPath[str], data: Form) -> Response[str]:
    """Replay dead letters, or let them go: one, or all."""
    which = data.get("id", "")
    ids = [int(which)] if which.isascii() and which.isdecimal() else None
    act = inbox.drop if data.get("act") == "drop" else inbox.replay
    act(app, who, store_id, ids)
    project_id = store_settings.store_of(app, who, store_id, Role.EDITOR).project_id
    return go(f"/projects/{project_id}/inbox?store={store_id}")


# -- after a restore -----------------------------------------------------------------------------------------------


@get("/held", role="installation_admin")
def held(app: Given[App], who: Given[Who], visit: Given[Visit]) -> Response[str]:
    return page(app, visit, "held.html", shown=restore.preview(app, who))


@post("/held", role="installation_admin")
def accepted(app: Given[App], who: Given[Who], visit: Given[Visit], data: Form) -> Response[str]:
    try:
        restore.accept(app, who, data.get("token"))
    except ConfirmationMissing:
        return page(app, visit, "held.html", shown=restore.preview(app, who), status=409)
    return go("/")


ROUTES = [happened, webhooks, decided, held, accepted]

"""What happened in a project, and facts about the installation."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from mooring.usecases import activity, doctor
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import Out, Page
from mooring.web.routing import FromPath, FromQuery, Given, get


class EntryOut(Out):
    """`actor` names a person, Mooring itself or the command line. `detail` holds counts and names of things."""

    id: int
    at: datetime
    actor: str
    actor_id: str
    event: str
    store_id: str | None
    store_name: str | None
    from_state: str | None
    to_state: str | None
    detail: dict[str, Any]


class FactsOut(Out):
    """What runs, on what, and what waits."""

    version: str
    database: str
    schema: str | None
    address: str
    public: bool
    redirect_uri: str
    shopify_api_version: str
    shopify_apps: int
    workers: int
    stores: dict[str, int]
    operations: dict[str, int]


@get("/projects/{project_id:str}/activity", role="viewer", summary="Who did what and when, newest first")
def listed(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    store_id: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[EntryOut]:
    entries, following = activity.page(app, who, project_id, store_id=store_id, cursor=cursor)
    return Page(items=[EntryOut(**asdict(entry)) for entry in entries], next=following)


@get("/doctor", role="installation_admin", summary="Facts about this installation")
def facts(app: Given[App], who: Given[Who]) -> FactsOut:
    return FactsOut(**asdict(doctor.facts(app, who)))


ROUTES = [listed, facts]

"""What happened in a project, and facts about the installation."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from litestar.response import Stream

from mooring.usecases import activity, doctor
from mooring.usecases.activity import Filter
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.api.shapes import Out, Page
from mooring.web.routing import FromPath, FromQuery, Given, get

_MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


class EntryOut(Out):
    """`actor` names a person, Mooring itself or the command line; `sentence` says what they did. `detail` holds counts
    and names of things; `from_state` and `to_state` are what a move of a store changed."""

    id: int
    at: datetime
    actor: str
    actor_id: str
    event: str
    sentence: str
    store_id: str | None
    store_name: str | None
    from_state: str | None
    to_state: str | None
    generation: int | None
    detail: dict[str, Any]


class FactsOut(Out):
    """What runs, on what, and what waits. `held`: a restore waits to be accepted."""

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
    held: bool
    mail: bool


@get("/projects/{project_id:str}/activity", role="viewer", summary="Who did what and when, newest first")
def listed(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    store_id: FromQuery[str | None] = None,
    actor: FromQuery[str | None] = None,
    group: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[EntryOut]:
    """`group` is one of stores, operations, reviews, customers, privacy, people, installation; `until` is not
    included."""
    wanted = Filter(store_id, actor, group, since, until)
    entries, following = activity.page(app, who, project_id, cursor=cursor, wanted=wanted)
    return Page(items=[EntryOut(**asdict(entry)) for entry in entries], next=following)


@get("/projects/{project_id:str}/activity/export", role="viewer", summary="The activity log as a file")
def exported(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    form: FromQuery[Literal["csv", "jsonl"]] = "csv",
    store_id: FromQuery[str | None] = None,
    actor: FromQuery[str | None] = None,
    group: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Stream:
    """The same choice as in the list, whole, as CSV or as one JSON object per line."""
    pieces = activity.export(app, who, project_id, form, wanted=Filter(store_id, actor, group, since, until))
    name = f"activity-{app.clock.now():%Y-%m-%d}.{form}"
    return Stream(pieces, media_type=_MEDIA[form], headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get("/doctor", role="installation_admin", summary="Facts about this installation")
def facts(app: Given[App], who: Given[Who]) -> FactsOut:
    return FactsOut(**asdict(doctor.facts(app, who)))


ROUTES = [listed, exported, facts]

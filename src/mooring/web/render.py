"""Templates in, pages out: one Jinja environment, and what every page knows."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from litestar import MediaType, Response

from mooring import __version__
from mooring.domain.rules import Role
from mooring.usecases import held, mapping_news, notices, people
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.visit import Visit
from mooring.web.words import FILTERS

STATIC = "/static/"
_SEE_OTHER = 303


@cache
def environment() -> Environment:
    made = Environment(
        loader=PackageLoader("mooring.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= FILTERS
    made.globals |= {"asset": asset, "version": __version__}
    return made


def static_directory() -> Path:
    return Path(str(files("mooring.web") / "static"))


@cache
def asset(name: str) -> str:
    """The address of a static file, with a hash of its content, so that browsers may keep it for ever."""
    digest = sha256((static_directory() / name).read_bytes()).hexdigest()[:12]
    return f"{STATIC}{name}?v={digest}"


def page(
    app: App, visit: Visit, template: str, *, project_id: str | None = None, status: int = 200, **facts: Any
) -> Response[str]:
    """A whole page. With a project it has the navigation; `may` tells the template what this person may do."""
    caller = visit.caller().who
    projects = people.projects(app, caller) if caller else []
    known = {
        "csrf": visit.csrf,
        "who": caller,
        "projects": projects,
        "project": next((p for p in projects if p["id"] == project_id), None),
        "may": _may(caller, project_id),
        "now": app.clock.now(),
        "support": app.settings.support,
        "held": held.held(app) is not None if caller else False,
        "unread": _unread(app, caller, project_id),
        "nav": "",
        "mapping_news": _mapping_news(app, caller, project_id, facts.get("nav")),
    }
    return html(environment().get_template(template).render(known | facts), status)


def part(app: App, visit: Visit, template: str, *, project_id: str, **facts: Any) -> Response[str]:
    """A region of a page, for htmx."""
    known = {"csrf": visit.csrf, "may": _may(visit.caller().who, project_id), "now": app.clock.now()}
    return html(environment().get_template(template).render(known | facts))


def _unread(app: App, who: Who | None, project_id: str | None) -> int:
    """The number at the bell; nothing for a page that belongs to no project of theirs."""
    if who is None or project_id is None or not who.may(project_id, Role.VIEWER):
        return 0
    return notices.unread(app, who, project_id)


_WITH_MAPPING_NEWS = frozenset({"integrations", "customers", "products", "orders", "settings"})


def _mapping_news(app: App, who: Who | None, project_id: str | None, nav: str | None) -> mapping_news.News | None:
    """The banners about the mapping, on the pages where somebody would miss what they speak of."""
    if who is None or project_id is None or nav not in _WITH_MAPPING_NEWS or not who.may(project_id, Role.VIEWER):
        return None
    return mapping_news.show(app, who, project_id)


def _may(who: Any, project_id: str | None) -> dict[str, bool]:
    """Which roles this person has here, by name."""
    roles = {role.value: bool(who and project_id and who.may(project_id, role)) for role in Role}
    return roles | {"installation_admin": bool(who and who.installation_admin)}


def html(text: str, status: int = 200) -> Response[str]:
    return Response(text, media_type=MediaType.HTML, status_code=status)


def go(address: str) -> Response[str]:
    """See there. 303, so that going back and reloading send nothing twice."""
    return Response("", status_code=_SEE_OTHER, headers={"Location": address}, media_type=MediaType.HTML)

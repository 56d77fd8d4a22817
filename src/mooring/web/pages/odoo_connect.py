"""Connect Odoo: tested first, then connected. The key goes in and never comes out: a page sent back has an empty field
for it, and the browser keeps what stands in it where a script is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response

from mooring.domain.odoo_details import APPS, Company
from mooring.errors import MooringError
from mooring.usecases import odoo_connect, odoo_view
from mooring.usecases.context import App
from mooring.usecases.odoo_connect import Tested, Wish
from mooring.usecases.odoo_details import RIGHTS
from mooring.usecases.who import Who
from mooring.web.pages.entry import Form
from mooring.web.render import go, page
from mooring.web.routing import FromPath, Given, get, post
from mooring.web.visit import Visit

_FIELDS = ("url", "database", "login", "key", "company_id")
_LONGEST_NUMBER = 18


@get("/projects/{project_id:str}/odoo/connect", role="admin")
def form(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str]) -> Response[str]:
    """One that was connected before is filled in, but for its key."""
    view = odoo_view.show(app, who, project_id)
    if view is None:
        return _form(app, visit, project_id, {})
    before = view.connection
    if before.state != "disconnected":
        return go(f"/projects/{project_id}/odoo")
    return _form(app, visit, project_id, {"url": before.url, "database": before.database, "login": before.login})


@post("/projects/{project_id:str}/odoo/connect", role="admin")
def sent(app: Given[App], who: Given[Who], visit: Given[Visit], project_id: FromPath[str], data: Form) -> Response[str]:
    """Test, or connect. What is refused is said beside its field; what was typed stays."""
    try:
        if data.get("act") == "test":
            return _form(app, visit, project_id, data, tested=odoo_connect.preview(app, who, project_id, _wish(data)))
        odoo_connect.request(app, who, project_id, _wish(data))
    except MooringError as refused:
        field = getattr(refused, "field", None)
        told: dict[str, Any] = {"companies": refused.facts.get("companies") or ()}
        told |= {"errors": {field: refused.sentence}} if field in _FIELDS else {"wrong": refused.sentence}
        return _form(app, visit, project_id, data, status=422, **told)
    return go(f"/projects/{project_id}/odoo?said=connected")


def _wish(data: dict[str, str]) -> Wish:
    chosen = data.get("company_id", "")
    known = chosen.isascii() and chosen.isdecimal() and len(chosen) <= _LONGEST_NUMBER
    url, database, login, key = (data.get(name, "") for name in _FIELDS[:4])
    return Wish(url, database, login, key, int(chosen) if known else None)


def _form(
    app: App, visit: Visit, project_id: str, typed: dict[str, str], *, status: int = 200,
    tested: Tested | None = None, companies: Sequence[Company] = (), **facts: Any,
) -> Response[str]:  # fmt: skip
    known: dict[str, Any] = {"errors": {}, "wrong": None, "tested": tested, "nav": "integrations"}
    known["typed"] = {name: text for name, text in typed.items() if name != "key"}
    known["companies"] = tested.details.companies if tested else companies
    known |= {"needed": RIGHTS, "apps": APPS}
    return page(app, visit, "odoo_connect.html", project_id=project_id, status=status, **known | facts)


ROUTES = [form, sent]

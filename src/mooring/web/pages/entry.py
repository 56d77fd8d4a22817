"""Coming in and going out: the first admin by a one-time link, signing in, one-time links, signing out."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response
from litestar.enums import RequestEncodingType
from litestar.params import Body

from mooring.errors import InvalidInput, NotSignedIn, Refused
from mooring.usecases import people, signing_in
from mooring.usecases.context import App
from mooring.web.limits import Limits
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/", role="public")
def home(app: Given[App], visit: Given[Visit]) -> Response[str]:
    """To the first project; to the sign-in page for a stranger."""
    who = visit.caller().who
    if who is None:
        return go("/sign-in")
    projects = people.projects(app, who)
    return go(f"/projects/{projects[0]['id']}/integrations") if projects else page(app, visit, "no_project.html")


# -- the first admin -----------------------------------------------------------------------------------------------


@get("/setup/{token:str}", role="public")
def setup_form(
    request: Request[Any, Any, Any], app: Given[App], visit: Given[Visit], limits: Given[Limits], token: FromPath[str]
) -> Response[str]:
    limits.by_address(request)
    if not signing_in.setup_token_is_good(app, token):
        raise Refused("This set-up link was already used or has run out.", code="link_over")
    return page(app, visit, "setup.html", typed={}, errors={})


@post("/setup/{token:str}", role="public")
def setup(
    request: Request[Any, Any, Any],
    app: Given[App],
    visit: Given[Visit],
    limits: Given[Limits],
    token: FromPath[str],
    data: Form,
) -> Response[str]:
    limits.by_address(request)
    try:
        done = signing_in.set_up(
            app,
            token,
            email=data.get("email", ""),
            name=data.get("name", ""),
            password=data.get("password", ""),
            project=data.get("project", ""),
        )
    except InvalidInput as wrong:
        return page(app, visit, "setup.html", status=422, typed=data, errors={wrong.field: wrong.sentence})
    visit.sign_in(done)
    return go("/")


# -- signing in and out --------------------------------------------------------------------------------------------


@get("/sign-in", role="public")
def sign_in_form(app: Given[App], visit: Given[Visit], to: FromQuery[str] = "") -> Response[str]:
    if visit.caller().who is not None:
        return go("/")
    template = "first_start.html" if signing_in.needs_setup(app) else "sign_in.html"
    return page(app, visit, template, to=_inside(to), typed={}, wrong=None)


@post("/sign-in", role="public")
def sign_in(
    request: Request[Any, Any, Any], app: Given[App], visit: Given[Visit], limits: Given[Limits], data: Form
) -> Response[str]:
    limits.by_address(request)
    limits.by_account(data.get("email", ""))
    to = _inside(data.get("to", ""))
    try:
        visit.sign_in(signing_in.sign_in(app, data.get("email", ""), data.get("password", "")))
    except NotSignedIn as wrong:
        return page(app, visit, "sign_in.html", status=401, to=to, typed=data, wrong=wrong.sentence)
    return go(to or "/")


@post("/sign-out", role="public")
def sign_out(visit: Given[Visit]) -> Response[str]:
    visit.sign_out()
    return go("/sign-in")


def _inside(to: str) -> str:
    """Only places of our own: a path, and none that a browser reads as another host."""
    fits = to.startswith("/") and not to.startswith("//") and "\\" not in to and to.isprintable()
    return to if fits else ""


# -- one-time links ------------------------------------------------------------------------------------------------


@get("/login/{token:str}", role="public")
def login_form(app: Given[App], visit: Given[Visit], token: FromPath[str]) -> Response[str]:
    """A button first: mail scanners and previews open links, and would use it up."""
    return page(app, visit, "login_link.html", token=token)


@post("/login/{token:str}", role="public")
def login(
    request: Request[Any, Any, Any], app: Given[App], visit: Given[Visit], limits: Given[Limits], token: FromPath[str]
) -> Response[str]:
    limits.by_address(request)
    visit.sign_in(signing_in.use_login_link(app, token))
    return go("/")


@get("/password/{token:str}", role="public")
def password_form(app: Given[App], visit: Given[Visit], token: FromPath[str]) -> Response[str]:
    return page(app, visit, "password.html", token=token, errors={})


@post("/password/{token:str}", role="public")
def password(
    request: Request[Any, Any, Any],
    app: Given[App],
    visit: Given[Visit],
    limits: Given[Limits],
    token: FromPath[str],
    data: Form,
) -> Response[str]:
    limits.by_address(request)
    try:
        visit.sign_in(signing_in.use_password_link(app, token, data.get("password", "")))
    except InvalidInput as wrong:
        return page(app, visit, "password.html", status=422, token=token, errors={wrong.field: wrong.sentence})
    return go("/")


ROUTES = [home, setup_form, setup, sign_in_form, sign_in, sign_out, login_form, login, password_form, password]

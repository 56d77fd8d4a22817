"""Who is asking, once per request: the command line, a bearer token, a browser session, or nobody yet.

Pages use `visit.csrf` for the hidden field `csrf` (or the header `X-CSRF-Token`) of their forms, `visit.sign_in` and
`visit.sign_out`. Everything here may ask the database, so it is for handlers, which run in threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection

from mooring.errors import NotFound, NotSignedIn, Refused
from mooring.usecases import api_tokens, sessions, signing_in
from mooring.usecases.context import App
from mooring.usecases.sessions import Session
from mooring.usecases.signing_in import SignedIn
from mooring.usecases.who import CLI, Who
from mooring.web.local import is_local

_KEY = "mooring.visit"
API = "/api/v1/"


@dataclass(frozen=True, slots=True)
class Caller:
    """`by` is how they proved themselves. Only a browser sends its proof without being asked, so only there a form
    has to prove that it came from our own page."""

    who: Who | None
    by: Literal["socket", "token", "session", "nothing"]


class Visit:
    def __init__(self, app: App, connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        self._app = app
        self._connection = connection
        self._caller: Caller | None = None
        self._session: Session | None = None
        self._looked = False
        self.set_cookie: str | None = None

    # -- who it is ------------------------------------------------------------------------------------------------

    def caller(self) -> Caller:
        """Raises `NotSignedIn` for a token that is no good: it was meant to prove something."""
        if self._caller is None:
            self._caller = self._find_caller()
        return self._caller

    @property
    def who(self) -> Who:
        who = self.caller().who
        if who is None:
            raise NotSignedIn("Sign in first.")
        return who

    def _find_caller(self) -> Caller:
        if is_local(self._connection.scope):
            return Caller(CLI, "socket")
        header = self._connection.headers.get("authorization")
        if header is not None and self._connection.scope["path"].startswith(API):
            return Caller(self._bearer(header), "token")
        session = self.session
        who = self._person(session.person_id) if session and session.person_id else None
        return Caller(who, "session" if who else "nothing")

    def _bearer(self, header: str) -> Who:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip().isascii():
            raise NotSignedIn("Send an API token as 'Authorization: Bearer …'.", code="bad_token")
        return api_tokens.bearer(self._app, token.strip())

    def _person(self, person_id: str) -> Who | None:
        try:
            return signing_in.signed_in(self._app, person_id).who
        except NotFound:
            return None

    # -- the browser session --------------------------------------------------------------------------------------

    @property
    def session(self) -> Session | None:
        """The one this browser has, signed in or not."""
        if not self._looked:
            self._looked = True
            given = self._connection.cookies.get(cookie_name(self._app))
            self._session = sessions.find(self._app, given) if given and given.isascii() else None
        return self._session

    @property
    def browser(self) -> str:
        """The id of this browser's session, for what is bound to it. Raises `Refused` for callers without one."""
        if self.session is None:
            raise Refused("Open this page in a browser in which you are signed in.", code="needs_browser")
        return self.session.id

    @property
    def csrf(self) -> str:
        """The token for this browser's forms; gives an anonymous session to somebody who has none yet."""
        if self.session is None:
            self._have(sessions.anonymous(self._app), sessions.ANONYMOUS)
        assert self._session is not None
        return self._session.csrf

    def sign_in(self, signed_in: SignedIn) -> None:
        """From here on this browser is this person, under a new session id."""
        begun = sessions.begin(self._app, signed_in.person.id, instead_of=self.session)
        self._have(begun, sessions.ABSOLUTE)

    def sign_out(self) -> None:
        if self.session is not None:
            sessions.end(self._app, self.session)
        self._have(None, timedelta())

    def _have(self, session: Session | None, life: timedelta) -> None:
        self._session, self._looked, self._caller = session, True, None
        self.set_cookie = _cookie(self._app, session.id if session else "", seconds=int(life.total_seconds()))


def visit_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """The one visit of this request."""
    found = connection.scope.get(_KEY)  # type: ignore[call-overload]
    if found is None:
        found = Visit(connection.app.state.mooring, connection)
        connection.scope[_KEY] = found  # type: ignore[literal-required]
    return found


def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    return visit_of(request)


def provide_who(request: Request[Any, Any, Any]) -> Who:
    return visit_of(request).who


def cookie_of(scope: Any) -> str | None:
    """The Set-Cookie header this request's visit asks for."""
    visit: Visit | None = scope.get(_KEY)
    return visit.set_cookie if visit else None


def cookie_name(app: App) -> str:
    """On https the `__Host-` prefix ties the cookie to this very host. On http cookies are shared between the ports of
    a machine, so the port stands in the name: two Moorings side by side do not sign each other out."""
    return "__Host-mooring" if is_https(app) else f"mooring_{urlsplit(app.settings.listens_at).port or 80}"


def is_https(app: App) -> bool:
    return app.settings.public_url.startswith("https://")


def _cookie(app: App, value: str, *, seconds: int) -> str:
    secure = "; Secure" if is_https(app) else ""
    return f"{cookie_name(app)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

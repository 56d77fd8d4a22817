"""The Odoo connection of a project: test, connect, show, check, another key, keep, disconnect. The key goes in and
never comes out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from mooring.domain.mapping import SyncKind
from mooring.domain.odoo_details import Details, Right
from mooring.domain.odoo_guard import Verdict
from mooring.errors import NotFound
from mooring.usecases import odoo_connect, odoo_disconnect, odoo_guard, odoo_keep, odoo_view
from mooring.usecases.context import App
from mooring.usecases.odoo_connect import Tested, Wish
from mooring.usecases.who import Who
from mooring.web.api.shapes import In, Out
from mooring.web.routing import FromPath, Given, JSONBody, get, post

Line = Annotated[str, Meta(max_length=2000)]
_PATH = "/projects/{project_id:str}/odoo"


class OdooIn(In):
    """`company_id` is needed where the Odoo user works for several companies."""

    url: Line
    database: Line
    login: Line
    key: Line
    company_id: int | None = None


class CompanyOut(Out):
    id: int
    name: str
    currency: str | None


class RightOut(Out):
    """`allowed` is null where it could not be asked, because its app is not installed."""

    name: str
    label: str
    without: str
    allowed: bool | None


class TestedOut(Out):
    """`held`: the connection would be held at once, because the mapping belongs to another database."""

    url: str
    database: str
    login: str
    version: str
    protocol: str
    tested: bool
    company: CompanyOut
    companies: list[CompanyOut]
    choose_company: bool
    apps: dict[str, bool]
    language: str | None
    uuid: str | None
    neutralised: bool | None
    rights: list[RightOut]
    warnings: tuple[str, ...]
    mapping: str | None
    held: bool


class FactOut(Out):
    label: str
    value: str


class OfferOut(Out):
    action: str
    title: str
    sentence: str


class OdooOut(Out):
    """`badge`: Connected, Error, Held or Disconnected, since when, why, and what to do next. `looks_like`: of a held
    one other_database, restored, copy or leaving; `offers` is what can be done about it. `mapped`: pairs per kind."""

    url: str
    database: str
    login: str
    state: str
    badge: str
    since: datetime
    reason: str | None
    next_step: str | None
    looks_like: str | None
    title: str | None
    facts: list[FactOut]
    rights: list[RightOut]
    mapped: dict[SyncKind, int]
    offers: list[OfferOut]
    untested: str | None
    fingerprint: str
    generation: int
    connected_at: datetime
    checked_at: datetime | None


class GapOut(Out):
    """A record that is missing in Odoo. `fate`: missing, or unlinked where only our external id is gone."""

    store_id: str
    kind: str
    shopify_id: int
    odoo_id: int
    fate: str


class CheckedOut(Out):
    """`looked_at`: how many of the records written last were looked up."""

    odoo: OdooOut
    held: bool
    sentence: str
    looked_at: int
    missing: list[GapOut]


class KeyIn(In):
    """`login`: of another Odoo user, where the key is not the present one's."""

    key: Line
    login: Line | None = None


class WayOut(Out):
    choice: str
    title: str
    sentence: str


class OdooDisconnectPreviewOut(Out):
    prompt: str
    generation: int
    stops: tuple[str, ...]
    stays: tuple[str, ...]
    mapped: str
    running: tuple[str, ...]
    ways: list[WayOut]
    phrase: str


class OdooDisconnectIn(In):
    """`typed`: the preview's phrase, which Clear asks for."""

    choice: Literal["keep", "clear"] = "keep"
    typed: Line = ""
    generation: Annotated[
        int | None, Meta(description="Of the preview; refused if the connection has moved on since. Not needed.")
    ] = None


class OdooDisconnectedOut(Out):
    """`clearing`: how many stores are cleared first; the connection is held until then."""

    odoo: OdooOut
    clearing: int


@get(_PATH, role="viewer", summary="The Odoo connection of a project")
def shown(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> OdooOut:
    return _shown(app, who, project_id)


@post(f"{_PATH}/test", role="admin", status_code=200, summary="Test a connection to Odoo; changes nothing")
def tried(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[OdooIn]) -> TestedOut:
    return _tested(odoo_connect.preview(app, who, project_id, _wish(data)))


@post(_PATH, role="admin", summary="Connect a project to its Odoo")
def connected(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[OdooIn]) -> OdooOut:
    odoo_connect.request(app, who, project_id, _wish(data))
    return _shown(app, who, project_id)


@post(f"{_PATH}/key", role="admin", status_code=200, summary="Replace the API key")
def key_replaced(app: Given[App], who: Given[Who], project_id: FromPath[str], data: JSONBody[KeyIn]) -> OdooOut:
    odoo_connect.replace_key(app, who, project_id, data.key, login=data.login)
    return _shown(app, who, project_id)


@post(f"{_PATH}/check", role="editor", status_code=200, summary="Is it still the database that was connected?")
def checked(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> CheckedOut:
    found, verdict = odoo_guard.check(app, who, project_id)
    return CheckedOut(
        odoo=_shown(app, who, project_id),
        held=found.state == "held",
        sentence=verdict.sentence,
        looked_at=verdict.looked_at,
        missing=_gaps(verdict),
    )


@post(f"{_PATH}/keep", role="admin", status_code=200, summary="A held connection is right: keep the mapping")
def kept(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> OdooOut:
    odoo_keep.request(app, who, project_id)
    return _shown(app, who, project_id)


@get(f"{_PATH}/disconnect", role="admin", summary="What a disconnect of Odoo would do")
def disconnect_previewed(app: Given[App], who: Given[Who], project_id: FromPath[str]) -> OdooDisconnectPreviewOut:
    found = odoo_disconnect.preview(app, who, project_id)
    return OdooDisconnectPreviewOut(
        prompt=found.prompt,
        generation=found.connection.generation,
        stops=found.stops,
        stays=found.stays,
        mapped=found.mapped,
        running=found.running,
        ways=[WayOut(**asdict(one)) for one in found.ways],
        phrase=found.phrase,
    )


@post(f"{_PATH}/disconnect", role="admin", status_code=200, summary="Disconnect Odoo; keep the mapping or clear it")
def disconnected(
    app: Given[App],
    who: Given[Who],
    project_id: FromPath[str],
    data: JSONBody[OdooDisconnectIn | None] = None,
) -> OdooDisconnectedOut:
    wish = data or OdooDisconnectIn()
    done = odoo_disconnect.request(
        app, who, project_id, choice=wish.choice, generation=wish.generation, typed=wish.typed
    )
    return OdooDisconnectedOut(odoo=_shown(app, who, project_id), clearing=done.clearing)


# -- answers -------------------------------------------------------------------------------------------------------


def _wish(data: OdooIn) -> Wish:
    return Wish(data.url, data.database, data.login, data.key, data.company_id)


def _shown(app: App, who: Who, project_id: str) -> OdooOut:
    view = odoo_view.show(app, who, project_id)
    if view is None:
        raise NotFound("This project is not connected to an Odoo.", code="odoo_not_connected")
    found = view.connection
    return OdooOut(
        url=found.url, database=found.database, login=found.login, state=found.state, badge=view.badge,
        since=view.since, reason=view.reason, next_step=view.next_step, looks_like=found.looks_like, title=view.title,
        facts=[FactOut(**asdict(one)) for one in view.facts], rights=[_right(one) for one in view.rights],
        mapped=view.mapped, offers=[OfferOut(**asdict(one)) for one in view.offers], untested=view.untested,
        fingerprint=found.fingerprint, generation=found.generation, connected_at=found.connected_at,
        checked_at=found.checked_at,
    )  # fmt: skip


def _tested(found: Tested) -> TestedOut:
    details: Details = found.details
    companies = [CompanyOut(one.id, one.name, one.currency) for one in details.companies]
    company = details.company
    return TestedOut(
        url=found.url, database=found.database, login=found.login, version=details.version, protocol=details.protocol,
        tested=details.tested, company=CompanyOut(company.id, company.name, company.currency), companies=companies,
        choose_company=found.choose_company, apps=details.apps, language=details.language, uuid=details.uuid,
        neutralised=details.neutralised, rights=[_right(one) for one in details.rights], warnings=found.warnings,
        mapping=found.mapping, held=found.held,
    )  # fmt: skip


def _right(one: Right) -> RightOut:
    return RightOut(one.name, one.label, one.without, one.allowed)


def _gaps(verdict: Verdict) -> list[GapOut]:
    return [
        GapOut(one.written.store_id, one.written.kind, one.written.shopify_id, one.written.odoo_id, one.fate)
        for one in verdict.gaps
    ]


ROUTES = [
    shown, tried, connected, key_replaced, checked, kept, disconnect_previewed, disconnected,
]  # fmt: skip

"""The mapping of one store: how much there is, verified, downloaded, taken in again; and automatic sync let go after a
clear."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.datastructures import UploadFile

from mooring.domain.mapping import SyncKind
from mooring.errors import InvalidInput, MooringError, Refused
from mooring.usecases import (
    mapping_copy,
    mapping_stores,
    resume_sync,
    resume_sync_view,
    steps,
    sync_odoo_request,
    verify_mapping,
    verify_mapping_view,
)
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages.edits import Multipart
from mooring.web.pages.entry import Form
from mooring.web.render import go, page, part
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

_SAID = {
    "later": "Resumed. The next change is synced by itself where automatic sync is on.",
}
_ROOM = 64 * 1024
"""What a form is larger than the file in it."""
_REFRESH = {"HX-Refresh": "true"}


@get("/stores/{store_id:str}/mapping", role="viewer")
def shown(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], said: FromQuery[str] = ""
) -> Response[str]:
    return _page(app, who, visit, store_id, toast=_SAID.get(said))


def _page(app: App, who: Who, visit: Visit, store_id: str, *, status: int = 200, **facts: Any) -> Response[str]:
    homes, of = mapping_stores.show_one(app, who, store_id)
    known: dict[str, Any] = {"toast": None, "taken": None, "file_error": None}
    known |= {"homes": homes, "of": of, "store": of.store, "nav": "settings", "kinds": list(SyncKind)}
    return page(app, visit, "mapping.html", project_id=of.store.project_id, status=status, **known | facts)


@post("/stores/{store_id:str}/mapping/import", role="admin", request_max_body_size=mapping_copy.LARGEST + _ROOM)
def imported(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Multipart
) -> Response[str]:
    """All of the file or nothing of it."""
    try:
        taken = mapping_copy.take_in(app, who, store_id, _content(data.get("file")))
    except InvalidInput as wrong:
        return _page(app, who, visit, store_id, status=422, file_error=wrong.sentence)
    except Refused as refused:
        return _page(app, who, visit, store_id, status=409, file_error=refused.sentence)
    return _page(app, who, visit, store_id, taken=taken, taken_sentence=mapping_copy.sentence(taken))


def _content(file: object) -> bytes:
    if not isinstance(file, UploadFile) or not (content := file.file.read()):
        raise InvalidInput("Choose a downloaded mapping that is not empty.", field="file")
    return content


@get("/operations/{operation_id:str}/wait", role="viewer")
def waiting(app: Given[App], who: Given[Who], visit: Given[Visit], operation_id: FromPath[str]) -> Response[str]:
    """The live region of a page that waits for an operation; the page comes anew when that has ended."""
    view = steps.show(app, who, operation_id)
    made = part(app, visit, "waiting.html", project_id=view.operation.project_id, view=view)
    made.headers.update(_REFRESH if view.operation.finished else {})
    return made


# -- verify --------------------------------------------------------------------------------------------------------


@get("/stores/{store_id:str}/mapping/verify", role="viewer")
def verify(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    return _verify(app, who, visit, store_id)


@post("/stores/{store_id:str}/mapping/verify", role="editor")
def verified(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    try:
        verify_mapping.request(app, who, store_id)
    except MooringError as refused:
        return _verify(app, who, visit, store_id, status=409, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping/verify")


def _verify(app: App, who: Who, visit: Visit, store_id: str, *, status: int = 200, wrong: str = "") -> Response[str]:
    found = verify_mapping_view.show(app, who, store_id)
    facts = {"found": found, "store": found.store, "view": _progress(app, who, found), "wrong": wrong}
    return page(
        app, visit, "verify.html", project_id=found.store.project_id, nav="settings", status=status, **facts
    )  # fmt: skip


def _progress(app: App, who: Who, found: Any) -> steps.View | None:
    """How far the operation is that a page waits for."""
    operation = found.preview if hasattr(found, "preview") else found.operation
    return steps.show(app, who, operation.id) if found.running else None


# -- resume --------------------------------------------------------------------------------------------------------


@get("/stores/{store_id:str}/mapping/resume", role="viewer")
def resume(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    return _resume(app, who, visit, store_id)


def _resume(app: App, who: Who, visit: Visit, store_id: str, *, status: int = 200, wrong: str = "") -> Response[str]:
    found = resume_sync_view.show(app, who, store_id)
    facts = {"found": found, "store": found.store, "view": _progress(app, who, found), "wrong": wrong}
    return page(
        app, visit, "resume.html", project_id=found.store.project_id, nav="settings", status=status,
        mapping_news=None, **facts,
    )  # fmt: skip


@post("/stores/{store_id:str}/mapping/resume/preview", role="editor")
def outlook(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    """Of the kinds that are held."""
    try:
        resume_sync.preview(app, who, store_id, resume_sync_view.show(app, who, store_id).kinds)
    except MooringError as refused:
        return _resume(app, who, visit, store_id, status=409, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping/resume")


@post("/stores/{store_id:str}/mapping/resume", role="editor")
def resumed(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """With `now` what was previewed is done at once; otherwise the next change is synced by itself."""
    preview = data.get("preview", "")
    try:
        if "now" in data:
            return go(f"/operations/{sync_odoo_request.accept(app, who, store_id, preview, auto=False).id}")
        resume_sync.request(app, who, store_id, preview)
    except MooringError as refused:
        return _resume(app, who, visit, store_id, status=409, wrong=refused.sentence)
    return go(f"/stores/{store_id}/mapping?said=later")


ROUTES = [shown, imported, waiting, verify, verified, resume, outlook, resumed]

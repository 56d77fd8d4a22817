"""Changes made here of a store's customers: what became of each, failed ones sent again, many at once by a CSV file."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body

from mooring.domain.edits import FIELDS, EditState
from mooring.errors import Conflict, InvalidInput, MooringError
from mooring.usecases import edits, edits_csv, edits_view
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.render import go, page
from mooring.web.routing import FromPath, FromQuery, Given, get, post
from mooring.web.visit import Visit

Multipart = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
_MOST_LINES = 100
"""Refused lines that are listed."""
_ROOM = 64 * 1024
"""What a form is larger than the file in it."""


@get("/stores/{store_id:str}/edits", role="viewer")
def shown(
    app: Given[App],
    who: Given[Who],
    visit: Given[Visit],
    store_id: FromPath[str],
    is_in: FromQuery[str] = "",
    older: FromQuery[str] = "",
) -> Response[str]:
    return _page(app, who, visit, store_id, state=is_in or None, cursor=older or None)


@post("/stores/{store_id:str}/edits", role="editor", request_max_body_size=2 * edits_csv.LARGEST + _ROOM)
def uploaded(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Multipart
) -> Response[str]:
    """A chosen file is looked at first; what was looked at comes back as text, and then it counts. So nothing of a file
    is ever kept between the two."""
    text = data.get("text")
    try:
        if isinstance(text, str):
            return _page(app, who, visit, store_id, done=edits_csv.upload(app, who, store_id, text.encode()))
        content = _content(data.get("file"))
        looked_at = edits_csv.preview(app, who, store_id, content)
    except InvalidInput as refused:
        return _page(app, who, visit, store_id, status=422, file_error=refused.sentence)
    return _page(app, who, visit, store_id, done=looked_at, text=content.decode("utf-8-sig"))


def _content(file: object) -> bytes:
    if not isinstance(file, UploadFile) or not (content := file.file.read()):
        raise InvalidInput("Choose a CSV file that is not empty.", field="file")
    return content


@post("/stores/{store_id:str}/edits/retry", role="editor")
def sent_again(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    """All that failed."""
    try:
        edits.retry(app, who, store_id)
    except Conflict as settled:
        return _page(app, who, visit, store_id, status=409, toast=settled.sentence)
    return go(f"/stores/{store_id}/edits")


def _page(
    app: App, who: Who, visit: Visit, store_id: str, *, state: str | None = None, cursor: str | None = None,
    status: int = 200, **facts: Any,
) -> Response[str]:  # fmt: skip
    found = edits_view.listed(app, who, store_id, state=state, cursor=cursor)
    known: dict[str, Any] = {"toast": None, "done": None, "text": "", "file_error": None}
    known |= {"why_not": _why_not(app, who, store_id), "found": found, "store": found.store, "states": list(EditState)}
    known |= {"state": state, "names": edits_csv.WHO, "nav": "customers", "most": _MOST_LINES}
    known |= {"most_rows": edits_csv.MOST_ROWS}
    known["columns"] = [(name, FIELDS[name].title) for name in edits_csv.COLUMNS]
    return page(app, visit, "edits.html", project_id=found.store.project_id, status=status, **known | facts)


def _why_not(app: App, who: Who, store_id: str) -> str | None:
    """Why nothing can be changed; None for whom and when it can."""
    try:
        edits.editable(app, who, store_id)
    except MooringError as refused:
        return refused.sentence
    return None


ROUTES = [shown, uploaded, sent_again]

"""Disconnect and Delete from the card: a dialog over the Integrations page that says first what would happen.

Both work without a script: the dialog is part of the page, and every step of it is a form.
"""

from __future__ import annotations

from dataclasses import replace

from litestar import Response

from mooring.errors import ConfirmationMissing, InvalidInput
from mooring.usecases import delete, delete_preview, disconnect
from mooring.usecases.context import App
from mooring.usecases.who import Who
from mooring.web.pages import integrations
from mooring.web.pages.dialogs import of_delete
from mooring.web.pages.entry import Form
from mooring.web.render import go
from mooring.web.routing import FromPath, Given, post
from mooring.web.visit import Visit


@post("/stores/{store_id:str}/disconnect", role="admin")
def disconnected(app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str]) -> Response[str]:
    done = disconnect.request(app, who, store_id)
    return go(f"/projects/{done.store.project_id}/integrations?said=disconnected")


@post("/stores/{store_id:str}/delete", role="admin")
def deleted(
    app: Given[App], who: Given[Who], visit: Given[Visit], store_id: FromPath[str], data: Form
) -> Response[str]:
    """Step 1 leads to step 2 with the token of what was shown; step 2 deletes, if that is still so."""
    token, typed = data.get("token", ""), data.get("domain", "")
    if data.get("step") != "2":
        return _ask(app, who, visit, store_id, step=2, token=token)
    try:
        operation = delete.request(app, who, store_id, token=token, typed_domain=typed)
    except ConfirmationMissing as changed:
        return _ask(app, who, visit, store_id, wrong=changed.sentence)
    except InvalidInput as mistyped:
        return _ask(app, who, visit, store_id, step=2, token=token, typed=typed, wrong=mistyped.sentence)
    return go(f"/operations/{operation.id}")


@post("/stores/{store_id:str}/delete/retry", role="admin")
def retried(app: Given[App], who: Given[Who], store_id: FromPath[str]) -> Response[str]:
    return go(f"/operations/{delete.retry(app, who, store_id).id}")


def _ask(
    app: App, who: Who, visit: Visit, store_id: str, *, step: int = 1, token: str = "", typed: str = "", wrong: str = ""
) -> Response[str]:
    """The dialog. In step 2 the token is that of step 1: what is confirmed is what was shown there."""
    shown = delete_preview.preview(app, who, store_id)
    facts = of_delete(shown if step == 1 else replace(shown, token=token), step=step, typed=typed, wrong=wrong)
    return integrations.with_dialog(app, who, visit, shown.store.project_id, status=422 if wrong else 200, **facts)


ROUTES = [disconnected, deleted, retried]

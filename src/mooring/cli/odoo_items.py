"""`mooring odoo review`, `items`, `item`, `decide`, `link` and `unlink`: what is how far on its way to Odoo, what of it
waits for a person, and what is decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.watching import to_its_end
from mooring.domain.decisions import Choice
from mooring.domain.mapping import SyncKind
from mooring.domain.tabs import Tab
from mooring.domain.wording import counted
from mooring.errors import InvalidInput

Kind = Annotated[SyncKind, typer.Argument(help="Kind of record.", show_default=False)]
ShopifyId = Annotated[int, typer.Argument(metavar="ID", help="Shopify's id of the record.", show_default=False)]
Of = Annotated[str | None, typer.Option("--store", help="Only this store.", show_default=False)]
Cause = Annotated[str | None, typer.Option("--cause", help="Only what waits for this cause.", show_default=False)]
_DECIDABLE = [choice for choice in Choice if choice is not Choice.LINK]
_MOST = 1_000
"""How many can be decided on in one request."""


def review(store: Of = None, project: Project = None, json: Json = False) -> None:
    """Say what waits for a person, by cause, and what is to be done about each."""
    with reach.mooring() as api:
        found = {str(kind): _listed(api, kind, project, store=store, tab=Tab.REVIEW)["causes"] for kind in SyncKind}
    rows = [(kind, one["cause"], one["count"], one["title"], one["fix"]) for kind, of in found.items() for one in of]
    table = console.table(("Kind", "Cause", "Items", "Why", "What to do"), rows, empty="Nothing waits for anybody.")
    console.show(found, json=json, text=table)


def items(
    kind: Kind,
    tab: Annotated[Tab, typer.Option(help="How far they are.")] = Tab.ALL,
    cause: Cause = None,
    search: Annotated[str | None, typer.Option("--search", help="Name, e-mail or Odoo id.", show_default=False)] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="CURSOR", help="Go on behind what was listed.", show_default=False)
    ] = None,
    store: Of = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """List records with how far each is on its way to Odoo, and why one is not there."""
    with reach.mooring() as api:
        found = _listed(api, kind, project, store=store, tab=tab, cause=cause, q=search, cursor=after)
    more = ("Invoices",) if kind is SyncKind.ORDERS else ()
    rows = [
        (one["shopify_id"], one["title"], one["state"], one["odoo_id"], *(_invoices(one) for _ in more), one["cause"],
         one["sentence"])
        for one in found["items"]
    ]  # fmt: skip
    heads = ("Id", "Record", "State", "Odoo id", *more, "Cause", "Why")
    console.show(found, json=json, text=console.table(heads, rows, empty="None of these."))
    if found["next"] and not json:
        console.remark(f"There are more: --after {found['next']}")


def _invoices(one: dict[str, Any]) -> str:
    """By their ids in Odoo; where they are there is said by --json."""
    return ", ".join(str(invoice["id"]) for invoice in one["invoices"])


def item(store: Store, kind: Kind, shopify_id: ShopifyId, project: Project = None, json: Json = False) -> None:
    """Say why a record failed or waits for a person, and what can be decided."""
    with reach.mooring() as api:
        found = api.get(f"{_path(api, store, project)}/items/{kind}/{shopify_id}")
    console.show(found, json=json, text="\n".join(_waits(found)))


def decide(
    store: Store,
    kind: Kind,
    choice: Annotated[Choice, typer.Argument(help=f"One of: {', '.join(_DECIDABLE)}.", show_default=False)],
    ids: Annotated[
        list[int] | None, typer.Argument(metavar="ID...", help="Shopify's ids of the records.", show_default=False)
    ] = None,
    cause: Annotated[
        str | None, typer.Option("--cause", help="All that wait for this cause, instead of ids.", show_default=False)
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="Only this differing field; may be repeated.")
    ] = None,
    wait: Annotated[bool, typer.Option(help="Stay until the sync that carries it out has ended.")] = True,
    project: Project = None,
    json: Json = False,
) -> None:
    """Decide on records that wait in Needs review. A sync of just these carries it out, where one is needed."""
    if choice is Choice.LINK or bool(ids) == bool(cause):
        raise InvalidInput("Name ids, or a cause with --cause. One record is linked with: mooring odoo link.")
    with reach.mooring(working=wait) as api:
        known = choosing.store(api, store, project)
        chosen = ids or list(_of_cause(api, kind, known, cause or ""))
        if not chosen:
            raise InvalidInput(f"Nothing of the {kind} waits for {cause}.", field="cause")
        body = {"ids": chosen, "choice": choice, "fields": field or []}
        done = api.post(f"/stores/{known['id']}/odoo/items/{kind}/decide", body)
        done["operation"] = _ended(api, done["operation"], wait=wait)
    console.show(done, json=json, text=f"Decided on {counted(done['count'], kind)}. {_said(done, choice)}")


def link(
    store: Store,
    kind: Kind,
    shopify_id: ShopifyId,
    odoo_id: Annotated[int, typer.Argument(metavar="ODOO_ID", help="Which record of Odoo it is.", show_default=False)],
    record: Annotated[
        str | None, typer.Option(help="Which of those in the item, as in address.6.", show_default=False)
    ] = None,
    wait: Annotated[bool, typer.Option(help="Stay until the sync that carries it out has ended.")] = True,
    project: Project = None,
    json: Json = False,
) -> None:
    """Say which record of Odoo one is that waits in Needs review: also an order that was booked there by hand."""
    with reach.mooring(working=wait) as api:
        path = f"{_path(api, store, project)}/items/{kind}/{shopify_id}/link"
        done = api.post(path, {"odoo_id": odoo_id, "record": record})
        done["operation"] = _ended(api, done["operation"], wait=wait)
    console.show(done, json=json, text=f"Linked. {_carried_out(done)}")


def unlink(store: Store, kind: Kind, shopify_id: ShopifyId, project: Project = None, json: Json = False) -> None:
    """Forget which record of Odoo one is. Both stay as they are."""
    with reach.mooring() as api:
        done = api.post(f"{_path(api, store, project)}/items/{kind}/{shopify_id}/unlink")
    console.show(done, json=json, text="Unlinked. Both records stay as they are.")


# -- asking --------------------------------------------------------------------------------------------------------


def _path(api: Api, store: str, project: str | None) -> str:
    return f"/stores/{choosing.store(api, store, project)['id']}/odoo"


def _listed(api: Api, kind: SyncKind, project: str | None, *, store: str | None, **query: Any) -> dict[str, Any]:
    chosen = choosing.store(api, store, project) if store else None
    project_id = chosen["project_id"] if chosen else choosing.project(api, project)["id"]
    return api.get(f"/projects/{project_id}/odoo/items/{kind}", store=chosen["id"] if chosen else None, **query)


def _of_cause(api: Api, kind: SyncKind, store: dict[str, Any], cause: str) -> Iterator[int]:
    """As many as can be decided on at once, the newest first."""
    path, cursor, left = f"/projects/{store['project_id']}/odoo/items/{kind}", None, _MOST
    while left:
        found = api.get(path, store=store["id"], tab=Tab.REVIEW, cause=cause, cursor=cursor)
        yield from [one["shopify_id"] for one in found["items"][:left]]
        left, cursor = max(0, left - len(found["items"])), found["next"]
        if not cursor:
            return


def _ended(api: Api, operation: dict[str, Any] | None, *, wait: bool) -> dict[str, Any] | None:
    return to_its_end(api, operation, wait=wait) if operation else None


# -- what is said --------------------------------------------------------------------------------------------------


def _said(done: dict[str, Any], choice: Choice) -> str:
    stays = choice in (Choice.IGNORE, Choice.KEEP)
    return "Odoo stays as it is." if stays else _carried_out(done)


def _carried_out(done: dict[str, Any]) -> str:
    operation = done["operation"]
    if operation is None:
        return "The next sync goes by it."
    if operation["state"] == "done":
        return "A sync has carried it out."
    return operation["error"] or f"Operation {operation['id']} is {operation['state']}."


def _waits(found: dict[str, Any]) -> Iterator[str]:
    yield f"{found['title']}: {found['sentence'] or ''}".rstrip(": ")
    yield found["fix"]
    yield from (f"  {one}" for one in found["changes"])
    if money := found["money"]:
        yield f"  booked as {money['booked']} {money['currency']}, in Shopify now {money['now']} {money['currency']}"
    for question in found["questions"]:
        yield from _question(question)
    yield f"To decide: {', '.join(found['choices']) or 'nothing here'}"


def _question(question: dict[str, Any]) -> Iterator[str]:
    yield f"  {question['record']}{': ' + question['failed'] if question['failed'] else ''}"
    yield from (f"    may be {one['model']} {one['id']}" for one in question["candidates"])
    yield from (f"    {one['field']}: Shopify {one['shopify']}, Odoo {one['odoo']}" for one in question["differences"])

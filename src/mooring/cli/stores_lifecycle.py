"""`mooring stores disconnect`, `reconnect` and `check`: pause a store, give it new credentials, ask how it is."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any

import typer

from mooring.cli import choosing, console, reach
from mooring.cli.api import Api
from mooring.cli.choosing import Project, Store
from mooring.cli.console import Json
from mooring.cli.stores import readiness
from mooring.errors import ConfirmationMissing, Refused

_POLL_SECONDS = 0.3


def disconnect(
    store: Store,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without being asked.")] = False,
    confirm: Annotated[
        str | None,
        typer.Option(
            "--confirm", metavar="TOKEN", help="Confirms the preview this was printed with.", show_default=False
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until Shopify is tidied up as well.")] = False,
    project: Project = None,
    json: Json = False,
) -> None:
    """Disconnect a store: a pause that a reconnect ends. Everything imported stays. Asks first."""
    with reach.mooring(working=wait) as api:
        chosen = choosing.store(api, store, project)
        path = f"/stores/{chosen['id']}/disconnect"
        done = api.post(path, {"generation": _confirmed(api.get(path), yes=yes, confirm=confirm, json=json)})
        if wait and done["clean_up"]:
            done["clean_up"] = _ended(api, done["clean_up"]["id"])
    console.show(done, json=json, text=_disconnected(done))


def _confirmed(preview: dict[str, Any], *, yes: bool, confirm: str | None, json: bool) -> int:
    """The generation that was looked at. A terminal is asked with the very words of the page."""
    generation = int(preview["generation"])
    if yes or confirm == str(generation):
        return generation
    if confirm is not None:
        sentence = "This store has changed since the preview. Look at it again."
        raise ConfirmationMissing(sentence, preview=_facts(preview), token=str(generation))
    if json or not sys.stdin.isatty():
        raise ConfirmationMissing(preview["prompt"], preview=_facts(preview), token=str(generation))
    console.remark("\n".join(f"- {line}" for line in (*preview["stops"], *preview["stays"], *preview["parked"])))
    if not typer.confirm(preview["prompt"], err=True):
        raise Refused("Nothing was changed.", code="not_confirmed")
    return generation


def _facts(preview: dict[str, Any]) -> dict[str, Any]:
    shown = {name: preview[name] for name in ("stops", "stays", "parked")}
    return shown | {"clean_up": preview["clean_up"]["sentence"]}


def _ended(api: Api, operation_id: str) -> dict[str, Any]:
    while True:
        operation: dict[str, Any] = api.get(f"/operations/{operation_id}")
        if operation["finished"] or operation["attempts"]:
            return operation
        time.sleep(_POLL_SECONDS)


def _disconnected(done: dict[str, Any]) -> str:
    store, lines = done["store"], [f"{done['store']['shop_domain']} is disconnected. Everything imported stays."]
    if done["parked"]:
        lines.append(f"Operations that wait for a reconnect: {done['parked']}.")
    told = done["clean_up"]
    if told:
        lines.append((told["receipt"] or {}).get("sentence") or store["clean_up"]["sentence"])
    return "\n".join([*lines, f"Go on with: mooring stores reconnect {store['shop_domain']}"])


def reconnect(
    store: Store,
    client_credentials: Annotated[
        bool, typer.Option("--client-credentials", help="For a store of the app's own organisation: no consent page.")
    ] = False,
    app_id: Annotated[str | None, typer.Option("--app", help="Id of another Shopify app.", show_default=False)] = None,
    project: Project = None,
    json: Json = False,
) -> None:
    """Give a store new credentials. Settings, list, history and data stay; what was missed is brought in."""
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        body = {"client_credentials": client_credentials, "app_id": app_id}
        answer = api.post(f"/stores/{chosen['id']}/reconnect", body)
        if api.alone and answer.get("open_url"):
            raise Refused("Start 'mooring serve' first: the merchant's consent comes back to its address.")
    console.show(answer, json=json, text=_reconnected(answer, chosen))


def _reconnected(answer: dict[str, Any], store: dict[str, Any]) -> str:
    if answer.get("open_url"):
        return f"Open this in a browser where you are signed in (10 minutes):\n  {answer['open_url']}"
    now = answer["store"]
    return "\n".join([f"{store['shop_domain']}: {now['badge']}", *filter(None, [now["reason"]])])


def check(store: Store, project: Project = None, json: Json = False) -> None:
    """Ask Shopify how a store is, and show its readiness. Ends with status 1 when the check failed."""
    with reach.mooring() as api:
        chosen = choosing.store(api, store, project)
        found = api.post(f"/stores/{chosen['id']}/check-health")
    console.show(found, json=json, text=_checked(found))
    if found["health"] != "passed":
        raise typer.Exit(console.FAILED)


def _checked(found: dict[str, Any]) -> str:
    said = "Health check completed" if found["health"] == "passed" else f"Health check failed: {found['reason']}"
    return "\n".join([f"{found['store']['shop_domain']}: {found['store']['badge']}", said, *readiness(found["store"])])

"""`mooring doctor`: what is set, what is missing, and whether each connection works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from mooring import settings as configuration
from mooring.cli import choosing, console, reach
from mooring.cli.api import Api
from mooring.cli.console import Json
from mooring.cli.verdict import FAILED, OK, WARNING, Check
from mooring.domain.lifecycle import Badge
from mooring.errors import MooringError
from mooring.settings import Settings

_MARKS = {OK: "ok", WARNING: "look", FAILED: "FAILED"}


def doctor(json: Json = False) -> None:
    """Say which settings are set and which are missing, and try the database, the keys, the ways notices go out
    and each store's connection.

    Changes nothing; a project's own address for notices gets a test notice. Ends with status 1 when something has to
    be mended.
    """
    from mooring.cli import checks

    settings = configuration.load()
    found = list(_examine(settings))
    healthy = all(check.status != FAILED for check in found)
    rows = checks.setting_rows(settings)
    facts = {"healthy": healthy, "checks": [_facts(check) for check in found], "settings": rows}
    if not json:
        console.show({}, json=False, text=_settings_table(rows))
    console.show(facts, json=json, text=_checks_table(found))
    if not healthy:
        raise typer.Exit(console.FAILED)


def _examine(settings: Settings) -> Iterator[Check]:
    from mooring.cli import checks

    machine = list(checks.of_machine(settings))
    yield from machine
    if checks.is_new(settings):
        yield Check("stores", OK, "There is none yet.")
    elif all(check.status != FAILED for check in machine):
        yield from _connections()


def _connections() -> Iterator[Check]:
    """Through a running server or by being it: both prove that the key ring opens this database's secrets."""
    try:
        with reach.mooring(migrating=False) as api:
            yield Check("key ring", OK, "It opens this database's secrets.")
            yield from _held(api)
            yield from _notices(api)
            yield from _apps(api)
            yield from _stores(api)
            yield from _odoo(api)
    except MooringError as error:
        yield Check("key ring" if error.code == "wrong_key" else "Mooring", FAILED, error.sentence)


def _held(api: Api) -> Iterator[Check]:
    hold = api.get("/held")
    if hold["held"]:
        yield Check("restore", WARNING, f"{hold['sentence']} It came from {hold['source']}.")


def _notices(api: Api) -> Iterator[Check]:
    """The mail server is asked to let Mooring in, without a letter; each project's own address gets a test notice."""
    known = choosing.projects(api)
    if api.get("/doctor")["mail"] and known:
        yield _tried(api, known[0], "email", "mail server")
    for project in known:
        if api.get(f"/projects/{project['id']}/notices/ways")["url"]:
            yield _tried(api, project, "webhook", f"notices of {project['name']}")


def _tried(api: Api, project: dict[str, Any], way: str, name: str) -> Check:
    outcome = api.post(f"/projects/{project['id']}/notices/test", {"way": way})
    return Check(name, OK if outcome["sent"] else FAILED, outcome["sentence"])


def _apps(api: Api) -> Iterator[Check]:
    known = list(api.every("/shopify-apps"))
    if not known:
        yield Check("Shopify app", WARNING, "There is none yet. Add one with 'mooring apps add'.")
    for one in known:
        sentence = f"Client id {one['client_id']}; its settings at Shopify must allow {one['redirect_uri']}"
        yield Check(f"Shopify app {one['name']}", OK, sentence)
        yield from _webhooks(api, one)


def _webhooks(api: Api, one: dict[str, Any]) -> Iterator[Check]:
    """Only a running server can be sent anything. Without a public address another check has said so already."""
    name = f"webhooks of {one['name']}"
    if api.alone:
        yield Check(name, WARNING, "Not tried: start 'mooring serve' first, then Mooring can send itself one.")
        return
    found = api.post(f"/shopify-apps/{one['id']}/try-address")
    if found["address"] is not None:
        yield Check(name, OK if found["heard"] else WARNING, found["sentence"])


def _stores(api: Api) -> Iterator[Check]:
    known = choosing.stores(api, None)
    if not known:
        yield Check("stores", OK, "There is none yet.")
    for one in known:
        yield _store(api, one)


def _odoo(api: Api) -> Iterator[Check]:
    """Each project's Odoo is asked whether it still is the one that was connected. One that is disconnected is as
    somebody wanted it."""
    for project in choosing.projects(api):
        try:
            yield from _odoo_of(api, project)
        except MooringError as error:
            if error.code != "odoo_not_connected":
                yield Check(f"Odoo of {project['name']}", FAILED, error.sentence)


def _odoo_of(api: Api, project: dict[str, Any]) -> Iterator[Check]:
    name, path = f"Odoo of {project['name']}", f"/projects/{project['id']}/odoo"
    if api.get(path)["state"] == "disconnected":
        yield Check(name, OK, "Disconnected, so Odoo was not asked.")
        return
    found = api.post(f"{path}/check")
    if found["held"]:
        yield Check(name, FAILED, f"Held. {found['odoo']['title']}: {found['odoo']['reason']}")
        return
    lacking = [one for one in found["odoo"]["rights"] if one["allowed"] is False]
    yield Check(name, OK, found["sentence"])
    for one in lacking:
        yield Check(f"{name}: right", WARNING, f"Missing: {one['label']}. {one['without']}")


def _store(api: Api, store: dict[str, Any]) -> Check:
    """A store that may not be asked is as somebody wanted it, unless its delete has failed."""
    name = f"store {store['shop_domain']}"
    if any(one["action"] == "check" and one["why_not"] for one in store["actions"]):
        status = FAILED if store["badge"] == Badge.DELETE_FAILED else OK
        return Check(name, status, f"{store['badge']}, so Shopify was not asked.")
    try:
        answer = api.post(f"/stores/{store['id']}/check-health")
    except MooringError as error:
        return Check(name, WARNING if error.code == "held" else FAILED, error.sentence)
    passed = answer["health"] == "passed"
    return Check(name, OK if passed else FAILED, answer.get("reason") or "Shopify answers.")


def _facts(check: Check) -> dict[str, str]:
    return {"name": check.name, "status": check.status, "sentence": check.sentence}


def _settings_table(rows: list[dict[str, Any]]) -> Any:
    shown = ((row["name"], "set" if row["set"] else "-", row["value"] or "") for row in rows)
    return console.table(("Setting", "", "Value"), shown, empty="")


def _checks_table(found: list[Check]) -> Any:
    return console.table(("Check", "", ""), ((c.name, _MARKS[c.status], c.sentence) for c in found), empty="")

"""Who may do what, verb by verb: the table of roles against the application's own routes, pages and API alike.

A new writing route has to be given its line here before it may exist.
"""

from __future__ import annotations

import re

import pytest

from tests.web.face import Face
from tests.web.test_roles import Door, doors

API = r"(?:/api/v1)?"
STORE = rf"{API}/stores/\{{store_id:str\}}"
PROJECT = rf"{API}/projects/\{{project_id:str\}}"

VERBS: tuple[tuple[str, str, str], ...] = (
    # what somebody does for themselves, in a project they may see
    ("viewer", "mark notices as read", rf"{PROJECT}/notices(?:/read)?"),
    ("viewer", "make and revoke one's own API tokens", rf"{PROJECT}/settings/tokens(?:/\{{token_id:str\}}/revoke)?"),
    ("signed_in", "make and revoke one's own API tokens", r"/api/v1/tokens(?:/\{token_id:str\})?"),
    # editor: the daily work
    ("editor", "sync, re-sync", rf"{STORE}/sync"),
    ("editor", "look at Shopify now", rf"{STORE}/(?:pull|sweep|catch-up)"),
    ("editor", "retry a kind", rf"{STORE}/kinds/\{{kind:str\}}/retry"),
    ("editor", "recover one record", rf"{STORE}/recover"),
    ("editor", "check health", rf"{STORE}/check(?:-health)?"),
    ("editor", "stop an operation", rf"{API}/operations/\{{operation_id:str\}}/cancel"),
    ("editor", "change a customer", rf"{API}/customers/\{{customer_id:(?:str|int)\}}(?:/.*)?"),
    ("editor", "import changes from a file", rf"{STORE}/(?:edits|engagement)(?:\.csv|/.*)?"),
    ("editor", "ask Odoo whether it is the same", rf"{PROJECT}/odoo/check"),
    ("editor", "sync to Odoo, preview and accept, decide, link and unlink one", rf"{STORE}/odoo/(?!orders).*"),
    ("editor", "sync items, decide on them", rf"(?:{PROJECT}/odoo/items/.*|/(product|order)s/\{{\1_id:str\}}/odoo)"),
    ("editor", "verify, resume sync, decide one", rf"{STORE}/mapping/(?:verify|resume(?:/preview)?|rebuild/choose)"),
    ("editor", "answer a mass deletion", rf"{STORE}/holds/\{{hold_id:str\}}"),
    ("editor", "look at deliveries and replay them", rf"{STORE}/(?:inbox|deliveries|webhooks)(?:/.*)?"),
    # admin: everything else in a project
    ("admin", "connect a store", rf"{PROJECT}/(?:connect|stores)"),
    ("admin", "disconnect, reconnect, delete", rf"{STORE}/(?:disconnect|reconnect|delete)(?:/.*)?"),
    ("admin", "connect, test and disconnect Odoo", rf"{PROJECT}/odoo(?:/(?:test|connect|key|keep|disconnect))?"),
    ("admin", "how orders are booked, taxes, order rules", rf"{STORE}/odoo/orders(?:/.*)?"),
    ("admin", "clear sync data", rf"{PROJECT}/(?:mapping/clear(?:/preview)?|settings/advanced/clear)"),
    ("admin", "settle what a clear left open", rf"{PROJECT}/mapping/tasks/\{{task_id:str\}}/(?:retry|dismiss)"),
    ("admin", "rebuild and import the mapping", rf"{STORE}/mapping/(?:import|rebuild(?:/accept|/undo)?)"),
    ("admin", "sync settings", rf"{STORE}/settings"),
    ("admin", "people", rf"{PROJECT}(?:/settings)?/people(?:/\{{person_id:str\}})?"),
    ("admin", "lists", rf"{PROJECT}(?:/settings)?/lists"),
    ("admin", "where notices go", rf"{PROJECT}/(?:settings/notices|notices/(?:webhook|test))"),
    ("admin", "requests about personal data", rf"{PROJECT}/privacy(?:/.*)?"),
    ("admin", "suppressions", rf"{PROJECT}/suppressions(?:/.*)?"),
    # installation admin: Mooring itself
    (
        "installation_admin",
        "Shopify apps",
        r"(?:/api/v1/shopify-apps(?:/.*)?|/projects/\{project_id:str\}/settings/apps)",
    ),
    ("installation_admin", "projects", r"/api/v1/projects"),
    ("installation_admin", "one-time links", r"/api/v1/people/links"),
    ("installation_admin", "accept a restore", rf"{API}/held(?:/accept)?"),
    # before anybody is signed in
    ("public", "signing in and out", r"/(?:sign-in|sign-out|setup/.*|login/.*|password/.*)"),
    ("public", "webhooks, which prove themselves", r"/hooks/\{app_id:str\}"),
)


SECRET = (
    r".*/(?:delete|disconnect|reconnect|settings|export|privacy|suppressions|recover|edits|holds)(?:/.*)?",
    r".*/notices/ways",
    r"(?:/held|/api/v1/(?:doctor|backup|held/.*))",
    rf"{PROJECT}/(?:odoo/)?connect",
)
"""What is read by those alone who may do what it leads to."""


def lines_of(door: Door) -> list[tuple[str, str]]:
    return [(role, what) for role, what, path in VERBS if re.fullmatch(path, door.path)]


def test_every_writing_route_has_its_line_and_takes_that_role(face: Face) -> None:
    writing = [door for door in doors(face) if door.method != "GET"]
    assert len(writing) > 40
    wrong = [f"{door.method} {door.path}: {door.role}, not {lines_of(door)}" for door in writing
             if [role for role, _ in lines_of(door)] != [door.role]]  # fmt: skip
    assert wrong == []


def test_reading_takes_no_more_than_a_viewer_but_for_what_is_secret(face: Face) -> None:
    reading = {door.path: door.role for door in doors(face) if door.method == "GET"}
    secret = {path for path, role in reading.items() if role in ("admin", "installation_admin", "editor")}
    assert [path for path in secret if not any(re.fullmatch(one, path) for one in SECRET)] == []


@pytest.mark.parametrize(
    ("path", "what"), [("/stores/{store_id:str}/paint", []), ("/api/v1/stores/{store_id:str}/sync", ["sync, re-sync"])]
)
def test_a_planted_route_is_told_apart(path: str, what: list[str]) -> None:
    assert [said for _, said in lines_of(Door("POST", path, "editor"))] == what

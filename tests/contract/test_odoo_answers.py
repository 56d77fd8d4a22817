"""What no stand-in says unless it is put into its mouth: answers of proxies, other servers, a database that is down."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import pytest

from mooring.errors import AuthLost, OutcomeUnknown, Permanent, Throttled, Unreachable
from mooring.http import Answer
from mooring.odoo import answers, json2, jsonrpc
from mooring.odoo.calls import Call
from mooring.odoo.hosts import OdooHosts
from mooring.odoo.load import loaded
from mooring.ports import OdooAccess

ACCESS = OdooAccess("http://odoo.test", "shop", "admin", "secret-key", user_id=2, company_id=1)
READ, WRITE = Call("res.partner", "search_read", {}), Call("res.partner", "load", {}, writes=True)


def answer(status: int, body: Any, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return Answer(status, httpx2.Headers(headers), raw)


def fault(name: str, message: str = "") -> dict[str, Any]:
    return {"name": name, "message": message, "arguments": [], "context": {}, "debug": "Traceback (most recent…"}


def inside(error: dict[str, Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "error": {"code": 0, "message": "Odoo Server Error", "data": error}}


@pytest.mark.parametrize(
    ("status", "body", "call", "kind", "code"),
    [
        (401, fault("werkzeug.exceptions.Unauthorized", "Invalid apikey"), READ, AuthLost, "odoo_key_refused"),
        (401, "<html>Sign in to the proxy</html>", READ, Permanent, "odoo_access"),
        (403, "<html>Forbidden</html>", WRITE, Permanent, "odoo_access"),
        (404, "<html>No database</html>", READ, Permanent, "odoo_no_database"),
        (302, "", READ, Permanent, "odoo_redirected"),
        (413, "<html>Too large</html>", WRITE, Permanent, "odoo_too_large"),
        (429, "", WRITE, Throttled, "throttled"),
        (408, "", READ, Unreachable, "unreachable"),
        (500, "<html>Internal Server Error</html>", READ, Unreachable, "unreachable"),
        (500, "<html>Internal Server Error</html>", WRITE, OutcomeUnknown, "outcome_unknown"),
        (502, "<html>Bad Gateway</html>", WRITE, OutcomeUnknown, "outcome_unknown"),
        (200, "<html>Welcome</html>", READ, Unreachable, "unreachable"),
        (200, "<html>Welcome</html>", WRITE, OutcomeUnknown, "outcome_unknown"),
        (500, fault("psycopg2.errors.SerializationFailure"), WRITE, Unreachable, "odoo_busy"),
        (500, fault("psycopg2.errors.DeadlockDetected"), WRITE, Unreachable, "odoo_busy"),
        (500, fault("psycopg2.OperationalError", "server closed the connection"), READ, Unreachable, "unreachable"),
        (500, fault("psycopg2.OperationalError", "server closed"), WRITE, OutcomeUnknown, "outcome_unknown"),
        (500, fault("psycopg2.pool.PoolError", "The Connection Pool Is Full"), READ, Unreachable, "unreachable"),
        (500, fault("psycopg2.errors.InvalidTextRepresentation", "no integer"), WRITE, Permanent, "odoo_error"),
        (500, fault("builtins.KeyError", "nofield"), WRITE, Permanent, "odoo_error"),
        (500, fault("builtins.MemoryError"), WRITE, Permanent, "odoo_too_large"),
        (422, fault("odoo.exceptions.ValidationError", "No\n\nmore"), WRITE, Permanent, "odoo_refused"),
    ],
)
def test_every_answer_has_one_meaning(status: int, body: Any, call: Call, kind: type, code: str) -> None:
    with pytest.raises(kind) as error:
        json2.result(answer(status, body), call)
    assert error.value.code == code  # type: ignore[attr-defined]
    assert "Traceback" not in str(error.value)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (inside(fault("odoo.exceptions.AccessDenied", "Access Denied")), AuthLost, "odoo_key_refused"),
        (inside(fault("odoo.exceptions.AccessError", "No")), Permanent, "odoo_access"),
        (inside(fault("psycopg2.OperationalError", 'database "x" does not exist')), Permanent, "odoo_no_database"),
        (inside(fault("odoo.exceptions.UserError", "Object sale.order doesn't exist")), Permanent, "odoo_unknown"),
        ({"jsonrpc": "2.0", "error": "broken"}, OutcomeUnknown, "outcome_unknown"),
        ("<html></html>", OutcomeUnknown, "outcome_unknown"),
        ([1], OutcomeUnknown, "outcome_unknown"),
    ],
)  # fmt: skip
def test_over_json_rpc_the_error_is_inside(body: Any, kind: type, code: str) -> None:
    with pytest.raises(kind) as error:
        jsonrpc.result(answer(200, body), model="sale.order", repeatable=False)
    assert error.value.code == code  # type: ignore[attr-defined]


def test_a_method_that_returns_nothing_returns_none() -> None:
    assert jsonrpc.result(answer(200, {"jsonrpc": "2.0", "id": 1}), model="m", repeatable=True) is None


def test_odoos_words_fit_into_a_sentence() -> None:
    announced = 'Barcode(s) already assigned:\n\n- Barcode "1" already assigned to product(s): A and B\n\nNote: more'
    assert answers.said(announced) == (
        'Barcode(s) already assigned: - Barcode "1" already assigned to product(s): A and B'
    )
    assert len(answers.said("x" * 1000)) == 300
    assert answers.said(None) == ""
    refused = "You are not allowed to access 'System Parameter'.\n\nAllowed:\n\t- Role / Administrator\n\nContact"
    error = answers.meaning("odoo.exceptions.AccessError", refused, model="m", repeatable=True)
    assert (
        error.sentence == "You are not allowed to access 'System Parameter'. Odoo allows it to: Role / Administrator."
    )
    assert error.facts["model"] == "m"


def test_create_goes_by_position_over_json_rpc_and_the_rest_by_name() -> None:
    body = msgspec.json.decode(jsonrpc.body(ACCESS, Call("res.partner", "create", {"vals_list": [{"name": "A"}]})))
    assert body["params"]["args"] == [
        "shop",
        2,
        "secret-key",
        "res.partner",
        "create",
        [[{"name": "A"}]],
        {"context": {}},
    ]
    body = msgspec.json.decode(jsonrpc.body(ACCESS, Call("res.partner", "write", {"vals": {"name": "B"}}, [7])))
    assert body["params"]["args"][5:] == [[[7]], {"vals": {"name": "B"}, "context": {}}]


def test_what_load_says_is_read_as_it_is() -> None:
    found = loaded({"ids": False, "nextrow": 0, "messages": [
        {"type": "error", "message": "Missing\nmore", "record": 2, "rows": {"from": 2, "to": 3}, "field": "name"},
        {"type": "warning", "message": "Found 10 errors and more"},
    ]})  # fmt: skip
    assert found.ids is None and len(found.errors) == 1
    assert (found.messages[0].record, found.messages[0].rows, found.messages[0].field) == (2, (2, 3), "name")
    assert (found.messages[1].record, found.messages[1].rows, found.messages[1].kind) == (None, None, "warning")
    with pytest.raises(OutcomeUnknown):
        loaded({"messages": []})


@pytest.mark.parametrize(
    "url",
    [
        "https://odoo.test/json/2/res.partner/load", "http://192.168.1.2:8069/jsonrpc", "http://127.0.0.1:8069/web/version",
        "http://[fd00::1]:8069/jsonrpc",
    ],
)  # fmt: skip
def test_where_calls_may_go(url: str) -> None:
    OdooHosts().check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://odoo.test/", "https://odoo.test/web/login", "https://odoo.test/json/2/../../x", "ftp://odoo.test/jsonrpc",
        "https://odoo.test/jsonrpc?x=1", "https://me:pw@odoo.test/jsonrpc", "http://169.254.169.254/jsonrpc",
        "http://[fe80::1]/jsonrpc", "http://0.0.0.0/jsonrpc", "http://[::ffff:169.254.169.254]/jsonrpc",
        "https://odoo.test/json/2/res.partner/load/x", "jsonrpc",
    ],
)  # fmt: skip
def test_and_where_they_may_not(url: str) -> None:
    with pytest.raises(Permanent) as error:
        OdooHosts().check(url)
    assert error.value.code == "host_not_allowed"

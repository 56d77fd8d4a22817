"""Staged uploads in both ways, and mutations that run over every line of the file."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from mooring_sandbox.shopify.uploads import STAGED
from tests.sandbox.receiver import until
from tests.sandbox.serving import SHOP_ID, Serving

STAGE = """mutation($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
RUN = """mutation($mutation: String!, $path: String!, $client: String) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path, clientIdentifier: $client) {
    bulkOperation { id status type query } userErrors { field message code } } }"""
READ = """query($id: ID!) { bulkOperation(id: $id) {
  status errorCode objectCount rootObjectCount fileSize url partialDataUrl } }"""
REVOKE = "mutation R($scopes: [String!]!) { appRevokeAccessScopes(scopes: $scopes) {"
REVOKE += " revoked { handle } userErrors { code } } }"
LINES = b'{"scopes":["read_orders"]}\n\n{"scopes":["fake"]}\n[]\nnot json\n'
VARIABLES = {"resource": "BULK_MUTATION_VARIABLES", "filename": "lines.jsonl", "mimeType": "text/jsonl"}


@pytest.fixture
def token(serving: Serving) -> str:
    serving.sandbox.settings.change({"bulk_created_seconds": 0.0, "bulk_seconds": 0.0})
    serving.sandbox.apps.change(serving.app.id, {"optional": ["read_orders"]})
    return serving.connect()["access_token"]


def stage(serving: Serving, token: str, **more: Any) -> dict[str, Any]:
    made = serving.data(token, STAGE, input=[VARIABLES | more])["stagedUploadsCreate"]
    assert made["userErrors"] == []
    return made["stagedTargets"][0]


def parameters(target: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in target["parameters"]}


def post(target: dict[str, Any], content: bytes, *, last: bool = True, **changed: str) -> httpx.Response:
    fields: list[tuple[str, Any]] = [(k, (None, v)) for k, v in (parameters(target) | changed).items()]
    file = ("file", ("lines.jsonl", content))
    return httpx.post(target["url"], files=[*fields, file] if last else [file, *fields], trust_env=False)


def run(serving: Serving, token: str, path: str, mutation: str = REVOKE, client: str | None = None) -> dict[str, Any]:
    sent = {"mutation": mutation, "path": path, "client": client}
    return serving.data(token, RUN, **sent)["bulkOperationRunMutation"]


def uploaded(serving: Serving, token: str, content: bytes = LINES) -> str:
    target = stage(serving, token, httpMethod="POST")
    assert post(target, content).status_code == 201
    return parameters(target)["key"]


def test_every_line_is_answered_with_its_number_in_the_order_of_the_file(serving: Serving, token: str):
    begun = run(serving, token, uploaded(serving, token))
    assert begun["userErrors"] == []
    operation = begun["bulkOperation"]
    assert (operation["status"], operation["type"], operation["query"]) == ("CREATED", "MUTATION", REVOKE)
    until(lambda: serving.data(token, READ, id=operation["id"])["bulkOperation"]["status"] == "COMPLETED")
    done = serving.data(token, READ, id=operation["id"])["bulkOperation"]
    found = [json.loads(line) for line in httpx.get(done["url"], trust_env=False).text.splitlines()]
    assert (done["objectCount"], [row["__lineNumber"] for row in found]) == ("4", [0, 1, 2, 3])
    assert found[0]["data"]["appRevokeAccessScopes"] == {"revoked": [{"handle": "read_orders"}], "userErrors": []}
    assert found[1]["data"]["appRevokeAccessScopes"]["userErrors"] == [{"code": "UNKNOWN_SCOPES"}]
    assert all("errors" in row and "data" not in row for row in found[2:])
    installed = serving.sandbox.installations.get(SHOP_ID, serving.app.id)
    assert installed and "read_orders" not in installed.scopes


def test_a_put_target_takes_the_same_file(serving: Serving, token: str):
    target = stage(serving, token)
    assert httpx.put(target["url"], content=LINES, trust_env=False).status_code == 200
    assert parameters(target) == {"content_type": "text/jsonl", "acl": "private"}
    address = urlsplit(target["url"]).path
    for path in (address, address.removeprefix("/"), address.removeprefix(STAGED)):
        assert run(serving, token, path)["userErrors"] == []
    assert httpx.put(target["url"].partition("?")[0], content=LINES, trust_env=False).status_code == 403


def test_the_form_needs_its_parameters_before_the_file_and_unchanged(serving: Serving, token: str):
    target = stage(serving, token, httpMethod="POST")
    key = parameters(target)["key"]
    assert post(target, LINES, last=False).status_code == 403
    assert post(target, LINES, key=key + "x").status_code == 403
    assert post(target, LINES, policy="e30=").status_code == 403
    plain = httpx.post(target["url"], data={"key": key}, trust_env=False)
    broken = httpx.post(
        target["url"], content=b"--x\r\nno form", headers={"Content-Type": "multipart/form-data; boundary=x"},
        trust_env=False,
    )  # fmt: skip
    assert (plain.status_code, broken.status_code) == (400, 400)
    assert run(serving, token, key)["userErrors"][0]["code"] == "NO_SUCH_FILE"
    serving.advance(hours=25)
    assert post(target, LINES).status_code == 403


def test_the_target_is_shaped_as_recorded(serving: Serving, token: str):
    target = stage(serving, token, httpMethod="POST")
    assert list(parameters(target)) == [
        "Content-Type", "success_action_status", "acl", "key", "x-goog-date", "x-goog-credential",
        "x-goog-algorithm", "x-goog-signature", "policy",
    ]  # fmt: skip
    assert parameters(target)["key"].startswith(f"tmp/{SHOP_ID}/bulk/")
    assert target["url"] == target["resourceUrl"] and target["url"].startswith(serving.url)


@pytest.mark.parametrize(
    ("wanted", "field", "message"),
    [
        ({"resource": "VIDEO", "filename": "a.mp4", "mimeType": "video/mp4"}, "fileSize",
         "file size is required for video resources"),
        ({"resource": "IMAGE", "filename": "a.exe", "mimeType": "application/x-msdownload"}, "mimeType",
         "a.exe: (application/x-msdownload) is not a recognized format"),
    ],
)  # fmt: skip
def test_a_target_that_cannot_be_is_empty_and_the_others_are_not(serving: Serving, token: str, wanted, field, message):
    made = serving.data(token, STAGE, input=[VARIABLES, wanted])["stagedUploadsCreate"]
    assert made["userErrors"] == [{"field": ["input", "1", field], "message": message}]
    assert made["stagedTargets"][0]["url"]
    assert made["stagedTargets"][1] == {"url": None, "resourceUrl": None, "parameters": []}


@pytest.mark.parametrize(
    ("mutation", "client", "error"),
    [
        ("mutation { not parseable", None,
         (None, "Failed to parse the mutation - syntax error, unexpected end of file at [1, 16]", "INVALID_MUTATION")),
        (REVOKE, "abc", (["clientIdentifier"], "is too short (minimum is 10 characters)", "INVALID_MUTATION")),
        (REVOKE, "x" * 256, (["clientIdentifier"], "is too long (maximum is 255 characters)", "INVALID_MUTATION")),
    ],
)  # fmt: skip
def test_a_bad_mutation_is_refused_before_the_file_is_looked_for(serving: Serving, token: str, mutation, client, error):
    refused = run(serving, token, "valid", mutation, client)
    assert refused["bulkOperation"] is None
    assert [tuple(one.values()) for one in refused["userErrors"]] == [error]


def test_no_file_and_an_empty_file_are_told_apart(serving: Serving, token: str):
    (missing,) = run(serving, token, f"tmp/{SHOP_ID}/bulk/0/none.jsonl")["userErrors"]
    assert (missing["field"], missing["code"]) == (None, "NO_SUCH_FILE")
    assert missing["message"] == (
        "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL "
        "correctly for the stagedUploadPath mutation argument."
    )
    (empty,) = run(serving, token, uploaded(serving, token, b""))["userErrors"]
    assert empty == {"field": None, "message": "The input file is empty.", "code": "INVALID_STAGED_UPLOAD_FILE"}


def test_queries_and_mutations_are_counted_apart(serving: Serving, token: str):
    serving.sandbox.settings.change({"bulk_seconds": 60.0})
    path = uploaded(serving, token)
    for _ in range(5):
        assert run(serving, token, path)["userErrors"] == []
    (error,) = run(serving, token, path)["userErrors"]
    assert error["message"].startswith("A bulk mutation operation for this app and shop is already in progress: gid://")
    query = (
        'mutation { bulkOperationRunQuery(query: "{ products { edges { node { id } } } }") { userErrors { code } } }'
    )
    assert serving.data(token, query)["bulkOperationRunQuery"]["userErrors"] == []


def test_uninstalling_itself_ends_the_token(serving: Serving, token: str):
    query = "mutation { appUninstall { app { id handle } userErrors { code } } }"
    answer = serving.data(token, query)["appUninstall"]
    assert (answer["app"]["handle"], answer["userErrors"]) == ("mooring", [])
    assert serving.ask(token, "{ shop { id } }").status_code == 401


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("fake_scope", "UNKNOWN_SCOPES"),
        ("read_products", "CANNOT_REVOKE_REQUIRED_SCOPES"),
        ("read_themes", "CANNOT_REVOKE_UNDECLARED_SCOPES"),
    ],
)
def test_only_optional_scopes_can_be_given_back(serving: Serving, token: str, scope, code):
    query = REVOKE.replace("userErrors { code }", "userErrors { field code }")
    refused = serving.data(token, query, scopes=[scope])["appRevokeAccessScopes"]
    assert refused == {"revoked": None, "userErrors": [{"field": ["scopes"], "code": code}]}

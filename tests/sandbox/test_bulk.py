"""Bulk operations from start to file: statuses, counts, rows, ranges, cancel, limits, faults, expiry, restart."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.shops_new import NewShop, open_shop
from mooring_sandbox.shopify.state import State
from tests.sandbox.receiver import receiving, until
from tests.sandbox.serving import Serving

FIELDS = "id status type errorCode createdAt completedAt objectCount rootObjectCount fileSize url partialDataUrl query"
RUN = "mutation($query: String!, $grouped: Boolean! = false) {"
RUN += " bulkOperationRunQuery(query: $query, groupObjects: $grouped)"
RUN += f" {{ bulkOperation {{ {FIELDS} }} userErrors {{ field message code }} }} }}"
CANCEL = f"mutation($id: ID!) {{ bulkOperationCancel(id: $id) {{ bulkOperation {{ {FIELDS} }}"
CANCEL += " userErrors { field message } } }"
READ = f"query($id: ID!) {{ bulkOperation(id: $id) {{ {FIELDS} }} }}"
NODE = f"query($id: ID!) {{ node(id: $id) {{ ... on BulkOperation {{ {FIELDS} }} }} }}"
ORDERS = "{ orders { edges { node { id name statusPageUrl lineItems { edges { node { id title } } } } } } }"
SCOPES = ["read_customers", "read_orders", "read_all_orders", "read_products", "write_products"]
DONE = ("COMPLETED", "CANCELED", "FAILED", "EXPIRED")


@pytest.fixture
def shop(serving: Serving) -> tuple[Serving, str]:
    """A second shop with data, its operations quick, and a token for it."""
    open_shop(serving.sandbox.state, serving.clock, NewShop("harvest", 5, customers=8, orders=30, products=4))
    serving.domain = "harvest.myshopify.com"
    serving.sandbox.settings.change({"bulk_created_seconds": 0.0, "bulk_seconds": 0.0, "bulk_cancel_seconds": 0.0})
    body = {"app": serving.app.client_id, "scopes": SCOPES}
    answer = serving.http.post(f"{serving.url}/_sandbox/shops/harvest/token", json=body)
    return serving, answer.json()["access_token"]


def run(serving: Serving, token: str, query: str = ORDERS, **more: Any) -> dict[str, Any]:
    return serving.data(token, RUN, query=query, **more)["bulkOperationRunQuery"]


def read(serving: Serving, token: str, id_: str) -> dict[str, Any]:
    return serving.data(token, READ, id=id_)["bulkOperation"]


def finished(serving: Serving, token: str, id_: str) -> dict[str, Any]:
    until(lambda: read(serving, token, id_)["status"] in DONE, 30)
    return read(serving, token, id_)


def complete(serving: Serving, token: str, query: str = ORDERS, **more: Any) -> dict[str, Any]:
    return finished(serving, token, run(serving, token, query, **more)["bulkOperation"]["id"])


def download(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, trust_env=False, timeout=20)


def rows(url: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in download(url).text.splitlines()]


def test_it_begins_created_and_ends_complete_with_true_counts(shop):
    serving, token = shop
    begun = run(serving, token)
    assert begun["userErrors"] == []
    first = begun["bulkOperation"]
    assert (first["status"], first["type"], first["objectCount"], first["fileSize"]) == ("CREATED", "QUERY", "0", None)
    assert first["query"] == ORDERS
    done = finished(serving, token, first["id"])
    assert done["status"] == "COMPLETED" and done["completedAt"] and done["partialDataUrl"] is None
    text = download(done["url"]).text
    found = [json.loads(line) for line in text.splitlines()]
    roots = [row for row in found if "__parentId" not in row]
    assert (len(roots), len(found)) == (30, int(done["objectCount"])) and done["rootObjectCount"] == "30"
    assert done["fileSize"] == str(len(text.encode())) and text.endswith("\n")
    assert done["url"].startswith(serving.url)


def test_rows_escape_slashes_name_their_parent_and_are_not_adjacent_to_it(shop):
    serving, token = shop
    done = complete(serving, token)
    text = download(done["url"]).text
    assert "/" not in text.replace("\\/", "")
    found = rows(done["url"])
    place = {row["id"]: at for at, row in enumerate(found)}
    children = [row for row in found if "__parentId" in row]
    assert children and all(place[row["__parentId"]] < place[row["id"]] for row in children)
    assert any(place[row["id"]] - place[row["__parentId"]] > 20 for row in children)
    assert list(children[0])[-1] == "__parentId"


def test_grouped_children_follow_their_parent(shop):
    serving, token = shop
    parent = None
    for row in rows(complete(serving, token, grouped=True)["url"]):
        parent = row["id"] if "__parentId" not in row else parent
        assert row.get("__parentId", parent) == parent


def test_an_operation_is_read_by_node_and_as_the_current_one(shop):
    serving, token = shop
    done = complete(serving, token)
    assert serving.data(token, NODE, id=done["id"])["node"] == done
    current = serving.data(token, "{ currentBulkOperation { id } }")["currentBulkOperation"]
    assert current == {"id": done["id"]}


def test_nothing_to_export_has_no_file(shop):
    serving, token = shop
    done = complete(serving, token, '{ products(query: "tag:there-is-none") { edges { node { id } } } }')
    assert (done["status"], done["objectCount"], done["url"]) == ("COMPLETED", "0", None)


def test_a_download_needs_no_token_but_the_whole_address(shop):
    serving, token = shop
    url = complete(serving, token)["url"]
    assert download(url).status_code == 200
    assert download(url.replace("Signature=", "Signature=0")).status_code == 403
    assert download(url.partition("?")[0]).status_code == 403


def test_ranges_are_served(shop):
    serving, token = shop
    url = complete(serving, token)["url"]
    whole = download(url)
    size = len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes" and whole.headers["etag"] and whole.headers["last-modified"]
    part = download(url, Range=f"bytes={size - 10}-")
    assert (part.status_code, part.content) == (206, whole.content[-10:])
    assert part.headers["content-range"] == f"bytes {size - 10}-{size - 1}/{size}"
    assert download(url, Range="bytes=5-9").content == whole.content[5:10]
    assert download(url, Range="bytes=-4").content == whole.content[-4:]
    beyond = download(url, Range=f"bytes={size}-")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    same = download(url, Range="bytes=5-9", **{"If-Range": whole.headers["etag"]})
    other = download(url, Range="bytes=5-9", **{"If-Range": '"another"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_an_address_ends_after_seven_days(shop):
    serving, token = shop
    done = complete(serving, token)
    serving.advance(days=6, hours=23)
    assert download(done["url"]).status_code == 200
    serving.advance(hours=2)
    assert download(done["url"]).status_code == 400
    late = read(serving, token, done["id"])
    assert (late["status"], late["url"]) == ("EXPIRED", None)


def test_five_run_at_once_and_the_sixth_names_them(shop):
    serving, token = shop
    serving.sandbox.settings.change({"bulk_seconds": 60.0})
    ids = [run(serving, token)["bulkOperation"]["id"] for _ in range(5)]
    sixth = run(serving, token)
    assert sixth["bulkOperation"] is None
    (error,) = sixth["userErrors"]
    assert (error["field"], error["code"]) == (None, "OPERATION_IN_PROGRESS")
    assert error["message"] == (
        f"A bulk query operation for this app and shop is already in progress: {', '.join(ids)}."
    )
    serving.advance(seconds=61)
    for id_ in ids:
        assert finished(serving, token, id_)["status"] == "COMPLETED"
    assert run(serving, token)["userErrors"] == []


def test_cancelling_passes_through_canceling(shop):
    serving, token = shop
    serving.sandbox.settings.change({"bulk_seconds": 60.0, "bulk_cancel_seconds": 60.0})
    id_ = run(serving, token)["bulkOperation"]["id"]
    cancelled = serving.data(token, CANCEL, id=id_)["bulkOperationCancel"]
    assert (cancelled["bulkOperation"]["status"], cancelled["userErrors"]) == ("CANCELING", [])
    assert read(serving, token, id_)["status"] == "CANCELING"

    def over() -> bool:
        serving.advance(seconds=61)  # again and again: the operation's thread may notice the cancel only later
        return read(serving, token, id_)["status"] == "CANCELED"

    until(over, 30)


def test_what_cannot_be_cancelled_is_said(shop):
    serving, token = shop
    done = complete(serving, token)
    late = serving.data(token, CANCEL, id=done["id"])["bulkOperationCancel"]
    assert late["bulkOperation"]["id"] == done["id"]
    assert late["userErrors"] == [
        {"field": None, "message": "A bulk operation cannot be canceled when it is completed"}
    ]
    unknown = serving.data(token, CANCEL, id="gid://shopify/BulkOperation/0")["bulkOperationCancel"]
    assert unknown == {
        "bulkOperation": None,
        "userErrors": [{"field": ["id"], "message": "Bulk operation does not exist"}],
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Invalid bulk query: syntax error, unexpected end of file"),
        ("{ shop { id } }", "Bulk queries must contain at least one connection."),
        ("{ products { edges { node { id nonsense } } } }",
         "Invalid bulk query: Field 'nonsense' doesn't exist on type 'Product'"),
        ("{ products { edges { node { id } } } }" + " " * 65_535,
         "Bulk queries cannot be longer than 65535 bytes."),
    ],
)  # fmt: skip
def test_a_bad_query_is_refused(shop, query, message):
    serving, token = shop
    refused = run(serving, token, query)
    assert refused["bulkOperation"] is None
    assert refused["userErrors"] == [{"field": ["query"], "message": message, "code": "INVALID"}]


def test_a_field_the_scopes_do_not_allow_fails_the_operation(shop):
    serving, token = shop
    shop_id = serving.sandbox.state.shop_id("harvest")
    serving.sandbox.installations.install(shop_id, serving.app.id, ["read_products"])
    done = complete(serving, token)
    assert (done["status"], done["errorCode"], done["url"]) == ("FAILED", "ACCESS_DENIED", None)


def order_fault(serving: Serving, **rule: Any) -> None:
    answer = serving.http.post(f"{serving.url}/_sandbox/faults", json={"operation": "orders", **rule})
    assert answer.status_code == 200, answer.text


def test_a_truncated_file_ends_in_the_middle_and_the_counts_stay_true(shop):
    serving, token = shop
    whole = complete(serving, token)
    order_fault(serving, kind="truncate", fraction=0.4)
    cut = complete(serving, token)
    assert cut["objectCount"] == whole["objectCount"]
    text, full = download(cut["url"]).text, download(whole["url"]).text
    assert full.startswith(text) and not text.endswith("\n") and len(text) < 0.5 * len(full)
    assert complete(serving, token)["fileSize"] == whole["fileSize"]


@pytest.mark.parametrize(
    ("kind", "lines", "distinct"), [("drop_line", -1, -1), ("double_line", 1, 0), ("drop_and_double", 0, -1)]
)
def test_lines_are_dropped_and_doubled_on_order(shop, kind, lines, distinct):
    serving, token = shop
    whole = rows(complete(serving, token)["url"])
    order_fault(serving, kind=kind, seed=3)
    damaged = complete(serving, token)
    found = rows(damaged["url"])
    assert damaged["objectCount"] == str(len(whole))
    assert len(found) == len(whole) + lines
    assert len({row["id"] for row in found}) == len({row["id"] for row in whole}) + distinct


def test_counts_are_falsified_on_order(shop):
    serving, token = shop
    true = complete(serving, token)
    order_fault(serving, kind="false_counts", delta=2, root_delta=-1)
    false = complete(serving, token)
    assert int(false["objectCount"]) == int(true["objectCount"]) + 2
    assert int(false["rootObjectCount"]) == int(true["rootObjectCount"]) - 1
    assert download(false["url"]).text == download(true["url"]).text


def test_a_failure_on_order_keeps_what_was_ready(shop):
    serving, token = shop
    order_fault(serving, kind="fail", fraction=0.5, error_code="TIMEOUT")
    failed = complete(serving, token)
    assert (failed["status"], failed["errorCode"], failed["url"]) == ("FAILED", "TIMEOUT", None)
    found = rows(failed["partialDataUrl"])
    assert len(found) == int(failed["objectCount"]) > 0


def test_a_prebuilt_file_is_complete_at_once_until_the_store_changes(shop):
    serving, token = shop
    serving.sandbox.settings.change({"bulk_created_seconds": 30.0, "bulk_seconds": 60.0})
    built = serving.http.post(
        f"{serving.url}/_sandbox/bulk/prebuild",
        json={"shop": "harvest", "app": serving.app.client_id, "query": ORDERS},
    ).json()
    assert built["roots"] == 30
    done = complete(serving, token)
    assert (done["status"], done["fileSize"]) == ("COMPLETED", str(built["size"]))
    order_fault(serving, kind="truncate")
    cut = complete(serving, token)
    assert len(download(cut["url"]).content) < built["size"] == len(download(done["url"]).content)
    shop_id = serving.sandbox.state.shop_id("harvest")
    order = next(serving.sandbox.state.scan(shop_id, "Order"))
    serving.sandbox.state.put(shop_id, "Order", order | {"updatedAt": "2030-01-01T00:00:00Z"})
    id_ = run(serving, token)["bulkOperation"]["id"]
    time.sleep(0.2)
    assert read(serving, token, id_)["status"] == "CREATED"


def test_the_end_is_announced_in_lower_case(shop):
    serving, token = shop
    with receiving() as hooks:
        doc = {
            "id": "gid://shopify/WebhookSubscription/1",
            "topic": "BULK_OPERATIONS_FINISH",
            "uri": hooks.url,
            "$app": serving.app.id,
        }
        serving.sandbox.state.put(serving.sandbox.state.shop_id("harvest"), "WebhookSubscription", doc)
        done = complete(serving, token)
        until(lambda: hooks.taken)
        body = json.loads(hooks.taken[0].body)
    assert body == {
        "admin_graphql_api_id": done["id"],
        "completed_at": done["completedAt"],
        "created_at": done["createdAt"],
        "error_code": None,
        "status": "completed",
        "type": "query",
    }


def test_running_operations_go_on_after_a_restart(tmp_path):
    state, clock = State(tmp_path / "s.sqlite"), Clock()
    shop_id = open_shop(state, clock, NewShop("harvest", 5, customers=3, orders=5, products=2))
    first = server.create(state, clock, data=tmp_path)
    first.sandbox.settings.change({"bulk_seconds": 60.0})
    app = first.sandbox.apps.create({})
    first.sandbox.installations.install(shop_id, app.id, SCOPES)
    caller = first.sandbox.caller(shop_id, app)
    first.sandbox.execute(caller, "2026-10", {"query": RUN, "variables": {"query": ORDERS}}, "http://t")
    first.close()
    state.close()
    state = State(tmp_path / "s.sqlite")
    again = server.create(state, clock, data=tmp_path)
    again.sandbox.settings.change({"bulk_seconds": 0.0, "bulk_created_seconds": 0.0})
    clock.advance(timedelta(seconds=90))
    until(lambda: next(state.scan(shop_id, "BulkOperation"))["status"] == "COMPLETED")
    again.close()
    state.close()


def test_downloads_are_counted_by_root(shop):
    serving, token = shop
    download(complete(serving, token)["url"])
    counts = serving.http.get(f"{serving.url}/_sandbox/counts", params={"shop": "harvest"}).json()["kinds"]
    assert counts["download"]["operations"] == {"orders": 1}
    assert counts["graphql"]["operations"]["bulkOperationRunQuery"] == 1


def test_a_download_can_be_cut_and_resumed(shop):
    serving, token = shop
    url = complete(serving, token)["url"]
    order_fault(serving, kind="cut", on="download", sent_bytes=100)
    got = b""
    with (
        pytest.raises(httpx.RemoteProtocolError),
        httpx.stream("GET", url, trust_env=False) as answer,
    ):
        for part in answer.iter_raw():
            got += part
    rest = download(url, Range=f"bytes={len(got)}-")
    assert len(got) == 100 and got + rest.content == download(url).content


def test_a_reset_to_a_moment_of_work_goes_on_with_the_work(shop):
    serving, token = shop
    serving.sandbox.settings.change({"bulk_seconds": 60.0})
    id_ = run(serving, token)["bulkOperation"]["id"]
    serving.http.post(f"{serving.url}/_sandbox/mark")
    serving.data(token, CANCEL, id=id_)
    assert finished(serving, token, id_)["status"] == "CANCELED"
    serving.http.post(f"{serving.url}/_sandbox/reset")
    serving.advance(seconds=61)
    assert finished(serving, token, id_)["status"] == "COMPLETED"

"""Bulk files: read without a token, from any byte on, and never sewn together from two versions."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from mooring.errors import MooringError, Permanent, Throttled, Unreachable
from mooring.http import Hosts, Http
from mooring.shopify.client import ShopifyClient
from tests.contract import standin
from tests.contract.standin import Asked, Script, StandIn

CONTENT = b"".join(b'{"id":"gid:\\/\\/shopify\\/Customer\\/%d"}\n' % n for n in range(20_000))


def storage(etag: str = '"1"', content: bytes = CONTENT) -> Callable[[Asked], Script]:
    """A storage host that keeps one file and knows ranges."""

    def answer(asked: Asked) -> Script:
        found = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("range", ""))
        first = int(found[1]) if found else 0
        if first >= len(content):
            return Script(416, headers={"Content-Range": f"bytes */{len(content)}"})
        span = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"} if found else {}
        return Script(206 if found else 200, content[first:], span | {"ETag": etag})

    return answer


def read(client: ShopifyClient, server: StandIn, first_byte: int = 0) -> bytes:
    with client.open_file(f"{server.url}/files/1.jsonl?signature=x", first_byte) as chunks:
        return b"".join(chunks)


def test_a_file_is_read_whole_and_without_a_token(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.script = storage()
    assert read(client, shopify_server) == CONTENT
    sent = shopify_server.asked[0].headers
    assert sent.keys().isdisjoint({"x-shopify-access-token", "authorization", "cookie", "range"})
    assert sent["accept-encoding"] == "identity"


@pytest.mark.parametrize("first", [1, 70_000, len(CONTENT) - 1])
def test_it_goes_on_at_a_byte(client: ShopifyClient, shopify_server: StandIn, first: int) -> None:
    shopify_server.script = storage()
    assert read(client, shopify_server, first) == CONTENT[first:]


def test_nothing_is_left_after_the_last_byte(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.script = storage()
    assert read(client, shopify_server, len(CONTENT)) == b""


def test_a_host_without_ranges_is_read_from_the_start_again(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(body=CONTENT)
    assert read(client, shopify_server, 70_000) == CONTENT[70_000:]


def test_an_interruption_is_passed_on_with_what_came(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.says(body=CONTENT[:100_000], cut=True)
    got = b""
    with pytest.raises(Unreachable), client.open_file(f"{shopify_server.url}/files/1", 0) as chunks:
        for chunk in chunks:
            got += chunk
    assert got == CONTENT[: len(got)] != b""


def test_a_block_left_early_closes_the_connection(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.script = storage()
    with client.open_file(f"{shopify_server.url}/files/1", 0) as chunks:
        next(chunks)
    assert read(client, shopify_server) == CONTENT


@pytest.mark.parametrize("status", [400, 403, 404, 410, 416])
@pytest.mark.parametrize("first", [0, 5])
def test_a_file_that_is_gone_is_named_so(
    client: ShopifyClient, shopify_server: StandIn, status: int, first: int
) -> None:
    shopify_server.says(status, "<Error>")
    with pytest.raises(Permanent, match="seven days") as gone:
        read(client, shopify_server, first)
    assert gone.value.code == "file_gone"


def test_a_file_shorter_than_what_was_read_is_gone(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.script = storage()
    with pytest.raises(Permanent) as gone:
        read(client, shopify_server, len(CONTENT) + 1)
    assert gone.value.code == "file_gone"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (Script(429), Throttled),
        (Script(500), Unreachable),
        (Script(503), Unreachable),
        (Script(302, headers={"Location": "http://127.0.0.1/"}), Permanent),
        (Script(200, b"x", {"Content-Encoding": "gzip"}), Permanent),
        (Script(206, b"x", {"Content-Range": "bytes 4-4/9"}), Permanent),
        (Script(206, b"x", {"Content-Range": "nonsense"}), Permanent),
        (Script(206, b"x"), Permanent),
    ],
)
def test_other_answers_say_what_happens_next(
    client: ShopifyClient, shopify_server: StandIn, script: Script, error: type[MooringError]
) -> None:
    shopify_server.script = script
    with pytest.raises(MooringError) as failed:
        read(client, shopify_server, 5)
    assert type(failed.value) is error
    assert "signature" not in str(failed.value)


def test_a_file_that_changed_is_not_sewn_together(client: ShopifyClient, shopify_server: StandIn) -> None:
    shopify_server.script = storage('"1"')
    read(client, shopify_server)
    shopify_server.script = storage('"2"')
    with pytest.raises(Permanent) as changed:
        read(client, shopify_server, 5)
    assert changed.value.code == "file_changed"
    assert read(client, shopify_server) == CONTENT, "from the start it may be any version"


def test_files_come_from_listed_hosts_only(make_http: Callable[..., Http]) -> None:
    with standin.running() as storage_host, standin.running() as stranger:
        storage_host.script = stranger.script = storage()
        http = make_http(Hosts("https://{shop}", [storage_host.url]))
        client = ShopifyClient(http, url="https://{shop}", version="2026-10")
        assert read(client, storage_host) == CONTENT
        with pytest.raises(Permanent) as refused:
            read(client, stranger)
        assert refused.value.code == "host_not_allowed"
        assert stranger.asked == []

"""A client for Shopify, pointed at a stand-in that says what the test wants to hear."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from mooring.http import Hosts, Http
from mooring.shopify.client import ShopifyClient
from tests.contract import standin
from tests.contract.standin import StandIn

SHOP = "harbour.myshopify.com"


@pytest.fixture
def shopify_server() -> Iterator[StandIn]:
    with standin.running() as server:
        yield server


@pytest.fixture
def make_http() -> Iterator[Callable[..., Http]]:
    made: list[Http] = []

    def make(hosts: Hosts, **more) -> Http:
        settings = {"inside_transaction": lambda: False, "monotonic": time.monotonic, **more}
        made.append(Http(hosts, **settings))
        return made[-1]

    yield make
    for http in made:
        http.close()


@pytest.fixture
def client(shopify_server: StandIn, make_http: Callable[..., Http]) -> ShopifyClient:
    url = f"{shopify_server.url}/{{shop}}"
    return ShopifyClient(make_http(Hosts(url)), url=url, version="2026-10")

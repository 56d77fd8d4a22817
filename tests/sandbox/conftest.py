"""A sandbox of one shop and one app, asked over real HTTP."""

from collections.abc import Iterator

import httpx
import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify import server
from mooring_sandbox.shopify.state import State
from tests.sandbox.serving import REDIRECT, SHOP_ID, Serving, shop_doc


@pytest.fixture
def serving(tmp_path) -> Iterator[Serving]:
    state, clock = State(tmp_path / "state.sqlite"), Clock()
    state.add_shop(SHOP_ID, "harbour", shop_doc())
    asgi = server.create(state, clock, data=tmp_path)
    app = asgi.sandbox.apps.create({"redirect_uris": [REDIRECT]})
    with server.run_in_thread(asgi) as url, httpx.Client(timeout=20, trust_env=False) as http:
        yield Serving(asgi.sandbox, url, app, http, clock)
    state.close()

"""A sandbox's server in a thread is gone when its block is, and what it was answering has been answered."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import anyio
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mooring_sandbox import serving


class Slow:
    """Answers when it may."""

    def __init__(self) -> None:
        self.asked, self.may = threading.Event(), threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.asked.set()
        await anyio.to_thread.run_sync(self.may.wait)
        await Response(b"whole " * 100_000)(scope, receive, send)


async def at_once(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await Response(Request(scope).url.path)(scope, receive, send)


def test_what_is_being_answered_is_answered_whole() -> None:
    slow = Slow()
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        url = stack.enter_context(serving.in_thread(slow))
        answer = pool.submit(httpx.get, url, trust_env=False, timeout=20)
        assert slow.asked.wait(20)
        leaving = pool.submit(stack.close)
        slow.may.set()
        leaving.result(20)
        assert answer.result(20).content == b"whole " * 100_000


def test_nobody_who_keeps_a_connection_open_holds_it() -> None:
    with httpx.Client(trust_env=False) as client:
        with serving.in_thread(at_once) as url:
            assert client.get(f"{url}/one").text == "/one"
            threads = threading.active_count()
        assert threading.active_count() < threads
        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/two")


def test_it_may_be_left_before_anybody_came() -> None:
    for _ in range(20):
        threads = threading.active_count()
        with serving.in_thread(at_once):
            pass
        assert threading.active_count() == threads

"""The thread that sends what is due: one second to connect, five in all, nine attempts over four hours."""

from __future__ import annotations

import os
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import httpx2 as httpx

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify.state import parse_gid
from mooring_sandbox.shopify.webhook_outbox import Delivery, Outbox

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_AT_ONCE = 8
_LOOK_SECONDS = 0.2  # a moved clock is noticed at the latest after this


@cache
def _trusted(_: str | None) -> ssl.SSLContext:
    """What the system trusts; read once, for it is 20 ms of work."""
    return httpx.create_ssl_context()


class Sender:
    def __init__(self, sandbox: Sandbox, outbox: Outbox) -> None:
        self._sandbox, self._outbox = sandbox, outbox
        self._awake, self._round = threading.Event(), threading.Lock()
        self._thread: threading.Thread | None = None
        # No proxy of the environment, but its SSL_CERT_FILE: receivers at home have certificates of their own.
        self._client = httpx.Client(
            follow_redirects=False, trust_env=False, verify=_trusted(os.environ.get("SSL_CERT_FILE"))
        )
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="webhook")

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        self._awake.set()

    def close(self) -> None:
        self.wake()
        if self._thread:
            self._thread.join(timeout=10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def round(self) -> int:
        """Sends what is due now, also while paused; how many were sent."""
        with self._round:
            due = self._outbox.due(self._sandbox.clock.now().timestamp())
            list(self._pool.map(self._attempt, due))
        return len(due)

    def _run(self) -> None:
        while not self._sandbox.stopping.is_set():
            if self._sandbox.settings.now.webhooks_paused or not self.round():
                self._awake.wait(_LOOK_SECONDS)
                self._awake.clear()

    def _attempt(self, one: Delivery) -> None:
        if self._sandbox.stopping.is_set():
            return
        status = self._post(one)
        one.attempt += 1
        one.log.append({"at": iso(self._sandbox.clock.now()), "answer": status})
        if isinstance(status, int) and 200 <= status < 300:
            one.status = "delivered"
        else:
            self._again_later(one)
        self._outbox.save(one)
        if one.status == "failed":
            self._give_up_on(one)

    def _post(self, one: Delivery) -> int | str:
        """The status, or what went wrong in a word. Redirects are failures and are not followed."""
        now = self._sandbox.settings.now
        limits = httpx.Timeout(now.webhook_timeout_total, connect=now.webhook_timeout_connect)
        try:
            with self._client.stream(
                "POST", one.address, content=one.body, headers=one.headers, timeout=limits
            ) as answer:
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return type(error).__name__

    def _again_later(self, one: Delivery) -> None:
        """Waits double each time and add up to the span: 56 s, 113 s, … two hours for eight retries over four."""
        now = self._sandbox.settings.now
        if one.attempt > now.webhook_retries:
            one.status = "failed"
            return
        first = now.webhook_retry_span_seconds / (2**now.webhook_retries - 1)
        one.due = self._sandbox.clock.now().timestamp() + first * 2 ** (one.attempt - 1)

    def _give_up_on(self, one: Delivery) -> None:
        """A shop's subscription is removed when not one delivery got through meanwhile; the app's own ones stay."""
        parsed = parse_gid(one.subscription) if one.subscription else None
        if parsed and one.subscription and self._outbox.failing(one.subscription, one.id):
            self._sandbox.state.remove(one.shop_id, *parsed)

"""Sends signed webhooks from a process of its own, as fast as they are answered or at a steady rate.

Everything is made beforehand, so that the clock measures the receiver; then it says `ready` and waits for a line. At
the end it prints one JSON object: how many were answered how, how long that took, latencies in milliseconds, and the
numbers of those that were accepted (200).
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SHOP = "bench-shop.myshopify.com"
FILLING = "x" * 1800
"""So that a body has the two kilobytes of an order's update with a few fields."""


@dataclass
class Tally:
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[int] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    broken: int = 0

    def note(self, number: int, status: int, seconds: float) -> None:
        self.statuses[status] += 1
        self.milliseconds.append(seconds * 1000)
        if status == 200:
            self.accepted.append(number)


def request(path: str, host: str, secret: str, run: str, number: int) -> bytes:
    """One delivery, ready for the wire."""
    body = json.dumps({"id": number + 1, "updated_at": "2026-11-03T12:00:00Z", "note": FILLING}).encode()
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "User-Agent: Shopify-Captain-Hook\r\nAccept: */*\r\nX-Shopify-Topic: orders/updated\r\n"
        f"X-Shopify-Hmac-Sha256: {signature}\r\nX-Shopify-Shop-Domain: {SHOP}\r\nX-Shopify-API-Version: 2026-10\r\n"
        f"X-Shopify-Webhook-Id: {run}-{number:08d}\r\nX-Shopify-Event-Id: {run}-{number:08d}\r\n"
        "X-Shopify-Triggered-At: 2026-11-03T12:00:00.123456789Z\r\n\r\n"
    )
    return head.encode() + body


class Line(asyncio.Protocol):
    """One kept-open connection, with one request on its way at a time."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._seen = b""
        self._number, self._since = -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._flood.cut(self, busy=self._number >= 0)

    def send(self, number: int, wire: bytes, since: float) -> None:
        self._number, self._since = number, since
        self._transport.write(wire)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, ended, rest = self._seen.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        if not ended or len(rest) < length:
            return
        self._flood.tally.note(self._number, int(head[9:12]), time.perf_counter() - self._since)
        self._seen, self._number = rest[length:], -1
        self._flood.free(self)


class Flood:
    """Hands requests to whichever line is free; what finds none waits, and its latency counts from when it was due."""

    def __init__(self, wires: list[bytes]) -> None:
        self.tally = Tally()
        self._wires = wires
        self._idle: list[Line] = []
        self._waiting: deque[tuple[int, float]] = deque()
        self._lines = 0
        self._over = asyncio.Event()

    async def run(self, host: str, port: int, *, lines: int, rate: float) -> float:
        """Seconds from the first request to the last answer. `rate` per second; 0: as fast as the answers come."""
        loop = asyncio.get_running_loop()
        for _ in range(lines):
            _, line = await loop.create_connection(lambda: Line(self), host, port)
            self._lines += 1
            self._idle.append(line)
        begun = time.perf_counter()
        for number in range(len(self._wires)):
            if rate:
                await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
            self._offer(number, begun + number / rate if rate else 0.0)
        await self._over.wait()
        return time.perf_counter() - begun

    def _offer(self, number: int, due: float) -> None:
        self._waiting.append((number, due))
        if self._idle:
            self.free(self._idle.pop())

    def free(self, line: Line) -> None:
        if self._waiting:
            number, due = self._waiting.popleft()
            line.send(number, self._wires[number], due or time.perf_counter())
        else:
            self._idle.append(line)
        self._look()

    def cut(self, line: Line, *, busy: bool) -> None:
        self._lines -= 1
        self.tally.broken += busy
        if line in self._idle:
            self._idle.remove(line)
        self._look()

    def _look(self) -> None:
        if self.tally.statuses.total() + self.tally.broken == len(self._wires) or not self._lines:
            self._over.set()


def percentile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def facts(tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "statuses": {str(status): count for status, count in tally.statuses.items()},
        "broken": tally.broken,
        "p50_ms": percentile(tally.milliseconds, 0.5),
        "p99_ms": percentile(tally.milliseconds, 0.99),
        "accepted": tally.accepted,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("url", "secret", "run"):
        parser.add_argument(name)
    parser.add_argument("records", type=int)
    parser.add_argument("--lines", type=int, default=64, help="connections kept open")
    parser.add_argument("--rate", type=float, default=0.0, help="requests a second; 0: as fast as they are answered")
    chosen = parser.parse_args()
    address = urlsplit(chosen.url)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    wires = [request(address.path, address.netloc, chosen.secret, chosen.run, n) for n in range(chosen.records)]

    async def send() -> tuple[Tally, float]:
        flood = Flood(wires)
        return flood.tally, await flood.run(host, port, lines=chosen.lines, rate=chosen.rate)

    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(facts(*asyncio.run(send()))))


if __name__ == "__main__":
    main()

"""kill -9 in a flood of webhooks: whatever was answered 200 is there, each once, and the next start takes the rest."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from benchmarks.flood import Flood, Tally, request
from mooring.db import credentials
from mooring.db.database import Database
from mooring.db.tables import deliveries
from tests.cli.commands import Serving, serving
from tests.support.waiting import finished

pytestmark = pytest.mark.slow

SECRET = "the secret of the crash test"
DELIVERIES = 1500
KILL_AFTER = 300
LINES = 48


@contextmanager
def mooring(data_dir: Path, database_url: str) -> Iterator[Serving]:
    with serving(
        data_dir,
        MOORING_DATABASE_URL=database_url,
        MOORING_SHOPIFY_CLIENT_ID="crash",
        MOORING_SHOPIFY_CLIENT_SECRET=SECRET,
        MOORING_LOG_LEVEL="warning",
    ) as running:
        yield running


def hook(database_url: str) -> str:
    db = Database(database_url)
    with db.read() as connection:
        app_id = credentials.apps(connection)[0]["id"]
    db.close()
    return f"/hooks/{app_id}"


def stored(database_url: str) -> list[str]:
    db = Database(database_url)
    with db.read() as connection:
        found = list(connection.execute(select(deliveries.c.webhook_id)).scalars())
    db.close()
    return found


async def flooded(running: Serving, wires: list[bytes], *, kill_after: int | None) -> Tally:
    """Sends all of them; kills the server as soon as so many have been accepted."""
    address, flood = urlsplit(running.said["url"]), Flood(wires)
    sending = asyncio.create_task(flood.run(address.hostname or "", address.port or 0, lines=LINES, rate=0))
    while kill_after is not None and not sending.done():
        if len(flood.tally.accepted) >= kill_after:
            os.kill(running.process.pid, signal.SIGKILL)
            kill_after = None
        await asyncio.sleep(0)
    await asyncio.wait_for(sending, 120)
    return flood.tally


def test_a_kill_in_a_flood_loses_none_that_was_accepted(data_dir: Path, database_url: str) -> None:
    with mooring(data_dir, database_url) as running:
        path = hook(database_url)
        wires = [request(path, "localhost", SECRET, "flood", number) for number in range(DELIVERIES)]
        first = finished(flooded(running, wires, kill_after=KILL_AFTER))
        running.process.wait(60)
    assert KILL_AFTER <= len(first.accepted) < DELIVERIES, "the kill came in the middle of it"
    assert first.broken, "and cut requests off"
    kept = stored(database_url)
    assert {f"flood-{number:08d}" for number in first.accepted} <= set(kept)
    with mooring(data_dir, database_url) as running:
        second = finished(flooded(running, wires, kill_after=None))
        assert running.stop() == 0
    assert second.statuses == {200: DELIVERIES}
    assert sorted(stored(database_url)) == [f"flood-{number:08d}" for number in range(DELIVERIES)], "each once"


def test_a_stop_in_a_flood_answers_or_refuses_but_never_forgets(data_dir: Path, database_url: str) -> None:
    with mooring(data_dir, database_url) as running:
        wires = [request(hook(database_url), "localhost", SECRET, "flood", number) for number in range(DELIVERIES)]

        async def story() -> Tally:
            address, flood = urlsplit(running.said["url"]), Flood(wires)
            sending = asyncio.create_task(flood.run(address.hostname or "", address.port or 0, lines=LINES, rate=0))
            while len(flood.tally.accepted) < KILL_AFTER:
                await asyncio.sleep(0)
            running.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(sending, 120)
            return flood.tally

        tally = finished(story())
        assert running.process.wait(60) == 0
    assert set(tally.statuses) <= {200, 503}
    assert {f"flood-{number:08d}" for number in tally.accepted} <= set(stored(database_url))

"""View details: the page tells the same facts about each kind as the API does."""

from __future__ import annotations

import re
from datetime import timedelta

from mooring.db import records_kinds, stores
from mooring.domain.kinds import Kind
from tests.web.face import Face

LASTS = ("last_bulk_at", "last_pull_at", "last_webhook_at")


def test_each_kind_says_when_it_was_last_heard_of_and_how(face: Face) -> None:
    world = face.world
    store_id = world.connect().store_id
    moments = {name: world.app.clock.now() - timedelta(hours=n) for n, name in enumerate(LASTS, 1)}
    with world.app.db.write() as connection:
        records_kinds.change(connection, store_id, Kind.ORDERS, **moments)
    browser = face.browser(world.admin)
    page = browser.get(f"/stores/{store_id}").text
    heads = [head for head in re.findall(r'<th class="hide-small">([^<]+)</th>', page) if head.startswith("Last")]
    assert heads == ["Last bulk sync", "Last pull", "Last webhook"]
    (row,) = [row for row in page.split("<tr>") if "<td>Orders" in row]
    assert re.findall(r">(\d h ago)</time>", row) == ["1 h ago", "2 h ago", "3 h ago"]
    told = face.socket().get(f"/api/v1/stores/{store_id}").json()["kinds"][1]
    assert [told[name] is not None for name in LASTS] == [True] * 3


def test_a_store_that_was_synced_has_its_page_and_its_form_to_recover_a_record(face: Face) -> None:
    world = face.world
    store_id = world.connect().store_id
    with world.app.db.write() as connection:
        stores.change(connection, store_id, initial_sync_started_at=world.app.clock.now())
    browser = face.browser(world.admin)
    page = browser.get(f"/stores/{store_id}")
    assert (page.status_code, "Recover one record" in page.text) == (200, True)
    refused = browser.post(f"/stores/{store_id}/recover", data={"kind": "orders", "what": ""})
    assert (refused.status_code, 'value="orders" selected' in refused.text) == (422, True)

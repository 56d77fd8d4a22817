"""What `/metrics` tells: counts over the whole installation."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection

from mooring import __version__
from mooring.db import counting, inbox_listing, notice_posts
from mooring.db import stores as stores_rows
from mooring.domain.lifecycle import Badge
from mooring.usecases import held, overview
from mooring.usecases.context import App
from mooring.usecases.receive import Outcome


@dataclass(frozen=True, slots=True)
class Family:
    """One metric in Prometheus's sense. Samples are (labels, value)."""

    name: str
    type: str
    help: str
    samples: list[tuple[dict[str, str], int]]


def gather(app: App) -> list[Family]:
    now = app.clock.now()
    with app.db.read() as connection:
        stores = counting.stores_by_state(connection)
        badges = _badges(connection)
        inbox_states = inbox_listing.counts_by_state(connection)
        oldest = counting.oldest_delivery(connection)
        posts = notice_posts.count_due(connection)
        is_held = held.find(connection) is not None
        work = counting.operations_by_kind(connection)
        kinds = counting.kinds_by_state(connection)
        records = counting.records_by_kind(connection)
    return [
        Family("mooring_info", "gauge", "Which version runs.", [({"version": __version__}, 1)]),
        Family("mooring_stores", "gauge", "Stores by state.", _by(stores, "state")),
        Family("mooring_badges", "gauge", "Stores by the badge on their card.", _by(badges, "badge")),
        Family("mooring_held", "gauge", "1 while a restore waits to be accepted.", [({}, int(is_held))]),
        Family("mooring_deliveries", "gauge", "Webhook deliveries in the inbox by state.", _by(inbox_states, "state")),
        Family(
            "mooring_oldest_delivery_seconds",
            "gauge",
            "How long the oldest delivery that is not worked off has waited.",
            [({}, max(0, int((now - oldest).total_seconds())) if oldest else 0)],
        ),
        Family("mooring_webhooks", "counter", "Deliveries this process was sent, by answer.", _webhooks(app)),
        Family("mooring_notice_posts_due", "gauge", "Notices still to be sent on, by way.", _by(posts, "way")),
        Family("mooring_operations", "gauge", "Operations by kind and state.", _by_two(work)),
        Family("mooring_kinds", "gauge", "Kinds of records of all stores by state.", _by_two(kinds)),
        Family("mooring_records", "gauge", "Records that the hub holds, by kind.", _by(records, "kind")),
    ]


def _badges(connection: Connection) -> dict[str, int]:
    """Every badge, so that one that is gone is 0 and no gap."""
    found = Counter(overview.badge_of(connection, store) for store in stores_rows.every(connection))
    return {badge.lower().replace(" ", "_"): found[badge] for badge in Badge}


def _webhooks(app: App) -> list[tuple[dict[str, str], int]]:
    """`repeated` are those of the kept that were known already."""
    answers = [*(outcome.value for outcome in Outcome), "repeated"]
    return [({"answer": answer}, app.receiver.counts[answer]) for answer in answers]


def _by(counts: dict[str, int], label: str) -> list[tuple[dict[str, str], int]]:
    return [({label: name}, count) for name, count in counts.items()]


def _by_two(counts: dict[tuple[str, str], int]) -> list[tuple[dict[str, str], int]]:
    return [({"kind": kind, "state": state}, count) for (kind, state), count in counts.items()]

"""Which of the records that Shopify lists as changed have to be read again, and from where to list the next time.

Shopify lists (id, updatedAt), newest first, in whole seconds. What is listed down to the catch-up point is compared
with what is stored, so that what a webhook brought already is not read twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

OVERLAP = timedelta(minutes=10)
"""How far behind the newest answer the catch-up point lies: Shopify's lists lag behind its records."""
SETTLING = timedelta(seconds=5)
"""How long after a change another one may bear the same updatedAt and have been missed: one second because moments are
whole seconds, and the rest because an answer is stamped when it leaves, not when its record was read."""
FEW = 1_000


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a record; moments by Shopify's clock."""

    updated_at: datetime
    fetched_at: datetime
    deleted: bool


def must_read(listed: Listed, known: Known | None, read_before: Mapping[int, datetime]) -> bool:
    """`read_before`: records read lately with nothing more to learn, and the updatedAt they had then. One of them that
    is not here must not be: whoever was erased stays away."""
    if known is not None and known.deleted:
        return True
    if read_before.get(listed.id) == listed.updated_at:
        return False
    if known is None:
        return True
    older = known.updated_at < listed.updated_at
    return older or (known.updated_at == listed.updated_at and not is_settled(known.updated_at, known.fetched_at))


def is_settled(updated_at: datetime, fetched_at: datetime) -> bool:
    """Whether an answer of this moment shows all there is under this updatedAt. One from the future (a test shop, a
    wrong clock) tells nothing about when the record changed; it is taken as it is."""
    return fetched_at >= updated_at + SETTLING or updated_at > fetched_at + OVERLAP


def next_point(before: datetime | None, newest: datetime | None, listed_at: datetime) -> datetime | None:
    """The catch-up point after a complete pull: the largest updatedAt on its first page, less the overlap.

    Whatever changes while the pages are turned moves to the front and out of sight, but is then newer than the first
    page, and so than this point. A record from the future does not take the point beyond Shopify's own clock, and the
    point never moves backwards.
    """
    if newest is None:
        return before
    point = min(newest, listed_at) - OVERLAP
    return point if before is None else max(before, point)


def cheaper_in_bulk(changed: int, total: int) -> bool:
    """Whether reading so many of `total` records by id costs more than having Shopify export them all.

    A page by id carries at most 100 records and takes about a second of Shopify's rate limit; an export carries several
    hundred records a second, but all of them, and has to be asked for and waited for. They meet at about a tenth.
    Who reads by id up to this line and then asks for the export pays at most twice what the better way would cost.
    """
    return changed > max(FEW, total // 10)

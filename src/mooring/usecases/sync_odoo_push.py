"""Sending rows to Odoo by `load()`: what it keeps, what it refuses, and whose fault that is.

A load keeps all of its rows or none. Rows that Odoo names are taken out and the rest is sent again; where it names none
the rows are halved until the one is found. A call whose outcome is not known ends the slice: the next one sends the
same records again, under the same external ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from mooring.errors import Permanent, Unreachable
from mooring.ports import Loaded, LoadMessage

Rows = Sequence[Sequence[str]]
"""The rows of one record: more than one where it has lines."""
Load = Callable[[Sequence[Sequence[str]]], Loaded]

LOST_RACE_SECONDS = 2.0
_LOST_RACE = "Somebody else writes the same records in Odoo just now. Nothing was written; the same is sent again."
_WITH_ITS_OWNER = "What it belongs to could not be written: {}"
_NO_REASON = "Odoo refuses this record, and says no more."
_FORBIDDEN = ("You are not allowed to", "You do not have enough rights")
"""Said of every row alike: the others need not be tried one by one."""


@dataclass(slots=True)
class Sent:
    """By place among the records: the ids of those that were kept, and why the others were not."""

    ids: dict[int, int] = field(default_factory=dict[int, int])
    failed: dict[int, str] = field(default_factory=dict[int, str])


def send(load: Load, records: Sequence[Rows], owners: Mapping[int, int] | None = None) -> Sent:
    """`owners`: of a record that refers to another one of these, that one's place, which has to be before it. Raises
    `Unreachable` after a lost race, and whatever the call raises."""
    owners = owners or {}
    sent, parts = Sent(), [list(range(len(records)))] if records else []
    while parts:
        part = _without_orphans(parts.pop(), owners, sent)
        if not part:
            continue
        loaded = _loaded(load, [row for at in part for row in records[at]])
        if loaded.ids is not None:
            sent.ids.update(zip(part, loaded.ids, strict=True))
            continue
        blamed = _blamed(part, loaded, owners)
        sent.failed.update(blamed)
        left = [at for at in part if at not in blamed]
        parts += [left] if blamed else [left[len(left) // 2 :], left[: len(left) // 2]]
    return sent


def _without_orphans(part: Sequence[int], owners: Mapping[int, int], sent: Sent) -> list[int]:
    """Whoever refers to one that was refused is not sent."""
    for at in part:
        if owners.get(at) in sent.failed:
            sent.failed[at] = _WITH_ITS_OWNER.format(sent.failed[owners[at]])
    return [at for at in part if at not in sent.failed]


def _loaded(load: Load, rows: Sequence[Sequence[str]]) -> Loaded:
    """A refusal of the whole call is the fault of one that is in it."""
    try:
        loaded = load(rows)
    except Permanent as refused:
        if refused.code not in ("odoo_refused", "odoo_too_large"):
            raise
        return Loaded(None, (LoadMessage("error", refused.sentence),))
    if loaded.lost_race:
        raise Unreachable(_LOST_RACE, code="odoo_busy", retry_after=LOST_RACE_SECONDS)
    return loaded


def _blamed(part: Sequence[int], loaded: Loaded, owners: Mapping[int, int]) -> dict[int, str]:
    """Why, by place. One that cannot find the record it refers to, because that one was refused, is sent once more
    without it being there, and so falls out as an orphan."""
    told = [one for one in loaded.errors if one.record is not None and one.record < len(part)]
    texts: dict[int, str] = {}
    for message in _without_whole(told):
        texts.setdefault(part[message.record or 0], message.text or _NO_REASON)
    texts = {at: text for at, text in texts.items() if owners.get(at) not in texts}
    if not texts and len(part) == 1:
        return {part[0]: loaded.errors[0].text if loaded.errors else _NO_REASON}
    return texts | _likewise(part, texts, owners)


def _without_whole(told: Sequence[LoadMessage]) -> Sequence[LoadMessage]:
    """Where rows fail together, Odoo first says why as if it were the first one's fault, and then tries one by one. The
    first is only to blame if it is the only one, or is blamed again."""
    return told[1:] if len({one.record for one in told}) > 1 else told


def _likewise(part: Sequence[int], texts: Mapping[int, str], owners: Mapping[int, int]) -> dict[int, str]:
    """What this user may not do to some records, it may not do to the others of the sort."""
    said = set(texts.values())
    if len(said) != 1 or not next(iter(said)).startswith(_FORBIDDEN):
        return {}
    refers = {at in owners for at in texts}
    return dict.fromkeys((at for at in part if (at in owners) in refers), next(iter(said)))

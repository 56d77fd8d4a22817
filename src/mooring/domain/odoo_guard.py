"""Whether this still is the Odoo that the mapping speaks of, judged before anything is written.

Three things happen to databases behind a connector's back: another one answers at the address; an older copy is played
back, and its ids are given out anew; a copy made for trying things out (staging) answers. Identity tells what it can
(uuid, company, the mark of a neutralised copy); the records that were written last tell the rest, looked up by our
external ids. A record that somebody deleted is a gap among others; records missing as a tail, newest first, were
written after the copy that is there now was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from mooring.domain.mapping import MappedKind
from mooring.domain.odoo_details import Details
from mooring.domain.odoo_identity import is_by_uuid

LOOKED_AT = 100
"""How many of the records written last are looked up."""
HIGHEST = 25
"""How many of each kind are looked up too, those with the highest ids in Odoo, however long ago they were written: a
database that was played back has lost those first."""
SHORTEST_TAIL = 2
"""One missing record may be the newest by chance: somebody deleted it."""


class LooksLike(StrEnum):
    OTHER_DATABASE = "other_database"
    RESTORED = "restored"
    COPY = "copy"
    LEAVING = "leaving"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    LooksLike.OTHER_DATABASE: "Different database",
    LooksLike.RESTORED: "Restored from an older copy",
    LooksLike.COPY: "Staging copy",
    LooksLike.LEAVING: "Being disconnected",
}
_HELD = {
    LooksLike.OTHER_DATABASE: (
        "This looks like a different database: the records in the mapping are not in it. Nothing is written. Connect "
        "the right one again, rebuild the mapping for this one, or clear it."
    ),
    LooksLike.RESTORED: (
        "This looks like a database restored from an older copy: what Mooring wrote last is missing, and its ids may "
        "belong to other records by now. Nothing is written until you have looked."
    ),
    LooksLike.COPY: (
        "This looks like a staging copy: Odoo marks it as neutralised. Nothing is written. Correct the address, or "
        "keep the connection if you mean the copy."
    ),
    LooksLike.LEAVING: "The mapping is being cleared; the connection is closed when that is done. Nothing is written.",
}


_COPIED = (
    "This looks like a different database that holds a copy of the records in the mapping: it goes by another uuid, "
    "address or company. Nothing is written. Connect the right one again, rebuild the mapping for this one, or keep "
    "the connection if this one is meant."
)


def held_sentence(looks_like: LooksLike, *, copied: bool = False) -> str:
    """`copied`: the records in the mapping are there all the same."""
    return _COPIED if copied and looks_like is LooksLike.OTHER_DATABASE else _HELD[looks_like]


# -- identity ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Identity:
    """What the database says of itself now; None where this user may not read it."""

    uuid: str | None
    neutralised: bool | None


def changed(stored: Details, now: Identity) -> LooksLike | None:
    """Only what was known and is known can differ. Whoever loses a right has not moved."""
    if stored.uuid and now.uuid and stored.uuid != now.uuid:
        return LooksLike.OTHER_DATABASE
    if now.neutralised and not stored.neutralised:
        return LooksLike.COPY
    return LooksLike.OTHER_DATABASE if stored.neutralised and now.neutralised is False else None


def elsewhere(fingerprints: Sequence[str], seen: Sequence[Seen], now: Identity) -> LooksLike | None:
    """`fingerprints`: what else than this database the mapping speaks of. A neutralised database with its records in it
    is a copy of the one that is meant, unless both uuids are known and differ."""
    if not fingerprints:
        return None
    differs = now.uuid is not None and any(is_by_uuid(one) and not one.startswith(now.uuid) for one in fingerprints)
    return LooksLike.COPY if now.neutralised and not differs and is_copied(seen) else LooksLike.OTHER_DATABASE


def is_copied(seen: Sequence[Seen]) -> bool:
    """Whether most of what was looked up is there, just as the mapping says."""
    return sum(one.fate is Fate.THERE for one in seen) * 2 > len(seen)


# -- the records written last --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the mapping, as far as it matters here."""

    store_id: str
    kind: MappedKind
    shopify_id: int
    name: str
    model: str
    odoo_id: int
    created: bool
    written_at: datetime


class Fate(StrEnum):
    """What became of a record. `THERE`: as the mapping says. `MOVED`: our external id points to another record, which
    is what merging two contacts does. `UNLINKED`: the record is there, our external id is not. `MISSING`: neither is.
    `TAKEN`: our external id is gone, and the id belongs to another record now."""

    THERE = "there"
    MOVED = "moved"
    UNLINKED = "unlinked"
    MISSING = "missing"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Seen:
    """`now_at`: which record our external id points to, where that differs."""

    written: Written
    fate: Fate
    now_at: int | None = None

    @property
    def lost(self) -> bool:
        return self.fate in (Fate.MISSING, Fate.UNLINKED, Fate.TAKEN)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`looks_like`: None lets the work go on. `gaps`: lost one by one, shown as Missing in Odoo. `moved`: to be bound
    anew. `sentence`: for people, also when all is well."""

    looks_like: LooksLike | None
    sentence: str
    looked_at: int = 0
    gaps: tuple[Seen, ...] = ()
    moved: tuple[Seen, ...] = ()


def judge(seen: Sequence[Seen], *, uuid_known: bool, kept_at: datetime | None = None, missing: int = 0) -> Verdict:
    """What was written before `kept_at` a person has already looked at: its gaps hold nothing any more. `missing`: how
    many are known to be missing from earlier, whether they are looked at now or not."""
    fresh = [one for one in seen if kept_at is None or one.written.written_at > kept_at]
    if _is_elsewhere(fresh, uuid_known=uuid_known):
        return held(LooksLike.OTHER_DATABASE, looked_at=len(seen))
    if any(one.fate is Fate.TAKEN for one in fresh) or any(_tail(one) >= SHORTEST_TAIL for one in _rows(fresh)):
        return held(LooksLike.RESTORED, looked_at=len(seen))
    gaps = tuple(one for one in seen if one.lost)
    return Verdict(None, _well(len(seen), len(gaps), missing), len(seen), gaps, _moved(seen))


def held(looks_like: LooksLike, *, looked_at: int = 0, copied: bool = False) -> Verdict:
    return Verdict(looks_like, held_sentence(looks_like, copied=copied), looked_at)


def _is_elsewhere(seen: Sequence[Seen], *, uuid_known: bool) -> bool:
    """Our external ids are there and all mean other records: another mapping of the same shop. Or nothing of ours is
    there at all, and no uuid says that it is the same database."""
    if len(seen) < SHORTEST_TAIL:
        return False
    moved = sum(one.fate is Fate.MOVED for one in seen)
    return moved * 2 > len(seen) or (not uuid_known and all(one.lost for one in seen))


def _rows(seen: Iterable[Seen]) -> list[list[Seen]]:
    """Per kind, newest first. Odoo's own ids tell the age of records, however often they were written since: of all of
    a kind, and of those by themselves that Mooring created; linked ones also go by when they were written."""
    by_id: dict[tuple[MappedKind, bool], list[Seen]] = {}
    by_clock: dict[MappedKind, list[Seen]] = {}
    for one in seen:
        by_id.setdefault((one.written.kind, False), []).append(one)
        if one.written.created:
            by_id.setdefault((one.written.kind, True), []).append(one)
        else:
            by_clock.setdefault(one.written.kind, []).append(one)
    for row in by_id.values():
        row.sort(key=lambda one: one.written.odoo_id, reverse=True)
    for row in by_clock.values():
        row.sort(key=lambda one: one.written.written_at, reverse=True)
    return [*by_id.values(), *by_clock.values()]


def _tail(row: Sequence[Seen]) -> int:
    return sum(1 for _ in takewhile(lambda one: one.lost, row))


def _moved(seen: Iterable[Seen]) -> tuple[Seen, ...]:
    return tuple(one for one in seen if one.fate is Fate.MOVED)


def _well(looked_at: int, gaps: int, known: int) -> str:
    if not looked_at:
        return "The database is the one that was connected. Nothing was written to it yet."
    missing = f" {gaps} missing in Odoo." if gaps else " All are there."
    if known > gaps:
        missing = f" {known} missing in Odoo: see Needs review."
    looked = f"Looked up {looked_at} of the records written last and made last."
    return f"The database is the one that was connected. {looked}{missing}"

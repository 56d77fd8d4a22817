"""What becomes of one record in a sync: the only place that decides it. Nothing is read or written here.

Rule 1: everything matches before it creates. Exactly one match links, several ask, none creates.
Rule 2: what a person decided wins.
Rule 3: a field that Mooring did not write last is not overwritten unless Shopify is master: of records that Mooring
created, not of linked ones, or as the setting of the kind says. It is then a difference, which a person decides.
Rule 4: an empty value of Shopify's takes nothing away that Mooring did not write.
Rule 5: what a record of an older epoch says was cleared, and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mooring.domain.matching import NOTHING, Found
from mooring.domain.translate_odoo import BLOCKS, FILLED_ONLY, Value, Values, Wanted, is_empty, mark, same

CREATED, LINKED = "created", "linked"
KEPT = "="
"""Stands before the hash of a value of Shopify's that a person would not take: not asked again until it changes."""

MISSING = "missing"
"""Why a person has to say: the record it is mapped to is not in Odoo any more."""
TELLING = ("ref", "email", "barcode", "default_code", "street", "name")
"""Fields by which a record is told from others."""

Hashes = Mapping[str, str]
Differences = Mapping[str, tuple[Value, Value]]
"""By field: what Odoo says, what Shopify says."""


@dataclass(frozen=True, slots=True)
class Known:
    """The mapping of a record. `fields`: a hash of each field as it was last written or found equal. `planted`: our
    external id was put on it, so that nothing without that id is the record that is meant."""

    odoo_id: int
    origin: str = CREATED
    digest: bytes | None = None
    fields: Hashes = field(default_factory=dict[str, str])
    epoch: int = 1
    planted: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose for a record: the Odoo record it is, that it is a new one, or the fields to take from
    Shopify. What is to stay as it is in Odoo is kept with the mapping (`KEPT`). `was`: the Odoo record that it was
    until somebody unlinked it; it is not linked to that one again unasked."""

    link: int | None = None
    create: bool = False
    take: frozenset[str] = frozenset()
    was: int | None = None

    def __bool__(self) -> bool:
        return self.link is not None or self.create or bool(self.take)


UNDECIDED = Decision()


@dataclass(frozen=True, slots=True)
class Create:
    """It is new: everything is said of it."""


@dataclass(frozen=True, slots=True)
class Update:
    """`write` may be empty: then the two sides agree, or only differ in what a person has to decide. `fields`: the
    hashes to keep once it is written."""

    odoo_id: int
    write: Values = field(default_factory=dict[str, Value])
    differs: Differences = field(default_factory=dict[str, tuple[Value, Value]])
    fields: Hashes = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Link(Update):
    """`by`: what it was recognised by."""

    by: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do, and nobody to ask."""


@dataclass(frozen=True, slots=True)
class Excluded:
    reason: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A person has to say. `by`: what several share, `missing`: the record it is mapped to is not there any more, or
    `unlinked`: what was found is the record that somebody unlinked it from."""

    by: str
    candidates: tuple[int, ...] = ()


Plan = Create | Update | Link | Skip | Excluded | Ambiguous


def unchanged(digest: bytes, kept: tuple[bytes | None, int] | None, epoch: int) -> bool:
    """Whether a mapped record was written (or found equal) just as it is now. `kept`: digest and epoch of its
    mapping. Asked of every record of a store, so it looks at no more than that."""
    return kept is not None and kept[0] == digest and kept[1] == epoch


def settled(wanted: Wanted, known: Known | None, epoch: int) -> bool:
    """Whether every field is as it was last written: what changed in the record is nothing that Odoo is told."""
    if known is None or known.epoch != epoch:
        return False
    return all(_is_settled(name, value, known.fields) for name, value in wanted.values.items())


def _is_settled(name: str, value: Value, fields: Hashes) -> bool:
    held = fields.get(name)
    return held is not None and held.removeprefix(KEPT) == mark(name, value)


def plan(
    wanted: Wanted, known: Known | None, odoo: Found = NOTHING, *, epoch: int = 1, master: bool | None = None,
    decision: Decision = UNDECIDED, sent: bool = False, afresh: bool = False,
) -> Plan:  # fmt: skip
    """`master`: the setting of the kind; None leaves it to who created the record. `sent`: it was sent to be created,
    and Odoo may be about to do it: then it is sent again under the same external id and matched with nothing else.
    `afresh`: compare with Odoo even where nothing changed here."""
    if wanted.excluded is not None:
        return Excluded(wanted.excluded)
    if known is not None and known.epoch != epoch:
        known = None
    if known is None and sent and odoo.external_id is None:
        return Create()
    if decision.link is not None:
        return _link(wanted, decision.link, odoo, known, "person", master, decision)
    if known is None:
        return _unmapped(wanted, odoo, master, decision)
    if not (decision or afresh or _is_lost(known, odoo)) and settled(wanted, known, epoch):
        return Skip()
    return _update(wanted, known, odoo, master, decision)


def _unmapped(wanted: Wanted, odoo: Found, master: bool | None, decision: Decision) -> Plan:
    if odoo.external_id is not None:
        return _link(wanted, odoo.external_id, odoo, None, "external_id", master, decision)
    if decision.create:
        return Create()
    for found, by, sure in ((odoo.reference, "reference", True), (odoo.key, odoo.by, odoo.sure)):
        if found == (decision.was,):
            return Ambiguous("unlinked", found)
        if len(found) == 1 and sure:
            return _link(wanted, found[0], odoo, None, by, master, decision)
        if found:
            return Ambiguous(by, tuple(found))
    return Create()


def _update(wanted: Wanted, known: Known, odoo: Found, master: bool | None, decision: Decision) -> Plan:
    """A record that is gone from Odoo is not made again unasked; where our external id has moved to another one, that
    is what two records that were merged have become. A number alone is no record: a database that was restored gives
    the same numbers to others."""
    there = known.odoo_id in odoo.values
    if odoo.external_id not in (None, known.odoo_id) and (known.planted or not there):
        return _link(wanted, odoo.external_id, odoo, None, "external_id", master, decision)
    if not there or not _is_it(wanted, known, odoo):
        return Create() if decision.create else Ambiguous(MISSING)
    held, ours = odoo.values[known.odoo_id], known.origin == CREATED if master is None else master
    return Update(known.odoo_id, *_compared(wanted.values, held, known.fields, ours, decision.take))


def _is_lost(known: Known | None, odoo: Found) -> bool:
    """Whether Odoo was asked, and our external id does not stand there any more."""
    return known is not None and known.planted and odoo.asked and odoo.external_id is None


def _is_it(wanted: Wanted, known: Known, odoo: Found) -> bool:
    """Whether the record under this number is the one that is meant: it bears our external id, or, where that is still
    to be planted, our reference, the key it is matched by, or something that tells it from others."""
    if known.planted or odoo.external_id == known.odoo_id:
        return odoo.external_id == known.odoo_id
    if not odoo.asked or known.odoo_id in odoo.reference or known.odoo_id in odoo.key:
        return True
    held = odoo.values[known.odoo_id]
    return any(_tells(name, wanted.values.get(name, ""), held.get(name, ""), known.fields) for name in TELLING)


def _tells(name: str, value: Value, held: Value, fields: Hashes) -> bool:
    return not is_empty(held) and (same(name, value, held) or fields.get(name) == mark(name, held))


def _link(
    wanted: Wanted, odoo_id: int, odoo: Found, known: Known | None, by: str, master: bool | None, decision: Decision
) -> Plan:
    if odoo_id not in odoo.values:
        return Ambiguous(MISSING)
    before = known if known is not None and known.odoo_id == odoo_id else Known(odoo_id, LINKED)
    compared = _compared(wanted.values, odoo.values[odoo_id], before.fields, bool(master), decision.take)
    return Link(odoo_id, *compared, by=by)


# -- fields --------------------------------------------------------------------------------------------------------


def hashes(values: Values) -> dict[str, str]:
    return {name: mark(name, value) for name, value in values.items()}


def _compared(
    wanted: Values, held: Values, fields: Hashes, master: bool, take: frozenset[str]
) -> tuple[dict[str, Value], dict[str, tuple[Value, Value]], dict[str, str]]:
    """(to write, to be decided, the hashes to keep)."""
    write: dict[str, Value] = {}
    differs: dict[str, tuple[Value, Value]] = {}
    kept = dict(fields)
    for block in _blocks(wanted):
        for name in _to_write(block, wanted, held, fields, master, take):
            write[name] = wanted[name]
        for name in block:
            if name in write or same(name, wanted[name], held.get(name, "")):
                kept[name] = mark(name, wanted[name])
            elif not (name in FILLED_ONLY or is_empty(wanted[name]) or _is_kept(name, wanted[name], fields)):
                differs[name] = (held.get(name, ""), wanted[name])
    return write, differs, kept


def _blocks(wanted: Values) -> Iterable[tuple[str, ...]]:
    """Fields that are decided on together."""
    for block in BLOCKS:
        if inside := tuple(name for name in wanted if name in block):
            yield inside
    together = frozenset[str]().union(*BLOCKS)
    yield from ((name,) for name in wanted if name not in together)


def _to_write(
    block: tuple[str, ...], wanted: Values, held: Values, fields: Hashes, master: bool, take: frozenset[str]
) -> list[str]:
    """All that differs in a block, or nothing of it."""
    changed = [name for name in block if not same(name, wanted[name], held.get(name, ""))]
    if not take.isdisjoint(changed):
        return changed
    if all(is_empty(wanted[name]) or _is_kept(name, wanted[name], fields) for name in changed):
        return changed if all(_is_ours(name, held, fields) for name in changed) else []
    nothing_there = all(is_empty(held.get(name, "")) and name not in fields for name in block)
    if nothing_there or all(_is_ours(name, held, fields) for name in changed):
        return changed
    return changed if master and FILLED_ONLY.isdisjoint(block) else []


def _is_ours(name: str, held: Values, fields: Hashes) -> bool:
    """Whether Odoo still says what Mooring wrote last."""
    return fields.get(name) == mark(name, held.get(name, ""))


def _is_kept(name: str, value: Value, fields: Hashes) -> bool:
    """Whether a person decided to leave Odoo as it is although Shopify says this."""
    return fields.get(name) == KEPT + mark(name, value)


def keep(fields: Hashes, differences: Mapping[str, Value]) -> dict[str, str]:
    """The hashes after a person decided that these fields stay as they are in Odoo, though Shopify says this."""
    return dict(fields) | {name: KEPT + mark(name, value) for name, value in differences.items()}

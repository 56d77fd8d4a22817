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

Hashes = Mapping[str, str]
Differences = Mapping[str, tuple[Value, Value]]
"""By field: what Odoo says, what Shopify says."""


@dataclass(frozen=True, slots=True)
class Known:
    """The mapping of a record. `fields`: a hash of each field as it was last written or found equal."""

    odoo_id: int
    origin: str = CREATED
    digest: bytes | None = None
    fields: Hashes = field(default_factory=dict[str, str])
    epoch: int = 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person chose for a record: the Odoo record it is, that it is a new one, or the fields to take from
    Shopify. What is to stay as it is in Odoo is kept with the mapping (`KEPT`)."""

    link: int | None = None
    create: bool = False
    take: frozenset[str] = frozenset()

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
    """A person has to say. `by`: what several share, or `missing`: the record it is mapped to is not there any more."""

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
    if not (decision or afresh) and settled(wanted, known, epoch):
        return Skip()
    return _update(wanted, known, odoo, master, decision)


def _unmapped(wanted: Wanted, odoo: Found, master: bool | None, decision: Decision) -> Plan:
    if odoo.external_id is not None:
        return _link(wanted, odoo.external_id, odoo, None, "external_id", master, decision)
    if decision.create:
        return Create()
    for found, by, sure in ((odoo.reference, "reference", True), (odoo.key, odoo.by, odoo.sure)):
        if len(found) == 1 and sure:
            return _link(wanted, found[0], odoo, None, by, master, decision)
        if found:
            return Ambiguous(by, tuple(found))
    return Create()


def _update(wanted: Wanted, known: Known, odoo: Found, master: bool | None, decision: Decision) -> Plan:
    """A record that is gone from Odoo is not made again unasked; where our external id has moved to another one, that
    is what two records that were merged have become."""
    if known.odoo_id not in odoo.values and odoo.external_id is not None:
        return _link(wanted, odoo.external_id, odoo, None, "external_id", master, decision)
    if known.odoo_id not in odoo.values:
        return Create() if decision.create else Ambiguous("missing")
    held, ours = odoo.values[known.odoo_id], known.origin == CREATED if master is None else master
    return Update(known.odoo_id, *_compared(wanted.values, held, known.fields, ours, decision.take))


def _link(
    wanted: Wanted, odoo_id: int, odoo: Found, known: Known | None, by: str, master: bool | None, decision: Decision
) -> Plan:
    if odoo_id not in odoo.values:
        return Ambiguous("missing")
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

"""Is this still the Odoo that the mapping speaks of? Tables of what is seen, and what it looks like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.mapping import ExternalId, MappedKind
from mooring.domain.odoo_details import Details
from mooring.domain.odoo_guard import Fate, Identity, LooksLike, Seen, Written, changed, elsewhere, held_sentence, judge

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CUSTOMER, VARIANT = MappedKind.CUSTOMER, MappedKind.VARIANT


def seen(
    number: int,
    fate: Fate = Fate.THERE,
    kind: MappedKind = CUSTOMER,
    *,
    created: bool = True,
    minute: int | None = None,
) -> Seen:
    at = NOON + timedelta(minutes=number if minute is None else minute)
    name = ExternalId(1, kind, number).name
    return Seen(Written("store", kind, number, name, "model", 100 + number, created, at), fate)


def row(*fates: Fate, kind: MappedKind = CUSTOMER) -> list[Seen]:
    """Oldest first."""
    return [seen(number, fate, kind) for number, fate in enumerate(fates)]


there, missing, taken, moved, unlinked = Fate.THERE, Fate.MISSING, Fate.TAKEN, Fate.MOVED, Fate.UNLINKED


@pytest.mark.parametrize(
    ("found", "looks_like", "gaps"),
    [
        ([], None, 0),
        (row(there, there, there), None, 0),
        (row(missing, there, missing, there), None, 2),
        (row(there, there, missing), None, 1),
        (row(there, unlinked, there), None, 1),
        (row(missing), None, 1),
        (row(there, missing, missing), LooksLike.RESTORED, 0),
        (row(there, unlinked, missing), LooksLike.RESTORED, 0),
        (row(there, taken, there), LooksLike.RESTORED, 0),
        (row(there, there, there) + row(there, missing, missing, kind=VARIANT), LooksLike.RESTORED, 0),
        (row(moved, there, there), None, 0),
        (row(moved, moved, there), LooksLike.OTHER_DATABASE, 0),
        (row(missing, missing, missing), LooksLike.RESTORED, 0),
    ],
)
def test_what_is_seen_decides(found: list[Seen], looks_like: LooksLike | None, gaps: int) -> None:
    verdict = judge(found, uuid_known=True)
    assert (verdict.looks_like, len(verdict.gaps), verdict.looked_at) == (looks_like, gaps, len(found))
    assert verdict.sentence == (held_sentence(looks_like) if looks_like else verdict.sentence)


def test_records_written_again_since_do_not_hide_the_tail() -> None:
    """The oldest contact was changed last: by the clock the missing ones are in the middle, by their ids at the end."""
    found = [seen(1, there, minute=99), seen(2, missing), seen(3, missing)]
    assert judge(found, uuid_known=True).looks_like is LooksLike.RESTORED


def test_linked_records_go_by_the_clock() -> None:
    older = [seen(9, there, created=False, minute=1), seen(8, missing, created=False, minute=0)]
    assert judge(older, uuid_known=True).looks_like is None
    lost = [seen(1, missing, created=False, minute=8), seen(2, missing, created=False, minute=9)]
    assert judge([*older, *lost], uuid_known=True).looks_like is LooksLike.RESTORED


def test_the_newest_of_a_kind_are_looked_for_among_linked_ones_too() -> None:
    """What was rebuilt counts as linked, in whatever order it was written."""
    rebuilt = [seen(number, missing if number > 7 else there, created=False, minute=-number) for number in range(10)]
    assert judge(rebuilt, uuid_known=True).looks_like is LooksLike.RESTORED


def test_what_is_known_to_be_missing_is_said() -> None:
    assert "All are there." in judge(row(there, there), uuid_known=True).sentence
    assert "7 missing in Odoo" in judge(row(there, there), uuid_known=True, missing=7).sentence


@pytest.mark.parametrize(
    ("marks", "found", "now", "looks_like"),
    [
        ([], row(there, there), ("a", True), None),
        (["http://o#db/1"], row(there, there), ("a", True), LooksLike.COPY),
        (["a/1"], row(there, there), ("a", True), LooksLike.COPY),
        (["b/1"], row(there, there), ("a", True), LooksLike.OTHER_DATABASE),
        (["http://o#db/1"], row(missing, missing), ("a", True), LooksLike.OTHER_DATABASE),
        (["http://o#db/1"], row(there, there), ("a", False), LooksLike.OTHER_DATABASE),
    ],
)
def test_a_mapping_of_elsewhere(
    marks: list[str], found: list[Seen], now: tuple[str | None, bool | None], looks_like: LooksLike | None
) -> None:
    assert elsewhere(marks, found, Identity(*now)) is looks_like


def test_a_different_database_is_not_said_to_lack_what_is_in_it() -> None:
    assert "are not in it" in held_sentence(LooksLike.OTHER_DATABASE)
    assert "holds a copy" in held_sentence(LooksLike.OTHER_DATABASE, copied=True)
    assert held_sentence(LooksLike.COPY, copied=True) == held_sentence(LooksLike.COPY)


def test_without_a_uuid_nothing_at_all_means_elsewhere() -> None:
    assert judge(row(missing, unlinked), uuid_known=False).looks_like is LooksLike.OTHER_DATABASE
    assert judge(row(there, missing, missing), uuid_known=False).looks_like is LooksLike.RESTORED
    assert judge(row(missing), uuid_known=False).looks_like is None


def test_what_a_person_has_kept_holds_nothing_any_more() -> None:
    found = row(there, taken, missing, missing)
    kept = judge(found, uuid_known=True, kept_at=NOON + timedelta(hours=1))
    assert (kept.looks_like, len(kept.gaps)) == (None, 3)
    since = [*found, seen(70, missing), seen(71, missing)]
    assert judge(since, uuid_known=True, kept_at=NOON + timedelta(hours=1)).looks_like is LooksLike.RESTORED


@pytest.mark.parametrize(
    ("stored", "now", "looks_like"),
    [
        (("a", False), ("a", False), None),
        (("a", False), ("b", False), LooksLike.OTHER_DATABASE),
        (("a", False), ("b", True), LooksLike.OTHER_DATABASE),
        (("a", False), ("a", True), LooksLike.COPY),
        (("a", None), ("a", True), LooksLike.COPY),
        (("a", True), ("a", True), None),
        (("a", True), ("a", False), LooksLike.OTHER_DATABASE),
        (("a", False), (None, None), None),
        ((None, None), ("a", False), None),
        (("a", True), (None, None), None),
    ],
)
def test_identity_tells_what_it_can(
    stored: tuple[str | None, bool | None], now: tuple[str | None, bool | None], looks_like: LooksLike | None
) -> None:
    assert changed(Details(uuid=stored[0], neutralised=stored[1]), Identity(*now)) is looks_like


@given(st.lists(st.sampled_from(list(Fate)), max_size=30), st.booleans())
def test_a_verdict_is_held_or_lists_every_loss(fates: list[Fate], uuid_known: bool) -> None:
    found = row(*fates)
    verdict = judge(found, uuid_known=uuid_known)
    if verdict.looks_like is None:
        assert {one.written.shopify_id for one in verdict.gaps} == {n for n, fate in enumerate(fates) if fate in
                                                                   (missing, taken, unlinked)}  # fmt: skip
        assert taken not in fates
    else:
        assert set(fates) - {there}

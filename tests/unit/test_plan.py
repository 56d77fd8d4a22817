"""What a sync decides on one record."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.mapping import MappedKind
from mooring.domain.matching import Found
from mooring.domain.plan import (
    CREATED,
    LINKED,
    Ambiguous,
    Create,
    Decision,
    Excluded,
    Known,
    Link,
    Skip,
    Update,
    hashes,
    keep,
    plan,
)
from mooring.domain.translate_odoo import Wanted

VALUES = {
    "name": "Ann Lee", "email": "ann@example.com", "phone": "+1 555 0100", "street": "1 Quay", "city": "Bath",
    "country_id": 7, "ref": "shopify:1:5",
}  # fmt: skip
ANN = Wanted(MappedKind.CUSTOMER, 5, VALUES, reference="shopify:1:5", email="ann@example.com")
MAPPED = Known(9, CREATED, None, hashes(VALUES))
names = st.sampled_from(sorted(VALUES))
texts = st.text("ab 1", max_size=3)
fields = st.dictionaries(names.filter(lambda name: name != "country_id"), texts)
ids = st.lists(st.integers(1, 4), unique=True, max_size=3).map(tuple)


def holding(**values: object) -> Found:
    return Found(values={9: VALUES | values})  # type: ignore[arg-type]


# -- one record, many or none --------------------------------------------------------------------------------------


@given(reference=ids, key=ids, external=st.none() | st.integers(1, 4), sure=st.booleans())
def test_one_match_links_several_ask_none_creates(reference, key, external, sure):
    said = dict.fromkeys((1, 2, 3, 4), VALUES)
    found = Found(external, reference, key, "email", sure, said)  # type: ignore[arg-type]
    decided = plan(ANN, None, found)
    told = reference or key
    if external is not None:
        assert isinstance(decided, Link) and decided.odoo_id == external and decided.by == "external_id"
    elif not told:
        assert isinstance(decided, Create)
    elif len(told) == 1 and (reference or sure):
        assert isinstance(decided, Link) and decided.odoo_id == told[0]
    else:
        assert decided == Ambiguous("reference" if reference else "email", told)


@given(reference=ids, key=ids, external=st.none() | st.integers(1, 4), chosen=st.integers(1, 4))
def test_what_a_person_decided_wins(reference, key, external, chosen):
    found = Found(external, reference, key, "email", True, dict.fromkeys((1, 2, 3, 4), VALUES))  # type: ignore[arg-type]
    linked = plan(ANN, MAPPED, found, decision=Decision(link=chosen))
    assert isinstance(linked, Link) and (linked.odoo_id, linked.by) == (chosen, "person")
    if external is None:
        assert isinstance(plan(ANN, None, found, decision=Decision(create=True)), Create)


def test_what_is_already_there_under_our_own_id_is_not_made_again_even_when_asked():
    found = Found(3, values={3: VALUES})
    assert isinstance(plan(ANN, None, found, decision=Decision(create=True)), Link)


@given(reference=ids, key=ids, was=st.integers(1, 4))
def test_what_was_unlinked_is_not_linked_to_the_same_record_again_unasked(reference, key, was):
    found = Found(None, reference, key, "email", True, dict.fromkeys((1, 2, 3, 4), VALUES))
    decided = plan(ANN, None, found, decision=Decision(was=was))
    if (reference or key) == (was,):
        assert decided == Ambiguous("unlinked", (was,))
    else:
        assert decided == plan(ANN, None, found)
    assert isinstance(plan(ANN, None, found, decision=Decision(link=was, was=was)), Link)
    assert isinstance(plan(ANN, None, found, decision=Decision(create=True, was=was)), Create)


def test_a_mapping_of_an_older_epoch_counts_for_nothing():
    assert isinstance(plan(ANN, MAPPED, Found(key=(4,), values={4: VALUES}), epoch=2), Link)
    assert isinstance(plan(ANN, MAPPED, epoch=2), Create)


def test_the_excluded_are_left_alone_whatever_is_known():
    gone = replace(ANN, excluded="Deleted in Shopify.")
    for known in (None, MAPPED):
        assert plan(gone, known, holding()) == Excluded("Deleted in Shopify.")


def test_a_record_that_is_gone_from_odoo_is_not_made_again_unasked():
    changed = replace(ANN, values=VALUES | {"name": "Ann Low"})
    assert plan(changed, MAPPED, Found()) == Ambiguous("missing")
    assert isinstance(plan(changed, MAPPED, Found(), decision=Decision(create=True)), Create)
    assert plan(ANN, None, Found(), decision=Decision(link=3)) == Ambiguous("missing")


# -- fields --------------------------------------------------------------------------------------------------------


@given(origin=st.sampled_from([CREATED, LINKED]), master=st.none() | st.booleans())
def test_an_unchanged_world_is_skipped(origin, master):
    assert plan(ANN, replace(MAPPED, origin=origin), Found(), master=master) == Skip()


@given(held=fields, changed=fields, origin=st.sampled_from([CREATED, LINKED]), master=st.none() | st.booleans())
def test_nothing_of_somebody_else_is_overwritten_unless_shopify_is_master(held, changed, origin, master):
    known = replace(MAPPED, origin=origin)
    wanted = replace(ANN, values=VALUES | changed)
    decided = plan(wanted, known, holding(**held), master=master)
    if isinstance(decided, Skip):
        return
    assert isinstance(decided, Update)
    now = VALUES | held
    foreign = {name for name in VALUES if hashes(now)[name] != known.fields[name]}
    ours = origin == CREATED if master is None else master
    if not ours:
        assert not foreign & decided.write.keys()
    assert "ref" not in decided.write or "ref" not in foreign
    assert not decided.write.keys() & decided.differs.keys()


@given(held=fields, changed=fields, origin=st.sampled_from([CREATED, LINKED]), master=st.none() | st.booleans())
def test_what_was_planned_and_done_is_settled(held, changed, origin, master):
    """After the writes, a second plan has nothing to write, and asks about the same differences again."""
    wanted, known = replace(ANN, values=VALUES | changed), replace(MAPPED, origin=origin, fields={})
    first = plan(wanted, known, holding(**held), master=master)
    assert isinstance(first, Update)
    after = Found(values={9: {**VALUES, **held, **first.write}})
    second = plan(wanted, replace(known, fields=first.fields), after, master=master)
    assert isinstance(second, Skip) or (isinstance(second, Update) and not second.write)
    if isinstance(second, Update):
        assert second.differs == first.differs


def test_half_an_address_is_never_written():
    linked = Known(9, LINKED)
    there = holding(street="5 Lane", city="", phone="")
    decided = plan(ANN, linked, there)
    assert isinstance(decided, Update)
    assert decided.write == {"phone": "+1 555 0100"}
    assert decided.differs == {"street": ("5 Lane", "1 Quay"), "city": ("", "Bath")}


def test_an_empty_value_takes_nothing_away_that_mooring_did_not_write():
    quiet = replace(ANN, values=VALUES | {"phone": ""})
    typed_in_odoo = plan(quiet, replace(MAPPED, fields=hashes(quiet.values)), holding(phone="77"))
    assert typed_in_odoo == Skip()
    first = plan(quiet, Known(9, LINKED), holding(phone="77"))
    assert isinstance(first, Update) and not first.write and not first.differs
    ours = plan(quiet, MAPPED, holding())
    assert isinstance(ours, Update) and ours.write == {"phone": ""}


def test_a_difference_is_decided_once():
    linked = Known(9, LINKED, None, hashes(VALUES) | {"name": "x"})
    first = plan(ANN, linked, holding(name="Anne"))
    assert isinstance(first, Update) and first.differs == {"name": ("Anne", "Ann Lee")}
    taken = plan(ANN, linked, holding(name="Anne"), decision=Decision(take=frozenset({"name"})))
    assert isinstance(taken, Update) and taken.write == {"name": "Ann Lee"}
    kept = replace(linked, fields=keep(first.fields, {"name": "Ann Lee"}))
    for origin in (LINKED, CREATED):
        assert plan(ANN, replace(kept, origin=origin), holding(name="Anne")) == Skip()
    newer = plan(replace(ANN, values=VALUES | {"name": "Ann Low"}), kept, holding(name="Anne"))
    assert isinstance(newer, Update) and newer.differs == {"name": ("Anne", "Ann Low")}


def test_taking_one_field_of_an_address_takes_all_of_it():
    linked = Known(9, LINKED)
    there = holding(street="5 Lane", city="Rye")
    taken = plan(ANN, linked, there, decision=Decision(take=frozenset({"city"})))
    assert isinstance(taken, Update) and taken.write == {"street": "1 Quay", "city": "Bath"}


def test_spelling_is_no_difference():
    decided = plan(ANN, Known(9, LINKED), holding(email="Ann@Example.com", phone="+15550100", name=" Ann  Lee"))
    assert isinstance(decided, Update) and not decided.write and not decided.differs


# -- a number is no record -----------------------------------------------------------------------------------------

OURS = replace(MAPPED, planted=True)


def test_what_was_planted_is_written_to_only_under_our_external_id() -> None:
    changed = replace(ANN, values=VALUES | {"phone": "2"})
    stranger = Found(values={9: VALUES}, reference=(9,), key=(9,), by="email", asked=True)
    assert plan(changed, OURS, stranger) == Ambiguous("missing")
    assert plan(changed, OURS, stranger, decision=Decision(take=frozenset({"phone"}))) == Ambiguous("missing")
    assert plan(ANN, OURS, stranger, afresh=True) == Ambiguous("missing")
    assert isinstance(plan(changed, OURS, replace(stranger, external_id=9)), Update)
    moved = plan(changed, OURS, Found(external_id=3, values={9: VALUES, 3: VALUES}, asked=True))
    assert isinstance(moved, Link) and (moved.odoo_id, moved.by) == (3, "external_id")


def test_what_was_planted_and_is_gone_is_missing_once_odoo_was_asked() -> None:
    assert plan(ANN, OURS, Found()) == Skip()
    assert plan(ANN, OURS, Found(asked=True)) == Ambiguous("missing")


def test_what_is_still_to_be_planted_must_be_recognised() -> None:
    changed = replace(ANN, values=VALUES | {"phone": "2"})
    stranger = {9: dict.fromkeys(VALUES, "") | {"name": "Somebody"}}
    assert plan(changed, MAPPED, Found(values=stranger, asked=True)) == Ambiguous("missing")
    for told in ({"ref": "shopify:1:5"}, {"email": "ann@example.com"}, {"street": "1 Quay"}):
        held = Found(values={9: stranger[9] | told}, asked=True)
        assert isinstance(plan(changed, MAPPED, held), Update), told
    assert isinstance(plan(changed, MAPPED, Found(values=stranger, key=(9,), by="email", asked=True)), Update)
    assert isinstance(plan(changed, MAPPED, Found(values=stranger, reference=(9,), asked=True)), Update)

"""Toggles, scopes, roles and the exclusion matrix."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain import rules
from mooring.domain.kinds import Kind
from mooring.domain.rules import EXCLUDES, TOGGLES, Role, Settings, Work


def test_five_toggles_bring_data_in_and_are_on_four_send_it_out_and_are_off() -> None:
    by_direction = [(t.inbound, getattr(Settings(), t.name)) for t in TOGGLES]
    assert by_direction == [(True, True)] * 5 + [(False, False)] * 4
    assert {t.name for t in TOGGLES} == set(Settings.__struct_fields__)


def test_kinds_come_in_their_order_and_follow_the_toggles() -> None:
    assert rules.wanted_kinds(Settings()) == tuple(Kind)
    assert rules.wanted_kinds(Settings(orders=False)) == (Kind.CUSTOMERS, Kind.PRODUCTS, Kind.COLLECTIONS)
    only_consent = Settings(customer_profiles=False, sms_consent=False, orders=False, product_catalogue=False)
    assert rules.wanted_kinds(only_consent) == (Kind.CUSTOMERS,)


def test_a_missing_scope_is_named_and_only_its_kinds_wait() -> None:
    granted = frozenset({"read_customers", "write_products"})
    assert rules.missing_scopes(Settings(), granted) == ("read_orders",)
    assert rules.importable_kinds(Settings(), granted) == (Kind.CUSTOMERS, Kind.PRODUCTS, Kind.COLLECTIONS)


@given(st.sets(st.sampled_from(["read_orders", "write_orders", "write_customers", "read_products"])))
def test_implied_scopes_add_reading_and_nothing_else(granted: set[str]) -> None:
    implied = rules.with_implied(frozenset(granted)) - granted
    assert all(scope.startswith("read_") and scope.replace("read_", "write_") in granted for scope in implied)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations_with_replacement(Work, 2)))
def test_exclusion_is_mutual(one: Work, other: Work) -> None:
    meets = other in EXCLUDES[one] or one is Work.DELETE
    assert meets == (one in EXCLUDES[other] or other is Work.DELETE)


def test_a_delete_waits_for_nothing_but_another_delete_and_everything_waits_for_it() -> None:
    assert rules.excluded_by(Work.DELETE, frozenset(Work)) == {Work.DELETE}
    assert rules.stops(Work.DELETE) == frozenset(Work) - {Work.DELETE}
    for work in Work:
        assert Work.DELETE in rules.excluded_by(work, frozenset({Work.DELETE}))


def test_two_reads_of_one_store_do_not_run_at_once_but_a_sync_to_odoo_may_go_on() -> None:
    assert rules.excluded_by(Work.IMPORT, frozenset({Work.SWEEP})) == {Work.SWEEP}
    assert rules.excluded_by(Work.PULL, frozenset({Work.IMPORT})) == {Work.IMPORT}
    assert Work.PULL in rules.stops(Work.IMPORT), "an import reads what the pull would have"
    assert rules.excluded_by(Work.SYNC_ODOO, frozenset({Work.IMPORT})) == frozenset()


@pytest.mark.parametrize("work", [Work.CLEAR_MAPPING, Work.REBUILD_MAPPING])
def test_clear_and_rebuild_stop_syncs_instead_of_waiting(work: Work) -> None:
    assert Work.SYNC_ODOO in rules.stops(work)
    assert rules.excluded_by(work, frozenset({Work.SYNC_ODOO})) == frozenset()


def test_a_role_allows_what_the_lower_ones_do() -> None:
    allowed = {have: [need for need in Role if rules.role_allows(have, need)] for have in Role}
    assert allowed[Role.VIEWER] == [Role.VIEWER]
    assert allowed[Role.EDITOR] == [Role.VIEWER, Role.EDITOR]
    assert allowed[Role.ADMIN] == list(Role)
    assert not rules.role_allows(None, Role.VIEWER)


@pytest.mark.parametrize(
    ("count", "total", "held"),
    [(20, 20, False), (21, 21, True), (21, 210, False), (21, 209, True), (22, 210, True), (100, 1000, False),
     (101, 1000, True), (0, 0, False)],
)  # fmt: skip
def test_a_mass_deletion_is_more_than_twenty_and_more_than_a_tenth(count: int, total: int, held: bool) -> None:
    assert rules.mass_deletion(count, total) is held

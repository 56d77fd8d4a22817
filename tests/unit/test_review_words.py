"""Needs review: every cause is explained, leads somewhere, and offers what fits it."""

from __future__ import annotations

import pytest

from mooring.domain.decisions import Choice, offered
from mooring.domain.order_causes import WORDS, Cause
from mooring.domain.review_words import PLANNED, Place, explained, place_of


@pytest.mark.parametrize("cause", [*Cause, *PLANNED])
def test_every_cause_says_what_is_wrong_and_what_to_do(cause: str) -> None:
    words = explained(cause)
    assert words.title and not words.title.endswith(".")
    assert words.sentence.endswith(".") and words.fix.endswith(".")
    assert words == WORDS[Cause(cause)] if cause in list(Cause) else words == PLANNED[cause]


def test_what_nobody_knows_is_said_all_the_same() -> None:
    assert explained(None) == explained("a word of a later version") and explained(None).fix


def test_what_is_mended_in_mooring_leads_there() -> None:
    places = {cause: place for cause in Cause if (place := place_of(cause))}
    assert places[Cause.TAX] is Place.TAXES and places[Cause.GATEWAY] is Place.JOURNALS
    assert set(places.values()) == set(Place)
    assert place_of(Cause.LOCK_DATE) is None and place_of("email") is None


@pytest.mark.parametrize(
    ("causes", "choices"),
    [
        ([], ()),
        (["tax", "total"], ()),
        (["changed_after_confirm"], (Choice.IGNORE, Choice.RESET)),
        (["cancelled_invoiced", "refund"], (Choice.IGNORE, Choice.CREDIT)),
        (["differs"], (Choice.TAKE, Choice.KEEP)),
        (["barcode"], (Choice.CREATE, Choice.TAKE, Choice.KEEP)),
        (["email", "missing", "missing_in_odoo"], (Choice.CREATE,)),
    ],
)
def test_in_bulk_what_fits_the_causes_is_offered(causes: list[str], choices: tuple[Choice, ...]) -> None:
    assert offered(causes) == choices

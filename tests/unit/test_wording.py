"""One thing is not said to be many."""

import pytest

from mooring.domain.kinds import Kind
from mooring.domain.wording import counted, singular

CASES = [
    (0, "orders", "0 orders"),
    (1, "orders", "1 order"),
    (2, "orders", "2 orders"),
    (12_345, "addresses", "12,345 addresses"),
    (1, "addresses", "1 address"),
    (1, "deliveries", "1 delivery"),
    (1, "dead letters", "1 dead letter"),
    (1, "order lines", "1 order line"),
    (1, "people", "1 person"),
]


@pytest.mark.parametrize(("count", "many", "said"), CASES)
def test_counts(count: int, many: str, said: str) -> None:
    assert counted(count, many) == said


def test_every_kind_has_its_singular() -> None:
    assert [singular(kind) for kind in Kind] == ["customer", "order", "product", "collection"]

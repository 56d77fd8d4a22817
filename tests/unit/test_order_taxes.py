"""Which tax of Odoo stands for which of Shopify, and that nothing is used that nobody confirmed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from mooring.domain.order_causes import WORDS, Cause, Review, review
from mooring.domain.order_taxes import (
    OdooTax,
    TaxEntry,
    TaxKey,
    charges,
    entry,
    key_of,
    keys_of,
    percent_of,
    proposed,
    tax_ids,
    unanswered,
)
from mooring.domain.records_orders import Tax

D = Decimal
KEY = TaxKey(D(19), True, "mwst.")


def odoo(id_: int, name: str, amount: str = "19", **more: Any) -> OdooTax:
    return OdooTax(**{"id": id_, "name": name, "amount": D(amount), "price_include": True, "company_id": 1} | more)


def tax(rate: float | None, title: str = "MwSt.", *, amount: str = "1.00", channel: bool = False) -> Tax:
    money = {"amount": amount, "currencyCode": "EUR"}
    bag = {"shopMoney": money, "presentmentMoney": money}
    return msgspec.convert({"title": title, "rate": rate, "priceSet": bag, "channelLiable": channel}, Tax)


def confirmed(key: TaxKey, odoo_id: int | None = 1, percent: str = "19") -> dict[TaxKey, TaxEntry]:
    return {key: TaxEntry(key, odoo_id, D(percent), key.included, confirmed=True)}


@pytest.mark.parametrize(
    ("rate", "percent"),
    [(0.19, "19"), (0.0775, "7.75"), (0.09975, "9.975"), (0.2, "20"), (0.1, "10"), (0.19000000000000003, "19"),
     (0.0, "0"), (None, "0"), (1.0, "100"), (0.00375, "0.375")],
)  # fmt: skip
def test_rates_are_exact_percentages_without_padding(rate: float | None, percent: str) -> None:
    assert str(percent_of(rate)) == percent


def test_a_tax_is_known_by_rate_title_and_whether_prices_include_it() -> None:
    assert key_of(tax(0.19, " MWST. "), True) == KEY
    assert key_of(tax(0.19), False) != KEY and key_of(tax(0.19, "USt."), True) != KEY
    assert key_of(tax(0.19, channel=True), True).channel


def test_a_tax_of_no_per_cent_is_none_unless_a_person_said_otherwise() -> None:
    zero = key_of(tax(0.0, amount="0.00"), True)
    assert keys_of([tax(0.0, amount="0.0"), tax(0.19), tax(0.19)], True, {}) == (KEY,)
    assert keys_of([tax(0.0, amount="0.0")], True, {zero: TaxEntry(zero, 3)}) == ()
    assert keys_of([tax(0.0, amount="0.0")], True, confirmed(zero, 3, "0")) == (zero,)


def test_money_taken_without_a_rate_is_for_a_person() -> None:
    (key,) = keys_of([tax(None)], True, {})
    assert key.unrated
    found = unanswered([key], {})
    assert isinstance(found, Review) and "no rate" in found.sentence


# -- proposals -----------------------------------------------------------------------------------------------------


def test_the_only_tax_of_the_rate_is_proposed() -> None:
    others = [
        odoo(2, "7 % incl", "7"), odoo(3, "19 % excl", price_include=False), odoo(4, "in", type_tax_use="purchase"),
        odoo(5, "fixed", amount_type="fixed"), odoo(6, "of another company", company_id=2),
        odoo(7, "old", active=False), odoo(8, "stacked", include_base_amount=True),
    ]  # fmt: skip
    assert proposed(KEY, [*others, odoo(1, "Anything")], 1).tax == odoo(1, "Anything")
    assert proposed(KEY, others, 1).tax is None


def test_of_several_the_one_that_says_the_title_or_the_rate_is_proposed() -> None:
    titled, rated, plain = odoo(1, "MwSt. incl"), odoo(2, "19 % incl"), odoo(3, "Goods")
    assert proposed(KEY, [plain, rated, titled], 1).tax == titled
    assert proposed(KEY, [plain, rated], 1).tax == rated
    unclear = proposed(KEY, [plain, odoo(4, "Other")], 1)
    assert unclear.tax is None and [one.id for one in unclear.several] == [3, 4]


def test_nothing_is_proposed_for_no_rate_or_for_what_the_channel_collects() -> None:
    assert proposed(TaxKey(D(0), True, "vat"), [odoo(1, "0 %", "0")], 1).tax is None
    assert proposed(TaxKey(D(19), True, "mwst.", channel=True), [odoo(1, "x")], 1).tax is None


def test_an_entry_takes_what_the_odoo_tax_says() -> None:
    assert entry(KEY, odoo(9, "x", "20"), confirmed=True) == TaxEntry(KEY, 9, D(20), True, True)
    assert entry(KEY, None) == TaxEntry(KEY)
    stored = msgspec.json.encode(entry(KEY, odoo(9, "x", "20"), confirmed=True))
    assert msgspec.json.decode(stored, type=TaxEntry) == TaxEntry(KEY, 9, D(20), True, True)


# -- the table -----------------------------------------------------------------------------------------------------


def test_only_what_is_confirmed_is_an_answer() -> None:
    channel = TaxKey(D(19), True, "mwst.", channel=True)
    assert unanswered([KEY], confirmed(KEY)) is None
    for keys, table, cause in (
        ([KEY], {}, Cause.TAX),
        ([KEY], {KEY: TaxEntry(KEY, 1)}, Cause.TAX),
        ([channel], confirmed(KEY), Cause.TAX_CHANNEL),
        ([channel, KEY], {}, Cause.TAX),
    ):
        found = unanswered(keys, table)
        assert isinstance(found, Review) and found.cause is cause
    assert unanswered([channel], confirmed(channel)) is None


def test_taxes_that_are_one_tax_of_odoo_are_charged_once() -> None:
    other = TaxKey(D(19), True, "ust.")
    table = confirmed(KEY) | confirmed(other)
    assert tax_ids((KEY, other), table) == (1,)
    assert [(one.tax, one.percent) for one in charges((KEY, other), table)] == [(1, D(19))]


def test_a_tax_may_be_confirmed_as_none() -> None:
    assert tax_ids((KEY,), confirmed(KEY, None)) == () == charges((KEY,), confirmed(KEY, None))


# -- causes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_is_explained_and_has_a_fix(cause: Cause) -> None:
    words = WORDS[cause]
    assert words.title and words.sentence.endswith(".") and words.fix.endswith(".")
    assert review(cause).sentence == words.sentence and review(cause).fix == words.fix
    assert review(cause, "This one.").sentence == f"{words.sentence} This one."

"""What Mooring would write into Odoo of a hub record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain import records as r
from mooring.domain.translate_odoo import (
    FIELDS,
    Form,
    Option,
    cell,
    column,
    digest,
    mark,
    one_line,
    row_values,
    same,
    told,
)
from mooring.domain.translate_odoo_partners import Places, customer
from mooring.domain.translate_odoo_products import Terms, own_name, product, text_of

PLACES = Places({"US": 233, "JP": 113}, {("US", "CA"): 13, ("JP", "13"): 500})
TERMS = Terms()


def address(street: str, **said: str) -> r.Address:
    return r.Address(address1=street, city="San Diego", country_code="US", province_code="CA", **said)


def person(default: int | None = None, **said: Any) -> r.Customer:
    ref = r.Ref(f"gid://shopify/MailingAddress/{default}") if default else None
    return r.Customer(default_address=ref, **said)


# -- customers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "addresses", "name"),
    [
        (person(first_name="Ann", last_name=" Lee "), [], "Ann Lee"),
        (person(7), [(7, address("x", first_name="Bob"))], "Bob"),
        (person(7), [(7, address("x", company="Acme\nGmbH"))], "Acme GmbH"),
        (r.Customer(default_email_address=r.Email(email_address="a@example.com")), [], "a@example.com"),
        (person(), [], "Shopify customer 5"),
    ],
)
def test_everybody_has_a_name(body, addresses, name):
    assert customer(1, 5, body, addresses, PLACES).root.values["name"] == name


def test_the_default_address_stands_on_the_contact_and_the_others_below_it():
    found = [(7, address("1 Quay")), (8, address("2 Quay")), (9, address("2 Quay"))]
    tree = customer(1, 5, person(7, first_name="Ann"), found, PLACES)
    assert (tree.root.values["street"], tree.root.values["state_id"]) == ("1 Quay", 13)
    assert [(one.shopify_id, one.once["type"]) for one in tree.children] == [(8, "other")]
    mapped = customer(1, 5, person(8, first_name="Ann"), found, PLACES, mapped=[8, 9])
    assert [one.shopify_id for one in mapped.children] == [7, 8, 9]


def test_places_odoo_does_not_know_are_left_out_and_said():
    found = [(7, r.Address(address1="x", country_code="JP", province_code="JP-13"))]
    assert customer(1, 5, person(7), found, PLACES).root.values["state_id"] == 500
    strange = [(7, r.Address(address1="x", country_code="US", province_code="ZZ"))]
    root = customer(1, 5, person(7), strange, PLACES).root
    assert root.values["state_id"] == 0 and "no state ZZ in US" in root.notes[0]
    nowhere = customer(1, 5, person(7), [(7, r.Address(country_code="XX"))], PLACES).root
    assert nowhere.values["country_id"] == 0 and "XX" in nowhere.notes[0]


def test_the_reference_names_shop_and_customer():
    assert customer(1, 5, person(), [], PLACES).root.values["ref"] == "shopify:1:5"
    assert customer(1, 5, person(), [], PLACES, deleted=True).root.excluded is not None


# -- products ------------------------------------------------------------------------------------------------------


def variant(sku: str | None = None, price: str | None = "10", **options: str) -> r.Variant:
    chosen = tuple(r.SelectedOption(name, value) for name, value in options.items())
    return r.Variant(sku=sku, price=price, selected_options=chosen or (r.SelectedOption("Title", "Default Title"),))


def options(*names: str) -> tuple[r.Option, ...]:
    return tuple(r.Option(f"gid://shopify/ProductOption/{n}", name, n) for n, name in enumerate(names, 1))


def test_a_product_without_options_is_its_own_variant():
    tree = product(1, r.Product(title="Mug", has_only_default_variant=True), [(2, variant("MUG"))], TERMS)
    assert tree.options == () and tree.children[0].selected == ()
    assert tree.root.values["list_price"] == "10.00" and tree.root.once == {"type": "consu", "is_storable": False}


def test_options_hold_the_values_that_occur_in_the_order_of_the_variants():
    body = r.Product(title="Tee", options=options("Size", "Colour"))
    tree = product(1, body, [(2, variant(Size="M", Colour="Red")), (3, variant(Size="S", Colour="Red"))], TERMS)
    assert tree.options == (Option("Size", ("M", "S")), Option("Colour", ("Red",)))
    assert [one.selected for one in tree.children] == [("M", "Red"), ("S", "Red")]


def test_two_options_of_one_name_are_told_apart():
    body = r.Product(title="Tee", options=options("Size", "size"))
    tree = product(1, body, [(2, variant(Size="M", size="long"))], TERMS)
    assert [one.name for one in tree.options] == ["Size", "size (2)"]
    assert tree.children[0].selected == ("M", "long")


def test_prices():
    body, found = r.Product(title="Tee"), [(2, variant(price="12.5")), (3, variant(price="9"))]
    tree = product(1, body, found, TERMS)
    assert tree.root.values["list_price"] == "9.00" and tree.root.notes
    assert tree.children[0].alone == {"list_price": "12.50"}
    other = product(1, body, found, Terms(prices=False))
    assert "list_price" not in other.root.values and other.root.once["list_price"] == "0.00"


@pytest.mark.parametrize(
    ("item", "terms", "once"),
    [
        (r.InventoryItem("i", tracked=True), TERMS, {"type": "consu", "is_storable": True}),
        (r.InventoryItem("i", tracked=True), Terms(stock="product"), {"type": "product"}),
        (r.InventoryItem("i", tracked=True), Terms(stock=None), {"type": "consu"}),
        (r.InventoryItem("i", tracked=False, requires_shipping=False), TERMS, {"type": "service"}),
    ],
)
def test_what_sort_of_product_it_is(item, terms, once):
    one = variant("X")
    one.inventory_item = item
    assert product(1, r.Product(title="X"), [(2, one)], terms).root.once == once


def test_an_archived_product_is_not_for_sale_but_still_there():
    assert product(1, r.Product(title="X", status="ARCHIVED"), [(2, variant())], TERMS).root.values["sale_ok"] is False
    assert product(1, r.Product(title="X", status="ACTIVE"), [(2, variant())], TERMS).root.values["sale_ok"] is True
    assert product(1, r.Product(title="X"), [], TERMS).root.excluded is not None


def test_a_description_is_plain_text_and_not_endless():
    html = "<p>Fine&nbsp;mug</p><script>alert(1)</script><ul><li>blue</li><li>big &amp; round</li></ul>"
    assert text_of(html) == "Fine mug\nblue\nbig & round"
    assert len(text_of("<p>" + "word " * 2_000 + "</p>")) <= 2_000
    assert text_of(None) == "" and own_name("Tee", ("M", "", "Red")) == "Tee (M / Red)"


# -- values --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "raw", "value", "shown"),
    [
        (Form.TEXT, False, "", ""),
        (Form.TEXT, "Ann", "Ann", "Ann"),
        (Form.LINK, [7, "US"], 7, "7"),
        (Form.LINK, False, 0, ""),
        (Form.NUMBER, 12.5, "12.50", "12.50"),
        (Form.NUMBER, False, "0.00", "0.00"),
        (Form.FLAG, False, False, "False"),
        (Form.FLAG, True, True, "True"),
    ],
)
def test_odoos_values_and_ours_have_one_form(form, raw, value, shown):
    assert told(form, raw) == value and cell(told(form, raw)) == shown


def test_links_are_loaded_by_database_id():
    assert column("country_id", Form.LINK) == "country_id/.id" and column("name", Form.TEXT) == "name"


def test_every_field_has_a_form_and_rows_are_read_as_they_are():
    for kind, forms in FIELDS.items():
        row = dict.fromkeys(forms, False)
        assert row_values(kind, row).keys() == forms.keys()
        assert row_values(kind, {"id": 1}) == {}


@given(st.text(), st.text())
def test_a_line_has_no_breaks_and_no_control_letters(one, other):
    text = one_line(one, other)
    assert "\n" not in text and "\x00" not in text and text == text.strip()


@given(st.sampled_from(["name", "email", "phone", "street"]), st.text(), st.text())
def test_equal_marks_are_equal_values(name, one, other):
    assert (mark(name, one) == mark(name, other)) == same(name, one, other)


def test_the_digest_tells_contents_and_master_apart():
    made = {digest(master, hashes) for master in (None, True, False) for hashes in ((b"a",), (b"b",), (b"a", b"b"))}
    assert len(made) == 9 and digest(None, (b"a",)) == digest(None, (b"a",))

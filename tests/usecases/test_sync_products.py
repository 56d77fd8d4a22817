"""Products and variants on their way to Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mooring.app import ENDINGS, WORKS
from mooring.db import operations, stores, sync_items
from mooring.db.tables import mappings, sync_intents
from mooring.domain.mapping import MappedKind, SyncKind
from mooring.domain.rules import Work
from mooring.usecases import sync_odoo_decide, sync_odoo_unlink
from mooring.usecases.operations_drive import drive
from mooring.usecases.sync_odoo_decide import Choice
from mooring.usecases.who import SYSTEM
from tests.usecases.hubbing import product
from tests.usecases.odoo_world import OdooWorld, odoo_world
from tests.usecases.syncing import sync

LATER = "2026-11-02T10:00:00Z"
SIZES = [{"sku": f"TEE-{size}", "barcode": f"50000{n}", "options": {"Size": size}} for n, size in enumerate("SML")]


@pytest.fixture
def world(database_url: str, data_dir: Path) -> Iterator[OdooWorld]:
    with odoo_world(database_url, data_dir, sizes={"customers": 0, "orders": 0, "products": 0}) as made:
        yield made


def done(world: OdooWorld, **how: Any) -> dict[str, int]:
    operation = sync(world, SyncKind.PRODUCTS, **how)
    assert operation.state == "done" and operation.receipt is not None, operation.error
    return {word: count for word, count in operation.receipt["products"].items() if count}


def variants(world: OdooWorld, *codes: str) -> list[dict[str, Any]]:
    fields = ("default_code", "barcode", "product_tmpl_id", "display_name", "active")
    domain = [["default_code", "in", list(codes)]] if codes else [["id", ">", 0]]
    return world.odoo.rows("product.product", domain, *fields)


def mapped(world: OdooWorld) -> dict[tuple[str, int], int]:
    return {(kind, one): odoo for kind, one, odoo in world.rows(mappings, "kind", "shopify_id", "odoo_id")}


def item(world: OdooWorld, product_id: int) -> sync_items.Item | None:
    with world.app.db.read() as connection:
        return sync_items.one(connection, world.store_id, SyncKind.PRODUCTS, product_id)


def quiet(world: OdooWorld) -> None:
    """One more sync writes nothing."""
    world.odoo.forget()
    sync(world, SyncKind.PRODUCTS)
    assert world.odoo.writing_calls() == {}
    assert world.count(sync_intents) == 0


def currency(world: OdooWorld, code: str) -> None:
    with world.app.db.write() as connection:
        facts = {**world.store.shop, "currencyCode": code}
        stores.change(connection, world.store_id, shop=msgspec.json.encode(facts).decode())


def test_a_price_in_another_currency_than_odoos_is_not_written(world: OdooWorld) -> None:
    currency(world, "EUR")
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG", "price": "12.50"})
    assert done(world) == {"created": 1}
    domain = [["default_code", "=", "MUG"]]
    assert [row["list_price"] for row in world.odoo.rows("product.product", domain, "list_price")] == [0.0]
    quiet(world)


def test_a_simple_product_has_its_template_mapped_too(world: OdooWorld) -> None:
    currency(world, "USD")
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG", "barcode": "400001", "price": "12.50"})
    assert done(world) == {"created": 1}
    [made] = world.odoo.rows(
        "product.product", [["default_code", "=", "MUG"]], "product_tmpl_id", "list_price", "barcode", "is_storable",
        "weight",
    )  # fmt: skip
    assert (made["list_price"], made["barcode"], made["is_storable"], made["weight"]) == (12.5, "400001", True, 0.35)
    assert mapped(world) == {("product", 1): made["product_tmpl_id"][0], ("variant", 101): made["id"]}
    shop = world.store.shop_id
    assert world.odoo.external_ids(f"s{shop}.product.1")[f"s{shop}.product.1"] == (
        "product.template", made["product_tmpl_id"][0],
    )  # fmt: skip
    quiet(world)


def test_variants_are_made_one_by_one_and_later_ones_join_them(world: OdooWorld) -> None:
    product(world.app, world.store_id, 1, "Tee", *SIZES[:2])
    assert done(world) == {"created": 1}
    made = variants(world, "TEE-S", "TEE-M")
    assert len(made) == 2 and len({row["product_tmpl_id"][0] for row in made}) == 1
    assert sorted(row["display_name"] for row in made) == ["[TEE-M] Tee (M)", "[TEE-S] Tee (S)"]
    quiet(world)
    product(world.app, world.store_id, 1, "Tee", *SIZES, at=LATER)
    assert done(world) == {"updated": 1}
    [late] = variants(world, "TEE-L")
    assert late["product_tmpl_id"] == made[0]["product_tmpl_id"]
    assert len(variants(world, "TEE-S", "TEE-M", "TEE-L")) == 3
    quiet(world)


def test_a_template_that_a_cleared_load_left_behind_is_gone_on_with(world: OdooWorld) -> None:
    """Its variants were still to come when its external id went; it is neither doubled nor left empty."""
    [size] = world.odoo.does("product.attribute", "create", vals_list=[{"name": "Size", "create_variant": "dynamic"}])
    names = [{"name": name, "attribute_id": size} for name in "SML"]
    values = world.odoo.does("product.attribute.value", "create", vals_list=names)
    lines = [[0, 0, {"attribute_id": size, "value_ids": [[6, 0, values]]}]]
    [left] = world.odoo.does("product.template", "create", vals_list=[{"name": "Tee", "attribute_line_ids": lines}])
    product(world.app, world.store_id, 1, "Tee", *SIZES)
    assert done(world) == {"linked": 1}
    assert {row["product_tmpl_id"][0] for row in variants(world)} == {left} and len(variants(world)) == 3
    assert mapped(world)["product", 1] == left
    quiet(world)


def test_two_products_share_an_attribute_and_its_values(world: OdooWorld) -> None:
    product(world.app, world.store_id, 1, "Tee", *SIZES[:2])
    hats = [{"sku": f"HAT-{size}", "options": {"size": size}} for size in "MX"]
    product(world.app, world.store_id, 2, "Hat", *hats)
    assert done(world) == {"created": 2}
    assert len(world.odoo.rows("product.attribute", [["name", "ilike", "size"]], "name")) == 1
    assert len(world.odoo.rows("product.attribute.value", [["name", "in", ["S", "M", "X"]]], "name")) == 3


def test_what_odoo_has_is_linked_by_barcode_or_sku_and_not_overwritten(world: OdooWorld) -> None:
    cup, pot = {"name": "Cup", "default_code": "OTHER", "barcode": "400001"}, {"name": "Pot", "default_code": "POT"}
    world.odoo.does("product.template", "create", vals_list=[cup, pot])
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG", "barcode": "400001"})
    product(world.app, world.store_id, 2, "Pot", {"sku": "POT"})
    assert done(world)["linked"] == 2
    assert len(variants(world)) == 2
    waiting = item(world, 1)
    assert waiting is not None and waiting.cause == "differs" and waiting.detail is not None
    assert waiting.detail["records"]["variant.101"]["fields"] == {
        "default_code": {"odoo": "OTHER", "shopify": "MUG"}}  # fmt: skip
    assert waiting.sentence is not None and "OTHER" not in waiting.sentence
    quiet(world)
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.PRODUCTS, [1], Choice.TAKE)
    settle(world)
    assert variants(world, "MUG")


def settle(world: OdooWorld) -> None:
    """The sync that carries a decision out."""
    with world.app.db.read() as connection:
        newest = operations.newest(connection, world.store_id, Work.SYNC_ODOO)
    assert newest is not None
    drive(world.app, newest.id, WORKS, ENDINGS)


def test_a_variant_that_is_half_there_waits_for_a_person(world: OdooWorld) -> None:
    world.odoo.does("product.template", "create", vals_list=[{"name": "Tee S", "default_code": "TEE-S"}])
    product(world.app, world.store_id, 1, "Tee", *SIZES[:2])
    assert done(world) == {"ambiguous": 1}
    waiting = item(world, 1)
    assert waiting is not None and waiting.cause == "partly"
    assert len(variants(world)) == 1
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.PRODUCTS, [1], Choice.CREATE)
    settle(world)
    assert [row["display_name"] for row in variants(world, "TEE-M")] == ["[TEE-M] Tee (M)"]
    assert len(variants(world)) == 2 and item(world, 1) is None
    quiet(world)


def test_one_sku_twice_in_odoo_asks_and_one_twice_in_the_store_is_not_matched(world: OdooWorld) -> None:
    for name in ("Left", "Right"):
        world.odoo.does("product.template", "create", vals_list=[{"name": name, "default_code": "TWO"}])
    product(world.app, world.store_id, 1, "Two", {"sku": "TWO"})
    product(world.app, world.store_id, 2, "Same", {"sku": "SAME"})
    product(world.app, world.store_id, 3, "Same again", {"sku": "SAME"})
    assert done(world) == {"created": 2, "ambiguous": 1}
    assert len(variants(world, "SAME")) == 2 and len(variants(world, "TWO")) == 2
    waiting = item(world, 1)
    assert waiting is not None and waiting.cause == "sku" and "2 variants" in (waiting.sentence or "")
    quiet(world)


def test_a_barcode_that_two_products_share_keeps_neither_out_of_odoo(world: OdooWorld) -> None:
    one, two = {"sku": "ONE", "barcode": "77"}, {"sku": "TWO", "barcode": "77"}
    product(world.app, world.store_id, 1, "One", one)
    product(world.app, world.store_id, 2, "Two", two)
    assert done(world) == {"created": 2, "differs": 1}
    assert [row["barcode"] for row in variants(world, "ONE", "TWO")] == ["77", False]
    waiting = item(world, 2)
    assert waiting is not None and (waiting.state, waiting.cause) == ("review", "barcode")
    quiet(world)
    product(world.app, world.store_id, 1, "One", one | {"barcode": "78"}, at=LATER)
    assert done(world) == {"updated": 1, "unchanged": 1, "differs": 1}
    assert done(world) == {"updated": 1, "unchanged": 1}
    assert [row["barcode"] for row in variants(world, "ONE", "TWO")] == ["78", "77"]
    assert item(world, 2) is None
    quiet(world)


def test_a_barcode_that_was_left_out_is_not_asked_about_again_once_somebody_keeps_it_so(world: OdooWorld) -> None:
    product(world.app, world.store_id, 1, "One", {"sku": "ONE", "barcode": "77"})
    product(world.app, world.store_id, 2, "Two", {"sku": "TWO"})
    assert done(world) == {"created": 2}
    product(world.app, world.store_id, 2, "Two", {"sku": "TWO", "barcode": "77"}, at=LATER)
    assert done(world) == {"unchanged": 2, "differs": 1}
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.PRODUCTS, [2], Choice.KEEP)
    assert item(world, 2) is None
    quiet(world)
    assert item(world, 2) is None and done(world) == {"unchanged": 2}
    assert [row["barcode"] for row in variants(world, "ONE", "TWO")] == ["77", False]


def test_of_variants_that_share_a_barcode_within_one_product_the_first_has_it(world: OdooWorld) -> None:
    small, medium, large = SIZES
    product(world.app, world.store_id, 1, "Tee", small, medium | {"barcode": small["barcode"]}, large)
    assert done(world) == {"created": 1, "differs": 1}
    assert sorted(str(row["barcode"]) for row in variants(world, "TEE-S", "TEE-M", "TEE-L")) == [
        "500000", "500002", "False"]  # fmt: skip
    waiting = item(world, 1)
    assert waiting is not None and waiting.detail is not None and list(waiting.detail["records"]) == ["variant.102"]
    product(world.app, world.store_id, 1, "Tee", *SIZES, at=LATER)
    assert done(world) == {"updated": 1}
    assert len(variants(world, "TEE-S", "TEE-M", "TEE-L")) == 3 and item(world, 1) is None
    quiet(world)


def unlinked(world: OdooWorld) -> int:
    """A product that was linked by its SKU and unlinked; the template that it was."""
    world.odoo.does("product.template", "create", vals_list=[{"name": "Mug", "default_code": "MUG"}])
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG"})
    assert done(world)["linked"] == 1
    was = mapped(world)["product", 1]
    assert sync_odoo_unlink.unlink(world.app, SYSTEM, world.store_id, SyncKind.PRODUCTS, 1) == 2
    assert done(world, ids={SyncKind.PRODUCTS: [1]}) == {"ambiguous": 1}
    waiting = item(world, 1)
    assert waiting is not None and waiting.cause == "unlinked" and mapped(world) == {}
    return was


def test_an_unlinked_product_is_linked_to_the_same_template_by_a_person_alone(world: OdooWorld) -> None:
    was = unlinked(world)
    sync_odoo_decide.link(world.app, SYSTEM, world.store_id, SyncKind.PRODUCTS, 1, was)
    settle(world)
    assert mapped(world)["product", 1] == was and len(variants(world)) == 1


def test_an_unlinked_product_is_created_anew_where_a_person_says_so(world: OdooWorld) -> None:
    was = unlinked(world)
    sync_odoo_decide.decide(world.app, SYSTEM, world.store_id, SyncKind.PRODUCTS, [1], Choice.CREATE)
    settle(world)
    assert mapped(world)["product", 1] != was and len(variants(world, "MUG")) == 2
    quiet(world)


def test_archived_products_and_variants_are_updated_and_stay_archived(world: OdooWorld) -> None:
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG"})
    product(world.app, world.store_id, 2, "Tee", *SIZES[:2])
    done(world)
    held = mapped(world)
    world.odoo.does("product.template", "action_archive", ids=[held["product", 1]])
    world.odoo.does("product.product", "action_archive", ids=[held["variant", 201]])
    product(world.app, world.store_id, 1, "Cup", {"sku": "CUP"}, at=LATER)
    product(world.app, world.store_id, 2, "Tee", SIZES[0] | {"id": 201, "sku": "T-S"}, SIZES[1], at=LATER)
    assert done(world) == {"updated": 2}
    there = {row["default_code"]: (row["display_name"], row["active"]) for row in variants(world, "CUP", "T-S")}
    assert there == {"CUP": ("[CUP] Cup", False), "T-S": ("[T-S] Tee (S)", False)}
    [template] = world.odoo.rows("product.template", [["id", "=", held["product", 1]]], "name", "active")
    assert (template["name"], template["active"]) == ("Cup", False)
    quiet(world)


def test_without_sku_and_barcode_a_product_of_the_same_name_is_asked_about(world: OdooWorld) -> None:
    world.odoo.does("product.template", "create", vals_list=[{"name": "Gift"}])
    product(world.app, world.store_id, 1, "Gift", {})
    product(world.app, world.store_id, 2, "Tea", {})
    product(world.app, world.store_id, 3, "Tea", {})
    assert done(world) == {"created": 2, "ambiguous": 1}
    waiting = item(world, 1)
    assert waiting is not None and waiting.cause == "name"
    quiet(world)


def test_a_variant_whose_options_changed_becomes_a_product_of_its_own(world: OdooWorld) -> None:
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG"})
    assert done(world) == {"created": 1}
    [mug] = variants(world, "MUG")
    colours = ((102, "Blue"), (103, "Red"))
    blue, red = ({"id": n, "sku": f"MUG-{n}", "options": {"Colour": colour}} for n, colour in colours)
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG", "options": {"Colour": "White"}}, blue, red, at=LATER)
    assert done(world) == {"updated": 1}
    assert sorted(row["display_name"] for row in variants(world, "MUG-102", "MUG-103")) == [
        "[MUG-102] Mug (Blue)", "[MUG-103] Mug (Red)"]  # fmt: skip
    assert [row["active"] for row in variants(world, "MUG")] == [True]
    assert mapped(world)["variant", 101] == mug["id"]
    quiet(world)


@pytest.mark.parametrize("fault", ["lost_answer", "late_commit", "serialization"])
@pytest.mark.parametrize("operation", ["product.product", "product.template", "product.attribute", "ir.model.data"])
def test_nothing_is_doubled_when_an_answer_is_lost(world: OdooWorld, fault: str, operation: str) -> None:
    product(world.app, world.store_id, 1, "Mug", {"sku": "MUG", "barcode": "400001"})
    product(world.app, world.store_id, 2, "Tee", *SIZES)
    world.odoo.fault(fault, operation=f"{operation}.(load|create)", seconds=0.5)
    sync(world, SyncKind.PRODUCTS)
    world.odoo.server.sandbox.late.settle(all_of_them=True)
    sync(world, SyncKind.PRODUCTS)
    assert sorted(row["default_code"] for row in variants(world)) == ["MUG", "TEE-L", "TEE-M", "TEE-S"]
    assert len(world.odoo.rows("product.template", [["id", ">", 0]], "name")) == 2
    assert len(world.odoo.rows("product.attribute", [["id", ">", 0]], "name")) == 1
    assert {kind for kind, _ in mapped(world)} == {MappedKind.PRODUCT, MappedKind.VARIANT}
    assert len(mapped(world)) == 6
    quiet(world)

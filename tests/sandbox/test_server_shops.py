"""Opening a shop: whole or not at all, also when it is interrupted."""

import pytest

from mooring_sandbox.clock import Clock
from mooring_sandbox.shopify.shops_new import NewShop, is_open, open_shop
from mooring_sandbox.shopify.state import State

SMALL = NewShop("harbour", 7, customers=5, orders=6, products=4)


def counts(state: State, shop_id: int) -> list[int]:
    return [state.count(shop_id, kind) for kind in ("Customer", "Order", "Product")]


def test_an_interrupted_shop_is_made_again_from_nothing(tmp_path):
    state = State(tmp_path / "s.sqlite")
    whole = open_shop(state, Clock(), SMALL)
    state.add_shop(whole, "harbour", state.shop(whole) | {"$unfinished": True})
    state.put(whole, "Product", {"id": "gid://shopify/Product/1", "title": "left over"})
    assert not is_open(state, "harbour")
    again = open_shop(state, Clock(), SMALL)
    assert (again, counts(state, again)) == (whole, [5, 6, 4])
    assert is_open(state, "harbour") and state.get(again, "Product", 1) is None
    state.close()


def test_a_shop_whose_files_are_unreadable_is_not_there(tmp_path):
    state = State(tmp_path / "s.sqlite")
    file = tmp_path / "products.csv"
    file.write_text("no,such,columns\n1,2,3\n")
    with pytest.raises(ValueError, match=r"products\.csv"):
        open_shop(state, Clock(), NewShop("harbour", products=3, products_csv=str(file)))
    assert state.shop_id("harbour") is None
    assert state.db.execute("SELECT count(*) FROM record").fetchone()[0] == 0
    state.close()


def test_the_same_seed_makes_the_same_shop(tmp_path):
    clock, made = Clock(), []
    for name in ("a", "b"):
        state = State(tmp_path / f"{name}.sqlite")
        shop_id = open_shop(state, clock, SMALL)
        made.append([c["firstName"] for c in state.scan(shop_id, "Customer")])
        state.close()
    assert made[0] == made[1]

"""What becomes of a product as a whole."""

from __future__ import annotations

from typing import Any

from mooring.domain.mapping import MappedKind
from mooring.domain.matching import Found
from mooring.domain.plan import UNDECIDED, Ambiguous, Create, Decision, Excluded, Known, Link, Skip, Update, hashes
from mooring.domain.plan_products import Held, decide
from mooring.domain.translate_odoo import Option, Tree, Wanted

ROOT = Wanted(MappedKind.PRODUCT, 1, {"name": "Tee"})
SMALL, LARGE = (
    Wanted(MappedKind.VARIANT, n, {"default_code": f"TEE-{n}"}, parent_id=1, sku=f"TEE-{n}") for n in (2, 3)
)
TREE = Tree(ROOT, (SMALL, LARGE), (Option("Size", ("S", "L")),))
NEW = Found(by="sku")


def there(id_: int) -> Found:
    return Found(key=(id_,), by="sku", values={id_: {"default_code": "TEE-2"}})


def held(**how: Any) -> Held:
    nothing: dict[str, Any] = {
        "known": {}, "found": {2: NEW, 3: NEW}, "decided": {}, "sent": frozenset(), "root_known": None,
        "root_decided": UNDECIDED, "root_sent": False, "template": None, "templates": {}, "template_of": {},
        "lone": frozenset(), "epoch": 1, "master": None,
    }  # fmt: skip
    return Held(**nothing | how)


def test_none_of_its_variants_is_there():
    made = decide(TREE, held())
    assert isinstance(made.root, Create) and all(isinstance(one, Create) for one in made.children)


def test_all_of_them_are_there_in_one_template():
    names = {70: {"name": "Shirt"}}
    made = decide(TREE, held(found={2: there(20), 3: there(30)}, template_of={20: 70, 30: 70}, templates=names))
    assert isinstance(made.root, Link) and made.root.odoo_id == 70
    assert made.root.differs == {"name": ("Shirt", "Tee")}


def test_in_several_templates_the_products_own_fields_are_nobodys():
    names = {70: {"name": "Tee S"}, 71: {"name": "Tee L"}}
    made = decide(TREE, held(found={2: there(20), 3: there(30)}, template_of={20: 70, 30: 71}, templates=names))
    assert isinstance(made.root, Link) and not made.root.differs and not made.root.write
    root = Known(70)
    mapped = {2: Known(20, fields={"default_code": "x"}), 3: Known(30)}
    again = decide(TREE, held(
        known=mapped, root_known=root, template_of={20: 70, 30: 71}, templates=names,
        found={2: Found(values={20: SMALL.values}), 3: Found(values={30: LARGE.values})},
    ))  # fmt: skip
    assert again.root == Skip()


def test_half_of_them_ask_and_a_person_may_have_the_rest_created():
    half = held(found={2: there(20), 3: NEW}, template_of={20: 70}, templates={70: {"name": "Tee"}})
    made = decide(TREE, half)
    assert made.root == Ambiguous("partly", (70,)) and all(isinstance(one, Skip) for one in made.children)
    chosen = held(
        found={2: there(20), 3: NEW}, template_of={20: 70}, templates={70: {"name": "Tee"}},
        root_decided=Decision(create=True),
    )  # fmt: skip
    made = decide(TREE, chosen)
    assert isinstance(made.root, Link) and isinstance(made.children[0], Link) and isinstance(made.children[1], Create)


def test_one_that_is_unsure_keeps_the_others_waiting():
    twins = Found(key=(20, 21), by="sku", values={20: {}, 21: {}})
    made = decide(TREE, held(found={2: twins, 3: NEW}))
    assert made.root == Skip() and made.children == (Ambiguous("sku", (20, 21)), Skip())


def test_a_new_variant_of_a_known_product_is_made():
    root, small = Known(70, fields=hashes(ROOT.values)), Known(20, fields=hashes(SMALL.values))
    made = decide(TREE, held(root_known=root, known={2: small}, template_of={20: 70}, templates={70: {"name": "Tee"}}))
    assert made.root == Skip() and made.children == (Skip(), Create())


def test_a_product_whose_template_is_gone_waits_with_all_that_is_new():
    changed = Tree(Wanted(MappedKind.PRODUCT, 1, {"name": "Tee!"}), (SMALL,))
    made = decide(changed, held(root_known=Known(70), found={2: NEW}))
    assert made.root == Ambiguous("missing") and made.children == (Skip(),)


def test_what_came_into_being_before_the_answer_was_lost_goes_on():
    made = decide(TREE, held(template=70, templates={70: {"name": "Tee"}}, sent=frozenset({2, 3}), root_sent=True))
    assert isinstance(made.root, Link) and made.root.by == "external_id"
    assert all(isinstance(one, Create) for one in made.children)


def test_excluded_is_all_of_it():
    gone = Tree(Wanted(MappedKind.PRODUCT, 1, {}, excluded="Deleted."), (SMALL,))
    assert decide(gone, held()).root == Excluded("Deleted.")


def test_a_chosen_template_takes_the_product():
    made = decide(Tree(ROOT, (SMALL,)), held(
        root_decided=Decision(link=70), templates={70: {"name": "Tee"}}, template_of={20: 70}, found={2: there(20)},
    ))  # fmt: skip
    assert isinstance(made.root, Update) and made.root.odoo_id == 70

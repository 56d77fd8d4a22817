"""Collections: manual ones with chosen products, smart ones with rules that really hold for what they list."""

from __future__ import annotations

from array import array
from typing import Any

from mooring_sandbox.shopify.catalogue import goods, ids
from mooring_sandbox.shopify.catalogue.dice import DAY, Dice, stamp

Doc = dict[str, Any]

_RULES = (
    *((("TYPE", sort.type)) for sort in goods.SORTS if sort.type),
    *((("VENDOR", vendor)) for vendor in goods.VENDORS),
    *((("TAG", tag)) for tag in goods.PRODUCT_TAGS),
)
_TITLES = (
    "Home page",
    "Staff picks 💛",
    "Unter 20 €",
    "Gifts for Grandma's",
    "Nouveautés",
    "一押し",
    "Last chance & final sale",
)
_ORDERS = ("BEST_SELLING", "ALPHA_ASC", "PRICE_DESC", "CREATED_DESC", "MANUAL")


class Rules:
    """Which products each rule holds for, noted while the products are made."""

    def __init__(self) -> None:
        self.products = 0
        self._found: dict[tuple[str, str], array[int]] = {rule: array("q") for rule in _RULES}

    def see(self, number: int, product: Doc) -> None:
        self.products = number + 1
        told = [("TYPE", product["productType"]), ("VENDOR", product["vendor"]), *(("TAG", t) for t in product["tags"])]
        for rule in told:
            if rule in self._found:
                self._found[rule].append(number)

    def match(self, rule: tuple[str, str]) -> array[int]:
        return self._found[rule]


def collections(dice: Dice, shop_id: int, count: int, rules: Rules, as_of: int) -> list[Doc]:
    return [_collection(dice, shop_id, index, rules, as_of) for index in range(count)]


def _collection(dice: Dice, shop_id: int, index: int, rules: Rules, as_of: int) -> Doc:
    """Even numbers are manual, odd ones smart."""
    dice.of(index)
    rule = None if index % 2 == 0 else _RULES[index // 2 % len(_RULES)]
    title = rule[1] if rule else f"{_TITLES[index // 2 % len(_TITLES)]}{'' if index < 14 else f' {index}'}"
    numbers = rules.match(rule) if rule else _chosen(dice, rules.products)
    return {
        "id": ids.numbered("Collection", shop_id, index), "title": title, "handle": f"collection-{index}",
        "descriptionHtml": dice.one(goods.DESCRIPTIONS), "updatedAt": stamp(as_of - dice.below(400 * DAY)),
        "sortOrder": "MANUAL" if rule is None else dice.one(_ORDERS[:-1]), "templateSuffix": None,
        "seo": {"title": None, "description": None}, "ruleSet": rule and rule_set(*rule),
        "productIds": [ids.numbered("Product", shop_id, number) for number in numbers],
    }  # fmt: skip


def rule_set(column: str, condition: str) -> Doc:
    return {"appliedDisjunctively": False,
            "rules": [{"column": column, "relation": "EQUALS", "condition": condition}]}  # fmt: skip


def _chosen(dice: Dice, products: int) -> list[int]:
    """Up to forty products, each once, in an order of their own."""
    return list(dict.fromkeys(dice.below(products) for _ in range(dice.between(0, 40)))) if products else []

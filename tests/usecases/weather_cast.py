"""Who plays in the stories of `weather`: two shops' customers, or their products, some of them the same in both.

`holdings` says what came of them, in words that leave out numbers given away on the way: two stories of one cast that
ended well hold the same, however different the weather was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from sqlalchemy import select

from mooring.db.tables import mappings, sync_items
from mooring.domain.mapping import SyncKind
from mooring.usecases.context import App
from tests.usecases.hubbing import customer, product
from tests.usecases.odoo_world import OdooWorld

Holdings = list[tuple[Any, ...]]
SHAPES = 4


@dataclass
class Shop:
    store_id: str
    shop_id: int
    n: int
    clearing: bool = False
    cleared: bool = False


Event = Callable[[], object]
"""Something that happens at Shopify in the course of a story."""


class Cast(Protocol):
    """There are `SHAPES` of each; all stories of one shape are about the same records. `kinds`: what is synced;
    `shops`: how many there are of; `chance`: that something happens around a call."""

    kinds: ClassVar[tuple[SyncKind, ...]]
    shops: ClassVar[int]
    chance: ClassVar[float]

    @property
    def shape(self) -> int: ...

    def fill(self, world: OdooWorld, shop: Shop, tag: str, first_id: int) -> Sequence[Event]: ...

    def holdings(self, world: OdooWorld, shops: Sequence[Shop], tag: str) -> Holdings: ...


@dataclass(frozen=True)
class People:
    """Customers with addresses: three with an e-mail address that both shops know, others with one of their own, or
    with none."""

    shape: int
    kinds: ClassVar[tuple[SyncKind, ...]] = (SyncKind.CUSTOMERS,)
    shops: ClassVar[int] = 2
    chance: ClassVar[float] = 0.25

    def fill(self, world: OdooWorld, shop: Shop, tag: str, first_id: int) -> Sequence[Event]:
        for place in range(5 + self.shape // 2):
            known_to = "both" if place < 3 else f"own{shop.n}"
            streets = tuple(f"{number} Quay of {first_id + place}" for number in range((place + self.shape) % 3 + 1))
            email = None if place == 4 else f"{known_to}-{place}.{tag}@example.com"
            customer(
                world.app, shop.store_id, first_id + place, last_name=f"{tag} {place}", email=email, streets=streets
            )
        return ()

    def holdings(self, world: OdooWorld, shops: Sequence[Shop], tag: str) -> Holdings:
        planted = _planted(world, shops)
        named = ["&", ["parent_id", "=", False], ["name", "=like", f"Ann {tag} %"]]
        roots = world.odoo.rows("res.partner", named, "email", "name")
        inside = [["parent_id", "in", [row["id"] for row in roots]]]
        below: defaultdict[int, list[Any]] = defaultdict(list)
        for row in world.odoo.rows("res.partner", inside, "street", "parent_id"):
            below[row["parent_id"][0]].append((row["street"], *planted.pop(("res.partner", row["id"]), [])))
        held = [
            (row["name"].replace(tag, ""), (row["email"] or "").replace(tag, ""),
             *planted.pop(("res.partner", row["id"]), []), *sorted(below[row["id"]]))
            for row in roots
        ]  # fmt: skip
        return [*sorted(held, key=repr), *_leftovers(planted)]


@dataclass(frozen=True)
class Goods:
    """Products, alone or with variants: some with SKUs that both shops know, one with a barcode of its own."""

    shape: int
    kinds: ClassVar[tuple[SyncKind, ...]] = (SyncKind.PRODUCTS,)
    shops: ClassVar[int] = 2
    chance: ClassVar[float] = 0.25

    def fill(self, world: OdooWorld, shop: Shop, tag: str, first_id: int) -> Sequence[Event]:
        """What both have is the same in both: of a product that is half there a person is asked."""
        sizes = [{"sku": f"TEE-{size}-{tag}", "options": {f"Size {tag}": size}} for size in "SML"]
        own = [{"sku": f"CAP{shop.n}-{size}-{tag}", "options": {f"Size {tag}": size}} for size in "MX"]
        mug = {"sku": f"MUG-{tag}", "barcode": f"9-{tag}"}
        lone = {"sku": f"LONE{shop.n}-{tag}", "barcode": f"7-{shop.n}-{tag}"}
        told: list[tuple[str, list[dict[str, Any]]]] = [
            ("Tee", sizes[: 2 + self.shape % 2]),
            ("Mug", [mug]),
            (f"Lone {shop.n}", [lone]),
            (f"Cap {shop.n}", own),
        ]
        for place, (title, variants) in enumerate(told):
            product(world.app, shop.store_id, first_id + place, f"{title} {tag}", *variants)
        return ()

    def holdings(self, world: OdooWorld, shops: Sequence[Shop], tag: str) -> Holdings:
        planted = _planted(world, shops)
        named = [["name", "=like", f"% {tag}"]]
        variants = world.odoo.rows("product.product", named, "default_code", "product_tmpl_id")
        below: defaultdict[int, list[Any]] = defaultdict(list)
        for row in variants:
            said = (row["default_code"] or "").replace(tag, "")
            below[row["product_tmpl_id"][0]].append((said, *planted.pop(("product.product", row["id"]), [])))
        held = [
            (row["name"].replace(tag, ""), *planted.pop(("product.template", row["id"]), []), *sorted(below[row["id"]]))
            for row in world.odoo.rows("product.template", named, "name")
        ]
        attributes = world.odoo.rows("product.attribute", [["name", "=", f"Size {tag}"]], "value_ids")
        values = [len(row["value_ids"]) for row in attributes]
        return [*sorted(held, key=repr), ("values of attributes", *values), *_leftovers(planted)]


def planted(world: OdooWorld, shop: Shop) -> dict[str, tuple[str, int]]:
    """Our external ids of records of the shop; those that a load brings along are Odoo's."""
    found = world.odoo.external_ids(f"s{shop.shop_id}.")
    return {name: meant for name, meant in found.items() if name.rpartition(".")[2].isdecimal()}


def _planted(world: OdooWorld, shops: Iterable[Shop]) -> dict[tuple[str, int], list[str]]:
    """By what they mean, spelled without the shop's id."""
    found: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for shop in shops:
        for name, meant in planted(world, shop).items():
            found[meant].append(name.replace(f"s{shop.shop_id}.", f"{shop.n}."))
    return {meant: sorted(names) for meant, names in found.items()}


def _leftovers(planted: dict[tuple[str, int], list[str]]) -> Holdings:
    """External ids that mean nothing of the story."""
    return sorted((model, *names) for (model, _), names in planted.items())


# -- here ----------------------------------------------------------------------------------------------------------


def mapped(app: App, shop: Shop) -> dict[str, tuple[str, int]]:
    """As the external ids ought to be, by name."""
    row = mappings.c
    query = select(row.kind, row.shopify_id, row.model, row.odoo_id).where(row.store_id == shop.store_id)
    with app.db.read() as connection:
        return {f"s{shop.shop_id}.{kind}.{one}": (model, odoo) for kind, one, model, odoo in connection.execute(query)}


def items(app: App, shops: Iterable[Shop]) -> list[tuple[int, str, str]]:
    """What waits for somebody in either shop: the place of the record, the state and the cause."""
    row = sync_items.c
    query = select(row.shopify_id, row.state, row.cause).where(row.store_id.in_([shop.store_id for shop in shops]))
    with app.db.read() as connection:
        return sorted((one % 100, state, cause) for one, state, cause in connection.execute(query))

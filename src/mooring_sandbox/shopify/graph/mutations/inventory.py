"""inventorySetQuantities, inventorySetOnHandQuantities, inventoryAdjustQuantities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.errors import FieldError
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.mutations.changes import editable, embed, fresh_id, save, tell, touch
from mooring_sandbox.shopify.graph.mutations.ledgers import ledger_errors
from mooring_sandbox.shopify.graph.mutations.stock import change, level_at
from mooring_sandbox.shopify.graph.reading import quantity
from mooring_sandbox.shopify.graph.resolvers.inventory import variant_of

HIGHEST = 1_000_000_000
_SETTABLE = ("available", "on_hand")
_ADJUSTABLE = ("available", "damaged", "incoming", "quality_control", "reserved", "safety_stock")
_ON_SHELF = ("available", "damaged", "quality_control", "reserved", "safety_stock")  # counted in on_hand
_REASONS = (
    "correction", "cycle_count_available", "damaged", "movement_canceled", "movement_created", "movement_received",
    "movement_updated", "other", "promotion", "quality_control", "received", "reservation_created",
    "reservation_deleted", "reservation_updated", "restock", "safety_stock", "shrinkage",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """Where the members stand in the input, what each is called, and how a member becomes a difference."""

    list: str
    type: str
    amount: str
    names: tuple[str, ...]
    bad_name: str
    name_code: str
    delta: Callable[[Doc, int], int]


_SET = Kind(
    "quantities", "InventoryQuantityInput", "quantity", _SETTABLE,
    "The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME", lambda m, now: m["quantity"] - now,
)  # fmt: skip
_SET_ON_HAND = Kind(
    "setQuantities", "InventorySetQuantityInput", "quantity", _SETTABLE,
    "The quantity name is invalid.", "INVALID_NAME", lambda m, now: m["quantity"] - now,
)  # fmt: skip
_ADJUST = Kind(
    "changes", "InventoryChangeInput", "delta", _ADJUSTABLE,
    f"The specified quantity name is invalid. Valid values are: {', '.join(_ADJUSTABLE)}.", "INVALID_QUANTITY_NAME",
    lambda m, _: m["delta"],
)  # fmt: skip


@mutation
def inventory_set_quantities(context: Context, input: Doc) -> Doc:
    return _run(context, input, _SET, input["name"])


@mutation
def inventory_set_on_hand_quantities(context: Context, input: Doc) -> Doc:
    return _run(context, input, _SET_ON_HAND, "on_hand")


@mutation
def inventory_adjust_quantities(context: Context, input: Doc) -> Doc:
    return _run(context, input, _ADJUST, input["name"])


def _run(context: Context, input_: Doc, kind: Kind, name: str) -> Doc:
    members: list[Doc] = input_[kind.list]
    if context.version >= "2026-04" and not all("changeFromQuantity" in m for m in members):
        message = f"{kind.type} must include the following argument: changeFromQuantity."
        raise FieldError(message, "INVALID_FIELD_ARGUMENTS")
    errors = _check(context, input_, kind, name) or [
        e for i, m in enumerate(members) for e in _check_member(context, kind, name, i, m)
    ]
    if errors:
        return {"inventoryAdjustmentGroup": None, "userErrors": errors}
    changes = [c for m in members for c in _apply(context, kind, name, m)]
    group = _group(context, input_, changes) if changes else None
    return {"inventoryAdjustmentGroup": group, "userErrors": []}


def _check(context: Context, input_: Doc, kind: Kind, name: str) -> list[Doc]:
    if name not in kind.names:
        return [user_error(["input", "name"], kind.bad_name, kind.name_code)]
    if input_["reason"] not in _REASONS:
        message = f"The specified reason is invalid. Valid values are: {', '.join(_REASONS)}."
        return [user_error(["input", "reason"], message, "INVALID_REASON")]
    if kind is _ADJUST:
        return ledger_errors(name, input_[kind.list])
    return _check_twice(input_[kind.list], kind)


def _check_twice(members: list[Doc], kind: Kind) -> list[Doc]:
    pairs = [(m["inventoryItemId"], m["locationId"]) for m in members]
    message = "The combination of inventoryItemId and locationId must be unique."
    code = "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    return [
        user_error(["input", kind.list, str(i), "locationId"], message, code)
        for i, pair in enumerate(pairs)
        if pairs.count(pair) > 1
    ]


def _check_member(context: Context, kind: Kind, name: str, index: int, member: Doc) -> list[Doc]:
    at = ["input", kind.list, str(index)]
    bounds = _check_amount(kind, name, member[kind.amount])
    if bounds:
        return [user_error([*at, kind.amount], *bounds)]
    item = editable(context, member["inventoryItemId"], "InventoryItem")
    if item is None:
        message = "The specified inventory item could not be found."
        return [user_error([*at, "inventoryItemId"], message, "INVALID_INVENTORY_ITEM")]
    if context.load(member["locationId"]) is None:
        return [user_error([*at, "locationId"], "The specified location could not be found.", "INVALID_LOCATION")]
    return _check_from(context, name, at, member, item)


def _check_amount(kind: Kind, name: str, amount: int) -> tuple[str, str] | None:
    """Message and code of an amount out of bounds. What is available may be set below zero, what is on hand not."""
    if amount > HIGHEST:
        return f"The quantity can't be higher than {HIGHEST:,}.", "INVALID_QUANTITY_TOO_HIGH"
    if amount < 0 and kind is not _ADJUST and name == "on_hand":
        return "The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE"
    if amount < -HIGHEST:
        return f"The quantity can't be lower than -{HIGHEST:,}.", "INVALID_QUANTITY_TOO_LOW"
    return None


def _check_from(context: Context, name: str, at: list[str], member: Doc, item: Doc) -> list[Doc]:
    expected = member.get("changeFromQuantity")
    if expected is None or expected == quantity(level_at(context, item, member["locationId"]), name):
        return []
    message = "The specified compare quantity does not match the current quantity."
    return [user_error([*at, "changeFromQuantity"], message, "CHANGE_FROM_QUANTITY_STALE")]


def _apply(context: Context, kind: Kind, name: str, member: Doc) -> list[Doc]:
    """What changed: the quantity itself, and on hand with what stands on the shelf; available comes before on hand."""
    item = editable(context, member["inventoryItemId"], "InventoryItem") or {}
    level = level_at(context, item, member["locationId"])
    delta = kind.delta(member, quantity(level, name))
    if delta == 0:
        return []
    names = ["available", "on_hand"] if name == "on_hand" else [name, "on_hand"] if name in _ON_SHELF else [name]
    for each in names:
        change(context, level, each, delta)
    save(context, "InventoryItem", item)
    embed(context, item["id"], item["inventoryLevels"])
    tell(context, {**level, "inventoryItemId": item["id"]}, "INVENTORY_LEVELS_UPDATE")
    _touch_product(context, item)
    place = {"itemId": item["id"], "locationId": member["locationId"]}
    ledger = {name: member.get("ledgerDocumentUri")}
    return [{"name": n, "delta": delta, "ledgerDocumentUri": ledger.get(n), **place} for n in names]


def _touch_product(context: Context, item: Doc) -> None:
    """Stock moves `updatedAt` of variant and product too, though nothing of their content changed."""
    variant = variant_of(context, item)
    for owner in (variant or {}).get("id"), (variant or {}).get("productId"):
        if owner:
            touch(context, owner)


def _group(context: Context, input_: Doc, changes: list[Doc]) -> Doc:
    return {
        "id": fresh_id(context, "InventoryAdjustmentGroup"),
        "createdAt": context.timestamp,
        "reason": input_["reason"],
        "referenceDocumentUri": input_.get("referenceDocumentUri"),
        "changes": changes,
    }

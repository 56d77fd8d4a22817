"""Every field of the types around customers, orders, products and stock can be asked for, as wide extractors do.

Each field is selected with everything below it to a depth, on records of the catalogue; no answer may hold an
internal error, and none may lack a field.
"""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from mooring_sandbox.clock import Clock, iso
from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.catalogue import Sizes, fill, shop_doc
from mooring_sandbox.shopify.graph import Graph
from mooring_sandbox.shopify.graph.schema import official
from mooring_sandbox.shopify.state import State

ROOTS = {
    "collections": "Collection",
    "customers": "Customer",
    "fulfillmentOrders": "FulfillmentOrder",
    "inventoryItems": "InventoryItem",
    "locations": "Location",
    "orders": "Order",
    "productVariants": "ProductVariant",
    "products": "Product",
}
ARGUMENTS = {
    "names": '["available", "on_hand"]',
    "key": '"color"',
    "namespace": '"custom"',
    "truncateAt": "20",
    "locale": '"en"',
    "transform": "{}",
}
DEPTH = 3


@pytest.fixture(scope="module")
def graph() -> Graph:
    state, clock = State(), Clock()
    state.add_shop(1, "harbour", shop_doc("harbour", seed=7, shop_id=1, as_of=iso(clock.now())))
    fill(state, 1, seed=7, sizes=Sizes(customers=40, orders=60, products=12), clock=clock)
    return Graph(state, clock, maximum=10.0**9, restore_rate=10.0**9)


@pytest.fixture(scope="module")
def caller() -> Caller:
    known = official("2026-10")
    scopes = {s for r in (*known.types.values(), *known.fields.values()) for s in r.scopes} | {"read_all_orders"}
    return Caller(1, 100, "wide", "Wide", frozenset(scopes))


def _arguments(arguments: dict[str, GraphQLArgument]) -> str | None:
    """None if a required one cannot be given."""
    given = {n: ARGUMENTS[n] for n, a in arguments.items() if n in ARGUMENTS and is_required_argument(a)}
    if any(is_required_argument(a) and n not in given for n, a in arguments.items()):
        return None
    if {"first", "after"} <= arguments.keys():
        given["first"] = "2"
    return f"({', '.join(f'{k}: {v}' for k, v in given.items())})" if given else ""


def _selection(field: GraphQLField, depth: int) -> str | None:
    """Everything below a field; None if nothing can be selected there any more."""
    inner = get_named_type(field.type)
    if is_leaf_type(inner):
        return ""
    if not isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
        return "{ __typename }"
    if depth == 0:
        return "{ id }" if "id" in inner.fields else None
    parts = [_asked(name, f, depth - 1) for name, f in inner.fields.items()]
    return "{ __typename " + " ".join(p for p in parts if p) + " }"


def _asked(name: str, field: GraphQLField, depth: int) -> str | None:
    arguments, below = _arguments(field.args), _selection(field, depth)
    return None if arguments is None or below is None else f"{name}{arguments}{below}"


def _cases() -> list[tuple[str, str, str]]:
    schema = official("2026-10").schema
    out = []
    for root, type_ in ROOTS.items():
        node = schema.type_map[type_]
        assert isinstance(node, GraphQLObjectType)
        for name, field in node.fields.items():
            asked = _asked(name, field, 1 if "Connection" in str(field.type) else 2)
            if asked:
                out.append((root, name, asked))
    return out


@pytest.mark.parametrize(("root", "name", "asked"), _cases(), ids=lambda v: str(v)[:24])
def test_field_can_be_selected(graph: Graph, caller: Caller, root: str, name: str, asked: str) -> None:
    answer = graph.execute(caller, "2026-10", {"query": f"{{ {root}(first: 1) {{ nodes {{ id {asked} }} }} }}"})
    assert answer.status == 200
    errors = [e["message"] for e in answer.body.get("errors", ())]
    if errors and "max cost" in errors[0]:
        pytest.skip("dearer than one query may be")
    assert errors == []
    assert all(name in node for node in answer.body["data"][root]["nodes"])


def test_shop_and_app_can_be_selected_whole(graph: Graph, caller: Caller) -> None:
    schema = official("2026-10").schema
    for root in ("shop", "currentAppInstallation", "app"):
        field = schema.query_type.fields[root]  # type: ignore[union-attr]
        for name, inner in get_named_type(field.type).fields.items():  # type: ignore[union-attr]
            asked = _asked(name, inner, 1)
            if asked:
                answer = graph.execute(caller, "2026-10", {"query": f"{{ {root} {{ {asked} }} }}"})
                assert "errors" not in answer.body, (root, name, answer.body["errors"])


def _root_call(name: str, field: GraphQLField) -> str | None:
    type_ = get_named_type(field.type).name
    ids = {n: f'"gid://shopify/{type_}/1"' for n, a in field.args.items() if str(a.type) in ("ID", "ID!")}
    handle = {n: '"x"' for n, a in field.args.items() if n == "handle" and str(a.type) == "String!"}
    given = {n: v for n, v in {**ARGUMENTS, **ids, **handle}.items() if n in field.args}
    if any(is_required_argument(a) and n not in given for n, a in field.args.items()):
        return None
    if {"first", "after"} <= field.args.keys():
        given["first"] = "2"
    below = _selection(field, 2)
    arguments = f"({', '.join(f'{k}: {v}' for k, v in given.items())})" if given else ""
    return None if below is None else f"{name}{arguments}{below}"


@pytest.mark.parametrize("name", sorted(official("2026-10").schema.query_type.fields))  # type: ignore[union-attr]
def test_root_answers_without_a_fault_of_ours(graph: Graph, caller: Caller, name: str) -> None:
    call = _root_call(name, official("2026-10").schema.query_type.fields[name])  # type: ignore[union-attr]
    if call is None:
        pytest.skip("needs arguments that only a scenario can give")
    body = graph.execute(caller, "2026-10", {"query": f"{{ {call} }}"}).body
    codes = {e["extensions"].get("code") for e in body.get("errors", ())}
    assert codes <= {"RESOURCE_NOT_FOUND", "MAX_COST_EXCEEDED"}, body["errors"]

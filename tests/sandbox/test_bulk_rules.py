"""What may not run in bulk, in the recorded words; also what is not recorded but follows from the same rules."""

import pytest
from graphql import parse

from mooring_sandbox.shopify.bulk import schema_of
from mooring_sandbox.shopify.bulk_rules import mutation_problem, query_problems


def by_nodes(*names: str) -> str:
    return (
        "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: "
        f"'{names[0]} {{ edges {{ node {{'. Selecting via 'nodes' is not supported. Invalid connection fields: "
        f"{', '.join(repr(n) for n in names)}."
    )


PARENT = (
    "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of "
    "'ID' return type. Connection fields without 'id': "
)
NO_CONNECTION = "Bulk queries must contain at least one connection."
DEEP = "Bulk queries cannot contain connections with a nesting depth greater than 2."
MANY = "Bulk queries cannot contain more than 5 connections."
IN_LIST = "Queries that contain a connection field within a list field are not currently supported."


def edges(inside: str) -> str:
    return f"{{ edges {{ node {{ {inside} }} }} }}"


@pytest.mark.parametrize(
    ("query", "problems"),
    [
        (f"{{ products {edges('id title')} }}", []),
        ("{ products { nodes { id } } }", [by_nodes("products")]),
        ("{ products { nodes { id } } orders { nodes { id } } }", [by_nodes("products", "orders")]),
        ('{ node(id: "gid://shopify/Product/1") { id } }',
         ["Bulk queries cannot contain a top level `node` field.", NO_CONNECTION]),
        ("{ shop { id } }", [NO_CONNECTION]),
        (f"{{ products {edges('title variants ' + edges('id'))} }}", [PARENT + "products."]),
        (f"{{ products {edges('key: id variants ' + edges('id'))} }}", [PARENT + "products."]),
        (f"{{ orders {edges('id fulfillments { events ' + edges('id') + ' }')} }}", [IN_LIST]),
        (f"{{ products {edges('id variants ' + edges('id metafields ' + edges('id')))} }}", []),
        (f"{{ collections {edges('id products ' + edges('id variants ' + edges('id metafields ' + edges('id'))))} }}",
         [DEEP]),
        (f"{{ products {edges('id' + ''.join(f' {n} ' + edges('id') for n in ('variants', 'metafields', 'collections', 'media', 'sellingPlanGroups')))} }}",  # noqa: E501
         [MANY]),
        (f"{{ products {{ nodes {{ title variants {edges('id')} }} }} }}",
      [by_nodes("products"), PARENT + "products."]),
        ("{ products { ...P } } fragment P on ProductConnection { edges { node { id variants { nodes { id } } } } }",
         [by_nodes("variants")]),
        (f"{{ orders {edges('... on Order { lineItems ' + edges('id') + ' }')} }}", [PARENT + "orders."]),
        ("query A { products { edges { node { id } } } } query B { orders { edges { node { id } } } }",
         ["Invalid bulk query: An operation name is required"]),
        ("mutation { appUninstall { app { id } } }",
         ["Invalid operation type. Only `query` operations are supported."]),
    ],
)  # fmt: skip
def test_a_query(query: str, problems: list[str]):
    assert query_problems(parse(query), schema_of("2026-10")) == problems


@pytest.mark.parametrize(
    ("mutation", "field", "message", "code"),
    [
        ("query { products { edges { node { id } } } }", None,
         "Invalid operation type. Only `mutation` operations are supported.", "INVALID_MUTATION"),
        ("mutation { a: appUninstall { app { id } } b: appUninstall { app { id } } }", ["mutation"],
         "You must specify a single top level mutation.", None),
        ('mutation { bulkOperationCancel(id: "1") { bulkOperation { id } } }', ["mutation"],
         "You must use an allowed mutation name.", None),
        ("mutation P($p: ProductCreateInput!) { productCreate(product: $p) { product { variants(first: 1) "
         + edges("id") + " media(first: 1) " + edges("id") + " } } }", ["mutation"],
         "Bulk mutations cannot contain more than 1 connection.", None),
    ],
)  # fmt: skip
def test_a_mutation(mutation: str, field, message: str, code):
    problem = mutation_problem(parse(mutation), schema_of("2026-10"))
    assert problem == {"field": field, "message": message, "code": code}


def test_a_good_mutation_has_no_problem():
    text = "mutation P($p: ProductCreateInput!) { productCreate(product: $p) { product { id } userErrors { field } } }"
    assert mutation_problem(parse(text), schema_of("2026-10")) is None

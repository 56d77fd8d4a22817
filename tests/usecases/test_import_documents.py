"""The documents of an import are ones Shopify runs: in bulk, as a probe, and page by page; whatever is left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from mooring.domain.kinds import Kind
from mooring.domain.records_access import not_permitted, of_kind, steps, switched_off, unapproved
from mooring.domain.rules import Settings
from mooring.shopify.documents import document
from mooring.usecases.import_store_documents import asked, complete
from mooring_sandbox.shopify import bulk_rules

ROOT = Path(__file__).resolve().parents[2]
QUERIES = ROOT / "src/mooring/shopify/queries"
SCHEMA = ROOT / "src/mooring_sandbox/shopify/schema/2026-10.graphql"
SHARED = ROOT.parent / "shared"
APP: Any = SimpleNamespace(shopify=SimpleNamespace(document=document))
SCOPES = frozenset({"read_customers", "read_orders", "read_products", "read_payment_terms"})
NOTHING = frozenset[str]()
EVERYTHING_OFF = switched_off(Settings(customer_profiles=False, email_consent=False, sms_consent=False))
UNREAD = {
    "nothing": NOTHING,
    "no other scope": not_permitted(frozenset()),
    "toggles off": EVERYTHING_OFF,
    "no approval": unapproved({"customers.edges.node.firstName", "orders.edges.node.email", "orders.edges.node.phone",
                               "customers.edges.node.addressesV2.edges.node.zip"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def schema():
    return build_schema(SCHEMA.read_text(), assume_valid=True)


@pytest.mark.parametrize("unread", UNREAD.values(), ids=UNREAD.keys())
@pytest.mark.parametrize("kind", list(Kind))
def test_a_bulk_query_and_its_probe_are_valid(kind: Kind, unread: frozenset[str], schema) -> None:
    texts = asked(APP, kind, unread)
    assert bulk_rules.query_problems(parse(texts.bulk), schema) == []
    assert len(texts.bulk.encode()) < bulk_rules.MAX_DOCUMENT_BYTES
    assert "first:" not in texts.bulk
    for text in (texts.bulk, texts.probe):
        assert validate(schema, parse(text)) == []


@pytest.mark.parametrize("path", sorted(QUERIES.glob("*.graphql")), ids=lambda path: path.stem)
def test_every_document_is_valid(path: Path, schema) -> None:
    text = complete(APP, path.stem) if path.stem != "fragments" else ""
    assert validate(schema, parse(text)) == [] if text else parse(path.read_text())


def test_no_document_uses_what_is_deprecated() -> None:
    tool, official = SHARED / "tools/schema_check.py", SHARED / "shopify/schema/2026-10.graphql.gz"
    if not tool.exists():
        pytest.skip("the official schema is not here")
    command = [sys.executable, str(tool), "--schema", str(official), "docs", "--no-deprecated", str(QUERIES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_left_out_is_named_with_parents_that_became_empty() -> None:
    found = asked(APP, Kind.PRODUCTS, frozenset({"products.variants.inventoryItem.measurement.weight", "products.seo"}))
    assert found.left_out == {
        "products.seo", "products.variants.inventoryItem.measurement.weight",
        "products.variants.inventoryItem.measurement",
    }  # fmt: skip
    assert "measurement" not in found.bulk
    assert "inventoryItem" in found.bulk


def test_a_denied_field_stands_for_its_group() -> None:
    found = unapproved({"customers.edges.node.addressesV2.edges.node.firstName"})
    assert {"customers.firstName", "orders.billingAddress.lastName", "customers.addressesV2.firstName"} <= found
    assert "customers.defaultEmailAddress.emailAddress" not in found
    assert unapproved({"products.edges.node.title"}) == {"products.title"}


def test_toggles_leave_out_only_customers() -> None:
    assert of_kind(EVERYTHING_OFF, Kind.CUSTOMERS) == EVERYTHING_OFF
    assert switched_off(Settings()) == NOTHING


def test_scopes_beyond_the_kind() -> None:
    assert not_permitted(SCOPES) == NOTHING
    assert not_permitted(frozenset({"write_customers", "read_products"})) == {"orders.paymentTerms"}


def test_paths_are_cut_below_a_prefix() -> None:
    paths = {"customers.firstName", "customers.addressesV2.zip", "customers.defaultEmailAddress.emailAddress"}
    assert steps(paths, "customers.addressesV2") == (("zip",),)
    assert steps(paths, "customers")[0] == ("firstName",)

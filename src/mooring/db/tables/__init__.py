"""The schema, one file per table group."""

from mooring.db.tables.base import metadata
from mooring.db.tables.edits import engagement, hub_edits
from mooring.db.tables.inbox import deliveries, holds
from mooring.db.tables.notices import notice_hooks, notice_posts, notice_reads, notices
from mooring.db.tables.operations import import_chunks, operations
from mooring.db.tables.people import (
    api_tokens,
    idempotency_keys,
    installation,
    login_links,
    members,
    people,
    projects,
    sessions,
)
from mooring.db.tables.privacy import privacy_requests, suppressions
from mooring.db.tables.records import (
    addresses,
    collection_products,
    collections,
    customers,
    list_members,
    order_lines,
    orders,
    products,
    refunds,
    variants,
)
from mooring.db.tables.stores import (
    audit,
    credentials,
    kind_states,
    lists,
    oauth_pending,
    shopify_apps,
    store_domains,
    stores,
)

__all__ = [
    "addresses",
    "api_tokens",
    "audit",
    "collection_products",
    "collections",
    "credentials",
    "customers",
    "deliveries",
    "engagement",
    "holds",
    "hub_edits",
    "idempotency_keys",
    "import_chunks",
    "installation",
    "kind_states",
    "list_members",
    "lists",
    "login_links",
    "members",
    "metadata",
    "notice_hooks",
    "notice_posts",
    "notice_reads",
    "notices",
    "oauth_pending",
    "operations",
    "order_lines",
    "orders",
    "people",
    "privacy_requests",
    "products",
    "projects",
    "refunds",
    "sessions",
    "shopify_apps",
    "store_domains",
    "stores",
    "suppressions",
    "variants",
]

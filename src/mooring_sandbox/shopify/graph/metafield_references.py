"""Whether what a metafield refers to is there."""

from __future__ import annotations

import json

from mooring_sandbox.shopify.graph.context import Context
from mooring_sandbox.shopify.graph.metafield_types import is_reference
from mooring_sandbox.shopify.state import parse_gid

# Types of gids by what the metafield type says. Shopify's own taxonomy is not kept here, so it is taken on trust.
_TARGETS: dict[str, tuple[str, ...]] = {
    "article": ("Article",),
    "collection": ("Collection",),
    "company": ("Company",),
    "customer": ("Customer",),
    "file": ("GenericFile", "MediaImage", "Model3d", "Video"),
    "metaobject": ("Metaobject",),
    "mixed": ("Metaobject",),
    "order": ("Order",),
    "page": ("OnlineStorePage", "Page"),
    "product": ("Product",),
    "variant": ("ProductVariant",),
}


def missing_reference(context: Context, type_: str, value: str) -> str | None:
    """What the server says of the first gid that leads nowhere; None if all lead somewhere."""
    kind = type_.removeprefix("list.").removesuffix("_reference")
    if not is_reference(type_) or kind not in _TARGETS:
        return None
    gids = json.loads(value) if type_.startswith("list.") else [value]
    lost = next((gid for gid in gids if not _leads(context, str(gid), _TARGETS[kind])), None)
    return None if lost is None else f"Value references non-existent resource {lost}."


def _leads(context: Context, gid: str, types: tuple[str, ...]) -> bool:
    found = parse_gid(gid)
    return found is not None and found[0] in types and context.load(gid) is not None

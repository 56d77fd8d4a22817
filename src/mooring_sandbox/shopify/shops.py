"""Which shop a request is for, under which address it came in, and whether that shop answers at all.

`x.myshopify.com` as Host, or, under any other host, the first path segment (`/x.myshopify.com/…`, `/x/…`). Both at
once, as of clients that rewrite addresses and leave the Host header alone, mean the same.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from mooring_sandbox.shopify.state import Doc, State

Scope = MutableMapping[str, Any]
_SUFFIX = ".myshopify.com"

# Status and body by shop state. The bodies of 402, 403 and 423 are third-party reports; match on the status.
_CLOSED: dict[str, tuple[int, str]] = {
    "frozen": (402, "Unavailable Shop"),
    "unavailable": (403, "Unavailable Shop"),
    "locked": (423, "This store is unavailable"),
    "gone": (404, "Not Found"),
}
STATES = ("active", *_CLOSED)


@dataclass(frozen=True)
class Visit:
    """`origin` is what absolute links begin with; `path` is what is left of the address inside the shop."""

    shop_id: int | None
    domain: str
    path: str
    origin: str


def visit(state: State, scope: Scope, public_url: str | None) -> Visit:
    path, origin = inner_path(scope), public_url or origin_of(scope)
    name = host(scope).rpartition(":")[0] or host(scope)
    segment, _, rest = path.lstrip("/").partition("/")
    if name.endswith(_SUFFIX) and segment.lower() != name:
        return _visit(state, name, path, origin)
    return _visit(state, segment, f"/{rest}", origin)


def _visit(state: State, name: str, path: str, origin: str) -> Visit:
    shop_id = state.shop_id(name.lower()) if name else None
    return Visit(shop_id, "" if shop_id is None else domain_of(state, shop_id), path, origin)


def inner_path(scope: Scope) -> str:
    """The path without the prefix under which the whole sandbox is mounted."""
    path, root = scope["path"], scope.get("root_path", "").rstrip("/")
    return path[len(root) :] or "/" if root and path.startswith(root) else path


def origin_of(scope: Scope) -> str:
    return f"{scope.get('scheme', 'http')}://{host(scope)}{scope.get('root_path', '').rstrip('/')}"


def host(scope: Scope) -> str:
    found = next((value for name, value in scope["headers"] if name == b"host"), None)
    if found is not None:
        return found.decode("latin-1").lower()
    address, port = scope.get("server") or ("127.0.0.1", None)
    return f"{address}:{port}" if port else address


def domain_of(state: State, shop_id: int) -> str:
    """The shop's present address; older ones (aliases) lead to the same shop."""
    return state.shop(shop_id).get("myshopifyDomain") or f"{dict(state.shops())[shop_id]}{_SUFFIX}"


def settings(doc: Doc) -> Doc:
    return doc.get("$settings") or {}


def closed(doc: Doc) -> tuple[int, str] | None:
    """Status and text of a shop that does not answer; None for an active one."""
    return _CLOSED.get(settings(doc).get("state", "active"))


def is_gone(state: State, shop_id: int) -> bool:
    """Deleted at Shopify: not even its token endpoint is there."""
    return settings(state.shop(shop_id)).get("state") == "gone"


def set_state(state: State, shop_id: int, name: str) -> None:
    if name not in STATES:
        raise ValueError(f"a shop is one of {', '.join(STATES)}, not {name!r}")
    doc = state.shop(shop_id)
    _store(state, shop_id, doc | {"$settings": settings(doc) | {"state": name}})


def change(state: State, shop_id: int, fields: Doc) -> None:
    """Fields of the shop's document; identity and address are not among them."""
    fixed = {"id", "myshopifyDomain"} & set(fields)
    if fixed:
        raise ValueError(f"{', '.join(sorted(fixed))} cannot be set on a shop: rename it instead")
    _store(state, shop_id, state.shop(shop_id) | fields)


def rename(state: State, shop_id: int, handle: str) -> None:
    """A new myshopify.com address for the same shop; the old one stays as an alias."""
    with state.transaction():
        taken = state.shop_id(handle)
        if taken not in (None, shop_id):
            raise ValueError(f"{handle}{_SUFFIX} belongs to another shop")
        doc = state.shop(shop_id) | {"myshopifyDomain": f"{handle}{_SUFFIX}"}
        state.add_shop(shop_id, handle, doc)


def hand_over(state: State, domain: str, to: int) -> None:
    """`domain` answers as the shop `to` from now on, as when a name that one shop gave up is taken by another.

    The shop that had it keeps its records, id and other addresses; without any, it is reached as `former-…`.
    """
    with state.transaction():
        name = domain.lower().removesuffix(_SUFFIX)
        holder = state.shop_id(name)
        if holder is None:
            raise ValueError(f"no shop answers at {name}{_SUFFIX}")
        if holder == to:
            raise ValueError(f"{name}{_SUFFIX} is an address of this shop already")
        if domain_of(state, holder) == f"{name}{_SUFFIX}":
            rename(state, holder, _spare(state, name))
        state.db.execute("DELETE FROM domain WHERE name = ?", (f"{name}{_SUFFIX}",))
        rename(state, to, name)


def _spare(state: State, name: str) -> str:
    """A name that nobody has: former-harbour, former-former-harbour, …"""
    name = f"former-{name}"
    return name if state.shop_id(name) is None else _spare(state, name)


def _store(state: State, shop_id: int, doc: Doc) -> None:
    handle = dict(state.shops())[shop_id]
    state.add_shop(shop_id, handle, doc)

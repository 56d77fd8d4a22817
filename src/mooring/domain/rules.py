"""Toggles, scopes, roles, and which operations exclude which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from mooring.domain.kinds import Kind


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The nine sync toggles of a store. Inbound are on, outbound are off until a person says otherwise."""

    customer_profiles: bool = True
    email_consent: bool = True
    sms_consent: bool = True
    orders: bool = True
    product_catalogue: bool = True
    profile_data: bool = False
    email_subscription: bool = False
    sms_subscription: bool = False
    engagement: bool = False


@dataclass(frozen=True, slots=True)
class Toggle:
    name: str
    title: str
    hint: str
    inbound: bool
    scopes: frozenset[str]


_CUSTOMERS, _ORDERS, _PRODUCTS = (frozenset({f"read_{x}"}) for x in ("customers", "orders", "products"))
_WRITE = frozenset({"write_customers"})

TOGGLES: tuple[Toggle, ...] = (
    Toggle("customer_profiles", "Customer profiles", "Names, addresses, tags", True, _CUSTOMERS),
    Toggle("email_consent", "E-mail consent", "Who agreed, and when", True, _CUSTOMERS),
    Toggle("sms_consent", "SMS consent", "Who agreed, and when", True, _CUSTOMERS),
    Toggle("orders", "Orders", "Lines, payments, refunds", True, _ORDERS),
    Toggle("product_catalogue", "Product catalogue", "Products, variants, collections", True, _PRODUCTS),
    Toggle("profile_data", "Profile data", "Fills empty fields, never overwrites", False, _WRITE),
    Toggle("email_subscription", "E-mail subscription", "Changes made here reach Shopify", False, _WRITE),
    Toggle("sms_subscription", "SMS subscription", "Changes made here reach Shopify", False, _WRITE),
    Toggle("engagement", "Engagement", "Last open and click, as metafields", False, _WRITE),
)

OPTIONAL_SCOPES = (
    "read_all_orders",
    "read_customer_merge",
    "write_customers",
    "write_orders",
    "write_products",
)

_KIND_SCOPES: dict[Kind, str] = {
    Kind.CUSTOMERS: "read_customers",
    Kind.ORDERS: "read_orders",
    Kind.PRODUCTS: "read_products",
    Kind.COLLECTIONS: "read_products",
}


def wanted_kinds(settings: Settings) -> tuple[Kind, ...]:
    """What the inbound toggles ask for. Consent lives on the customer, so any customer toggle wants customers."""
    people = settings.customer_profiles or settings.email_consent or settings.sms_consent
    wanted = {
        Kind.CUSTOMERS: people,
        Kind.ORDERS: settings.orders,
        Kind.PRODUCTS: settings.product_catalogue,
        Kind.COLLECTIONS: settings.product_catalogue,
    }
    return tuple(kind for kind in Kind if wanted[kind])


def base_scopes(settings: Settings) -> frozenset[str]:
    """The scopes without which the store needs a reconnect: those of the inbound toggles that are on."""
    return frozenset(s for t in TOGGLES if t.inbound and getattr(settings, t.name) for s in t.scopes)


def wanted_scopes(settings: Settings) -> frozenset[str]:
    """What to ask the merchant for: the scopes of every toggle that is on."""
    return frozenset(s for t in TOGGLES if getattr(settings, t.name) for s in t.scopes)


def waiting_scopes(settings: Settings, granted: frozenset[str]) -> tuple[str, ...]:
    """What only outbound toggles lack: those wait for a permission, and the store works all the same."""
    return tuple(sorted(wanted_scopes(settings) - base_scopes(settings) - with_implied(granted)))


def with_implied(granted: frozenset[str]) -> frozenset[str]:
    """`write_x` grants `read_x` (Shopify leaves the implied one out of `scope`)."""
    return granted | {"read_" + s.removeprefix("write_") for s in granted if s.startswith("write_")}


def missing_scopes(settings: Settings, granted: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(base_scopes(settings) - with_implied(granted)))


def importable_kinds(settings: Settings, granted: frozenset[str]) -> tuple[Kind, ...]:
    """Wanted kinds whose scope is granted; the others wait for the permission."""
    have = with_implied(granted)
    return tuple(kind for kind in wanted_kinds(settings) if _KIND_SCOPES[kind] in have)


def kind_scope(kind: Kind) -> str:
    return _KIND_SCOPES[kind]


def sees_all_orders(granted: frozenset[str]) -> bool:
    return "read_all_orders" in granted


class Role(StrEnum):
    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


_RANK = {Role.VIEWER: 0, Role.EDITOR: 1, Role.ADMIN: 2}


def role_allows(have: Role | None, need: Role) -> bool:
    return have is not None and _RANK[have] >= _RANK[need]


class Work(StrEnum):
    """Kinds of operations. The word in the database, the API and the log."""

    IMPORT = "import"
    CATCH_UP = "catch_up"
    PULL = "pull"
    SWEEP = "sweep"
    RECOVER = "recover"
    HEALTH_CHECK = "health_check"
    CLEAN_UP = "clean_up"
    SUBSCRIBE = "subscribe"
    DELETE = "delete"
    REDACT = "redact"
    WRITE_BACK = "write_back"
    SYNC_ODOO = "sync_odoo"
    VERIFY_MAPPING = "verify_mapping"
    CLEAR_MAPPING = "clear_mapping"
    REBUILD_MAPPING = "rebuild_mapping"


_READS = frozenset({Work.IMPORT, Work.CATCH_UP, Work.PULL, Work.SWEEP})
_MAPS = frozenset({Work.SYNC_ODOO, Work.VERIFY_MAPPING, Work.CLEAR_MAPPING, Work.REBUILD_MAPPING})

EXCLUDES: dict[Work, frozenset[Work]] = {
    Work.IMPORT: (_READS - {Work.CATCH_UP}) | {Work.DELETE, Work.CLEAN_UP},
    Work.CATCH_UP: frozenset({Work.CATCH_UP, Work.DELETE, Work.CLEAN_UP}),
    Work.PULL: (_READS - {Work.CATCH_UP}) | {Work.DELETE, Work.CLEAN_UP},
    Work.SWEEP: (_READS - {Work.CATCH_UP}) | {Work.DELETE, Work.CLEAN_UP},
    Work.RECOVER: frozenset({Work.RECOVER, Work.DELETE, Work.CLEAN_UP}),
    Work.HEALTH_CHECK: frozenset({Work.HEALTH_CHECK, Work.DELETE}),
    Work.CLEAN_UP: _READS | {Work.RECOVER, Work.CLEAN_UP, Work.SUBSCRIBE, Work.DELETE, Work.WRITE_BACK},
    Work.SUBSCRIBE: frozenset({Work.SUBSCRIBE, Work.CLEAN_UP, Work.DELETE}),
    Work.DELETE: frozenset(Work),
    Work.REDACT: frozenset({Work.REDACT, Work.DELETE}),
    Work.WRITE_BACK: frozenset({Work.WRITE_BACK, Work.DELETE, Work.CLEAN_UP}),
    Work.SYNC_ODOO: _MAPS | {Work.DELETE},
    Work.VERIFY_MAPPING: _MAPS | {Work.DELETE},
    Work.CLEAR_MAPPING: _MAPS | {Work.DELETE},
    Work.REBUILD_MAPPING: _MAPS | {Work.DELETE},
}
"""Of one store: what may not be unfinished while this starts. The relation is symmetric; a test holds it to that.
Delete is listed against everything, but it does not wait: starting it fences and stops the others (`stops`)."""


WAITS_FOR: dict[Work, frozenset[Work]] = {
    Work.CATCH_UP: frozenset({Work.IMPORT, Work.PULL, Work.SWEEP}),
}
"""What an operation lets finish before it begins, instead of being refused: a catch-up is asked for by a reconnect, at
which an interrupted import goes on first."""


def excluded_by(new: Work, unfinished: frozenset[Work]) -> frozenset[Work]:
    """Which of the unfinished operations of the same store forbid `new` to start."""
    return (EXCLUDES[new] - stops(new)) & unfinished


BESIDE_PARKED = frozenset({Work.CLEAN_UP})
"""Starts although others are parked: they wait for a reconnect, and that ends the clean-up."""

OVER_AT_RECONNECT = frozenset({Work.CLEAN_UP, Work.CATCH_UP, Work.PULL, Work.SWEEP, Work.HEALTH_CHECK, Work.SUBSCRIBE})
"""Parked work that a reconnect ends instead of resuming: a clean-up would undo it, and the others are done anew by it.
A catch-up reads from the newest change down, so one that was interrupted would not see what came after it began."""

ROUTINE = frozenset({Work.PULL, Work.SWEEP, Work.HEALTH_CHECK, Work.SUBSCRIBE})
"""What the schedule does over and over: no entry of the activity log, and no receipt for ever."""

BY_ITSELF = ROUTINE | {Work.SYNC_ODOO}
"""What is treated so when the schedule has started it; what a person started is kept."""

NEVER_PARKED = frozenset({Work.REDACT, Work.CLEAR_MAPPING})
"""Never parked: what a person has a right to goes on in every state, and so does what a dead token must never block."""


def stops(new: Work) -> frozenset[Work]:
    """Which unfinished operations of the same store are ended by starting `new` instead of forbidding it."""
    if new is Work.DELETE:
        return frozenset(Work) - {Work.DELETE}
    if new in (Work.CLEAR_MAPPING, Work.REBUILD_MAPPING):
        return frozenset({Work.SYNC_ODOO, Work.VERIFY_MAPPING})
    return frozenset({Work.PULL}) if new is Work.IMPORT else frozenset()


_FEW = 20


def mass_deletion(count: int, total: int) -> bool:
    """Whether so many of a kind marked as deleted at once have to be confirmed by a person: more than max(20, 10 %)."""
    return count > _FEW and count * 10 > total

"""Which fields of a kind are not read, and why: switched off, no permission, no approval.

A field that is not read is left out of the query, so that it can neither fail it nor blank what was imported earlier.
Fields are named by dotted paths without `edges.node`, as in `orders.lineItems.variant`.
"""

from __future__ import annotations

from collections.abc import Iterable

from mooring.domain.kinds import Kind
from mooring.domain.rules import Settings, with_implied

_SCOPED = {
    "orders.customer": "read_customers",
    "orders.lineItems.product": "read_products",
    "orders.lineItems.variant": "read_products",
    "orders.paymentTerms": "read_payment_terms",
}
"""Fields that need another scope than their kind does."""

_ADDRESSES = ("customers.addressesV2", "orders.billingAddress", "orders.shippingAddress")
_PROTECTED: dict[str, frozenset[str]] = {
    "name": frozenset({"customers.firstName", "customers.lastName"})
    | {f"{address}.{name}" for address in _ADDRESSES for name in ("firstName", "lastName")},
    "email": frozenset({"customers.defaultEmailAddress.emailAddress", "orders.email"}),
    "phone": frozenset({"customers.defaultPhoneNumber.phoneNumber", "orders.phone"})
    | {f"{address}.phone" for address in _ADDRESSES},
    "address": frozenset(f"{address}.{name}" for address in _ADDRESSES for name in ("address1", "address2", "zip")),
}
"""Protected customer data that has to be approved for an app, group by group. Source: Shopify's list of fields."""
_WORDS = {"name": "names", "email": "e-mail addresses", "phone": "phone numbers", "address": "addresses"}

_PROFILE = frozenset(
    f"customers.{name}"
    for name in (
        "firstName", "lastName", "state", "locale", "note", "tags", "taxExempt", "taxExemptions", "taxSettings",
        "verifiedEmail", "numberOfOrders", "amountSpent", "defaultAddress", "addressesV2",
    )
)  # fmt: skip
_EMAIL, _PHONE = "customers.defaultEmailAddress", "customers.defaultPhoneNumber"


def switched_off(settings: Settings) -> frozenset[str]:
    """What the toggles leave out. An address on a channel is read for the profile or for its consent."""
    off: set[str] = set()
    if not settings.customer_profiles:
        off |= _PROFILE
    if not settings.email_consent:
        names = ("marketingState", "marketingOptInLevel", "marketingUpdatedAt")
        off |= {f"{_EMAIL}.{name}" for name in names} if settings.customer_profiles else {_EMAIL}
    if not settings.sms_consent:
        off |= {f"{_PHONE}.smsMarketingConsent"} if settings.customer_profiles else {_PHONE}
    return frozenset(off)


def not_permitted(granted: frozenset[str]) -> frozenset[str]:
    have = with_implied(granted)
    return frozenset(path for path, scope in _SCOPED.items() if scope not in have)


def for_want_of_approval(denied: Iterable[str]) -> frozenset[str]:
    """What stays denied until Shopify approves it. A field of another scope comes and goes with that scope, of which
    Shopify knew earlier than we did."""
    return frozenset(denied) - _SCOPED.keys()


def plain(path: str) -> str:
    """`customers.edges.node.addressesV2.edges.node.zip` -> `customers.addressesV2.zip`."""
    return ".".join(name for name in path.split(".") if name not in ("edges", "node"))


def unapproved(denied: Iterable[str]) -> frozenset[str]:
    """All fields that what was denied once stands for: approval is given for a group, not for a field.

    A probe that meets a customer without an address would otherwise miss that addresses are denied too.
    """
    paths = {plain(path) for path in denied}
    groups = [group for group in _PROTECTED.values() if group & paths]
    return frozenset(paths).union(*groups)


def of_kind(paths: Iterable[str], kind: Kind) -> frozenset[str]:
    return frozenset(path for path in paths if path.startswith(f"{kind}."))


def unapproved_words(paths: frozenset[str]) -> list[str]:
    """What is not approved, for a sentence."""
    words = [_WORDS[name] for name, group in _PROTECTED.items() if group & paths]
    known = frozenset[str]().union(*_PROTECTED.values())
    return words + sorted(path for path in paths - known)


def steps(paths: Iterable[str], prefix: str) -> tuple[tuple[str, ...], ...]:
    """The paths below `prefix`, cut into names, shortest first: what `translate.graft` takes."""
    below = (path.removeprefix(f"{prefix}.").split(".") for path in paths if path.startswith(f"{prefix}."))
    return tuple(sorted((tuple(names) for names in below), key=lambda names: (len(names), names)))

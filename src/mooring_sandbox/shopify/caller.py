"""Who is asking: one app installed in one shop, and what it may see there."""

from __future__ import annotations

from dataclasses import dataclass

PROTECTED_KINDS = frozenset({"customer", "name", "email", "phone", "address"})


@dataclass(frozen=True)
class Caller:
    """`protected` names the protected customer data this app is approved for, a subset of `PROTECTED_KINDS`.

    `optional` are the scopes that may be revoked; all others were declared as required by the app.
    """

    shop_id: int
    app_id: int
    app_handle: str
    app_title: str
    scopes: frozenset[str]
    protected: frozenset[str] = PROTECTED_KINDS
    optional: frozenset[str] = frozenset()

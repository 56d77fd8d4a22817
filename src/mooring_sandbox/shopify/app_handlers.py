"""What an app does about its own installation through GraphQL: uninstall itself, give optional scopes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.graph import Context
from mooring_sandbox.shopify.state import Doc, gid

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

_REFUSALS = {
    "UNKNOWN_SCOPES": "The requested list of scopes to revoke includes invalid handles.",
    "CANNOT_REVOKE_REQUIRED_SCOPES": "Scopes that are declared as required cannot be revoked.",
    "CANNOT_REVOKE_IMPLIED_SCOPES": "Scopes that are implied by other granted scopes cannot be revoked.",
    "CANNOT_REVOKE_UNDECLARED_SCOPES": "Scopes that are not declared cannot be revoked.",
}


class AppHandlers:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        sandbox.register("appUninstall", self._uninstall)
        sandbox.register("appRevokeAccessScopes", self._revoke)

    def _uninstall(self, context: Context, **_: Any) -> Doc:
        """The token dies with this very answer."""
        app = self._sandbox.apps.by_id(context.caller.app_id)
        self._sandbox.installations.uninstall(context.caller.shop_id, app.id)
        doc = {"__typename": "App", "id": gid("App", app.id), "handle": app.handle, "title": app.title}
        return {"app": doc, "userErrors": []}

    def _revoke(self, context: Context, *, scopes: list[str], **_: Any) -> Doc:
        caller = context.caller
        installed = self._sandbox.installations.get(caller.shop_id, caller.app_id)
        granted = installed.scopes if installed else frozenset[str]()
        refusal = _refusal(scopes, granted, caller.optional)
        if refusal:
            error = {"field": ["scopes"], "message": _REFUSALS[refusal], "code": refusal}
            return {"revoked": None, "userErrors": [error]}
        self._sandbox.installations.revoke(caller.shop_id, caller.app_id, scopes)
        revoked = [{"handle": scope, "description": _described(scope)} for scope in scopes]
        return {"revoked": revoked, "userErrors": []}


def _refusal(scopes: list[str], granted: frozenset[str], optional: frozenset[str]) -> str | None:
    if scope_rules.unknown(scopes):
        return "UNKNOWN_SCOPES"
    if any(scope not in scope_rules.implied(granted) for scope in scopes):
        return "CANNOT_REVOKE_UNDECLARED_SCOPES"
    if any(scope not in optional for scope in scopes):
        return "CANNOT_REVOKE_REQUIRED_SCOPES"
    left = scope_rules.implied(granted - frozenset(scopes))
    return "CANNOT_REVOKE_IMPLIED_SCOPES" if left & frozenset(scopes) else None


def _described(scope: str) -> str:
    verb, _, subject = scope.partition("_")
    return f"{verb.capitalize()} {subject.replace('_', ' ')}"

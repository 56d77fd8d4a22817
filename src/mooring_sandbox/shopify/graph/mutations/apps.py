"""appRevokeAccessScopes. Whoever keeps installations takes the scopes away: `Graph.revoke`."""

from __future__ import annotations

from mooring_sandbox.shopify.graph.access import granted
from mooring_sandbox.shopify.graph.context import Context, Doc
from mooring_sandbox.shopify.graph.mutation import mutation, user_error
from mooring_sandbox.shopify.graph.resolvers.apps import access_scope


def _known(context: Context) -> set[str]:
    required = [*context.official.types.values(), *context.official.fields.values()]
    named = {s for r in required for s in r.scopes} | context.caller.scopes
    return named | {s.replace("read_", "write_", 1) for s in named}


@mutation
def app_revoke_access_scopes(context: Context, scopes: list[str]) -> Doc:
    error = _why_not(context, set(scopes))
    if error:
        return {"revoked": None, "userErrors": [error]}
    context.graph.revoke(context.caller, frozenset(scopes))
    return {"revoked": [access_scope(s) for s in scopes], "userErrors": []}


def _why_not(context: Context, scopes: set[str]) -> Doc | None:
    caller = context.caller
    if scopes - _known(context):
        message = "The requested list of scopes to revoke includes invalid handles."
        return user_error(["scopes"], message, "UNKNOWN_SCOPES")
    if scopes & (caller.scopes - caller.optional):
        message = "Scopes that are declared as required cannot be revoked."
        return user_error(["scopes"], message, "CANNOT_REVOKE_REQUIRED_SCOPES")
    if scopes & (granted(caller.scopes) - caller.scopes):
        message = "Scopes that are implied by other granted scopes cannot be revoked."
        return user_error(["scopes"], message, "CANNOT_REVOKE_IMPLIED_SCOPES")
    if scopes - caller.scopes:
        message = "Scopes that are not declared cannot be revoked."
        return user_error(["scopes"], message, "CANNOT_REVOKE_UNDECLARED_SCOPES")
    return None

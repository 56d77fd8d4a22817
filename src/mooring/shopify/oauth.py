"""The token endpoint: how each grant is asked for, and what its refusals mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from mooring.errors import AppRejected, AuthLost, MooringError
from mooring.http import Answer
from mooring.ports import Grant, ShopifyApp
from mooring.shopify import answers

PATH = "/admin/oauth/access_token"
_DEAD = {
    "invalid_request": "Shopify no longer accepts this authorisation of {shop}.",
    "invalid_grant": "Shopify no longer accepts this authorisation of {shop}.",
    "app_not_installed": "Shopify says that the app is not installed in {shop}.",
}
"""A dead refresh token is answered 401 invalid_request more often than invalid_grant."""
_APP_REFUSED = frozenset({"invalid_client", "application_cannot_be_found"})


def consent_url(base: str, app: ShopifyApp, scopes: frozenset[str], redirect_uri: str, state: str) -> str:
    """Without `grant_options[]` the token is the shop's, not a person's."""
    asked = {
        "client_id": app.client_id,
        "scope": ",".join(sorted(scopes)),
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{base}/admin/oauth/authorize?{urlencode(asked)}"


def exchange_form(app: ShopifyApp, code: str) -> dict[str, str]:
    """Without `expiring` Shopify would give a token of the kind that public apps may no longer use."""
    return _form(app) | {"code": code, "expiring": "1"}


def ask_form(app: ShopifyApp) -> dict[str, str]:
    return _form(app) | {"grant_type": "client_credentials"}


def refresh_form(app: ShopifyApp, refresh_token: str) -> dict[str, str]:
    return _form(app) | {"grant_type": "refresh_token", "refresh_token": refresh_token}


def _form(app: ShopifyApp) -> dict[str, str]:
    return {"client_id": app.client_id, "client_secret": app.secret}


class _Granted(msgspec.Struct):
    access_token: str
    scope: str = ""
    expires_in: int | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: int | None = None


def grant(answer: Answer, shop_domain: str, *, repeatable: bool) -> Grant:
    """What was granted; raises what a refusal means. `repeatable`: the request may be sent again as it was."""
    refused = _refusal(answer, shop_domain)
    if refused:
        raise refused
    try:
        given = msgspec.convert(answers.decoded(answer), _Granted)
    except msgspec.ValidationError:
        raise answers.garbled(shop_domain, repeatable=repeatable) from None
    scopes = frozenset(part.strip() for part in given.scope.split(",") if part.strip())
    return Grant(given.access_token, scopes, given.expires_in, given.refresh_token, given.refresh_token_expires_in)


def _refusal(answer: Answer, shop_domain: str) -> MooringError | None:
    if answer.status == 200:
        return None
    named = _named(answers.decoded(answer), shop_domain) if answer.status in (400, 401) else None
    return named or answers.refusal(answer, shop_domain, repeatable=True) or answers.unexpected(answer, shop_domain)


def _named(body: Any, shop_domain: str) -> MooringError | None:
    """The OAuth error by its name; the description is for people and changes."""
    name = body.get("error") if isinstance(body, dict) else None
    if name in _DEAD:
        return AuthLost(_DEAD[name].format(shop=shop_domain), code=name)
    if name in _APP_REFUSED:
        return AppRejected(
            f"Shopify refuses the app for {shop_domain}: client secret refused or app uninstalled.", code=name
        )
    return None

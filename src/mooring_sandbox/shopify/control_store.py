"""Control verbs about apps, shops, installations and the merchant's acts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mooring_sandbox.clock import iso
from mooring_sandbox.shopify import id_tokens, shops
from mooring_sandbox.shopify import scopes as scope_rules
from mooring_sandbox.shopify.apps import App
from mooring_sandbox.shopify.control import Control, Refused
from mooring_sandbox.shopify.shops_new import NewShop, open_shop

if TYPE_CHECKING:
    from mooring_sandbox.shopify.sandbox import Sandbox

Json = dict[str, Any]


class Kept(msgspec.Struct, forbid_unknown_fields=True):
    """A document under its `id`, a gid of its type; `parent` is its owner's gid."""

    type: str
    doc: Json
    parent: str | None = None


class StoreControl:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def add_to(self, control: Control) -> None:
        for method, template, handler in (
            ("GET", "/", self.overview),
            ("GET", "/apps", self.apps),
            ("POST", "/apps", self.create_app),
            ("GET", "/apps/{app}", self.app),
            ("PATCH", "/apps/{app}", self.change_app),
            ("POST", "/apps/{app}/rotate", self.rotate),
            ("POST", "/apps/{app}/revoke", self.revoke),
            ("POST", "/apps/{app}/id_token", self.id_token),
            ("GET", "/shops", self.shops),
            ("POST", "/shops", self.create_shop),
            ("GET", "/shops/{shop}", self.shop),
            ("PATCH", "/shops/{shop}", self.change_shop),
            ("POST", "/shops/{shop}/takes", self.take_over),
            ("POST", "/shops/{shop}/records", self.put_records),
            ("GET", "/shops/{shop}/records/{kind}/{number}", self.record),
            ("POST", "/shops/{shop}/install", self.install),
            ("POST", "/shops/{shop}/uninstall", self.uninstall),
            ("POST", "/shops/{shop}/revoke_scopes", self.revoke_scopes),
            ("GET", "/shops/{shop}/tokens", self.tokens),
            ("POST", "/shops/{shop}/token", self.mint),
        ):
            control.route(method, template, handler)

    def overview(self) -> Json:
        return {"now": iso(self._sandbox.clock.now()), "apps": self.apps(), "shops": self.shops()}

    # -- apps -------------------------------------------------------------------------------------------------

    def apps(self) -> list[Json]:
        return [app_json(app) for app in self._sandbox.apps.all()]

    def create_app(self, **wanted: Any) -> Json:
        return app_json(self._sandbox.apps.create(wanted))

    def app(self, app: str) -> Json:
        return app_json(self._app(app))

    def change_app(self, app: str, **changes: Any) -> Json:
        return app_json(self._sandbox.apps.change(self._app(app).id, changes))

    def rotate(self, app: str, client_secret: str | None = None) -> Json:
        return app_json(self._sandbox.apps.rotate(self._app(app).id, client_secret))

    def revoke(self, app: str) -> Json:
        """The oldest secret, and every token it minted."""
        changed, gone = self._sandbox.apps.revoke(self._app(app).id)
        self._sandbox.tokens.kill_minted_by(changed.id, gone.id)
        return app_json(changed)

    def id_token(self, app: str, shop: str, seconds: float = 60) -> Json:
        found, now = self._app(app), self._sandbox.clock.now().timestamp()
        domain = shops.domain_of(self._sandbox.state, self._shop(shop))
        return {"id_token": id_tokens.mint(found.secrets[0].value, found.client_id, domain, now, seconds)}

    # -- shops ------------------------------------------------------------------------------------------------

    def shops(self) -> list[Json]:
        return [self._shop_json(id_) for id_, _ in self._sandbox.state.shops()]

    def create_shop(self, **wanted: Any) -> Json:
        new = msgspec.convert(wanted, NewShop)
        return self._shop_json(open_shop(self._sandbox.state, self._sandbox.clock, new))

    def shop(self, shop: str) -> Json:
        return self._shop_json(self._shop(shop))

    def change_shop(
        self, shop: str, state: str | None = None, name: str | None = None, doc: Json | None = None
    ) -> Json:
        """`state`, a new `name` (the old domain stays an alias), and `doc`: fields of the shop's document."""
        id_ = self._shop(shop)
        if state:
            shops.set_state(self._sandbox.state, id_, state)
        if name:
            shops.rename(self._sandbox.state, id_, name.lower().removesuffix(".myshopify.com"))
        if doc:
            shops.change(self._sandbox.state, id_, doc)
        if name or doc:
            kept = self._sandbox.state.shop(id_)
            self._sandbox.state.emit(id_, "SHOP_UPDATE", kept["id"], kept)
        return self._shop_json(id_)

    def take_over(self, shop: str, domain: str) -> Json:
        """`domain` now answers as this shop; whoever had it is another shop, under another address."""
        id_ = self._shop(shop)
        shops.hand_over(self._sandbox.state, domain, id_)
        return self._shop_json(id_)

    def put_records(self, shop: str, records: list[Json]) -> Json:
        """Documents as they are kept, `{"type", "doc", "parent"}` each; nobody is told of them."""
        found = msgspec.convert(records, list[Kept])
        shop_id = self._shop(shop)
        with self._sandbox.state.transaction():
            for one in found:
                self._sandbox.state.put(shop_id, one.type, one.doc, one.parent)
        return {"records": len(found)}

    def record(self, shop: str, kind: str, number: str) -> Json:
        doc = self._sandbox.state.get(self._shop(shop), kind, int(number)) if number.isdecimal() else None
        if doc is None:
            raise Refused(f"there is no {kind} {number} in {shop}", 404)
        return doc

    # -- installations ----------------------------------------------------------------------------------------

    def install(self, shop: str, app: str, scopes: str | list[str] = "") -> Json:
        """As the merchant does it in the admin; also changes the scopes of an existing installation."""
        wanted = scope_rules.split(scopes) if isinstance(scopes, str) else scopes
        strange = scope_rules.unknown(wanted)
        if strange:
            raise Refused(f"there is no scope {', '.join(strange)}")
        found = self._app(app)
        installed = self._sandbox.installations.install(self._shop(shop), found.id, wanted or found.scopes)
        return {"app": found.client_id, "shop": shop, "scopes": sorted(installed.scopes)}

    def uninstall(self, shop: str, app: str) -> Json:
        self._sandbox.installations.uninstall(self._shop(shop), self._app(app).id)
        return {"app": app, "shop": shop, "scopes": []}

    def revoke_scopes(self, shop: str, app: str, scopes: list[str]) -> Json:
        installed = self._sandbox.installations.revoke(self._shop(shop), self._app(app).id, scopes)
        return {"app": app, "shop": shop, "scopes": sorted(installed.scopes)}

    def tokens(self, shop: str, app: str) -> Json:
        return self._sandbox.tokens.of(self._shop(shop), self._app(app).id)

    def mint(self, shop: str, app: str, scopes: str | list[str] = "", expiring: bool = False) -> Json:
        """Installs the app and hands out an access token, without the round trip: for replays and other tools."""
        self.install(shop, app, scopes)
        found, shop_id = self._app(app), self._shop(shop)
        tokens = self._sandbox.tokens
        pair = (tokens.mint_expiring if expiring else tokens.mint_legacy)(shop_id, found.id, found.secrets[0].id)
        out = {"access_token": pair.access.value}
        return out | ({"refresh_token": pair.refresh.value} if pair.refresh else {})

    # -- inside -----------------------------------------------------------------------------------------------

    def _app(self, name: str) -> App:
        """By client id or handle."""
        found = next((a for a in self._sandbox.apps.all() if name in (a.client_id, a.handle)), None)
        if found is None:
            raise Refused(f"there is no app {name!r}", 404)
        return found

    def _shop(self, name: str) -> int:
        return shop_id_of(self._sandbox, name)

    def _shop_json(self, id_: int) -> Json:
        state = self._sandbox.state
        doc = state.shop(id_)
        kinds = ("Customer", "Order", "Product", "ProductVariant", "Collection")
        return {
            "id": id_,
            "domain": shops.domain_of(state, id_),
            "name": doc.get("name"),
            "state": shops.settings(doc).get("state", "active"),
            "records": {kind: state.count(id_, kind) for kind in kinds},
        }


def shop_id_of(sandbox: Sandbox, name: str) -> int:
    found = sandbox.state.shop_id(name)
    if found is None:
        raise Refused(f"there is no shop {name!r}", 404)
    return found


def app_json(app: App) -> Json:
    """With the credentials under the names that an app's settings use."""
    return msgspec.to_builtins(app) | {"client_secret": app.secrets[0].value}

"""What must be true after every step, whatever the story."""

from __future__ import annotations

from sqlalchemy import func, select

from mooring.db import credentials, stores, stores_domains
from mooring.db.tables import stores as stores_table
from mooring.usecases import overview
from mooring_sandbox.shopify.server_log import Entry
from tests.sim import rows
from tests.sim.model import Card, Life
from tests.sim.play import Play
from tests.sim.rows import Reader, Rows

_CLEAN_UP_SECONDS = 24 * 3600
_CLEAN_UP = frozenset(
    {"webhookSubscriptions", "webhookSubscriptionDelete", "bulkOperations", "bulkOperationCancel", "node", "shop"}
)


class Checks:
    """Holds the rows as they were before the step."""

    def __init__(self, play: Play) -> None:
        self._play, self._reader = play, Reader(play.app.db)
        self._before = self._reader.by_store()
        self._lives = self._lives_now()

    def close(self) -> None:
        self._reader.close()

    def after_a_step(self) -> None:
        calls = self._play.calls()
        self._disconnected_call_nobody(calls)
        self._clean_up_is_for_the_disconnected(calls)
        self._without_the_claim_nobody_calls()
        if self._reader.news():
            self._look()
        self._lives = self._lives_now()

    def _look(self) -> None:
        after = self._reader.by_store()
        assert not self._play.complaints.kept, "\n".join(self._play.complaints.kept)
        if self._cards_may_differ(after):
            self._cards_say_what_is_true()
        self._claims()
        self._domains()
        self._stores_never_touch(after)
        self._disconnected_rows_stay(after)
        self._stored_tokens_are_usable()
        self._before = after

    # -- cards ------------------------------------------------------------------------------------------------------

    def _cards_may_differ(self, after: Rows) -> bool:
        """What a card says is made of these rows alone."""
        made_of = {"stores", "kind_states", "operations"}
        return any(
            made_of & set(rows.differing(self._before, after, one)) for one in self._before.keys() | after.keys()
        )

    def _cards_say_what_is_true(self) -> None:
        play, shown = self._play, {}
        for project in play.projects:
            shown |= {card.store.id: card for card in overview.show(play.app, play.who, project).cards}
        for card in play.model.there():
            if card.counting_down and card.life is not Life.DELETING and play.state(card) in ("deleting", "deleted"):
                card.life = Life.DELETING
            if card.life is Life.DELETING and card.store_id not in shown:
                card.life, card.claim = Life.GONE, False
                continue
            assert card.store_id in shown, f"the card of {play.name(card)} is not shown"
            says = shown[card.store_id]
            assert says.badge in card.badges(), (
                f"{play.name(card)} says {says.badge} ({says.reason}), but it may say {sorted(card.badges())}:"
                f" {card.causes or 'nothing was lost'}; {card.troubles or 'no trouble'}"
            )
        assert shown.keys() <= {card.store_id for card in play.model.there()}, "a card nobody asked for"

    def _claims(self) -> None:
        play = self._play
        with play.app.db.read() as connection:
            held = select(stores_table.c.shop_id, func.count()).where(stores_table.c.claim.is_(True))
            many = [row for row in connection.execute(held.group_by(stores_table.c.shop_id)) if row[1] > 1]
            assert not many, f"two cards speak for one shop: {many}"
            for card in play.model.there():
                claim = stores.load(connection, card.store_id).claim
                assert claim == card.claim, f"{play.name(card)}: claim is {claim}, and ought to be {card.claim}"

    def _domains(self) -> None:
        """A card knows its shop by addresses that the shop has or had, and by no other."""
        play = self._play
        with play.app.db.read() as connection:
            for card in play.model.there():
                known = set(stores_domains.of_store(connection, card.store_id))
                strange = known - play.addresses[card.shop]
                assert not strange, f"{play.name(card)} goes by {strange}, which its shop never was"
                card.domains = known

    # -- rows -------------------------------------------------------------------------------------------------------

    def _stores_never_touch(self, after: Rows) -> None:
        step = self._play.step
        if step.everybody:
            return
        for store_id in (self._before.keys() | after.keys()) - step.stores:
            known = any(card.store_id == store_id for card in self._play.model.cards)
            changed = rows.differing(self._before, after, store_id)
            assert not changed or not known, f"a step about others changed {changed} of {store_id}"

    def _disconnected_rows_stay(self, after: Rows) -> None:
        for card in self._both_ends(Life.DISCONNECTED):
            if card.store_id in self._play.step.hands or card.forgetting:
                continue
            before, now = (rows.imported(found, card.store_id) for found in (self._before, after))
            changed = [name for name in before.keys() | now.keys() if before.get(name) != now.get(name)]
            assert not changed, f"{self._play.name(card)} is disconnected, and its {changed} changed"

    def _lives_now(self) -> dict[str, Life]:
        return {card.store_id: card.life for card in self._play.model.cards}

    def _both_ends(self, life: Life) -> list[Card]:
        """Who was in this life before the step and still is."""
        return [c for c in self._play.model.there() if c.life is life and self._lives.get(c.store_id) is life]

    # -- calls ------------------------------------------------------------------------------------------------------

    def _disconnected_call_nobody(self, calls: list[Entry]) -> None:
        play = self._play
        for entry in calls:
            shop = play.stage.sandbox.state.shop_id(entry.shop) if entry.shop else None
            if shop is None or shop in play.step.people or entry.kind == "authorize":
                continue
            cards = self._asking(shop)
            if cards and all(card in self._both_ends(Life.DISCONNECTED) for card in cards):
                allowed = self._is_clean_up(entry) and any(self._may_clean_up(card) for card in cards)
                assert allowed, f"{entry.shop} is disconnected, and was asked {entry.kind} {entry.operation}"

    def _asking(self, shop: int) -> list[Card]:
        """Who may have made a call that reached this shop: its own cards, and those that go by an address which is its
        now and was another's."""
        play = self._play
        state = play.stage.sandbox.state
        return [c for c in play.model.there() if c.shop == shop or state.shop_id(play.address(c)) == shop]

    def _is_clean_up(self, entry: Entry) -> bool:
        if entry.kind == "token":
            return entry.operation == "refresh_token"
        return entry.kind == "graphql" and set(entry.roots) <= _CLEAN_UP

    def _may_clean_up(self, card: Card) -> bool:
        since = card.disconnected_at
        within = since is not None and (self._play.now - since).total_seconds() <= _CLEAN_UP_SECONDS
        return within and card.claim

    def _clean_up_is_for_the_disconnected(self, calls: list[Entry]) -> None:
        for entry in calls:
            shop = self._play.stage.sandbox.state.shop_id(entry.shop) if entry.shop else None
            if shop is not None and entry.operation.startswith("CleanUp"):
                cards = self._asking(shop)
                live = [one for one in cards if one.life is Life.LIVE and self._lives.get(one.store_id) is Life.LIVE]
                assert len(live) < len(cards), f"{entry.shop} was cleaned up while it was connected"

    def _without_the_claim_nobody_calls(self) -> None:
        """A round trip uses tokens that are no card's yet; those that are some card's tell who called."""
        play, used = self._play, self._play.seams.used
        if used:
            play.seams.used = set()
            with play.app.db.read() as connection:
                for card in play.model.there():
                    held = None if card.claim else credentials.load(connection, play.app.vault, card.store_id)
                    called = held is not None and not used.isdisjoint({held.access_token, held.refresh_token})
                    assert not called, f"{play.name(card)} called its shop without speaking for it"

    # -- tokens -----------------------------------------------------------------------------------------------------

    def _stored_tokens_are_usable(self) -> None:
        """Whoever is connected, speaks for its shop and was never uninstalled holds a pair that Shopify takes."""
        play = self._play
        if play.halted is not None or play.open_trips:
            return
        with play.app.db.read() as connection:
            for card in play.model.there():
                if card.life is Life.LIVE and card.claim and play.installed(card.shop):
                    held = credentials.load(connection, play.app.vault, card.store_id)
                    taken = held is not None and self._is_taken(card, held)
                    assert taken or card.causes, f"{play.name(card)} holds a pair that Shopify does not take"

    def _is_taken(self, card: Card, held: credentials.Credentials) -> bool:
        tokens, app = self._play.stage.sandbox.tokens, self._play.stage.sandbox.apps.all()[0]
        if tokens.access(held.access_token) is not None:
            return True
        known = tokens.of(card.shop, app.id)["refresh"]
        mine = next((one for one in known if one["value"] == held.refresh_token), None)
        return mine is not None and not mine["retired"] and mine["expires"] > tokens.now()

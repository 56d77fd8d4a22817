"""What ought to be true, kept by hand beside Mooring and from nothing of its: who connected what, who speaks for which
shop, why a card may say what it says.

It knows the rules of the product in a second, much simpler form. Persons decide connected, disconnected and deleted;
so the model knows these to the letter. When Mooring notices that a connection is lost is its own affair; that it may
not say so without a cause is not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from mooring.domain.lifecycle import Badge

BASE = frozenset({"read_customers", "read_orders", "read_products"})


class Life(StrEnum):
    LIVE = "live"
    DISCONNECTED = "disconnected"
    DELETING = "deleting"
    GONE = "gone"


@dataclass(eq=False)
class Card:
    """`causes`: why it may say Reconnect required. `troubles`: why it may say Error. `lost`: it must say the former."""

    store_id: str
    project: int
    shop: int
    domains: set[str]
    life: Life = Life.LIVE
    claim: bool = True
    started: bool = False
    lost: bool = False
    causes: set[str] = field(default_factory=set)
    troubles: set[str] = field(default_factory=set)
    disconnected_at: datetime | None = None
    counting_down: bool = False
    """The shop asked for erasure: unless somebody reconnects, the delete begins by itself."""
    forgetting: bool = False
    """A privacy topic has come in: imported rows change, whatever the state."""

    def again(self) -> Card:
        """The same, to be changed by another story."""
        return replace(self, domains=set(self.domains), causes=set(self.causes), troubles=set(self.troubles))

    def badges(self) -> frozenset[Badge]:
        """What the card may say."""
        match self.life:
            case Life.DISCONNECTED:
                return frozenset({Badge.DISCONNECTED})
            case Life.DELETING:
                return frozenset({Badge.DELETING, Badge.DELETE_FAILED})
            case Life.GONE:
                return frozenset()
        if self.lost:
            return frozenset({Badge.RECONNECT_REQUIRED})
        said = {Badge.CONNECTED}
        return frozenset(
            said | ({Badge.RECONNECT_REQUIRED} if self.causes else set()) | ({Badge.ERROR} if self.troubles else set())
        )


class Model:
    """`shop` is Shopify's permanent number throughout."""

    def __init__(self) -> None:
        self.cards: list[Card] = []
        self.redacted: defaultdict[int, set[int]] = defaultdict(set)
        """By shop, customers whom Shopify had erased: whether they are in the hub is no longer a question."""

    def there(self) -> list[Card]:
        return [card for card in self.cards if card.life is not Life.GONE]

    def of_shop(self, shop: int) -> list[Card]:
        return [card for card in self.there() if card.shop == shop]

    def card(self, project: int, shop: int) -> Card | None:
        return next((card for card in self.of_shop(shop) if card.project == project), None)

    def holder(self, shop: int) -> Card | None:
        return next((card for card in self.of_shop(shop) if card.claim), None)

    def by_id(self, store_id: str) -> Card:
        return next(card for card in self.cards if card.store_id == store_id)

    # -- what a round trip may do -----------------------------------------------------------------------------------

    def may_begin(self, project: int, domain: str, of: Card | None) -> bool:
        if of is not None:
            holder = self.holder(of.shop)
            elsewhere = holder is not None and holder is not of and holder.life is not Life.DISCONNECTED
            return of.life in (Life.LIVE, Life.DISCONNECTED) and domain in of.domains and not elsewhere
        return not any(
            card.project == project or (card.claim and card.life is not Life.DISCONNECTED)
            for card in self.there()
            if domain in card.domains
        )

    def may_answer(self, typed: str, answered: str, of: Card | None) -> bool:
        """A shop that comes back under another domain than was typed: its code may be exchanged if no other card's."""
        if answered == typed:
            return True
        others = [card for card in self.there() if card is not of and card.claim and answered in card.domains]
        return of is not None and not others

    def may_end(self, project: int, found: int, of: Card | None) -> bool:
        """Whether AUTHORIZED follows, once the shop that answered is known."""
        if of is not None and of.shop != found:
            return False
        holder, mine = self.holder(found), self.card(project, found)
        if holder is not None and holder.project != project and holder.life is not Life.DISCONNECTED:
            return False
        return mine is None or mine.life is not Life.DELETING

    def authorized(self, store_id: str, project: int, found: int, domains: set[str], scopes: frozenset[str]) -> Card:
        """That card now speaks for the shop, and nobody else does."""
        for other in self.of_shop(found):
            other.claim = False
        card = self.card(project, found)
        if card is None:
            card = Card(store_id, project, found, set())
            self.cards.append(card)
        card.domains |= domains
        card.life, card.claim, card.disconnected_at, card.counting_down = Life.LIVE, True, None, False
        card.lost = not scopes >= BASE
        card.causes = {"a permission was not granted"} if card.lost else set()
        return card

    # -- what happens at Shopify ------------------------------------------------------------------------------------

    def lost_at(self, shop: int, cause: str) -> None:
        for card in self.of_shop(shop):
            card.causes.add(cause)

    def trouble_at(self, shop: int, trouble: str) -> None:
        for card in self.of_shop(shop):
            card.troubles.add(trouble)

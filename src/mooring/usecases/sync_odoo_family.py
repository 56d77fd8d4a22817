"""Records on their way through a slice: what was decided for each, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mooring.db.mappings import Mapping as Mapped
from mooring.db.order_books import Book
from mooring.db.sync_intents import Key
from mooring.domain.order_causes import Review
from mooring.domain.plan import CREATED, LINKED, Ambiguous, Create, Differences, Excluded, Link, Plan, Skip, Update
from mooring.domain.translate_odoo import Option, Wanted


@dataclass(slots=True)
class Member:
    """One record. `mapping`: as it was; `odoo_id`: what it is in Odoo, once that is known. `sent`: it was sent to be
    created before, so what is there under our external id is our own; `pending`: so lately that it may be on its way
    still. `failed`: why it could not be written. `withheld`: a barcode that Odoo has at another variant."""

    wanted: Wanted
    plan: Plan
    mapping: Mapped | None = None
    odoo_id: int | None = None
    planted: bool = False
    sent: bool = False
    pending: bool = False
    failed: str | None = None
    withheld: str = ""

    @property
    def key(self) -> Key:
        return self.wanted.kind, self.wanted.shopify_id

    @property
    def label(self) -> str:
        """`customer.5`, as it stands in the detail of an item and in what people decide."""
        return f"{self.wanted.kind}.{self.wanted.shopify_id}"

    @property
    def origin(self) -> str:
        if isinstance(self.plan, Create):
            return CREATED
        if isinstance(self.plan, Link) and not (self.mapping and self.mapping.odoo_id == self.plan.odoo_id):
            return CREATED if self.came_of_ours else LINKED
        return self.mapping.origin if self.mapping else CREATED

    @property
    def came_of_ours(self) -> bool:
        """It is in Odoo because Mooring sent it to be created, and never heard so."""
        return self.sent and isinstance(self.plan, Link) and self.plan.by == "external_id"

    @property
    def bound(self) -> bool:
        return self.odoo_id is not None and self.failed is None

    @property
    def open(self) -> bool:
        """A person has to say what it is, or has to look why it failed, or its barcode may become free."""
        return self.failed is not None or isinstance(self.plan, Ambiguous) or bool(self.withheld)

    @property
    def differs(self) -> Differences:
        """What Odoo is left to say although Shopify says something else."""
        found = dict(self.plan.differs) if isinstance(self.plan, Update) else {}
        return found | {"barcode": ("", self.withheld)} if self.withheld else found


@dataclass(slots=True)
class Family:
    """A record that people see, with what lives inside it. `digest`: what is remembered once all of it is written.
    `candidates`: what a person is shown of the records of Odoo that it may be, by id. `was`: which records of Odoo they
    were until somebody unlinked them. Of an order: `review`: why a person has to look at it; `shown`: what is shown
    besides and what can be decided, as in `domain.decisions`; `book`: how far it has come; `ignores`: the digest of
    what a person left to itself; `moved`: it is another order of Odoo than it was."""

    root: Member
    children: list[Member]
    digest: bytes
    candidates: Mapping[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])
    options: tuple[Option, ...] = ()
    later: bool = False
    was: Mapping[Key, int] = field(default_factory=dict[Key, int])
    review: Review | None = None
    shown: Mapping[str, Any] = field(default_factory=dict[str, Any])
    book: Book | None = None
    ignores: bytes | None = None
    moved: bool = False

    def members(self) -> Iterator[Member]:
        yield self.root
        yield from self.children

    @property
    def id(self) -> int:
        return self.root.wanted.shopify_id

    @property
    def settled(self) -> bool:
        """Nothing of it has to be asked or written."""
        return all(isinstance(one.plan, Skip) for one in self.members())

    @property
    def outcome(self) -> str:
        """The one word it is counted by in a preview."""
        plans = [one.plan for one in self.members()]
        if self.review is not None:
            return "review"
        if isinstance(self.root.plan, Excluded):
            return "excluded"
        if any(isinstance(one, Ambiguous) for one in plans):
            return "ambiguous"
        if isinstance(self.root.plan, Create | Link):
            return "create" if isinstance(self.root.plan, Create) else "link"
        return "update" if any(_writes(one) for one in plans) else "unchanged"

    @property
    def differs(self) -> bool:
        return any(one.differs for one in self.members())


def _writes(plan: Plan) -> bool:
    return isinstance(plan, Create | Link) or (isinstance(plan, Update) and bool(plan.write))

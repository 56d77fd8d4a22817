"""The state machine: random stories, checked after every step, and brought to a quiet end."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from enum import StrEnum
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.sim.checks import Checks
from tests.sim.model import BASE, Card
from tests.sim.play import DOMAINS, Play, Step
from tests.sim.quiet import quiet_end
from tests.sim.stage import Stage

PROJECTS = st.integers(0, 1)
SHOPS = st.integers(0, 2)
BUSY = st.sampled_from([0, 0, 0, 1, 1, 2])
"""Mostly the first shop: stories of two projects want something to meet at."""
GRANTED = st.sampled_from([BASE, BASE, BASE, BASE, BASE - {"read_orders"}])
PAUSES = st.sampled_from([0, 1, 1, 35, 660, 660, 3700, 26 * 3600, 26 * 3600, 35 * 86400])
ANSWERS = st.integers(1, 3)

CARDS = st.integers(0, 5)
CHANGES = st.sampled_from([{"first_name": "Nora"}, {"email_subscription": "unsubscribed"}])
FAULTS = st.sampled_from(
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502, "on": "token"},
        {"kind": "status", "status": 429},
        {"kind": "cut"},
        {"kind": "lost_answer"},
        {"kind": "throttled"},
        {"kind": "lost_answer", "on": "token"},
        {"kind": "truncate"},
    ]
)


EDITS = st.lists(st.integers(1, 10_000), min_size=1, max_size=4)


class Meanwhile(StrEnum):
    DISCONNECT = "disconnect"
    DELETE = "delete"
    RECONNECT = "reconnect"
    BOTH = "disconnect and reconnect"
    UNINSTALL = "uninstall, and look"


class Misfortune(StrEnum):
    FROZEN = "frozen"
    LOCKED = "locked"
    UNAVAILABLE = "unavailable"
    OPENED = "active"
    RENAMED = "renamed"
    ANOTHER_SHOP = "another shop"
    SCOPE_TAKEN_BACK = "scope taken back"


_numbers = itertools.count(1)


def act(**given: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """A rule. One that fails half-way leaves nothing to bring to a quiet end."""

    def made(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def whole(self: Story, **arguments: Any) -> None:
            self.broken = True
            function(self, **arguments)
            self.broken = False

        return cast(Any, rule)(**given)(whole)

    return made


class Story(RuleBasedStateMachine):
    """`stage` is set by whoever runs it. `told` is called with each story when it is over."""

    stage: Stage
    told: Callable[[list[str]], Any] = staticmethod(lambda story: None)

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(self.stage, next(_numbers))
        self.checks = Checks(self.play)
        self.broken = False
        self._due: bool | None = None

    def teardown(self) -> None:
        try:
            if not self.broken:
                quiet_end(self.play, self._after)
        finally:
            self.told(self.play.story)
            self.checks.close()
            self.play.close()

    @invariant()
    def everything_is_true(self) -> None:
        self._after()

    def _after(self) -> None:
        try:
            self.checks.after_a_step()
        except BaseException:
            self.broken = True
            raise
        self.play.step = Step()
        self._due = None

    # -- choosing ---------------------------------------------------------------------------------------------------

    def _card(self, number: int) -> Card:
        there = self.play.model.there()
        return there[number % len(there)]

    def _shop(self, index: int) -> int:
        return self.play.shops[index]

    def _some_card(self) -> bool:
        return bool(self.play.model.there())

    def _free(self) -> bool:
        return self.play.halted is None

    # -- people -----------------------------------------------------------------------------------------------------

    @act(project=PROJECTS, shop=BUSY, granted=GRANTED)
    def connect(self, project: int, shop: int, granted: frozenset[str]) -> None:
        self.play.authorise(project, DOMAINS[shop], None, granted)

    @precondition(_some_card)
    @act(which=CARDS, granted=GRANTED)
    def reconnect(self, which: int, granted: frozenset[str]) -> None:
        card = self._card(which)
        self.play.authorise(card.project, self._domain(card), card, granted)

    @precondition(lambda self: self._free() and self._some_card())
    @act(which=CARDS, answers=ANSWERS, crash=st.booleans())
    def reconnect_interrupted(self, which: int, answers: int, crash: bool) -> None:
        """Between the exchange, the reading of the shop and the decision."""
        card = self._card(which)
        self.play.authorise(card.project, self._domain(card), card, BASE, stop=answers, crash=crash)

    @precondition(_free)
    @act(project=PROJECTS, shop=BUSY, answers=ANSWERS, crash=st.booleans())
    def connect_interrupted(self, project: int, shop: int, answers: int, crash: bool) -> None:
        self.play.authorise(project, DOMAINS[shop], None, BASE, stop=answers, crash=crash)

    def _domain(self, card: Card) -> str:
        """As the card shows it, if it is still somebody's."""
        return self.play.address(card)

    @precondition(_some_card)
    @act(which=CARDS)
    def start_import(self, which: int) -> None:
        self.play.start_import(self._card(which))

    @precondition(_some_card)
    @act(which=CARDS)
    def check_health(self, which: int) -> None:
        self.play.check_health(self._card(which))

    @precondition(lambda self: self._free() and self._some_card())
    @act(which=CARDS, answers=ANSWERS)
    def check_health_and_wait(self, which: int, answers: int) -> None:
        """One admin looks while another one acts."""
        self.play.check_health_slowly(self._card(which), answers)

    @precondition(_some_card)
    @act(which=CARDS)
    def disconnect(self, which: int) -> None:
        self.play.disconnect(self._card(which))

    @precondition(_some_card)
    @act(which=CARDS)
    def delete(self, which: int) -> None:
        self.play.delete(self._card(which))

    @precondition(_some_card)
    @act(which=CARDS, customer=CARDS, changes=CHANGES)
    def change_a_customer_here(self, which: int, customer: int, changes: dict[str, str]) -> None:
        self.play.change_customer(self._card(which), customer, changes)

    # -- workers ----------------------------------------------------------------------------------------------------

    def _work(self) -> bool:
        """Asked for every rule that needs some, and answered once a step."""
        if self._due is None:
            self._due = bool(self.play.due())
        return self._due

    @precondition(_work)
    @act(which=CARDS, slices=st.integers(1, 6))
    def work(self, which: int, slices: int) -> None:
        """A few slices of one operation."""
        found = self.play.due()
        operation = found[which % len(found)]
        for _ in range(slices):
            if self.play.slice(operation) is None:
                return
            self.play.stage.time.advance(1)

    @precondition(_work)
    @act()
    def work_it_all_off(self) -> None:
        self.play.rest()

    @precondition(lambda self: self._free() and self._work())
    @act(which=CARDS, answers=ANSWERS)
    def a_worker_stands_still(self, which: int, answers: int) -> None:
        found = self.play.due()
        self.play.freeze(found[which % len(found)], answers)

    @precondition(lambda self: self._free() and self._some_card())
    @act(which=CARDS, seeds=EDITS, by_webhook=st.booleans(), answers=ANSWERS, meanwhile=st.sampled_from(Meanwhile))
    def somebody_acts_while_a_worker_stands_still(
        self, which: int, seeds: list[int], by_webhook: bool, answers: int, meanwhile: Meanwhile
    ) -> None:
        """Changes are read again, by a pull or off the inbox; with them in its hand the worker stands still; and when
        it goes on, the store is not what it was."""
        card = self._card(which)
        for seed in seeds:
            self.play.edit(card.shop, seed)
        if by_webhook:
            self.play.deliver_all()
            self.play.drain_slowly(answers)
        else:
            self.play.lose_all()
            self.play.ask_for_a_pull(card)
            for operation in self.play.work_of(card)[:1]:
                self.play.freeze(operation, answers)
        self._after()
        self._do(meanwhile, card)
        self._after()
        if not self._free():
            self.play.thaw()

    def _do(self, meanwhile: Meanwhile, card: Card) -> None:
        match meanwhile:
            case Meanwhile.DISCONNECT:
                self.play.disconnect(card)
            case Meanwhile.DELETE:
                self.play.delete(card)
            case Meanwhile.RECONNECT:
                self.play.authorise(card.project, self._domain(card), card, BASE)
            case Meanwhile.BOTH:
                self.play.disconnect(card)
                self.play.authorise(card.project, self._domain(card), card, BASE)
            case Meanwhile.UNINSTALL:
                self.play.uninstall(card.shop)
                self.play.check_health(card)

    @precondition(lambda self: not self._free())
    @act()
    def who_stood_still_goes_on(self) -> None:
        self.play.thaw()

    @precondition(_work)
    @act(which=CARDS, answers=ANSWERS)
    def crash(self, which: int, answers: int) -> None:
        found = self.play.due()
        self.play.crash(found[which % len(found)], answers)

    # -- Shopify ----------------------------------------------------------------------------------------------------

    @act(shop=BUSY, seeds=EDITS)
    def edit(self, shop: int, seeds: list[int]) -> None:
        """All in the same second."""
        for seed in seeds:
            self.play.edit(self._shop(shop), seed)

    @act(shop=BUSY, topic=st.sampled_from(["customers/redact", "customers/data_request"]), customer=CARDS)
    def somebody_asks_for_privacy(self, shop: int, topic: str, customer: int) -> None:
        self.play.ask_for_privacy(self._shop(shop), topic, customer)

    @act(shop=BUSY)
    def uninstall(self, shop: int) -> None:
        self.play.uninstall(self._shop(shop))

    @act(shop=BUSY, misfortune=st.sampled_from(Misfortune), other=SHOPS)
    def something_befalls_the_shop(self, shop: int, misfortune: Misfortune, other: int) -> None:
        match misfortune:
            case Misfortune.ANOTHER_SHOP:
                self.play.take_over(self._shop(other), DOMAINS[shop])
            case Misfortune.RENAMED:
                self.play.rename(self._shop(shop))
            case Misfortune.SCOPE_TAKEN_BACK:
                self.play.revoke_scope(self._shop(shop), sorted(BASE)[other])
            case Misfortune.OPENED:
                for one in self.play.shops:
                    self.play.set_state(one, "active")
            case closed:
                self.play.set_state(self._shop(shop), closed.value)

    @act(fault=FAULTS, times=st.integers(1, 3))
    def shopify_answers_badly(self, fault: dict[str, Any], times: int) -> None:
        self.play.fault(times=times, **fault)

    # -- webhooks ---------------------------------------------------------------------------------------------------

    def _waiting(self) -> bool:
        return bool(self.play.waiting())

    @precondition(_waiting)
    @act(which=st.integers(0, 7), again=st.booleans())
    def a_webhook_arrives(self, which: int, again: bool) -> None:
        """Any of those that have left, so in any order, and again."""
        found = self.play.waiting()
        self.play.deliver(found[which % len(found)], settle=not again)

    @precondition(_waiting)
    @act(lost=st.booleans())
    def all_webhooks_arrive_or_are_lost(self, lost: bool) -> None:
        self.play.deliver_all() if not lost else self.play.lose_all()

    def _inbox_waits(self) -> bool:
        return self.play.inbox_waits()

    @precondition(_inbox_waits)
    @act()
    def work_off_the_inbox(self) -> None:
        self.play.drain()

    @precondition(lambda self: self._free() and self._inbox_waits())
    @act(answers=ANSWERS)
    def the_inbox_is_worked_off_slowly(self, answers: int) -> None:
        self.play.drain_slowly(answers)

    # -- the clock --------------------------------------------------------------------------------------------------

    @act(seconds=PAUSES)
    def pause(self, seconds: int) -> None:
        self.play.pause(seconds)

"""Which webhook subscriptions a store should have, and the shortest way there."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.rules import Settings
from mooring.domain.subscribing import Changes, Subscription, changes, wanted
from mooring.domain.topics import TOPICS, Topic

HERE, BEFORE, ELSEWHERE = "https://hub.example.com/hooks/a", "https://old.example.com/hooks/a", "https://x.example.com"
ALL = frozenset({"read_customers", "read_orders", "read_products", "read_customer_merge"})
ALWAYS = {"bulk_operations/finish", "app/uninstalled", "app/scopes_update", "shop/update"}


def names(topics: tuple[Topic, ...]) -> set[str]:
    return {topic.name for topic in topics}


def test_toggles_and_scopes_decide() -> None:
    everything = names(wanted(Settings(), ALL))
    assert {"customers/merge", "orders/edited", "refunds/create", "collections/delete"} | ALWAYS <= everything
    assert not {"fulfillments/create", "order_transactions/create"} & everything, "orders/updated tells the same"
    assert "customers/merge" not in names(wanted(Settings(), ALL - {"read_customer_merge"}))
    assert names(wanted(Settings(), frozenset())) == ALWAYS
    no_people = Settings(customer_profiles=False, email_consent=False, sms_consent=False)
    assert not any(name.startswith("customer") for name in names(wanted(no_people, ALL)))
    consent_only = Settings(customer_profiles=False, orders=False, product_catalogue=False)
    assert {"customers/update"} < names(wanted(consent_only, ALL)), "consent lives on the customer"
    assert "orders/paid" in names(wanted(Settings(), frozenset({"write_orders"}))), "a right to write is one to read"


def subscription(topic: Topic, uri: str = HERE, *, id: str = "1", plain: bool = True) -> Subscription:
    return Subscription(id, topic.enum, uri, topic.fields, plain)


TOPIC = TOPICS["orders/paid"]


def test_what_is_right_stays() -> None:
    assert not changes([TOPIC], [subscription(TOPIC)], address=HERE, ours=())


def test_what_is_missing_is_created_and_what_is_odd_is_mended() -> None:
    filtered = subscription(TOPIC, plain=False)
    assert changes([TOPIC], [], address=HERE, ours=()) == Changes((TOPIC,), (), ())
    assert changes([TOPIC], [filtered], address=HERE, ours=()) == Changes((), ((filtered, TOPIC),), ())


def test_an_address_that_was_ours_moves_along() -> None:
    old = subscription(TOPIC, BEFORE)
    assert changes([TOPIC], [old], address=HERE, ours={BEFORE}) == Changes((), ((old, TOPIC),), ())
    new = subscription(TOPIC, id="2")
    assert changes([TOPIC], [old, new], address=HERE, ours={BEFORE}) == Changes((), (), (old,))


def test_what_is_not_ours_is_never_touched() -> None:
    foreign = subscription(TOPIC, ELSEWHERE)
    assert changes([], [foreign], address=HERE, ours=()) == Changes((), (), ())
    assert changes([TOPIC], [foreign], address=HERE, ours=()) == Changes((TOPIC,), (), ())


every_topic = list(TOPICS.values())
subscriptions = st.builds(
    Subscription,
    id=st.uuids().map(str),
    topic=st.sampled_from([*(t.enum for t in every_topic), "CARTS_CREATE"]),
    uri=st.sampled_from([HERE, BEFORE, ELSEWHERE]),
    fields=st.sampled_from([(), ("id",), TOPIC.fields]),
    plain=st.booleans(),
)


@given(
    topics=st.lists(st.sampled_from(every_topic), unique=True),
    found=st.lists(subscriptions, max_size=30, unique_by=lambda one: one.id),
)
def test_once_carried_out_nothing_is_left_to_do(topics: list[Topic], found: list[Subscription]) -> None:
    todo = changes(topics, found, address=HERE, ours={BEFORE})
    touched = {one.id for one in todo.remove} | {one.id for one, _ in todo.fix}
    assert not any(one.id in touched for one in found if one.uri == ELSEWHERE)
    after = [one for one in found if one.id not in touched]
    after += [subscription(topic, id=one.id) for one, topic in todo.fix]
    after += [subscription(topic, id=f"new {topic.name}") for topic in todo.create]
    assert not changes(topics, after, address=HERE, ours={BEFORE})
    mine = [one for one in after if one.uri != ELSEWHERE]
    assert sorted(one.topic for one in mine) == sorted(topic.enum for topic in topics), "one of each, and no other"

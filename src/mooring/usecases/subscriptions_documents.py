"""Changes of webhook subscriptions as mutations: create, fix, remove."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mooring.domain.subscribing import Changes
from mooring.domain.topics import Topic
from mooring.usecases import mutations
from mooring.usecases.mutations import Call, Mutation

REMOVE = "webhookSubscriptionDelete"
_HARMLESS = ("already been taken", "does not exist")
"""Shopify's words for: it is so already."""

_PLAIN: dict[str, Any] = {"filter": "", "metafieldNamespaces": [], "metafields": []}


def carry_out(changes: Changes, address: str, call: Call) -> dict[str, str]:
    """One document per kind of change; what is in the way goes first. Returns what Shopify refused: topic (or id) ->
    its words."""
    refused: dict[str, str] = {}
    for kind in (_removals(changes), _fixes(changes, address), _creations(changes, address)):
        for one, objections in mutations.send("Subscriptions", kind, call):
            if words := _words(objections or ()):
                refused[one.about] = words
    return refused


def _creations(changes: Changes, address: str) -> Iterator[Mutation]:
    for place, topic in enumerate(changes.create):
        wanted = {f"i{place}": ("WebhookSubscriptionInput!", _input(topic, address))}
        arguments = f"topic: {topic.enum}, webhookSubscription: $i{place}"
        yield Mutation(topic.name, "webhookSubscriptionCreate", arguments, wanted)


def _fixes(changes: Changes, address: str) -> Iterator[Mutation]:
    for place, (one, topic) in enumerate(changes.fix):
        variables: dict[str, tuple[str, Any]] = {
            f"d{place}": ("ID!", one.id),
            f"i{place}": ("WebhookSubscriptionInput!", _input(topic, address) | _PLAIN),
        }
        arguments = f"id: $d{place}, webhookSubscription: $i{place}"
        yield Mutation(topic.name, "webhookSubscriptionUpdate", arguments, variables)


def _removals(changes: Changes) -> Iterator[Mutation]:
    return (mutations.on_id(REMOVE, one.id, f"d{place}") for place, one in enumerate(changes.remove))


def _input(topic: Topic, address: str) -> dict[str, Any]:
    return {"uri": address, "format": "JSON", "includeFields": list(topic.fields)}


def _words(messages: Sequence[str]) -> str:
    return " ".join(m if m.endswith(".") else f"{m}." for m in messages if not m.endswith(_HARMLESS))

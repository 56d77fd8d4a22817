"""Many changes of webhook subscriptions in one document: an alias each. A mutation costs 10 points, and a document may
cost 1000."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mooring.domain.subscribing import Changes
from mooring.domain.topics import Topic
from mooring.ports import Reply

MOST = 50
"""Changes in one document."""

_HARMLESS = ("already been taken", "does not exist")
"""Shopify's words for: it is so already."""

_PLAIN: dict[str, Any] = {"filter": "", "metafieldNamespaces": [], "metafields": []}
_ERRORS = "{ userErrors { field message } }"


@dataclass(frozen=True, slots=True)
class _Change:
    """One alias: its mutation and arguments, with the types of the variables it uses."""

    name: str
    mutation: str
    arguments: str
    variables: dict[str, tuple[str, Any]]


def carry_out(changes: Changes, address: str, call: Callable[[str, dict[str, Any]], Reply]) -> dict[str, str]:
    """One document per kind of change; what is in the way goes first. Returns what Shopify refused: topic (or id) ->
    its words."""
    refused: dict[str, str] = {}
    for kind in (_removals(changes), _fixes(changes, address), _creations(changes, address)):
        for some in _portions(kind):
            refused |= _refused(some, call(*_document(some)).data)
    return refused


def _portions(kind: Iterable[_Change]) -> Iterator[list[_Change]]:
    rest = iter(kind)
    while some := list(islice(rest, MOST)):
        yield some


def _creations(changes: Changes, address: str) -> Iterator[_Change]:
    for place, topic in enumerate(changes.create):
        wanted = {f"i{place}": ("WebhookSubscriptionInput!", _input(topic, address))}
        arguments = f"topic: {topic.enum}, webhookSubscription: $i{place}"
        yield _Change(topic.name, "webhookSubscriptionCreate", arguments, wanted)


def _fixes(changes: Changes, address: str) -> Iterator[_Change]:
    for place, (one, topic) in enumerate(changes.fix):
        variables: dict[str, tuple[str, Any]] = {
            f"d{place}": ("ID!", one.id),
            f"i{place}": ("WebhookSubscriptionInput!", _input(topic, address) | _PLAIN),
        }
        arguments = f"id: $d{place}, webhookSubscription: $i{place}"
        yield _Change(topic.name, "webhookSubscriptionUpdate", arguments, variables)


def _removals(changes: Changes) -> Iterator[_Change]:
    for place, one in enumerate(changes.remove):
        yield _Change(one.id, "webhookSubscriptionDelete", f"id: $d{place}", {f"d{place}": ("ID!", one.id)})


def _input(topic: Topic, address: str) -> dict[str, Any]:
    return {"uri": address, "format": "JSON", "includeFields": list(topic.fields)}


def _document(some: Sequence[_Change]) -> tuple[str, dict[str, Any]]:
    types = ", ".join(f"${name}: {type_}" for one in some for name, (type_, _) in one.variables.items())
    parts = (f"  a{place}: {one.mutation}({one.arguments}) {_ERRORS}" for place, one in enumerate(some))
    values = {name: value for one in some for name, (_, value) in one.variables.items()}
    return "\n".join([f"mutation Subscriptions({types}) {{", *parts, "}"]), values


def _refused(some: Sequence[_Change], data: dict[str, Any]) -> dict[str, str]:
    said: dict[str, str] = {}
    for place, one in enumerate(some):
        answer: dict[str, Any] = data.get(f"a{place}") or {}
        messages: list[str] = [error["message"] for error in answer.get("userErrors", ())]
        if words := " ".join(m if m.endswith(".") else f"{m}." for m in messages if not m.endswith(_HARMLESS)):
            said[one.name] = words
    return said

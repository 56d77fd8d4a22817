"""Many mutations in one document, an alias each. A mutation costs 10 points, and a document may cost 1000."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mooring.ports import Reply

MOST = 50
"""Mutations in one document."""

Call = Callable[[str, dict[str, Any]], Reply]
_ERRORS = "{ userErrors { field message } }"


@dataclass(frozen=True, slots=True)
class Mutation:
    """`about` is for whoever asked; `variables` are those that `arguments` use, each with its type. Their names have to
    be unique among all that are sent together."""

    about: str
    field: str
    arguments: str
    variables: dict[str, tuple[str, Any]]


def on_id(field: str, id_: str, variable: str) -> Mutation:
    """A mutation that takes an id and nothing else."""
    return Mutation(id_, field, f"id: ${variable}", {variable: ("ID!", id_)})


def send(title: str, mutations: Iterable[Mutation], call: Call) -> Iterator[tuple[Mutation, tuple[str, ...] | None]]:
    """Each with Shopify's objections to it (none: it was done), or None where it says nothing of it at all."""
    rest = iter(mutations)
    while some := list(islice(rest, MOST)):
        data = call(*_document(title, some)).data
        yield from ((one, _objections(data.get(f"a{place}"))) for place, one in enumerate(some))


def _document(title: str, some: Sequence[Mutation]) -> tuple[str, dict[str, Any]]:
    types = ", ".join(f"${name}: {type_}" for one in some for name, (type_, _) in one.variables.items())
    parts = (f"  a{place}: {one.field}({one.arguments}) {_ERRORS}" for place, one in enumerate(some))
    values = {name: value for one in some for name, (_, value) in one.variables.items()}
    return "\n".join([f"mutation {title}({types}) {{", *parts, "}"]), values


def _objections(answer: dict[str, Any] | None) -> tuple[str, ...] | None:
    return None if answer is None else tuple(error["message"] for error in answer.get("userErrors", ()))

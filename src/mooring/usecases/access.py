"""Which project a thing belongs to, so that the right role can be asked for before anything else is looked at."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from mooring.db import operations, people, reading, stores
from mooring.domain.kinds import Kind
from mooring.errors import NotFound
from mooring.usecases.context import App

_LARGEST = 2**63 - 1


def _of_project(connection: Connection, project_id: str) -> str:
    people.project_name(connection, project_id)
    return project_id


def _of_store(connection: Connection, store_id: str) -> str:
    return stores.load(connection, store_id).project_id


def _of_operation(connection: Connection, operation_id: str) -> str:
    return operations.load(connection, operation_id).project_id


def _of_record(kind: Kind) -> Callable[[Connection, str], str]:
    def find(connection: Connection, hub_id: str) -> str:
        number = int(hub_id) if hub_id.isascii() and hub_id.isdecimal() else 0
        store_id = reading.store_of(connection, kind, number) if 0 < number <= _LARGEST else None
        if store_id is None:
            raise NotFound(f"There is no such {kind.removesuffix('s')}.")
        return _of_store(connection, store_id)

    return find


THINGS: dict[str, Callable[[Connection, str], str]] = {
    "project_id": _of_project,
    "store_id": _of_store,
    "operation_id": _of_operation,
    "customer_id": _of_record(Kind.CUSTOMERS),
    "order_id": _of_record(Kind.ORDERS),
    "product_id": _of_record(Kind.PRODUCTS),
    "collection_id": _of_record(Kind.COLLECTIONS),
}
"""The path parameters that belong to a project, and how it is found. Each raises `NotFound`."""


def project_of(app: App, thing: str, value: str) -> str:
    with app.db.read() as connection:
        return THINGS[thing](connection, value)

"""Rows of `lists`: named static sets of customers. A store writes to its own dedicated one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from mooring.db.tables import list_members, lists, stores


@dataclass(frozen=True, slots=True)
class CustomerList:
    """`store_id` is the store that writes to it, None when it is free to be chosen."""

    id: str
    name: str
    store_id: str | None
    store_name: str | None
    members: int


def of_project(connection: Connection, project_id: str) -> list[CustomerList]:
    members = select(func.count()).where(list_members.c.list_id == lists.c.id).correlate(lists).scalar_subquery()
    query = (
        select(lists.c.id, lists.c.name, lists.c.store_id, stores.c.name.label("store_name"), members.label("members"))
        .outerjoin(stores, stores.c.id == lists.c.store_id)
        .where(lists.c.project_id == project_id)
        .order_by(func.lower(lists.c.name))
    )
    return [CustomerList(**row._mapping) for row in connection.execute(query)]


def of_store(connection: Connection, store_id: str) -> str | None:
    """The id of the list this store writes to."""
    return connection.execute(select(lists.c.id).where(lists.c.store_id == store_id)).scalar()


def create(connection: Connection, *, id: str, project_id: str, name: str, at: datetime) -> None:
    connection.execute(insert(lists).values(id=id, project_id=project_id, name=name, created_at=at))


def dedicate(connection: Connection, list_id: str, store_id: str) -> None:
    """From now on the store writes to this list. Nobody is moved."""
    connection.execute(update(lists).where(lists.c.store_id == store_id).values(store_id=None))
    connection.execute(update(lists).where(lists.c.id == list_id).values(store_id=store_id))

"""Column types that mean the same on SQLite and PostgreSQL.

Money is exact: NUMERIC on PostgreSQL, decimal text on SQLite (whose own NUMERIC is a float). A moment is aware UTC:
TIMESTAMPTZ on PostgreSQL, sortable ISO text on SQLite: whole seconds for Shopify's clock, microseconds for ours.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit number; on SQLite spelled INTEGER, so that as a primary key it is the rowid and may auto-increment."""


class Money(TypeDecorator[Decimal]):
    """An exact amount. The currency stands in a column of its own."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Numeric() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return value if value is None or dialect.name == "postgresql" else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class _Moment(TypeDecorator[datetime]):
    impl = Text
    cache_ok = True
    timespec: str

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat(timespec=self.timespec).replace("+00:00", "Z")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


class ShopifyTime(_Moment):
    """A moment by Shopify's clock, in whole seconds."""

    cache_ok = True
    timespec = "seconds"


class OurTime(_Moment):
    """A moment by our clock, in microseconds."""

    cache_ok = True
    timespec = "microseconds"

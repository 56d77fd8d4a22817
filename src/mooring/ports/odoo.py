"""What use cases need from Odoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

ODOO_LIMIT = timedelta(seconds=120)
"""How long Odoo itself works on one request (`limit_time_real`). What nobody heard of by then was given up."""

Row = dict[str, Any]
"""A record of Odoo, as JSON: many2one fields are `[id, name]` or False, an empty text is False."""
Domain = list[Any]


@dataclass(frozen=True, slots=True)
class OdooAccess:
    """Where an Odoo is and who asks. `protocol`: `json2` (19 and later) or `jsonrpc`. Never logged: `repr` shows no
    key."""

    url: str
    database: str
    login: str
    key: str = field(repr=False)
    protocol: str = "json2"
    user_id: int | None = None
    company_id: int | None = None


@dataclass(frozen=True, slots=True)
class OdooVersion:
    """`series`: `19.0`; `major`: 19 (`saas~19.1` counts as 19)."""

    server: str
    series: str
    major: int


@dataclass(frozen=True, slots=True)
class LoadMessage:
    """What `load()` says of a record. `record`: its place among the records sent, None when Odoo named none. `rows`:
    first and last of its rows. Only `error` keeps the whole call from being written."""

    kind: str
    text: str
    record: int | None = None
    rows: tuple[int, int] | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """`ids`: one per record, in order; None when nothing was kept. `lost_race`: another call wrote the same records at
    the same moment; send this one again."""

    ids: tuple[int, ...] | None
    messages: tuple[LoadMessage, ...] = ()

    @property
    def lost_race(self) -> bool:
        said = ("could not serialize access", "deadlock detected")
        return self.ids is None and any(words in one.text for one in self.messages for words in said)

    @property
    def errors(self) -> tuple[LoadMessage, ...]:
        return tuple(one for one in self.messages if one.kind == "error")


class Odoo(Protocol):
    """Every method makes one HTTP request and raises what happens next as a class of `mooring.errors`.

    Reading may be repeated (`Unreachable`); a writing call whose answer is lost is `OutcomeUnknown`: Odoo may commit up
    to two minutes after the client has gone. `load` may be sent again with the same external ids.
    """

    def version(self, url: str) -> OdooVersion:
        """Before any key."""
        ...

    def sign_in(self, access: OdooAccess) -> int:
        """The user's id. Raises `AuthLost` (code `odoo_key_refused`)."""
        ...

    def search_read(
        self, access: OdooAccess, model: str, domain: Domain, fields: Sequence[str], *, limit: int | None = None,
        offset: int = 0, order: str | None = None, context: Mapping[str, Any] | None = None,
    ) -> list[Row]:  # fmt: skip
        ...

    def count(
        self, access: OdooAccess, model: str, domain: Domain, *, context: Mapping[str, Any] | None = None
    ) -> int: ...

    def load(
        self, access: OdooAccess, model: str, fields: Sequence[str], rows: Sequence[Sequence[str]], *,
        context: Mapping[str, Any] | None = None,
    ) -> Loaded:  # fmt: skip
        """One transaction: all of it or nothing. The context is completed with `tz` UTC, `tracking_disable` and the
        company."""
        ...

    def create(self, access: OdooAccess, model: str, values: Sequence[Row]) -> list[int]:
        """For what `load` cannot do; sent twice it doubles."""
        ...

    def write(self, access: OdooAccess, model: str, ids: Sequence[int], values: Row) -> None: ...

    def unlink(self, access: OdooAccess, model: str, ids: Sequence[int]) -> None: ...

    def call(
        self, access: OdooAccess, model: str, method: str, arguments: Mapping[str, Any], *,
        ids: Sequence[int] | None = None, context: Mapping[str, Any] | None = None, writes: bool = True,
    ) -> Any:  # fmt: skip
        """Any other method. `writes` says whether it must not be repeated blindly."""
        ...

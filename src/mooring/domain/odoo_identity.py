"""Which Odoo database and company is meant, and whether it still is that one. A uuid is the best witness; who may not
read it goes by address and name."""

from __future__ import annotations

from mooring.domain import mapping
from mooring.domain.odoo_details import Details


def fingerprint(url: str, database: str, details: Details) -> str:
    return mapping.fingerprint(details.uuid or by_name(url, database), details.company.id)


def by_name(url: str, database: str) -> str:
    return f"{url}#{database}"


def is_by_uuid(known: str) -> bool:
    """Whether a fingerprint names the database by its uuid. An address and name have a `#` between them."""
    return "#" not in known


def is_meant_by(known: str, *, url: str, database: str, uuid: str | None, company_id: int) -> bool:
    """Whether a fingerprint that was stored earlier, perhaps without or with the uuid, means what is there now."""
    where, _, company = known.rpartition("/")
    return company == str(company_id) and where in (uuid, by_name(url, database))

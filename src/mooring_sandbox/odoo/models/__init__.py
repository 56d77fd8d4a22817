"""Every model, in the order in which their tables come to be: PostgreSQL tells of the first one that is in the way."""

from mooring_sandbox.odoo.models import (  # noqa: F401
    account,
    base,
    keys,
    partner,
    technical,
    uom,
    users,
)  # fmt: skip
from mooring_sandbox.odoo.orm.registry import complete

complete()

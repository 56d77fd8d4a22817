"""The base of every model."""

from __future__ import annotations

from mooring_sandbox.odoo.orm.fields import Datetime
from mooring_sandbox.odoo.orm.loading import Loading
from mooring_sandbox.odoo.orm.relations import Many2one


class BaseModel(Loading):
    pass


class Model(BaseModel):
    """With the columns that every row has."""

    create_uid = Many2one("res.users", "Created by", readonly=True, copy=False)
    create_date = Datetime("Created on", readonly=True, copy=False)
    write_uid = Many2one("res.users", "Last Updated by", readonly=True, copy=False)
    write_date = Datetime("Last Updated on", readonly=True, copy=False)


class Transient(Model):
    """A wizard: anybody who may use it makes his own, and it is forgotten after a while."""

    _transient = True

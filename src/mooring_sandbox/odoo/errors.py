"""What Odoo raises: the name it goes by on the wire, the HTTP status, and the sentence.

Anything else that Python raises leaves as `builtins.…` with status 500, as it does in Odoo: several recorded refusals
are nothing but Python's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class OdooError(Exception):
    """Has a name on the wire and an HTTP status of its own."""

    name = "builtins.Exception"
    status = 500


class UserError(OdooError):
    """The base of all that is said to a person; `load()` tells it as the message of a row."""

    name, status = "odoo.exceptions.UserError", 422


class ValidationError(UserError):
    name = "odoo.exceptions.ValidationError"


class AccessError(UserError):
    name, status = "odoo.exceptions.AccessError", 403


class MissingError(UserError):
    name, status = "odoo.exceptions.MissingError", 404


class AccessDenied(UserError):
    name, status = "odoo.exceptions.AccessDenied", 403

    def __init__(self) -> None:
        super().__init__("Access Denied")


class HttpError(OdooError):
    """A werkzeug exception: its arguments are the sentence and the status."""

    def __init__(self, kind: str, status: int, sentence: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(sentence, status)
        self.name, self.status, self.headers = f"werkzeug.exceptions.{kind}", status, headers or {}


def not_found(sentence: str) -> HttpError:
    return HttpError("NotFound", 404, sentence)


def unprocessable(sentence: str) -> HttpError:
    return HttpError("UnprocessableEntity", 422, sentence)


def missing(model: str, ids: Sequence[int], uid: int) -> MissingError:
    listed = f"({ids[0]},)" if len(ids) == 1 else str(tuple(ids))
    sentence = f"Record does not exist or has been deleted.\n(Record: {model}{listed}, User: {uid})"
    return MissingError(sentence)


# -- what PostgreSQL refuses ----------------------------------------------------------------------------------------


class DatabaseError(OdooError):
    """Outside of `load()` it leaves under psycopg2's name."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = f"psycopg2.errors.{kind}"


class SerializationFailure(DatabaseError):
    """Somebody else committed a change to the same row since this transaction began."""

    def __init__(self) -> None:
        super().__init__("SerializationFailure", "could not serialize access due to concurrent update\n")


class IntegrityError(DatabaseError):
    """A constraint. A call ends in a ValidationError with this sentence, a row of `load()` in a message."""

    def __init__(self, sentence: str, kind: str = "IntegrityError") -> None:
        super().__init__(kind, sentence)

    def sentence(self, registry: dict[str, Any]) -> str:
        return self.args[0]


class CheckViolation(IntegrityError):
    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "CheckViolation")


class UniqueViolation(IntegrityError):
    def __init__(self, constraint: str, columns: Sequence[str], values: Sequence[Any]) -> None:
        key, found = ", ".join(columns), ", ".join(str(value) for value in values)
        super().__init__(
            f'duplicate key value violates unique constraint "{constraint}"\n'
            f"DETAIL:  Key ({key})=({found}) already exists.\n",
            "UniqueViolation",
        )


_HINT = (
    "- create/update: a mandatory field is not set\n"
    "- delete: another model requires the record being deleted, you can archive it instead\n"
)


class NotNullViolation(IntegrityError):
    def __init__(self, model: str, column: str) -> None:
        super().__init__(f'null value in column "{column}" of {model}', "NotNullViolation")
        self.model, self.column = model, column

    def sentence(self, registry: dict[str, Any], loading: str | None = None) -> str:
        """While `loading` another model, Odoo looks the column up there, and does not know whose it was."""
        known = registry[loading or self.model]
        label = known._fields[self.column].string if self.column in known._fields else "Unknown"
        named = "Unknown" if loading not in (None, self.model) else f"'{known._description}' ({known._name})"
        return f"Missing required value for the field '{label}' ({self.column}).\nModel: {named}\n{_HINT}"


class StillUsed(IntegrityError):
    """A record that another one needs was to be deleted."""

    def __init__(self, model: str, label: str, field: str, field_label: str) -> None:
        super().__init__(
            "Another model is using the record you are trying to delete.\n\n"
            f"The troublemaker is: '{label}' ({model})\n"
            f"Thanks to the following constraint: '{field_label}' ({field})\n"
            "How about archiving the record instead?",
            "ForeignKeyViolation",
        )

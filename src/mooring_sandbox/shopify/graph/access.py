"""Who may read what: scopes per type and field, and approval for protected customer data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphql import get_named_type

from mooring_sandbox.shopify.caller import Caller
from mooring_sandbox.shopify.graph.errors import ACCESS_SCOPES, AccessDenied, FieldError
from mooring_sandbox.shopify.graph.schema import Official, Requirement

# Any customer data is level 1; these objects are it. Names, e-mail, phone, addresses (level 2) are per field.
_CUSTOMER_OBJECTS = {"Customer", "Order", "DraftOrder", "AbandonedCheckout"}
_MORE = "See https://shopify.dev/docs/apps/launch/protected-customer-data for more details."


@dataclass(frozen=True)
class Refusal:
    """A field that the caller may not read. `protected` ones are null in bulk results, others fail the operation."""

    message: str
    required: str | None
    protected: bool = False

    def error(self, field: str) -> FieldError:
        if self.protected:
            return FieldError(self.message, "ACCESS_DENIED", documentation=ACCESS_SCOPES)
        return AccessDenied(field, self.required)


def granted(scopes: Iterable[str]) -> set[str]:
    """write_x includes read_x."""
    held = set(scopes)
    return held | {f"read_{s.removeprefix('write_')}" for s in held if s.startswith("write_")}


class Access:
    """What one caller is refused, worked out per field when first asked."""

    def __init__(self, official: Official, caller: Caller) -> None:
        self._official = official
        self._scopes = granted(caller.scopes)
        self._protected = caller.protected
        self._known: dict[tuple[str, str], Refusal | None] = {}

    def refusal(self, type_name: str, field_name: str) -> Refusal | None:
        key = (type_name, field_name)
        if key not in self._known:
            self._known[key] = self._judge(type_name, field_name)
        return self._known[key]

    def type_refusal(self, type_name: str) -> Refusal | None:
        """For `node` and `nodes`: the type that was found decides."""
        required = self._official.types.get(type_name)
        if required and not self._holds(required):
            return Refusal("", required.text)
        return self._object_refusal(type_name)

    def _judge(self, type_name: str, field_name: str) -> Refusal | None:
        field = self._official.field(type_name, field_name)
        if field is None:
            return None
        named = get_named_type(field.type).name
        own = self._official.fields.get(f"{type_name}.{field_name}")
        if own is not None and not self._holds(own):
            return Refusal("", own.text)
        return self._type_or_node(named, own is not None) or self._protected_refusal(type_name, field_name, named)

    def _type_or_node(self, named: str, field_decides: bool) -> Refusal | None:
        """A connection names no access of its own: the server then leaves the wording out."""
        if field_decides:
            return None
        required = self._official.types.get(named)
        if required is not None:
            return None if self._holds(required) else Refusal("", required.text)
        inner = self._official.types.get(named.removesuffix("Connection")) if named.endswith("Connection") else None
        return Refusal("", None) if inner is not None and not self._holds(inner) else None

    def _holds(self, required: Requirement) -> bool:
        return not required.scopes or bool(required.scopes & self._scopes)

    def _protected_refusal(self, type_name: str, field_name: str, named: str) -> Refusal | None:
        kind = self._official.protected.get(f"{type_name}.{field_name}")
        if kind is not None and kind not in self._protected:
            message = f"This app is not approved to use the {field_name} field. {_MORE}"
            return Refusal(message, None, protected=True)
        return self._object_refusal(named.removesuffix("Connection"))

    def _object_refusal(self, named: str) -> Refusal | None:
        if named not in _CUSTOMER_OBJECTS or "customer" in self._protected:
            return None
        return Refusal(f"This app is not approved to access the {named} object. {_MORE}", None, protected=True)

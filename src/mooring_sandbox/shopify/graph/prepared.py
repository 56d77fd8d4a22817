"""A document made ready once: parsed, validated, its operations and fragments by name."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphql import DocumentNode, FragmentDefinitionNode, OperationDefinitionNode

from mooring_sandbox.shopify.graph.documents import read
from mooring_sandbox.shopify.graph.errors import Rejected
from mooring_sandbox.shopify.graph.schema import official
from mooring_sandbox.shopify.graph.validation import validate


@dataclass(frozen=True)
class Prepared:
    document: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    fragments: dict[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """A lone operation is taken whatever name is sent, as recorded."""
        if len(self.operations) == 1:
            return self.operations[0]
        if not self.operations:
            raise Rejected([{"message": "No operations defined"}])
        if not name:
            raise Rejected([{"message": "An operation name is required"}])
        found = next((o for o in self.operations if o.name and o.name.value == name), None)
        if found is None:
            raise Rejected([{"message": f'No operation named "{name}"'}])
        return found


@lru_cache(maxsize=512)
def prepare(schema_version: str, text: str) -> Prepared:
    """Raises Rejected; what cannot be read is not kept."""
    document = read(text)
    errors = validate(official(schema_version).schema, document)
    if errors:
        raise Rejected(errors)
    operations = tuple(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    return Prepared(document, operations, fragments)

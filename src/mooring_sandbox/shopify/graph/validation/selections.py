"""Selections: fields that exist, with a selection where their type needs one, and fragments that can apply."""

from __future__ import annotations

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLUnionType,
    InlineFragmentNode,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    do_types_overlap,
    get_named_type,
    is_composite_type,
    is_leaf_type,
)

from mooring_sandbox.shopify.graph.validation.arguments import Taker, check_arguments
from mooring_sandbox.shopify.graph.validation.walk import Walk


def check_selections(walk: Walk, type_: GraphQLCompositeType, selection_set: SelectionSetNode | None) -> None:
    for node in selection_set.selections if selection_set else ():
        if isinstance(node, FieldNode):
            _check_field(walk, type_, node)
        elif isinstance(node, InlineFragmentNode):
            _check_inline(walk, type_, node)
        elif isinstance(node, FragmentSpreadNode):
            _check_spread(walk, type_, node)


def field_of(walk: Walk, type_: GraphQLCompositeType, name: str) -> GraphQLField | None:
    if name == "__typename":
        return TypeNameMetaFieldDef
    if type_ is walk.schema.query_type and name in ("__schema", "__type"):
        return SchemaMetaFieldDef if name == "__schema" else TypeMetaFieldDef
    return None if isinstance(type_, GraphQLUnionType) else type_.fields.get(name)


def _check_field(walk: Walk, type_: GraphQLCompositeType, node: FieldNode) -> None:
    name = node.name.value
    found = field_of(walk, type_, name)
    with walk.at(node.alias.value if node.alias else name):
        if found is None:
            _undefined(walk, type_, node)
            return
        inner = get_named_type(found.type)
        if not _selects_rightly(walk, inner, node):
            return
        check_directives(walk, node.directives or ())
        check_arguments(walk, Taker("Field", name, node, found.args), node.arguments or ())
        if is_composite_type(inner):
            check_selections(walk, inner, node.selection_set)


def _undefined(walk: Walk, type_: GraphQLCompositeType, node: FieldNode) -> None:
    if isinstance(type_, GraphQLUnionType):
        message = f"Selections can't be made directly on unions (see selections on {type_.name})"
        walk.add(message, node, "selectionMismatch", nodeName=type_.name)
        return
    name = node.name.value
    message = f"Field '{name}' doesn't exist on type '{type_.name}'"
    walk.add(message, node, "undefinedField", typeName=type_.name, fieldName=name)


def _selects_rightly(walk: Walk, inner: GraphQLNamedType, node: FieldNode) -> bool:
    name = node.name.value
    label = f"field '{name}'"
    if is_leaf_type(inner) and node.selection_set:
        listed = ", ".join(_named(s) for s in node.selection_set.selections)
        kind = "enums" if type(inner).__name__ == "GraphQLEnumType" else "scalars"
        message = f"Selections can't be made on {kind} ({label} returns {inner.name} but has selections [{listed}])"
    elif is_composite_type(inner) and not node.selection_set:
        message = (
            f"Field must have selections ({label} returns {inner.name} but has no selections. "
            f"Did you mean '{name} {{ ... }}'?)"
        )
    else:
        return True
    walk.add(message, node, "selectionMismatch", nodeName=label, typeName=inner.name)
    return False


def _named(node: SelectionNode) -> str:
    if isinstance(node, FieldNode | FragmentSpreadNode):
        return f'"{node.name.value}"'
    condition = getattr(node, "type_condition", None)
    return f'"... on {condition.name.value if condition else ""} {{ ... }}"'


def _check_inline(walk: Walk, type_: GraphQLCompositeType, node: InlineFragmentNode) -> None:
    condition = node.type_condition.name.value if node.type_condition else None
    with walk.at(f"... on {condition}" if condition else "..."):
        check_directives(walk, node.directives or ())
        inner = type_ if condition is None else condition_type(walk, node, condition)
        if inner is None or (condition and not _possible(walk, type_, inner, node, None)):
            return
        check_selections(walk, inner, node.selection_set)


def _check_spread(walk: Walk, type_: GraphQLCompositeType, node: FragmentSpreadNode) -> None:
    name = node.name.value
    with walk.at(f"... {name}"):
        walk.scope.spreads.add(name)
        check_directives(walk, node.directives or ())
        fragment = walk.fragments.get(name)
        if fragment is None:
            message = f"Fragment {name} was used, but not defined"
            walk.add(message, node, "useAndDefineFragment", fragmentName=name)
            return
        inner = walk.schema.type_map.get(fragment.type_condition.name.value)
        if inner is not None and is_composite_type(inner):
            _possible(walk, type_, inner, node, name)


def condition_type(walk: Walk, node: InlineFragmentNode, name: str) -> GraphQLCompositeType | None:
    """The type a fragment is on; None, with an error, if there is none that has fields."""
    found = walk.schema.type_map.get(name)
    if found is None:
        walk.add(f"No such type {name}, so it can't be a fragment condition", node, "undefinedType", typeName=name)
        return None
    if is_composite_type(found):
        return found
    message = f"Invalid fragment on type {name} (must be Union, Interface or Object)"
    walk.add(message, node, "fragmentOnNonCompositeType", typeName=name)
    return None


def _possible(
    walk: Walk,
    parent: GraphQLCompositeType,
    inner: GraphQLCompositeType,
    node: InlineFragmentNode | FragmentSpreadNode,
    name: str | None,
) -> bool:
    if do_types_overlap(walk.schema, parent, inner):
        return True
    subject = f"Fragment {name}" if name else "Fragment"
    walk.add(
        f"{subject} on {inner.name} can't be spread inside {parent.name}",
        node, "cannotSpreadFragment", typeName=inner.name, fragmentName=name or "unknown", parentName=parent.name,
    )  # fmt: skip
    return False


def check_directives(walk: Walk, nodes: tuple[DirectiveNode, ...]) -> None:
    for node in nodes:
        name = node.name.value
        found = walk.schema.get_directive(name)
        if found is None:
            walk.add(f"Directive @{name} is not defined", node, "undefinedDirective", directiveName=name)
        else:
            check_arguments(walk, Taker("Directive", name, node, found.args), node.arguments or ())

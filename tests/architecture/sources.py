"""Source files as the rules of the house see them: a place in the tree, a text, a syntax tree."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("mooring", "mooring_sandbox")


@dataclass(frozen=True)
class Source:
    """`place` counts from the top of the checkout. A planted violation has a text of its own and no file."""

    place: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    @property
    def module(self) -> str:
        return self.place.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def at(self, node: ast.AST, sentence: str) -> str:
        """A finding, in the form editors jump to."""
        return f"{self.place}:{getattr(node, 'lineno', 1)}: {sentence}"


@cache
def sources(package: str) -> list[Source]:
    """Every module of a package in src/, read once."""
    files = sorted((ROOT / "src" / package).rglob("*.py"))
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text()) for path in files]


def imports(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every imported module or name, dotted and absolute, wherever the import stands: also inside a function."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = absolute(source, node)
            yield from ((node, f"{start}.{alias.name}") for alias in node.names)


def absolute(source: Source, node: ast.ImportFrom) -> str:
    """What `from X import` means by X; leading dots count up from the module's package."""
    if node.level == 0:
        return node.module or ""
    package = source.module.split(".")
    if not source.place.endswith("/__init__.py"):
        package = package[:-1]
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of attributes on a name, else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (start := dotted(node.value)):
        return f"{start}.{node.attr}"
    return ""

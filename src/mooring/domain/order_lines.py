"""Which line of an order in Odoo is which, where no mapping and no external id says so: what a Clear leaves to go by.

Both sides are lines of one order that was recognised; a line is never recognised on its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from mooring.domain.translate_odoo import Value, same

TELLING = ("name", "product_uom_qty", "price_unit", "discount")
"""What tells the lines of an order apart. What they stand on is not among it: it changes with a product."""

Said = Mapping[str, Value]
Ours = TypeVar("Ours")
Theirs = TypeVar("Theirs")


def paired(ours: Mapping[Ours, Said], theirs: Mapping[Theirs, Said]) -> dict[Ours, Theirs]:
    """First those that say the same, in their order: lines that were added later stand behind the others in Odoo. Then
    the rest by their place, if as many are left on either side; otherwise a person says which is which."""
    left, found = dict(theirs), dict[Ours, Theirs]()
    for key, said in ours.items():
        alike = next((id_ for id_, held in left.items() if _says(said, held)), None)
        if alike is not None:
            found[key] = alike
            del left[alike]
    rest = [key for key in ours if key not in found]
    return found | dict(zip(rest, left, strict=True)) if len(rest) == len(left) else found


def _says(said: Said, held: Said) -> bool:
    """Of a line of which nothing is known nothing can be said to be the same."""
    return bool(said) and all(name in held and same(name, said[name], held[name]) for name in TELLING if name in said)

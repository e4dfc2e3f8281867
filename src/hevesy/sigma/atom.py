"""The two nouns that a detection is made of once it is compiled: atoms, and trees over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = [
    "AND",
    "MANY",
    "NOT",
    "ONE",
    "OR",
    "TEXT_OPS",
    "Atom",
    "AtomTable",
    "Node",
    "fold",
    "join_glob",
    "split_glob",
]

AND, OR, NOT = -1, -2, -3
MANY, ONE = 0, 1
_ESCAPED = re.compile(r"[*?\\]")

Node = int | list[Any]
"""An atom's index, or a list that begins with AND, OR or NOT and goes on with nodes.

The items are nodes again (written so that msgspec can read them). An AND of nothing is true,
an OR of nothing is false.
"""

TEXT_OPS = ("equals", "startswith", "endswith", "contains", "like")

# Two letters whose lower case is plain ASCII; they keep to themselves, so that a search for ASCII
# letters without case finds in a raw line all that this engine finds in its fields.
_UNFOLDED = {"\u212a": "\uf8fe", "\u0130": "\uf8ff"}


@dataclass(frozen=True, slots=True)
class Atom:
    """One test of one field, the same whatever rule asks for it."""

    field: str | None
    """Column or computed field (see `plan.field_key`); None searches all text columns."""
    op: str
    """`equals` `startswith` `endswith` `contains` `like` on text; `re`; `cidr`; `lt` `lte` `gt`
    `gte` and `part` on numbers; `null` and `exists`; `fieldref`."""
    value: str | int | float | None = None
    """Folded text (as written where cased); a glob with `\\` escapes for `like`; the pattern; the
    network; the number; the other field."""
    flags: str = ""
    """`c` cased text; `i` `m` `s` of a regex; `s` `e` of a fieldref (starts, ends; both: contains);
    the time part (`hour`) of a number."""


class AtomTable:
    """Gives each distinct atom one index."""

    def __init__(self) -> None:
        """Start empty."""
        self.atoms: list[Atom] = []
        self._index: dict[Atom, int] = {}

    def add(self, atom: Atom) -> int:
        """Index of the atom, new or known."""
        index = self._index.setdefault(atom, len(self.atoms))
        if index == len(self.atoms):
            self.atoms.append(atom)
        return index


def fold(text: str) -> str:
    """Text as it is compared without case: Unicode lower case, both Greek sigmas alike.

    Letters outside ASCII whose lower case is ASCII are left alone.
    """
    if text.isascii():
        return text.lower()
    for letter, stand_in in _UNFOLDED.items():
        text = text.replace(letter, stand_in)
    return text.lower().replace("ς", "σ")  # noqa: RUF001  # the Greek letter is meant


def split_glob(glob: str) -> list[str | int]:
    """Parts of a glob: text with its escapes resolved, MANY for `*`, ONE for `?`."""
    parts: list[str | int] = []
    text = ""
    characters = iter(glob)
    for character in characters:
        if character in "*?":
            if text:
                parts.append(text)
            parts.append(MANY if character == "*" else ONE)
            text = ""
        else:
            text += next(characters, "\\") if character == "\\" else character
    return [*parts, text] if text else parts


def join_glob(parts: list[str | int]) -> str:
    """The glob that `split_glob` takes apart again."""
    return "".join(
        ("*" if part == MANY else "?") if isinstance(part, int) else _ESCAPED.sub(r"\\\g<0>", part)
        for part in parts
    )

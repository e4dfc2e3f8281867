"""What text a raw row must hold to match a rule of a plan: rows without it are passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.sigma.needs import anchor, clause
from hevesy.sigma.required import required
from hevesy.sigma.sieves import length_price

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.sigma.plan import Plan

__all__ = ["literals"]


def literals(plan: Plan, cut: Callable[[str], str] = str) -> tuple[str, ...] | None:
    """See `Ruleset.literals`."""
    needed: set[str] = set()
    raw = {index: _raw_literals(plan, index, cut) for index in range(len(plan.atoms))}
    for group in plan.groups:
        for tree in group.trees:
            found = clause(tree, lambda index: length_price(raw[index]))
            if found is None:
                return None
            needed.update(*(raw[index] for index in found[1]))
    return tuple(sorted(needed))


def _raw_literals(plan: Plan, index: int, cut: Callable[[str], str]) -> tuple[str, ...]:
    """Of which a raw row holds one if it passes an atom; ASCII, inside one part of a field."""
    atom = plan.atoms[index]
    parts = plan.computed.get(atom.field or "", ())
    joints = [part[1:-1] for part in parts if part[:1] == "'"]
    if (len(parts) > 1 and len(joints) * 2 + 1 != len(parts)) or "" in joints:
        return ()  # columns joined without text between them: nothing is sure to be in one

    def words(found: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted({cut(_inside(word, joints)) for word in found}))

    if atom.op != "re" or not isinstance(atom.value, str):
        return words(frozenset((anchor(atom),)))
    return words(required(atom.value, lambda found: length_price(words(found))) or frozenset())


def _inside(word: str, joints: list[str]) -> str:
    """The longest part of a word that is ASCII and lies between joints."""
    pieces = ["".join(c if c.isascii() else "\x00" for c in word)]
    for joint in [*joints, "\x00"]:
        pieces = [part for piece in pieces for part in piece.split(joint)]
    return max(pieces, key=len, default="").lower()

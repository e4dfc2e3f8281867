"""Which literals a tree cannot do without: skips rules, and lets readers pass over rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hevesy.sigma.atom import AND, NOT, TEXT_OPS, Atom, Node, split_glob

__all__ = ["anchors", "clause"]

Cost = Callable[[int], float | None]
"""Atom index -> how common it is expected to be (smaller is rarer), None where it cannot serve."""


def anchors(atom: Atom) -> list[str]:
    """The literals all of which a value must contain to pass the atom, each once, longest first."""
    if atom.op not in TEXT_OPS or not isinstance(atom.value, str):
        return []
    parts = split_glob(atom.value) if atom.op == "like" else [atom.value]
    literals = dict.fromkeys(part for part in parts if isinstance(part, str))
    return sorted(literals, key=len, reverse=True)


def clause(node: Node, cost: Cost) -> tuple[float, frozenset[int]] | None:
    """The cheapest set of atoms of which a matching row passes at least one, with its cost.

    None where there is no such set: the tree can be true with none of the usable atoms.
    """
    if isinstance(node, int):
        price = cost(node)
        return None if price is None else (price, frozenset((node,)))
    if node[0] == NOT:
        return None
    found = [clause(inner, cost) for inner in node[1:]]
    if node[0] == AND:
        return min((each for each in found if each is not None), key=_price, default=None)
    return _either(found)


def _price(priced: tuple[float, frozenset[int]]) -> float:
    return priced[0]


def _either(
    found: Sequence[tuple[float, frozenset[int]] | None],
) -> tuple[float, frozenset[int]] | None:
    """One of several must hold: the clauses together, if each has one."""
    price, atoms = 0.0, frozenset[int]()
    for each in found:
        if each is None:
            return None
        price += each[0]
        atoms |= each[1]
    return price, atoms

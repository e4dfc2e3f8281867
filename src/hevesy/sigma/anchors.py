"""Anchors: literals that a value must hold to pass an atom, and atoms of which a rule needs one.

Worked out once for a rule set and kept with it: what a frame costs does not grow by it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.sigma.atom import Atom, Node, fold
from hevesy.sigma.needs import anchors, clause
from hevesy.sigma.probe import Probe
from hevesy.sigma.required import every_required

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hevesy.sigma.plan import Group

__all__ = ["Anchors", "FieldAnchors", "anchors_of", "fields_in", "length_price"]

_EXACT = ("equals", "startswith", "endswith", "contains")
_WORDS = 16
"""A regex that needs one of more words than that is asked of every value."""
_SETS = 6
"""So many sets of probes are known of an atom: one of them is likely to be rare in any frame."""


@dataclass(frozen=True, slots=True)
class FieldAnchors:
    """Those of the atoms of one field: what one pass over its values looks for."""

    field: str | None
    """As in `Atom.field`."""
    probes: list[Probe]
    of_atom: dict[int, list[int]]
    """Atom -> probes of which a value passes one if it passes the atom; for a regex, a value that
    holds a letter outside ASCII may pass without."""
    others: dict[int, list[list[int]]]
    """Atom -> more such sets of probes, for frames where those of `of_atom` are common."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Those of all fields, and what they say of each rule."""

    fields: list[FieldAnchors]
    needed: list[list[list[int] | None]]
    """For each group and each rule of it: the atoms of which a matching row passes one; None where
    a row may match without."""
    keywords: list[bool]
    """For each group, whether a rule of it searches all columns."""


def anchors_of(atoms: Sequence[Atom], groups: Sequence[Group]) -> Anchors:
    """Work out the anchors of a plan."""
    by_field: dict[str | None, list[int]] = defaultdict(list)
    for index, atom in enumerate(atoms):
        by_field[atom.field].append(index)
    fields = [_field_anchors(key, atoms, indexes) for key, indexes in by_field.items()]
    prices: dict[int, float] = {}
    for field in fields:
        for index, probes in field.of_atom.items():
            words = [field.probes[each] for each in probes]
            price = length_price([word.text for word in words])
            if price is not None and all(word.sparse for word in words):
                prices[index] = price
    needed = [[_needed(tree, prices.get) for tree in group.trees] for group in groups]
    keywords = [
        any(atoms[each].field is None for tree in group.trees for each in fields_in(tree))
        for group in groups
    ]
    return Anchors(fields, needed, keywords)


def _needed(tree: Node, price: Callable[[int], float | None]) -> list[int] | None:
    found = clause(tree, price)
    return None if found is None else sorted(found[1])


def _field_anchors(key: str | None, atoms: Sequence[Atom], indexes: Sequence[int]) -> FieldAnchors:
    numbers: dict[Probe, int] = {}
    of_atom: dict[int, list[int]] = {}
    others: dict[int, list[list[int]]] = {}
    for index in indexes:
        sets = [
            [numbers.setdefault(probe, len(numbers)) for probe in probes]
            for probes in _probes(atoms[index])[:_SETS]
        ]
        if sets:
            of_atom[index] = sets[0]
        if len(sets) > 1:
            others[index] = sets[1:]
    return FieldAnchors(key, list(numbers), of_atom, others)


def _probes(atom: Atom) -> list[list[Probe]]:
    """Sets of folded literal tests; a value that passes the atom passes one of each set."""
    if atom.op == "re":
        sets = every_required(str(atom.value), _word_price)
        return [[Probe("contains", word) for word in sorted(words)] for words in sets]
    literals = anchors(atom)
    if atom.op in _EXACT:
        return [[Probe(atom.op, fold(literals[0] if literals else ""))]]
    return [[Probe("contains", fold(literal))] for literal in literals]


def _word_price(words: frozenset[str]) -> float | None:
    if len(words) > _WORDS or not all(Probe("contains", word).scannable for word in words):
        return None
    return length_price(sorted(words))


def length_price(literals: Sequence[str]) -> float | None:
    """How common some literals are expected to be together; None where one of them is empty.

    Longer ones are rarer; the worth falls steeply so that an OR of many stays dear.
    """
    if not literals or not all(literals):
        return None
    return sum(2.0 ** -min(len(literal), 40) for literal in literals)


def fields_in(node: Node) -> list[int]:
    """The atoms of a tree."""
    if isinstance(node, int):
        return [node]
    return [atom for inner in node[1:] for atom in fields_in(inner)]

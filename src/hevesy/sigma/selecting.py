"""A part of a rule set: the rules kept, and the plans without the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.sigma.atom import AtomTable, Node
from hevesy.sigma.plan import Group, Plan, map_atoms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hevesy.sigma.rule import Rule

__all__ = ["select"]


def select(
    rules: Sequence[Rule], plans: dict[str, Plan], keep: Callable[[Rule], bool]
) -> tuple[tuple[Rule, ...], dict[str, Plan]]:
    """Keep some rules; their indexes, and those of atoms, are counted anew."""
    kept = [index for index, rule in enumerate(rules) if keep(rule)]
    index_of = {old: new for new, old in enumerate(kept)}
    chosen = tuple(rules[index] for index in kept)
    return chosen, {name: _narrow(plan, index_of) for name, plan in plans.items()}


def _narrow(plan: Plan, index_of: dict[int, int]) -> Plan:
    atoms = AtomTable()

    def moved(node: Node) -> Node:
        return map_atoms(node, lambda index: atoms.add(plan.atoms[index]))

    groups = []
    for group in plan.groups:
        pairs = [
            (index_of[rule], moved(tree))
            for rule, tree in zip(group.rules, group.trees, strict=True)
            if rule in index_of
        ]
        if pairs:
            indexes, trees = (list(each) for each in zip(*pairs, strict=True))
            groups.append(Group(moved(group.gate), indexes, trees))
    return replace(plan, atoms=atoms.atoms, groups=groups)

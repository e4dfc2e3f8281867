"""A part of a rule set: the rules kept, and the plans without the others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.sigma.atom import AtomTable, Node
from hevesy.sigma.correlation import Clause, Correlation
from hevesy.sigma.plan import Group, Plan, map_atoms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hevesy.sigma.rule import Rule

__all__ = ["select"]


def select(
    rules: Sequence[Rule],
    plans: Mapping[str, Plan],
    correlations: Sequence[Correlation],
    keep: Callable[[Rule], bool],
) -> tuple[tuple[Rule, ...], dict[str, Plan], tuple[Correlation, ...]]:
    """Keep some rules; their indexes, and those of atoms, are counted anew.

    A correlation is kept with the rules that it refers to, or not at all.
    """
    chosen_ones = {index for index, rule in enumerate(rules) if keep(rule)}
    for each in correlations:
        if each.rule in chosen_ones and not chosen_ones.issuperset(each.rules):
            chosen_ones.discard(each.rule)
    kept = sorted(chosen_ones)
    index_of = {old: new for new, old in enumerate(kept)}
    chosen = tuple(rules[index] for index in kept)
    narrowed = {name: _narrow(plan, index_of) for name, plan in plans.items()}
    moved = (_moved(each, index_of) for each in correlations if each.rule in index_of)
    return chosen, narrowed, tuple(moved)


def _moved(correlation: Correlation, index_of: dict[int, int]) -> Correlation:
    aliases = {
        name: {index_of[rule]: field for rule, field in alias.items() if rule in index_of}
        for name, alias in correlation.aliases.items()
    }
    return replace(
        correlation,
        rule=index_of[correlation.rule],
        rules=tuple(index_of[rule] for rule in correlation.rules),
        aliases=aliases,
        clauses=tuple(
            Clause(
                tuple(index_of[rule] for rule in clause.present),
                tuple(index_of[rule] for rule in clause.absent),
            )
            for clause in correlation.clauses
        ),
    )


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
    return replace(plan, atoms=atoms.atoms, groups=groups, anchors=None)

"""What a rule needs of the logs: the table, and for Windows events channel and event ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from hevesy.sigma.atom import AND, OR, Atom, Node, fold
from hevesy.sigma.logsources import channel_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.sigma.correlation import Correlation
    from hevesy.sigma.plan import Plan

__all__ = ["Need", "needs"]

_ASKED = ("Channel", "EventID", "Provider_Name")


@dataclass(frozen=True, slots=True)
class Need:
    """One of the ways in which a rule can match."""

    table: str
    """Where its rows stand."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`Channel`, `EventID`, `Provider_Name` -> the values of which a row must have one."""


def needs(
    plans: Mapping[str, Plan], correlations: Sequence[Correlation]
) -> dict[int, tuple[Need, ...]]:
    """For each rule the ways in which it can match; a correlation's are those of its rules."""
    found: dict[int, dict[str, Need]] = {}
    for table, plan in plans.items():
        for group in plan.groups:
            of_gate = _demanded(group.gate, plan.atoms)
            for rule, tree in zip(group.rules, group.trees, strict=True):
                where = {**_demanded(tree, plan.atoms), **of_gate}
                shown = {name: _shown(name, where[name]) for name in _ASKED if name in where}
                need = Need(table, shown)
                found.setdefault(rule, {})[repr(need)] = need
    for each in correlations:
        together = {key: need for rule in each.rules for key, need in found.get(rule, {}).items()}
        found[each.rule] = together
    return {rule: tuple(ways.values()) for rule, ways in found.items()}


def _demanded(node: Node, atoms: Sequence[Atom]) -> dict[str, tuple[str, ...]]:
    """Column -> values of which a row must have one, as far as the top of a tree says so."""
    items = node[1:] if isinstance(node, list) and node[0] == AND else [node]
    found: dict[str, tuple[str, ...]] = {}
    for item in items:
        either = item[1:] if isinstance(item, list) and item[0] == OR else [item]
        tests = [atoms[each] for each in either if isinstance(each, int) and each >= 0]
        columns = {atom.field for atom in tests if atom.op == "equals"}
        if len(tests) != len(either) or len(columns) != 1 or any(t.op != "equals" for t in tests):
            continue
        column = columns.pop()
        if column in _ASKED and column not in found:
            found[column] = tuple(str(atom.value) for atom in tests)
    return found


def _shown(name: str, values: Sequence[str]) -> tuple[str, ...]:
    """Folded values as they are written."""
    return (
        tuple(_channels().get(value, value) for value in values)
        if name == "Channel"
        else tuple(values)
    )


@cache
def _channels() -> dict[str, str]:
    return {fold(name): name for name in channel_names()}

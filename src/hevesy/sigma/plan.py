"""All rules of one table compiled together: distinct atoms, and groups of rules behind a gate."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hevesy.sigma.anchors import Anchors, anchors_of
from hevesy.sigma.atom import Atom, AtomTable, Node
from hevesy.sigma.lowering import NotUsableError, lower_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.sigma.logsources import Alternative
    from hevesy.sigma.taxonomy import TableMap

__all__ = ["Group", "Plan", "PlanBuilder", "map_atoms"]


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are asked of the same rows."""

    gate: Node
    """Which rows, `[AND]` for all."""
    rules: list[int]
    """Indexes into `Ruleset.rules`; one rule may be in several groups."""
    trees: list[Node]
    """The detection of each of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be evaluated on a frame of one table."""

    table: str
    atoms: list[Atom]
    groups: list[Group]
    computed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Key of a computed field -> its parts, columns and `'literals'`."""
    keywords: tuple[str, ...] | None = None
    """Columns that keyword atoms search; None: all text columns."""
    correlated: dict[str, list[str]] = field(default_factory=dict)
    """Field that correlations ask for -> keys of fields, of which the first with a value counts."""
    anchors: Anchors | None = None
    """Worked out when the rules are loaded; None: not yet."""


def map_atoms(node: Node, change: Callable[[int], int]) -> Node:
    """The same tree over other atom indexes."""
    if isinstance(node, int):
        return node if node < 0 else change(node)
    return [map_atoms(inner, change) for inner in node]


class PlanBuilder:
    """Collects the rules of one table."""

    def __init__(self, table: TableMap) -> None:
        """Begin with none."""
        self._table = table
        self._atoms = AtomTable()
        self._computed: dict[str, tuple[str, ...]] = {}
        self._groups: dict[str, Group] = {}
        self._correlated: dict[str, list[str]] = {}

    def field_key(self, name: str) -> str:
        """The column of a Sigma field, or `=` and the parts that it is computed from."""
        source = self._table.fields.get(name, name)
        if isinstance(source, str):
            return source
        key = "=" + " ".join(source)
        self._computed[key] = source
        return key

    def lower(self, conditions: Any, alternative: Alternative) -> Node:  # noqa: ANN401  # pySigma's parsed conditions
        """A rule's detection as a node over this plan's atoms; `lower_rule` says what it raises."""
        return lower_rule(
            conditions,
            lambda name: [self.field_key(each) for each in alternative.names(name)],
            self._atoms,
        )

    def add(self, rule: int, alternative: Alternative, tree: Node) -> None:
        """Put a rule behind the gate of an alternative."""
        atoms = alternative.atoms
        gate = map_atoms(alternative.gate, lambda index: self._atoms.add(atoms[index]))
        group = self._groups.setdefault(repr(gate), Group(gate, [], []))
        group.rules.append(rule)
        group.trees.append(tree)

    def build(self) -> Plan:
        """The plan of all that was added."""
        groups = list(self._groups.values())
        return Plan(
            self._table.name,
            self._atoms.atoms,
            groups,
            self._computed,
            self._table.keywords,
            self._correlated,
            anchors_of(self._atoms.atoms, groups),
        )

    def correlate(self, name: str, alternative: Alternative) -> None:
        """Remember how the rows of an alternative call a field that a correlation asks for."""
        known = self._correlated.setdefault(name, [])
        with contextlib.suppress(NotUsableError):  # these rows cannot hold it
            for each in alternative.names(name):
                if (key := self.field_key(each)) not in known:
                    known.append(key)

    def lower_all(
        self,
        conditions: Any,  # noqa: ANN401  # pySigma's parsed conditions
        ways: tuple[Alternative, ...],  # as for `lower`
    ) -> list[tuple[Alternative, Node]]:
        """A rule's detection for each alternative that can hold its fields.

        Raises:
            NotUsableError: None can.
        """
        lowered: list[tuple[Alternative, Node]] = []
        failure = NotUsableError("unmapped", "no alternative")
        for way in ways:
            try:
                lowered.append((way, self.lower(conditions, way)))
            except NotUsableError as error:
                failure = error
        if not lowered:
            raise failure
        return lowered

"""Trees as one frame needs them: without what cannot match in it, and cheapest parts first."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from hevesy.sigma.atom import AND, NOT, OR, Node

if TYPE_CHECKING:
    from hevesy.sigma.frames import FrameState
    from hevesy.sigma.plan import Plan

__all__ = ["Pruner"]

_UNKNOWN = float(2**40)  # an atom that no scan has weighed, tested after those that are known
_SLOW = {"re": 4.0, "fieldref": 2.0, "cidr": 3.0, "like": 2.0}

_ALWAYS: Node = [AND]
_NEVER: Node = [OR]
_cost = itemgetter(0)


class _Prices(dict[int, float]):
    """At most how many rows an atom lets through, and more where asking is dear.

    Those of a whole field are put in at once: thousands of atoms are looked up in each frame.
    """

    def __init__(self, plan: Plan, state: FrameState) -> None:
        self._atoms = plan.atoms
        self._state = state
        self._known: set[str] = set()

    def __missing__(self, key: int) -> float:
        atom = self._atoms[key]
        if atom.field is not None and atom.field not in self._known:
            self._known.add(atom.field)
            self.update(self._state.weights(atom.field))
            if key in self:
                return self[key]
        weight = self._state.weight(key)
        if weight is None:
            return _UNKNOWN * _SLOW.get(atom.op, 1.0)
        if atom.field is not None:  # what keywords let through differs from group to group
            self[key] = weight
        return weight


class Pruner:
    """Makes trees ready for one frame."""

    def __init__(self, plan: Plan, state: FrameState) -> None:
        """Take the frame; nothing is asked of it yet."""
        self._prices = _Prices(plan, state)

    def prune(self, tree: Node) -> Node:
        """A tree that is true for the same rows of this frame, in the order to ask in."""
        price, pruned = self._pruned(tree)
        return pruned if price else _NEVER

    def _pruned(self, node: Node) -> tuple[float, Node]:
        """A tree and its price: at most how many rows it lets through; 0 where it lets none."""
        if isinstance(node, int):
            return self._prices[node], node
        if node[0] == AND:
            return self._all(node)
        if node[0] == OR:
            return self._any(node)
        price, inner = self._pruned(node[1])
        if not price:
            return _UNKNOWN, _ALWAYS
        return (0.0, _NEVER) if inner is _ALWAYS else (_UNKNOWN + price, [NOT, inner])

    def _all(self, node: list[Node]) -> tuple[float, Node]:
        prices = self._prices
        kept: list[tuple[float, Node]] = []
        for item in node[1:]:
            pair = (prices[item], item) if isinstance(item, int) else self._pruned(item)
            if not pair[0]:
                return 0.0, _NEVER
            if pair[1] is not _ALWAYS:
                kept.append(pair)
        if len(kept) <= 1:
            return kept[0] if kept else (_UNKNOWN, _ALWAYS)
        kept.sort(key=_cost)
        return kept[0][0], [AND, *[item for _, item in kept]]

    def _any(self, node: list[Node]) -> tuple[float, Node]:
        prices = self._prices
        kept: list[tuple[float, Node]] = []
        for item in node[1:]:
            pair = (prices[item], item) if isinstance(item, int) else self._pruned(item)
            if pair[1] is _ALWAYS:
                return pair
            if pair[0]:
                kept.append(pair)
        if len(kept) <= 1:
            return kept[0] if kept else (0.0, _NEVER)
        kept.sort(key=_cost)
        return sum(map(_cost, kept)), [OR, *[item for _, item in kept]]

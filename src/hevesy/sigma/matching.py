"""The executor: gates, the rules that can match at all, and trees narrowed cheapest first."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import polars as pl
from pyroaring import BitMap

from hevesy.sigma.anchors import FieldAnchors, anchors_of
from hevesy.sigma.atom import AND, NOT, Node
from hevesy.sigma.candidates import Candidates
from hevesy.sigma.fields import FieldAtoms
from hevesy.sigma.folding import as_text
from hevesy.sigma.frames import FrameState
from hevesy.sigma.pruning import Pruner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hevesy.sigma.plan import Group, Plan

__all__ = ["SCHEMA", "Matcher"]

SCHEMA = {"rule": pl.UInt32, "row": pl.UInt32}
"""Columns of the result."""

_ROWS = 1 << 18
"""Rows that are evaluated at once: what is worked out of them (distinct values, folded text, hits)
takes some two times their own memory, and more rows at once are not quicker."""


class _Fields(dict[str | None, FieldAtoms]):
    """What is known of each field, worked out for the fields that frames have."""

    def __init__(self, plan: Plan, anchors: list[FieldAnchors], cache: Path | None) -> None:
        self._atoms = plan.atoms
        self._anchors = {each.field: each for each in anchors}
        self._cache = cache

    def __missing__(self, key: str | None) -> FieldAtoms:
        anchors = self._anchors.get(key) or FieldAnchors(key, [], {}, {})
        found = self[key] = FieldAtoms(self._atoms, anchors, self._cache)
        return found


class Matcher:
    """The plan of one table, ready in this process."""

    def __init__(self, plan: Plan, cache: Path | None = None) -> None:
        """Take the plan; databases are compiled by the frames that need them."""
        self._plan = plan
        self._anchors = plan.anchors or anchors_of(plan.atoms, plan.groups)
        self._fields = _Fields(plan, self._anchors.fields, cache)
        self._candidates: dict[int, Candidates] = {}

    def match(self, frame: pl.DataFrame) -> pl.DataFrame:
        """See `Ruleset.match`."""
        found: dict[int, BitMap] = {}
        for start in range(0, frame.height if self._plan.groups else 0, _ROWS):
            for rule, rows in self._match(frame.slice(start, _ROWS)):
                placed = rows.shift(start) if start else rows
                found[rule] = found[rule] | placed if rule in found else placed
        return _result(found)

    def _match(self, frame: pl.DataFrame) -> Iterator[tuple[int, BitMap]]:
        """Rules with rows of a frame that they match; a rule may come several times."""
        state = FrameState(self._plan, self._fields, frame)
        evaluation = _Evaluation(self._plan, state)
        for number, group in enumerate(self._plan.groups):
            rows = evaluation.narrow(group.gate, state.everything)
            if rows:
                yield from self._group(number, group, evaluation, rows)

    def correlation_values(self, frame: pl.DataFrame) -> dict[str, pl.Series]:
        """See `Ruleset.correlation_values`; a field that no column holds is left out."""
        state = FrameState(self._plan, self._fields, frame)
        found: dict[str, pl.Series] = {}
        for name, keys in self._plan.correlated.items():
            held = [each for key in keys if (each := state.series(key)) is not None]
            texts = [as_text(each).rename(str(at)) for at, each in enumerate(held)]
            if texts:
                together = pl.DataFrame(texts)
                found[name] = together.select(pl.coalesce(pl.all())).to_series()
        return found

    def _group(
        self, number: int, group: Group, evaluation: _Evaluation, rows: BitMap
    ) -> Iterator[tuple[int, BitMap]]:
        """The matches of the rules behind one gate."""
        if self._anchors.keywords[number]:
            evaluation.state.search_in(rows)
        candidates = self._candidates.get(number)
        if candidates is None:
            needed = self._anchors.needed[number]
            candidates = Candidates(group, needed, self._plan.atoms, self._fields)
            self._candidates[number] = candidates
        for position in candidates.find(evaluation.state):
            matched = evaluation.narrow(group.trees[position], rows)
            if matched:
                yield group.rules[position], matched


def _result(found: dict[int, BitMap]) -> pl.DataFrame:
    rules, rows = array("I"), array("I")
    for rule in sorted(found):
        rules.extend(array("I", (rule,)) * len(found[rule]))
        rows.extend(found[rule].to_array())
    return pl.DataFrame({"rule": rules.tolist(), "row": rows.tolist()}, schema=SCHEMA)


class _Evaluation:
    """Trees over the atoms of one frame."""

    def __init__(self, plan: Plan, state: FrameState) -> None:
        """Nothing is evaluated yet."""
        self._pruner = Pruner(plan, state)
        self.state = state

    def narrow(self, tree: Node, rows: BitMap) -> BitMap:
        """Those of the rows for which a tree is true."""
        return self._narrow(self._pruner.prune(tree), rows)

    def _narrow(self, node: Node, rows: BitMap) -> BitMap:
        if isinstance(node, int):
            return self.state.narrow(node, rows)
        if node[0] == NOT:
            return rows - self._narrow(node[1], rows)
        return self._all(node, rows) if node[0] == AND else self._any(node, rows)

    def _all(self, node: list[Node], rows: BitMap) -> BitMap:
        for item in node[1:]:
            if not rows:
                break
            rows = self._narrow(item, rows)
        return rows

    def _any(self, node: list[Node], rows: BitMap) -> BitMap:
        found = BitMap()
        for item in node[1:]:
            if not rows:
                break
            more = self._narrow(item, rows)
            if more:
                found |= more
                rows = rows - more  # in place would change the caller's set
        return found

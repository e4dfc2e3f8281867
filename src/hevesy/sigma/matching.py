"""The executor: gates, the rules that can match at all, and trees narrowed cheapest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from pyroaring import BitMap

from hevesy.sigma.atom import AND, NOT, Atom, Node
from hevesy.sigma.fields import FieldAtoms
from hevesy.sigma.frames import FrameState
from hevesy.sigma.needs import anchor, clause
from hevesy.sigma.required import required
from hevesy.sigma.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hevesy.sigma.plan import Group, Plan

__all__ = ["SCHEMA", "Matcher"]

SCHEMA = {"rule": pl.UInt32, "row": pl.UInt32}
"""Columns of the result."""

_ROWS = 1 << 18
"""Rows that are evaluated at once: what is worked out of them (distinct values, folded text, hits)
takes some two times their own memory, and more rows at once are not quicker."""

_UNKNOWN = float(2**40)  # an atom that no scan has weighed, tested after those that are known
_SLOW = {"re": 4.0, "fieldref": 2.0, "cidr": 3.0, "like": 2.0}


class Matcher:
    """The plan of one table, ready in this process."""

    def __init__(self, plan: Plan, cache: Path | None = None) -> None:
        """Sort the plan's atoms by field; databases are compiled by the frames that need them."""
        self._plan = plan
        by_field: dict[str | None, list[Atom]] = {None: []}
        for atom in plan.atoms:
            by_field.setdefault(atom.field, []).append(atom)
        self._fields = {key: FieldAtoms(atoms, cache) for key, atoms in by_field.items()}
        self._indexes: dict[int, _Index] = {}

    def match(self, frame: pl.DataFrame) -> pl.DataFrame:
        """See `Ruleset.match`."""
        if not self._plan.groups:
            return pl.DataFrame(schema=SCHEMA)
        found: dict[int, list[pl.Series]] = {}
        for start in range(0, frame.height, _ROWS):
            for rule, rows in self._match(frame.slice(start, _ROWS)).items():
                numbers = pl.Series("row", rows.to_array(), dtype=pl.UInt32)
                found.setdefault(rule, []).append(numbers + start)
        return _result(found)

    def _match(self, frame: pl.DataFrame) -> dict[int, BitMap]:
        """The rows of a frame that each rule matches."""
        found: dict[int, BitMap] = {}
        state = FrameState(self._plan, self._fields, frame)
        evaluation = _Evaluation(self._plan.atoms, state)
        for number, group in enumerate(self._plan.groups):
            rows = evaluation.narrow(group.gate, state.everything)
            if rows:
                for rule, matched in self._group(number, group, evaluation, rows):
                    found[rule] = found[rule] | matched if rule in found else matched
        return {rule: rows for rule, rows in found.items() if rows}

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
        index = self._indexes.get(number)
        if index is None:
            index = self._indexes[number] = _Index(group, self._plan.atoms, self._fields)
        if index.keywords:
            evaluation.state.search_in(rows)
        for position in index.candidates(evaluation.state, self._fields):
            matched = evaluation.narrow(group.trees[position], rows)
            if matched:
                yield group.rules[position], matched

    def literals(self, cut: Callable[[str], str] = str) -> tuple[str, ...] | None:
        """See `Ruleset.literals`."""
        needed: set[str] = set()
        raw = {index: self._raw_literals(index, cut) for index in range(len(self._plan.atoms))}
        for group in self._plan.groups:
            for tree in group.trees:
                found = clause(tree, lambda index: _length_price(raw[index]))
                if found is None:
                    return None
                needed.update(*(raw[index] for index in found[1]))
        return tuple(sorted(needed))

    def _raw_literals(self, index: int, cut: Callable[[str], str]) -> tuple[str, ...]:
        """Of which a raw row holds one if it passes an atom; ASCII, inside one part of a field."""
        atom = self._plan.atoms[index]
        parts = self._plan.computed.get(atom.field or "", ())
        joints = [part[1:-1] for part in parts if part[:1] == "'"]
        if (len(parts) > 1 and len(joints) * 2 + 1 != len(parts)) or "" in joints:
            return ()  # columns joined without text between them: nothing is sure to be in one

        def words(found: frozenset[str]) -> tuple[str, ...]:
            return tuple(sorted({cut(_inside(word, joints)) for word in found}))

        if atom.op != "re" or not isinstance(atom.value, str):
            return words(frozenset((anchor(atom),)))
        return words(required(atom.value, lambda found: _length_price(words(found))) or frozenset())


def _inside(word: str, joints: list[str]) -> str:
    """The longest part of a word that is ASCII and lies between joints."""
    pieces = ["".join(c if c.isascii() else "\x00" for c in word)]
    for joint in [*joints, "\x00"]:
        pieces = [part for piece in pieces for part in piece.split(joint)]
    return max(pieces, key=len, default="").lower()


def _length_price(literals: Sequence[str]) -> float | None:
    """Longer literals are rarer; the worth falls steeply so that an OR of many stays dear."""
    return (
        sum(2.0 ** -min(len(literal), 40) for literal in literals)
        if literals and all(literals)
        else None
    )


def _result(found: dict[int, list[pl.Series]]) -> pl.DataFrame:
    frames = [
        pl.concat(found[rule]).to_frame().select(pl.lit(rule, dtype=pl.UInt32).alias("rule"), "row")
        for rule in sorted(found)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


class _Index:
    """Which rules of a group can match, told from the probes that hit."""

    def __init__(
        self, group: Group, atoms: list[Atom], fields: dict[str | None, FieldAtoms]
    ) -> None:
        """Find for each rule the cheapest probes of which one must hit."""
        self.keywords = any(atoms[each].field is None for tree in group.trees for each in _of(tree))
        self._always: list[int] = []
        self._by_field: dict[str | None, dict[int, list[int]]] = {}

        def price(index: int) -> float | None:
            atom = atoms[index]
            return _length_price((anchor(atom),)) if fields[atom.field].eager(atom) else None

        for position, tree in enumerate(group.trees):
            needed = clause(tree, price)
            if needed is None:
                self._always.append(position)
                continue
            for index in needed[1]:
                atom = atoms[index]
                probes = self._by_field.setdefault(atom.field, {})
                probes.setdefault(fields[atom.field].probe_of[atom], []).append(position)

    def candidates(self, state: FrameState, fields: dict[str | None, FieldAtoms]) -> list[int]:
        """Positions of the rules worth evaluating, in order."""
        found = set(self._always)
        for key, probes in self._by_field.items():
            field = state.field(key)
            if field is None:
                continue
            hit = field.hit_probes()
            # what has been deferred since may hit too
            hit |= fields[key].scanner.deferred
            for probe in hit & probes.keys():
                found.update(probes[probe])
        return sorted(found)


def _of(node: Node) -> Iterator[int]:
    """The atoms of a tree."""
    if isinstance(node, int):
        yield node
    else:
        for inner in node[1:]:
            yield from _of(inner)


class _Evaluation:
    """Trees over the atoms of one frame."""

    def __init__(self, atoms: list[Atom], state: FrameState) -> None:
        """Nothing is evaluated yet."""
        self._atoms = atoms
        self.state = state

    def narrow(self, node: Node, rows: BitMap) -> BitMap:
        """Those of the rows for which a tree is true."""
        if isinstance(node, int):
            return self.state.narrow(self._atoms[node], rows)
        if node[0] == NOT:
            return rows - self.narrow(node[1], rows)
        items = node[1:] if len(node) <= 2 else sorted(node[1:], key=self._price)  # noqa: PLR2004  # one operand needs no order
        return self._all(items, rows) if node[0] == AND else self._any(items, rows)

    def _all(self, items: list[Node], rows: BitMap) -> BitMap:
        for item in items:
            if not rows:
                break
            rows = self.narrow(item, rows)
        return rows

    def _any(self, items: list[Node], rows: BitMap) -> BitMap:
        found = BitMap()
        for item in items:
            if not rows:
                break
            more = self.narrow(item, rows)
            if more:
                found |= more
                rows = rows - more  # in place would change the caller's set
        return found

    def _price(self, node: Node) -> float:
        """At most how many rows a tree lets through, and more where asking is dear."""
        if isinstance(node, int):
            atom = self._atoms[node]
            weight = self.state.weight(atom)
            return _UNKNOWN * _SLOW.get(atom.op, 1.0) if weight is None else weight
        if node[0] == NOT:
            return _UNKNOWN + self._price(node[1])
        prices = [self._price(item) for item in node[1:]]
        if node[0] == AND:
            return min(prices, default=_UNKNOWN)
        return sum(prices)

"""The atoms of one field, asked of one frame: scanned together, expanded to rows when needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import polars as pl
from pyroaring import BitMap

from hevesy.sigma.atom import Atom, fold
from hevesy.sigma.needs import anchor
from hevesy.sigma.scanning import Hits, Probe, Scanner, plain_hits
from hevesy.sigma.values import Values, passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = ["Cells", "FieldAtoms", "FieldState", "Searched", "UnitedField"]

_PLAIN = 30_000  # literal tests in Python that cost less than what a scan costs around itself
_PATIENCE = 2_000_000  # plain tests of a field after which its database pays, whatever frames come
_SAMPLE = 4096
_HOT_SHARE = 0.02  # of sampled values: from here a probe is cheaper tested on surviving rows
_CALLBACKS = 500_000  # expected matches below which nothing needs to be deferred
_FEW = 64  # rows or values below which cleverness costs more than it saves


class FieldAtoms:
    """What a process knows of one field for all frames: its atoms, probes and scanner."""

    def __init__(self, atoms: Iterable[Atom], cache: Path | None) -> None:
        """Find the probe of each text atom."""
        probes: dict[Probe, int] = {}
        self.probe_of: dict[Atom, int] = {}
        """Text atom -> its probe; a value that passes the atom passes the probe."""
        for atom in atoms:
            probe = _probe(atom)
            if probe is not None:
                self.probe_of[atom] = probes.setdefault(probe, len(probes))
        self.scanner = Scanner(list(probes), cache)
        self._plain_work = 0

    def eager(self, atom: Atom) -> bool:
        """Whether a scan tells at once which values can pass the atom."""
        probe = self.probe_of.get(atom)
        return probe is not None and probe not in self.scanner.deferred

    def hits(self, values: Values) -> Hits:
        """Scan values for all eager probes, the cheaper way."""
        scanner = self.scanner
        work = len(values) * scanner.scanned
        if not work:
            return {}
        folded = values.folded
        if folded.null_count():
            folded = folded.fill_null("")
        if not scanner.compiled and work <= _PLAIN and self._plain_work < _PATIENCE:
            self._plain_work += work
            which = [each for each in range(len(scanner.probes)) if each not in scanner.deferred]
            return plain_hits(scanner.probes, which, folded.to_list())
        if len(values) > 2 * _SAMPLE:
            self._defer_hot(folded)
        return scanner.scan(folded)

    def _defer_hot(self, folded: pl.Series) -> None:
        """Look at a sample, and leave out of the scan what would flood it with matches."""
        step = len(folded) // _SAMPLE
        sample = folded.gather_every(step)
        found = self.scanner.sample(sample)
        if step * sum(map(len, found.values())) > _CALLBACKS:
            limit = _HOT_SHARE * len(sample)
            self.scanner.defer({probe for probe, hit in found.items() if len(hit) > limit})


def _probe(atom: Atom) -> Probe | None:
    """The folded literal test that all values passing a text atom pass."""
    literal = anchor(atom)
    if atom.op in ("equals", "startswith", "endswith", "contains"):
        return Probe(atom.op, fold(literal))
    return Probe("contains", fold(literal)) if literal else None


class Cells:
    """The non-null cells of a column, by distinct value."""

    def __init__(self, values: pl.Series, rows: pl.Series | None = None) -> None:
        """Take a column and, where it is a part of a frame, the rows that its cells stand in."""
        self.column = values
        self._rows = rows

    @cached_property
    def _distinct(self) -> tuple[pl.Series, pl.Series]:
        """Distinct values, and for each its rows: a number, or a list of them."""
        column, rows = self.column, self._rows
        if rows is None:
            rows = pl.int_range(len(column), dtype=pl.UInt32, eager=True)
        if isinstance(column.dtype, pl.List):
            cells = pl.DataFrame({"value": column, "row": rows}).explode("value")
            column, rows = cells["value"], cells["row"]
        if column.null_count():
            held = column.is_not_null()
            column, rows = column.filter(held), rows.filter(held)
        if _hardly_repeats(column):
            return column, rows
        cells = pl.DataFrame({"value": column, "row": rows})
        grouped = cells.group_by("value", maintain_order=True).agg("row")
        return grouped["value"], grouped["row"]

    @cached_property
    def values(self) -> Values:
        """The distinct values."""
        return Values(self._distinct[0])

    @cached_property
    def _weights(self) -> pl.Series | None:
        """How many rows each value stands in; None: one each."""
        rows = self._distinct[1]
        return rows.list.len() if isinstance(rows.dtype, pl.List) else None

    def weight(self, numbers: Sequence[int]) -> int:
        """How many cells hold one of the values with these numbers."""
        if self._weights is None:
            return len(numbers)
        return int(self._weights.gather(numbers).sum())

    def rows(self, numbers: Sequence[int] | pl.Series) -> BitMap:
        """The rows that hold one of the values with these numbers."""
        found = self._distinct[1].gather(numbers)
        if isinstance(found.dtype, pl.List):
            found = found.explode()
        return BitMap(found.to_list())


def _hardly_repeats(values: pl.Series) -> bool:
    """Whether bringing equal values together is not worth the work."""
    count = len(values)
    if count <= _FEW:
        return True
    sample = values.gather_every(max(1, count // 1000))
    return sample.n_unique() > 0.9 * len(sample)


class Searched(Protocol):
    """A field, or several at once, in one frame."""

    def hit_probes(self) -> set[int]:
        """The eager probes that some value passes."""
        ...

    def weight(self, atom: Atom) -> int | None:
        """At most how many rows pass an atom; None where that is not known yet."""
        ...

    def narrow(self, atom: Atom, rows: BitMap) -> BitMap:
        """Those of the rows that pass an atom."""
        ...


class FieldState:
    """One field in one frame."""

    def __init__(self, atoms: FieldAtoms, cells: Cells, *, simple: bool = True) -> None:
        """`simple`: the column is that of the whole frame, a cell a row."""
        self._atoms = atoms
        self._cells = cells
        self._simple = simple and not cells.column.dtype.is_nested()
        self._full: dict[Atom, BitMap] = {}
        self._weights: dict[int, int] = {}

    @cached_property
    def _hits(self) -> Hits:
        return self._atoms.hits(self._cells.values)

    def hit_probes(self) -> set[int]:
        """See `Searched`."""
        return set(self._hits)

    def weight(self, atom: Atom) -> int | None:
        """See `Searched`."""
        known = self._full.get(atom)
        if known is not None:
            return len(known)
        hits = self._hits  # before `eager` is asked: scanning may defer probes
        if not self._atoms.eager(atom):
            return None
        probe = self._atoms.probe_of[atom]
        hit = hits.get(probe)
        if hit is None:
            return 0
        weight = self._weights.get(probe)
        if weight is None:
            weight = self._weights[probe] = self._cells.weight(hit)
        return weight

    def narrow(self, atom: Atom, rows: BitMap) -> BitMap:
        """See `Searched`."""
        known = self._full.get(atom)
        if known is None:
            weight = self.weight(atom)
            if weight == 0:
                return BitMap()
            size = len(self._cells.column) if weight is None else weight
            if self._simple and len(rows) > 0 and size > _FEW + 2 * len(rows):
                return self._tested(atom, rows)
            known = self._full[atom] = self._all(atom)
        return known & rows

    def _tested(self, atom: Atom, rows: BitMap) -> BitMap:
        """Test the cells of these rows and no others."""
        numbers = pl.Series(rows.to_array(), dtype=pl.UInt32)
        cells = pl.DataFrame({"value": self._cells.column.gather(numbers), "row": numbers})
        cells = cells.drop_nulls("value")
        passed = passes(atom, Values(cells["value"]))
        return BitMap(cells["row"].filter(passed.fill_null(value=False)).to_list())

    def _all(self, atom: Atom) -> BitMap:
        """All rows that pass, over distinct values."""
        cells, hits = self._cells, self._hits
        if not self._atoms.eager(atom):
            numbers = passes(atom, cells.values).fill_null(value=False).arg_true()
            return cells.rows(numbers)
        hit = hits.get(self._atoms.probe_of[atom], [])
        if atom.op == "like" or atom.flags:  # the probe was only a sieve
            among = Values(cells.values.raw.gather(hit))
            passed = passes(atom, among).fill_null(value=False).to_list()
            hit = [number for number, yes in zip(hit, passed, strict=True) if yes]
        return cells.rows(hit)


class UnitedField:
    """All text columns of some rows as one field: what keywords search."""

    def __init__(self, fields: Sequence[FieldState]) -> None:
        """Unite the columns."""
        self._fields = fields

    def hit_probes(self) -> set[int]:
        """See `Searched`."""
        return set[int]().union(*(field.hit_probes() for field in self._fields))

    def weight(self, atom: Atom) -> int | None:
        """See `Searched`."""
        total = 0
        for field in self._fields:
            weight = field.weight(atom)
            if weight is None:
                return None
            total += weight
        return total

    def narrow(self, atom: Atom, rows: BitMap) -> BitMap:
        """See `Searched`."""
        return BitMap().union(*(field.narrow(atom, rows) for field in self._fields))

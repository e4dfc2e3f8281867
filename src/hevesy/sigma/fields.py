"""The atoms of one field, asked of one frame: scanned together, expanded to rows when needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from pyroaring import BitMap

from hevesy.sigma.joined import Joined
from hevesy.sigma.probe import plain_hits
from hevesy.sigma.scanning import Scanner
from hevesy.sigma.values import Values, passing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hevesy.sigma.anchors import FieldAnchors
    from hevesy.sigma.atom import Atom
    from hevesy.sigma.cells import Cells
    from hevesy.sigma.probe import Hits

__all__ = ["FieldAtoms", "FieldState", "Searched", "UnitedField"]

_PLAIN = 2000  # literal tests in Python that cost less than what a scan costs around itself
_PATIENCE = 200_000  # plain tests of a field after which its database pays, whatever frames come
_SAMPLE = 4096
_HOT_SHARE = 0.02  # of sampled values: from here a probe is cheaper tested on surviving rows
_CALLBACKS = 50_000  # expected matches below which nothing needs to be deferred
_FEW = 64  # rows below which cleverness costs more than it saves


class FieldAtoms:
    """What a process knows of one field for all frames: its atoms, probes and scanner."""

    def __init__(self, atoms: Sequence[Atom], anchors: FieldAnchors, cache: Path | None) -> None:
        """Take all atoms of the plan, and the anchors of those of this field."""
        self.atoms = atoms
        self.probes_of = anchors.of_atom
        self.scanner = Scanner(anchors.probes, cache)
        self._plain_work = 0

    def eager(self, atom: int) -> bool:
        """Whether a scan tells at once which values can pass the atom."""
        probes = self.probes_of.get(atom)
        return probes is not None and self.scanner.deferred.isdisjoint(probes)

    def hits(self, values: Values) -> Hits:
        """Scan values for all eager probes, the cheaper way."""
        scanner = self.scanner
        many = len(values) > 2 * _SAMPLE
        if many:
            scanner.widen()
        work = len(values) * len(scanner.searched)
        if not work:
            return {}
        if not scanner.compiled and work <= _PLAIN and self._plain_work < _PATIENCE:
            self._plain_work += work
            folded = [text or "" for text in values.folded_texts]
            return plain_hits(scanner.probes, scanner.searched, folded)
        if many:
            self._defer_hot(values)
        return scanner.scan(values.joined)

    def _defer_hot(self, values: Values) -> None:
        """Look at a sample, and leave out of the scan what would flood it with matches."""
        step = len(values) // _SAMPLE
        sample = values.text.gather_every(step)
        found = self.scanner.sample(Joined(sample))
        if step * sum(map(len, found.values())) > _CALLBACKS:
            limit = _HOT_SHARE * len(sample)
            self.scanner.defer({probe for probe, hit in found.items() if len(hit) > limit})


class Searched(Protocol):
    """A field, or several at once, in one frame."""

    def hit_probes(self) -> set[int]:
        """The probes that some value passes, or may: those that were not looked for."""
        ...

    def holds_beyond(self) -> bool:
        """Whether some value holds a letter outside ASCII."""
        ...

    def weight(self, atom: int) -> int | None:
        """At most how many rows pass an atom; None where that is not known yet."""
        ...

    def narrow(self, atom: int, rows: BitMap) -> BitMap:
        """Those of the rows that pass an atom."""
        ...


class FieldState:
    """One field in one frame."""

    def __init__(self, atoms: FieldAtoms, cells: Cells, *, simple: bool = True) -> None:
        """`simple`: the column is that of the whole frame, a cell a row."""
        self._atoms = atoms
        self._cells = cells
        self._simple = simple and not cells.column.dtype.is_nested()
        self._full: dict[int, BitMap] = {}
        self._weights: dict[int, int] = {}

    @cached_property
    def _scanned(self) -> tuple[Hits, set[int]]:
        """What was found, and the probes that this scan did not look for.

        Another column that is asked the same atoms may change what the scanner looks for later.
        """
        return self._atoms.hits(self._cells.values), self._atoms.scanner.deferred

    def _eager(self, atom: int) -> bool:
        """Whether the scan has told which values can pass the atom."""
        probes = self._atoms.probes_of.get(atom)
        return probes is not None and self._scanned[1].isdisjoint(probes)

    def hit_probes(self) -> set[int]:
        """See `Searched`."""
        hits, deferred = self._scanned
        return deferred.union(hits)

    def holds_beyond(self) -> bool:
        """See `Searched`."""
        return bool(self._cells.values.beyond)

    def weight(self, atom: int) -> int | None:
        """See `Searched`."""
        known = self._full.get(atom)
        if known is not None:
            return len(known)
        weight = self._weights.get(atom)
        if weight is None:
            if not self._eager(atom):
                return None
            hits, _ = self._scanned
            found = [hit for probe in self._atoms.probes_of[atom] if (hit := hits.get(probe))]
            weight = sum(self._cells.weight(hit) for hit in found)
            if self._atoms.atoms[atom].op == "re" and (beyond := self._cells.values.beyond):
                weight += self._cells.weight(beyond)
            self._weights[atom] = weight
        return weight

    def narrow(self, atom: int, rows: BitMap) -> BitMap:
        """See `Searched`."""
        known = self._full.get(atom)
        if known is None:
            weight = self.weight(atom)
            if weight == 0:
                return BitMap()
            size = len(self._cells.values) if weight is None else weight
            if self._simple and len(rows) > 0 and size > _FEW + 2 * len(rows):
                return self._tested(atom, rows)
            known = self._full[atom] = self._cells.rows(self._passing(atom))
        return known & rows

    def _tested(self, atom: int, rows: BitMap) -> BitMap:
        """Test the cells of these rows and no others."""
        numbers = rows.to_array()
        values = self._cells.of_rows(numbers.tolist())
        return BitMap([numbers[each] for each in passing(self._atoms.atoms[atom], values)])

    def _passing(self, number: int) -> Sequence[int]:
        """All distinct values that pass, by their number."""
        atom, values = self._atoms.atoms[number], self._cells.values
        if not self._eager(number):
            return passing(atom, values)
        hits, _ = self._scanned
        found = [hit for probe in self._atoms.probes_of[number] if (hit := hits.get(probe))]
        if atom.op == "re" and values.beyond:
            found.append(values.beyond)
        if not found:
            return []
        hit = found[0] if len(found) == 1 else sorted(set().union(*found))
        if atom.op in ("like", "re") or atom.flags:  # the probe alone does not tell
            among = Values(values.raw.gather(hit))
            return [hit[each] for each in passing(atom, among)]
        return hit


class UnitedField:
    """All text columns of some rows as one field: what keywords search."""

    def __init__(self, fields: Sequence[FieldState]) -> None:
        """Unite the columns."""
        self._fields = fields

    def hit_probes(self) -> set[int]:
        """See `Searched`."""
        return set[int]().union(*(field.hit_probes() for field in self._fields))

    def holds_beyond(self) -> bool:
        """See `Searched`."""
        return any(field.holds_beyond() for field in self._fields)

    def weight(self, atom: int) -> int | None:
        """See `Searched`."""
        total = 0
        for field in self._fields:
            weight = field.weight(atom)
            if weight is None:
                return None
            total += weight
        return total

    def narrow(self, atom: int, rows: BitMap) -> BitMap:
        """See `Searched`."""
        return BitMap().union(*(field.narrow(atom, rows) for field in self._fields))

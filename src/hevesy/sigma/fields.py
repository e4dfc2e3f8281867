"""The atoms of one field, asked of one frame: scanned together, expanded to rows when needed."""

from __future__ import annotations

from dataclasses import dataclass
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
_CALLBACKS = 10_000  # expected matches below which nothing needs to be deferred
_FEW = 64  # rows below which cleverness costs more than it saves
_PARTS = 4  # sets of rows whose cells are kept: many rules ask the same rows of one program


@dataclass(frozen=True, slots=True)
class Telling:
    """What the probes that a scan looks for tell of the atoms of a field."""

    deferred: set[int]
    """The probes that it does not look for."""
    probes_of: dict[int, list[int]]
    """Atom that it tells of -> probes of which a value passes one if it passes the atom."""
    atoms_of: dict[int, list[int]]
    """The same by probe."""
    none: dict[int, int]
    """Each of these atoms with 0: the weights where nothing was found."""

    @classmethod
    def of(cls, anchors: FieldAnchors, deferred: set[int]) -> Telling:
        """Choose for each atom the rarest probes that are looked for."""
        probes_of: dict[int, list[int]] = {}
        atoms_of: dict[int, list[int]] = {}
        told = deferred.isdisjoint
        for atom, probes in anchors.of_atom.items():
            if not told(probes):
                others = filter(told, anchors.others.get(atom, ()))
                if not (probes := next(others, [])):
                    continue
            probes_of[atom] = probes
            for probe in probes:
                atoms_of.setdefault(probe, []).append(atom)
        return cls(deferred, probes_of, atoms_of, dict.fromkeys(probes_of, 0))


class FieldAtoms:
    """What a process knows of one field for all frames: its atoms, probes and scanner."""

    def __init__(self, atoms: Sequence[Atom], anchors: FieldAnchors, cache: Path | None) -> None:
        """Take all atoms of the plan, and the anchors of those of this field."""
        self.atoms = atoms
        self.scanner = Scanner(anchors.probes, cache)
        self._anchors = anchors
        self._plain_work = 0
        self._telling: Telling | None = None
        self._changes = 0

    @property
    def telling(self) -> Telling:
        """What a scan tells of atoms, as long as it looks for the same probes."""
        if self._telling is None or self._changes != self.scanner.changes:
            self._changes = self.scanner.changes
            self._telling = Telling.of(self._anchors, self.scanner.deferred)
        return self._telling

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
        self._spent: dict[int, int] = {}
        self._parts: list[tuple[BitMap, Values]] = []

    @cached_property
    def _scanned(self) -> tuple[Hits, Telling]:
        """What was found, and what this scan tells.

        Another column that is asked the same atoms may change what the scanner looks for later.
        """
        return self._atoms.hits(self._cells.values), self._atoms.telling

    @cached_property
    def weights(self) -> dict[int, int]:
        """At most how many rows pass each atom that the scan tells of: most atoms none."""
        hits, telling = self._scanned
        weight, atoms = self._cells.weight, self._atoms.atoms
        weights = telling.none.copy()
        for probe, found in hits.items():
            weighs = weight(found)
            for atom in telling.atoms_of.get(probe, ()):
                weights[atom] += weighs
        if beyond := self._cells.values.beyond:
            weighs = weight(beyond)
            for atom in telling.none:
                if atoms[atom].op == "re":
                    weights[atom] += weighs
        return weights

    def hit_probes(self) -> set[int]:
        """See `Searched`."""
        hits, telling = self._scanned
        return telling.deferred.union(hits)

    def holds_beyond(self) -> bool:
        """See `Searched`."""
        return bool(self._cells.values.beyond)

    def weight(self, atom: int) -> int | None:
        """See `Searched`."""
        known = self._full.get(atom)
        return self.weights.get(atom) if known is None else len(known)

    def narrow(self, atom: int, rows: BitMap) -> BitMap:
        """See `Searched`."""
        known = self._full.get(atom)
        if known is None:
            weight = self.weight(atom)
            if weight == 0:
                return BitMap()
            if self._pays(atom, weight, rows):
                return self._tested(atom, rows)
            known = self._full[atom] = self._cells.rows(self._passing(atom))
        return known & rows

    def _pays(self, atom: int, weight: int | None, rows: BitMap) -> bool:
        """Whether to test the cells of these rows alone, and not all values once and for all.

        Not where that was done so often that by now all would have been tested.
        """
        if not self._simple or not rows or (weight is not None and self._exact(atom)):
            return False
        size = len(self._cells.values) if weight is None else weight
        spent = self._spent.get(atom, 0) + _FEW + 2 * len(rows)
        if size > spent:
            self._spent[atom] = spent
        return size > spent

    def _exact(self, number: int) -> bool:
        """Whether a value passes an atom where it passes one of its probes."""
        atom = self._atoms.atoms[number]
        return atom.op not in ("like", "re") and not atom.flags

    def _tested(self, atom: int, rows: BitMap) -> BitMap:
        """Test the cells of these rows and no others."""
        passed = passing(self._atoms.atoms[atom], self._part(rows))
        numbers = rows.to_array()
        return BitMap([numbers[each] for each in passed])

    def _part(self, rows: BitMap) -> Values:
        """The cells of some rows; the last ones are kept, as other rules ask for them again."""
        for known, values in self._parts:
            if known == rows:
                return values
        values = self._cells.of_rows(rows.to_array().tolist())
        self._parts = [(rows, values), *self._parts[: _PARTS - 1]]
        return values

    def _passing(self, number: int) -> Sequence[int]:
        """All distinct values that pass, by their number."""
        atom, values = self._atoms.atoms[number], self._cells.values
        hits, telling = self._scanned
        probes = telling.probes_of.get(number)
        if probes is None:
            return passing(atom, values)
        found = [hit for probe in probes if (hit := hits.get(probe))]
        if atom.op == "re" and values.beyond:
            found.append(values.beyond)
        if not found:
            return []
        hit = found[0] if len(found) == 1 else sorted(set().union(*found))
        if self._exact(number):
            return hit
        return [hit[each] for each in passing(atom, Values(values.raw, hit))]


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

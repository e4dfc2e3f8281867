"""Which rules of a group can match a frame at all, told from the literals found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.sigma.anchors import length_price
from hevesy.sigma.needs import clause

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.sigma.atom import Atom
    from hevesy.sigma.fields import FieldAtoms
    from hevesy.sigma.frames import FrameState
    from hevesy.sigma.plan import Group

__all__ = ["Candidates"]


class Candidates:
    """Looks rules up by the probes of which one must hit."""

    def __init__(
        self,
        group: Group,
        needed: Sequence[Sequence[int] | None],
        atoms: Sequence[Atom],
        fields: Mapping[str | None, FieldAtoms],
    ) -> None:
        """Take what each rule needs (`Anchors.needed`); what is deferred is looked at anew."""
        self._group = group
        self._needed = list(needed)
        self._atoms = atoms
        self._fields = fields
        self._changes = -1
        self._keys = {atoms[each].field for one in needed if one for each in one}
        self._always: list[int] = []
        self._by_field: dict[str | None, dict[int, list[int]]] = {}
        self._searched: dict[str | None, list[int]] = {}
        """Rules that need a regex, by its field: any letter outside ASCII may pass it."""

    def find(self, state: FrameState) -> list[int]:
        """Positions of the rules worth evaluating, in order."""
        for key in self._keys:  # scans first: they settle which probes are looked for
            if (searched := state.field(key)) is not None:
                searched.hit_probes()
        self._index()
        found = set(self._always)
        for key, probes in self._by_field.items():
            field = state.field(key)
            if field is None:
                continue
            for probe in field.hit_probes() & probes.keys():
                found.update(probes[probe])
            if key in self._searched and field.holds_beyond():
                found.update(self._searched[key])
        return sorted(found)

    def _index(self) -> None:
        """Sort the rules by probes; again whenever other probes are looked for."""
        changes = sum(self._fields[key].scanner.changes for key in self._keys)
        if changes == self._changes:
            return
        first, self._changes = self._changes < 0 and not changes, changes
        self._always, self._by_field, self._searched = [], {}, {}
        for position, tree in enumerate(self._group.trees):
            needed = self._needed[position]
            known = needed is not None and all(map(self._eager, needed))
            if not known and not (first and needed is None):
                found = clause(tree, self._price)
                needed = self._needed[position] = None if found is None else sorted(found[1])
            if needed is None:
                self._always.append(position)
            for atom in needed or ():
                self._enter(atom, position)

    def _enter(self, number: int, position: int) -> None:
        atom = self._atoms[number]
        probes = self._by_field.setdefault(atom.field, {})
        for probe in self._fields[atom.field].telling.probes_of[number]:
            probes.setdefault(probe, []).append(position)
        if atom.op == "re":
            self._searched.setdefault(atom.field, []).append(position)

    def _eager(self, number: int) -> bool:
        return number in self._fields[self._atoms[number].field].telling.probes_of

    def _price(self, number: int) -> float | None:
        field = self._fields[self._atoms[number].field]
        probes = field.telling.probes_of.get(number)
        if probes is None:
            return None
        return length_price([field.scanner.probes[each].text for each in probes])

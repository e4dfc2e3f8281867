"""Many literals in one pass over many values: hyperscan, or ahocorasick where it has no wheel."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

import polars as pl

from hevesy.sigma.databases import database_of
from hevesy.sigma.joined import SEPARATOR, Joined

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.sigma.probe import Hits, Probe

__all__ = ["Scanner"]

_FEW = 2000
"""So many matches, or values, are located one by one, more in columns."""

Engine = Callable[[bytes], "tuple[list[int], list[int]]"]
"""Buffer -> pattern numbers and end offsets of all matches, overlapping ones too."""


class Scanner:
    """The literals of one field, compiled once for a process and used for every frame."""

    def __init__(self, probes: Sequence[Probe], cache: Path | None = None) -> None:
        """Sort out what a single pass can look for; nothing is compiled yet."""
        self.probes = probes
        self.deferred = {index for index, probe in enumerate(probes) if not probe.sparse}
        self._short = {index for index in self.deferred if probes[index].scannable}
        self.changes = 0
        """How often it has changed which probes a scan looks for."""
        self._cache = cache
        self._engine: Engine | None = None
        self._patterns: list[bytes] = []
        self._columns: pl.DataFrame | None = None
        self.searched: list[int] = [n for n in range(len(probes)) if n not in self.deferred]
        """The probes that a scan looks for."""

    @property
    def compiled(self) -> bool:
        """Whether the next scan costs no compilation."""
        return self._engine is not None

    def defer(self, hot: set[int]) -> None:
        """Leave probes out from now on, which hit so often that they are better tested directly."""
        if hot - self.deferred:
            self._choose(self.deferred | hot)

    def widen(self) -> None:
        """Look for short literals too: a sample must tell next which of them are too common."""
        if self._short:
            self._choose(self.deferred - self._short)
            self._short = set()

    def _choose(self, deferred: set[int]) -> None:
        self.deferred = deferred
        self.searched = [each for each in range(len(self.probes)) if each not in deferred]
        self.changes += 1
        self._engine = None

    def sample(self, values: Joined) -> Hits:
        """The hits in a few values, without compiling what may not be kept.

        What a sample shows decides which probes the database is compiled of, so it is searched
        with an automaton that is made twenty times as quickly and searches more slowly.
        """
        if self._engine is not None:
            return self.scan(values)
        self._order()
        self._engine = _aho_corasick(self._patterns)
        try:
            return self.scan(values)
        finally:
            self._engine = None

    def scan(self, values: Joined) -> Hits:
        """Hits of all probes that are not deferred, over folded values without nulls."""
        if self._engine is None:
            self._order()
            self._engine = self._compiled()
        hits: Hits = {}
        for start, piece in values.pieces:
            numbers, ends = self._engine(piece.buffer)
            if not numbers:
                continue
            if len(numbers) <= _FEW and len(piece.lengths) <= _FEW:
                found = self._located_few(numbers, ends, piece.lengths.to_list())
            else:
                found = self._located(numbers, ends, piece.lengths)
            for probe, where in found.items():
                hits.setdefault(probe, []).extend([n + start for n in where] if start else where)
        return hits

    def _order(self) -> None:
        """Number the patterns of the probes that are not deferred."""
        self._patterns = [_pattern(self.probes[each]) for each in self.searched]
        self._columns = None

    def _compiled(self) -> Engine:
        """The automaton of all probes that are not deferred."""
        if not self._patterns:
            return lambda _: ([], [])
        try:
            import hyperscan  # noqa: F401  # only whether it is there
        except ImportError:
            return _aho_corasick(self._patterns)
        return _hyperscan(self._patterns, self._cache)

    def _located_few(
        self, numbers: Sequence[int], ends: Sequence[int], lengths: Sequence[int]
    ) -> Hits:
        """As `_located`, one match after another: quicker for a few."""
        after = list(accumulate(length + 1 for length in lengths))
        found: dict[int, set[int]] = {}
        for number, end in zip(numbers, ends, strict=True):
            value = bisect_left(after, end - 1)
            probe = self.searched[number]
            behind = after[value]
            first, begin = behind - lengths[value], end - len(self._patterns[number])
            kind = self.probes[probe].kind
            from_start, to_end = kind in ("startswith", "equals"), kind in ("endswith", "equals")
            begins = begin == first - 1 if from_start else begin >= first
            if begins and (end == behind + 1 if to_end else end <= behind):
                found.setdefault(probe, set()).add(value)
        return {probe: sorted(where) for probe, where in found.items()}

    def _located(self, numbers: Sequence[int], ends: Sequence[int], lengths: pl.Series) -> Hits:
        """From end offsets to values, dropping what does not lie exactly where its kind demands.

        A value may hold the separator itself; the arithmetic makes that harmless.
        """
        if self._columns is None:
            probes = [self.probes[each] for each in self.searched]
            self._columns = pl.DataFrame(
                {
                    "probe": self.searched,
                    "from_start": [one.kind in ("startswith", "equals") for one in probes],
                    "to_end": [one.kind in ("endswith", "equals") for one in probes],
                    "bytes": [len(each) for each in self._patterns],
                },
                schema_overrides={"probe": pl.UInt32, "bytes": pl.Int64},
            )
        after = (lengths + 1).cum_sum()  # offset of the separator behind each value
        end = pl.Series("end", ends, dtype=pl.Int64)
        # a match that ends with the separator behind a value ends one past `after`
        value = after.search_sorted(end - 1, side="left")
        matches = self._columns[pl.Series(numbers, dtype=pl.UInt32)].with_columns(
            end, value.alias("value"), after=after.gather(value), length=lengths.gather(value)
        )
        begin = pl.col("end") - pl.col("bytes")
        first = pl.col("after") - pl.col("length")
        begins = pl.when("from_start").then(begin == first - 1).otherwise(begin >= first)
        ended = pl.when("to_end").then(pl.col("end") == pl.col("after") + 1)
        kept = matches.filter(begins & ended.otherwise(pl.col("end") <= pl.col("after")))
        grouped = (
            kept.select("probe", "value").unique().sort("probe", "value").group_by("probe").all()
        )
        return dict(zip(grouped["probe"].to_list(), grouped["value"].to_list(), strict=True))


def _pattern(probe: Probe) -> bytes:
    """The literal with the separators that hold it to the start or end of a value."""
    text = probe.text.encode()
    if probe.kind in ("startswith", "equals"):
        text = SEPARATOR + text
    if probe.kind in ("endswith", "equals"):
        text += SEPARATOR
    return text


def _hyperscan(patterns: list[bytes], cache: Path | None) -> Engine:
    """All patterns as one hyperscan database."""
    import hyperscan

    database = database_of(patterns, cache)
    scratch = hyperscan.Scratch(database)

    def scan(buffer: bytes) -> tuple[list[int], list[int]]:
        numbers: list[int] = []
        ends: list[int] = []
        add_number, add_end = numbers.append, ends.append

        def found(number: int, _from: int, end: int, _flags: int, _context: object) -> None:
            add_number(number)
            add_end(end)

        database.scan(buffer, match_event_handler=found, scratch=scratch)
        return numbers, ends

    return scan


def _aho_corasick(patterns: list[bytes]) -> Engine:
    """The same with ahocorasick-rs."""
    import ahocorasick_rs

    automaton = ahocorasick_rs.BytesAhoCorasick(patterns)

    def scan(buffer: bytes) -> tuple[list[int], list[int]]:
        found = automaton.find_matches_as_indexes(buffer, overlapping=True)
        return [each[0] for each in found], [each[2] for each in found]

    return scan

"""Many literals in one pass over many values: hyperscan, or ahocorasick where it has no wheel."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import polars as pl

from hevesy.sigma.storage import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["KINDS", "Hits", "Probe", "Scanner", "plain_hits"]

KINDS = ("contains", "startswith", "endswith", "equals")
SEPARATOR = "\x1f"
_SEPARATOR = SEPARATOR.encode()
_SLICE = 64 << 20  # hyperscan's length is 32 bits wide and overflows in silence; memory is dearer
_SHORT = (
    2  # a literal of so few bytes is found everywhere: each callback costs more than a direct test
)
_KEPT = 400  # from here on compiling takes so long that the database is worth a file

Hits = dict[int, list[int]]
"""Probe index -> ascending indexes of the values that pass it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A folded literal and where in a folded value it has to stand."""

    kind: str
    """One of KINDS."""
    text: str

    def passes(self, value: str) -> bool:
        """Whether a folded value passes."""
        if self.kind == "contains":
            return self.text in value
        if self.kind == "equals":
            return self.text == value
        if self.kind == "startswith":
            return value.startswith(self.text)
        return value.endswith(self.text)

    def expression(self, values: pl.Expr) -> pl.Expr:
        """The same test over a column of folded values."""
        if self.kind == "contains":
            return values.str.contains(self.text, literal=True)
        if self.kind == "equals":
            return values == self.text
        if self.kind == "startswith":
            return values.str.starts_with(self.text)
        return values.str.ends_with(self.text)


def plain_hits(probes: Sequence[Probe], which: Sequence[int], values: Sequence[str]) -> Hits:
    """The hits of some probes, one test after another: the quickest way for a few values."""
    hits: Hits = {}
    for index in which:
        probe = probes[index]
        if found := [number for number, value in enumerate(values) if probe.passes(value)]:
            hits[index] = found
    return hits


Engine = Callable[[bytes], "tuple[list[int], list[int]]"]
"""Buffer -> pattern numbers and end offsets of all matches, overlapping ones too."""


class Scanner:
    """The literals of one field, compiled once for a process and used for every frame."""

    def __init__(self, probes: Sequence[Probe], cache: Path | None = None) -> None:
        """Sort out what a single pass can look for; nothing is compiled yet."""
        self.probes = probes
        self.deferred = {
            index
            for index, probe in enumerate(probes)
            if not probe.text
            or "\x00" in probe.text  # hyperscan takes patterns as C strings
            or (
                probe.kind == "contains"
                and len(probe.text.encode()) <= _SHORT
                and probe.text.isascii()
            )
        }
        self._cache = cache
        self._engine: Engine | None = None
        self._patterns = pl.DataFrame()
        self._scanned: list[int] = []

    @property
    def compiled(self) -> bool:
        """Whether the next scan costs no compilation."""
        return self._engine is not None

    @property
    def scanned(self) -> int:
        """How many probes a scan looks for."""
        return len(self.probes) - len(self.deferred)

    def defer(self, hot: set[int]) -> None:
        """Leave probes out from now on, which hit so often that they are better tested directly."""
        if hot - self.deferred:
            self.deferred |= hot
            self._engine = None

    def sample(self, values: pl.Series) -> Hits:
        """The hits in a few values, without compiling what may not be kept.

        What a sample shows decides which probes the database is compiled of, so it is searched
        with an automaton that is made twenty times as quickly and searches more slowly.
        """
        if self._engine is not None:
            return self.scan(values)
        self._order()
        self._engine = _aho_corasick([_pattern(self.probes[each]) for each in self._scanned])
        try:
            return self.scan(values)
        finally:
            self._engine = None

    def scan(self, values: pl.Series) -> Hits:
        """Hits of all probes that are not deferred, over folded values without nulls."""
        found: list[pl.DataFrame] = []
        for start, piece in _slices(values):
            frame = self._scan_piece(piece)
            found.append(frame.with_columns(pl.col("value") + start))
        if not found:
            return {}
        grouped = pl.concat(found).group_by("probe").agg("value")
        return dict(zip(grouped["probe"].to_list(), grouped["value"].to_list(), strict=True))

    def _scan_piece(self, values: pl.Series) -> pl.DataFrame:
        """Hits as a frame of `probe` and `value`, sorted, each once."""
        if self._engine is None:
            self._compile()
        assert self._engine is not None  # noqa: S101  # _compile sets it
        joined = values.str.join(SEPARATOR)[0] or ""
        numbers, ends = self._engine(_SEPARATOR + joined.encode() + _SEPARATOR)
        return _located(numbers, ends, values, self._patterns)

    def _order(self) -> None:
        """Number the patterns of the probes that are not deferred."""
        self._scanned = [each for each in range(len(self.probes)) if each not in self.deferred]
        self._patterns = pl.DataFrame(
            {
                "probe": self._scanned,
                "kind": [self.probes[each].kind for each in self._scanned],
                "bytes": [len(_pattern(self.probes[each])) for each in self._scanned],
            },
            schema={"probe": pl.UInt32, "kind": pl.String, "bytes": pl.Int64},
        )

    def _compile(self) -> None:
        """Build the automaton of all probes that are not deferred."""
        self._order()
        patterns = [_pattern(self.probes[each]) for each in self._scanned]
        if not patterns:
            self._engine = lambda _: ([], [])
            return
        try:
            import hyperscan  # noqa: F401  # only whether it is there
        except ImportError:
            self._engine = _aho_corasick(patterns)
        else:
            self._engine = _hyperscan(patterns, self._cache)


def _pattern(probe: Probe) -> bytes:
    """The literal with the separators that hold it to the start or end of a value."""
    text = probe.text.encode()
    if probe.kind in ("startswith", "equals"):
        text = _SEPARATOR + text
    if probe.kind in ("endswith", "equals"):
        text += _SEPARATOR
    return text


def _slices(values: pl.Series) -> Iterator[tuple[int, pl.Series]]:
    """Runs of values with their first index; a run holds some 64 MiB, or one larger value."""
    if values.is_empty():
        return
    groups = (values.str.len_bytes().cast(pl.Int64) + 1).cum_sum() // _SLICE
    bounds = [0, *(groups.diff().fill_null(0) != 0).arg_true().to_list(), len(values)]
    for start, end in itertools.pairwise(bounds):
        yield start, values.slice(start, end - start)


def _located(
    numbers: list[int], ends: list[int], values: pl.Series, patterns: pl.DataFrame
) -> pl.DataFrame:
    """From end offsets to values, dropping what does not lie exactly where its kind demands.

    A value may hold the separator itself; the arithmetic makes that harmless.
    """
    if not numbers:
        return pl.DataFrame(schema={"probe": pl.UInt32, "value": pl.UInt32})
    lengths = values.str.len_bytes().cast(pl.Int64)
    after = (lengths + 1).cum_sum()  # offset of the separator behind each value
    matches = pl.DataFrame({"end": ends}, schema={"end": pl.Int64})
    matches = pl.concat(
        [matches, patterns[pl.Series(numbers, dtype=pl.UInt32)]], how="horizontal"
    ).with_columns(value=after.search_sorted(pl.Series(ends, dtype=pl.Int64) - 1, side="left"))
    # a match that ends with the separator behind a value ends one past `after`
    matches = matches.with_columns(
        after=after.gather(matches["value"]), length=lengths.gather(matches["value"])
    )
    begin = pl.col("end") - pl.col("bytes")
    first = pl.col("after") - pl.col("length")
    at_start, at_end = begin == first - 1, pl.col("end") == pl.col("after") + 1
    inside_start, inside_end = begin >= first, pl.col("end") <= pl.col("after")
    kind = pl.col("kind")
    fits = (
        pl.when(kind == "contains")
        .then(inside_start & inside_end)
        .when(kind == "startswith")
        .then(at_start & inside_end)
        .when(kind == "endswith")
        .then(inside_start & at_end)
        .otherwise(at_start & at_end)
    )
    kept = matches.filter(fits).select("probe", pl.col("value").cast(pl.UInt32))
    return kept.unique().sort("probe", "value")


def _hyperscan(patterns: list[bytes], cache: Path | None) -> Engine:
    """All patterns as one hyperscan database."""
    import hyperscan

    database = _stored(patterns, cache)
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


def _stored(patterns: list[bytes], cache: Path | None):  # type: ignore[no-untyped-def]  # noqa: ANN202  # hyperscan is imported late
    """The database of the patterns, from the cache where it is large enough to be kept there."""
    import hyperscan

    path = None
    if cache is not None and len(patterns) >= _KEPT:
        key = hashlib.sha256(b"\n".join([version("hyperscan").encode(), *patterns])).hexdigest()
        path = cache / f"patterns-{key[:40]}.bin"
        with contextlib.suppress(OSError, hyperscan.error):
            return hyperscan.loadb(path.read_bytes(), hyperscan.HS_MODE_BLOCK)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    count = len(patterns)
    database.compile(
        expressions=patterns, ids=range(count), elements=count, flags=[0] * count, literal=True
    )
    if path is not None:
        write_atomically(path, hyperscan.dumpb(database))
    return database


def _aho_corasick(patterns: list[bytes]) -> Engine:
    """The same with ahocorasick-rs."""
    import ahocorasick_rs

    automaton = ahocorasick_rs.BytesAhoCorasick(patterns)

    def scan(buffer: bytes) -> tuple[list[int], list[int]]:
        found = automaton.find_matches_as_indexes(buffer, overlapping=True)
        return [each[0] for each in found], [each[2] for each in found]

    return scan

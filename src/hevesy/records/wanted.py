"""What rows of a text log are looked for: the nouns `Needle` and `Wanted`, and the search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

__all__ = ["ALWAYS", "Needle", "Search", "Wanted", "search_for"]

Search = Callable[[bytes], "tuple[list[int], list[int]]"]
"""Bytes, less than 4 GiB -> numbers of needles and end offsets of their places, without case."""


ALWAYS = 1
"""Bit of those that can match a row with the needle whatever its `Wanted.columns` hold."""


@dataclass(frozen=True, slots=True)
class Needle:
    """Text of a raw row, without which something cannot match it; ASCII case is no matter."""

    text: str
    """A literal, or an expression in the words that Python and hyperscan share."""
    asked: int = ALWAYS
    """Bits of those that ask for it: rules, or the one who follows a value."""
    expression: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which rows of a text log are to be read; the others are counted and passed over.

    A row is wanted where it holds a needle, and where those that asked for it can still match it
    with what its `columns` hold.
    """

    needles: tuple[Needle, ...]
    columns: tuple[str, ...] = ()
    """Columns with few different values together: method, path, status."""
    possible: Callable[[pl.DataFrame], Sequence[int]] | None = None
    """Rows with these columns, as values -> bits of those that may match each of them, whatever
    its other columns hold. Without, a needle is enough."""
    counted: bool = True
    """Whether the rows that are passed over are to be counted, for the survey."""
    foreign: frozenset[str] = frozenset()
    """Columns that a log of the kind does not have; in one that has, every row is read."""


@lru_cache(maxsize=16)
def search_for(needles: tuple[Needle, ...]) -> Search | None:
    """What finds needles in bytes: compiled once for a process.

    Returns:
        None where hyperscan has no wheel for this machine, or cannot look for one of them.
    """
    try:
        import hyperscan
    except ImportError:
        return None
    if not needles:
        return lambda _: ([], [])
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    count = len(needles)
    try:
        database.compile(
            expressions=[_expression(needle) for needle in needles],
            ids=range(count),
            elements=count,
            flags=[hyperscan.HS_FLAG_CASELESS] * count,
        )
    except hyperscan.error:
        return None
    scratch = hyperscan.Scratch(database)

    def search(data: bytes) -> tuple[list[int], list[int]]:
        numbers: list[int] = []
        ends: list[int] = []
        add_number, add_end = numbers.append, ends.append

        def found(number: int, _from: int, end: int, _flags: int, _context: object) -> None:
            add_number(number)
            add_end(end)

        database.scan(data, match_event_handler=found, scratch=scratch)
        return numbers, ends

    return search


def _expression(needle: Needle) -> bytes:
    """The needle in hyperscan's words."""
    if needle.expression:
        return needle.text.encode()
    return b"".join(
        bytes([byte]) if chr(byte).isalnum() and byte < 128 else b"\\x%02x" % byte  # noqa: PLR2004  # ASCII
        for byte in needle.text.encode()
    )

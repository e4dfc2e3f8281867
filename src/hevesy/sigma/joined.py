"""Folded values put together in one buffer that is searched in one pass."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from hevesy.sigma.folding import fold_series

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SEPARATOR", "Joined", "Piece"]

SEPARATOR = b"\x1f"
_BETWEEN = SEPARATOR.decode()
_SLICE = 64 << 20
"""Bytes that are searched at once: hyperscan's length is 32 bits wide and overflows in silence;
memory is dearer."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Values next to each other."""

    buffer: bytes
    """Folded; a separator before, between and behind them."""
    lengths: pl.Series
    """Bytes of each (Int64)."""


class Joined:
    """The values of a column as buffers, made when first asked for and kept."""

    def __init__(self, text: pl.Series, *, folded: bool = False) -> None:
        """Take text, as it stands or folded; a value that is null counts as empty."""
        self._text = text.fill_null("") if text.null_count() else text
        self._folded = folded

    @cached_property
    def pieces(self) -> list[tuple[int, Piece]]:
        """Runs of values, each with the number of its first."""
        pieces = _slices(self._text)
        return [(start, _piece(values, folded=self._folded)) for start, values in pieces]


def _piece(text: pl.Series, *, folded: bool) -> Piece:
    buffer = _together(text)
    if not folded and buffer.isascii():  # folding is then what bytes can do themselves
        buffer = buffer.lower()
    elif not folded:
        text = fold_series(text)
        buffer = _together(text)
    return Piece(buffer, text.str.len_bytes().cast(pl.Int64))


def _together(text: pl.Series) -> bytes:
    edge = pl.Series(text.name, [""])
    joined = pl.concat([edge, text, edge]).str.join(_BETWEEN).cast(pl.Binary)
    return bytes(joined[0])


def _slices(values: pl.Series) -> Iterator[tuple[int, pl.Series]]:
    """Runs of values with their first index; a run holds some 64 MiB, or one larger value."""
    if values.is_empty():
        return
    lengths = values.str.len_bytes()
    if int(lengths.sum()) + len(values) < _SLICE:
        yield 0, values
        return
    groups = (lengths.cast(pl.Int64) + 1).cum_sum() // _SLICE
    bounds = [0, *(groups.diff().fill_null(0) != 0).arg_true().to_list(), len(values)]
    for start, end in itertools.pairwise(bounds):
        yield start, values.slice(start, end - start)

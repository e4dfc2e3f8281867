"""The nouns `Batch` and `Parser`, and how the surveys of batches add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

from hevesy.model import Source, Survey

__all__ = ["Batch", "Parser"]


@dataclass(frozen=True, slots=True)
class Batch:
    """A bounded frame of one table, and what reading it saw.

    The survey of a source is the sum of its batches' surveys (`add_up`): every byte is read once,
    for the ledger and for detection.
    """

    table: str
    """Name of the table: `httpproxy`."""
    frame: pl.DataFrame
    """`hevesy.tables.PROVENANCE` columns, then the log's own; rows passed over are absent."""
    survey: Survey
    """This batch's share; `sha256` is empty."""


@dataclass(frozen=True, slots=True)
class Parser:
    """One log kind: how it is recognised and parsed."""

    kind: str
    """A key of `hevesy.tables.KINDS`."""
    recognise: Callable[[bytes, str], bool]
    """`(head, path) -> bool`: the first 64 KiB, and the lower-case path joined by `/`."""
    parse: Callable[[Source, BinaryIO, tuple[str, ...] | None], Iterator[Batch]] | None
    """`(source, stream, literals)`; None for a file kind. With literals, only rows that hold one
    of them, compared without case, must be yielded: the others may be counted as passed over."""
    seekable: bool = False
    """Whether `stream` must be seekable (EVTX)."""

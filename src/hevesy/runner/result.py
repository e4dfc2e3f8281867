"""The nouns `ReadResult` and `PieceRead`: what a worker says of a source, or of a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hevesy.model import Loss, RuleReference, Source, Survey

__all__ = ["PieceRead", "ReadResult"]


@dataclass(frozen=True, slots=True)
class PieceRead:
    """What is known of a piece of a source beside what its rows say."""

    number: int
    stamps: frozenset[tuple[int, int]]
    """Size and time of change (ns) of the whole file, before and after: one, or it changed."""
    surveys: tuple[Survey, ...] = ()
    """Of each batch, in order."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading one source gave."""

    source: Source
    survey: Survey
    parts: tuple[Path, ...] = ()
    """Arrow IPC files of hits (`HITS`), of this source and of others of its task, or of touches
    (`TOUCHES`)."""
    rules: tuple[RuleReference, ...] = ()
    """Rules that hits are of and that are not known before (YARA, baseline, hashes)."""
    signs: tuple[tuple[str, str], ...] = ()
    """Signs that a server runs Exchange: name (or empty) and sign."""
    loss: Loss | None = None
    piece: PieceRead | None = None
    """Where only a piece of the source was read."""

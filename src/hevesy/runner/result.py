"""The noun `ReadResult`: what a worker says of a source."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hevesy.model import Loss, RuleReference, Source, Survey

__all__ = ["ReadResult"]


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

"""What a run read and what it cost, for the last screen; no part of a case, since it differs."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Numbers", "size_words"]

STEP = 1000
THREE_DIGITS = 100


@dataclass(frozen=True, slots=True)
class Numbers:
    """Sums over all sources of one run. `rows == parsed + passed_over + damaged`."""

    bytes: int
    """Read, uncompressed."""
    seconds: float
    peak_memory: int | None
    """Bytes, private memory summed over the processes; None where it was not measured."""
    sources: int
    rows: int
    parsed: int
    passed_over: int
    damaged: int


def size_words(size: float) -> str:
    """A size or rate with a decimal prefix: `215 MB`, `1.2 GB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < STEP:
            return (
                f"{size:.0f} {unit}"
                if unit == "B" or size >= THREE_DIGITS
                else f"{size:.1f} {unit}"
            )
        size /= STEP
    return f"{size:.1f} TB"

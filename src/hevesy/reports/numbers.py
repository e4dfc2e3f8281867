"""What a run read and what it cost, for the last screen; no part of a case, since it differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

__all__ = ["Numbers", "count_words", "name_words", "size_words", "span_words"]

STEP = 1000
THREE_DIGITS = 100
_HOUR, _DAY, _TWO_DAYS = 60, 1440, 2880
"""In minutes."""


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


def count_words(number: int, noun: str) -> str:
    """A number with its noun: `1 record`, `1,234 records`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def name_words(names: Sequence[str], most: int = 8) -> str:
    """Names, at most `most` of them, then `and 2 more`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def span_words(span: timedelta) -> str:
    """How long, in its two greatest units: `2 h 34 min`, `3 days`."""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < _HOUR:
        return f"{minutes} min"
    if minutes < _TWO_DAYS:
        return f"{minutes // _HOUR} h {minutes % _HOUR} min"
    return count_words(round(minutes / _DAY), "day")

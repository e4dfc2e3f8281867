"""Clocks that are off: whose times are not UTC, and what would correct them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hevesy.model import Assessment, ServerAssessment

__all__ = ["clock_hint", "clocks_off"]

CORRECTED = "times corrected by "
"""How the clock note of a correction that was asked for with `--clock` begins."""
UNITS = ((3600, "h"), (60, "m"), (1, "s"))


def clocks_off(assessment: Assessment) -> tuple[str, ...]:
    """Names of the servers that a clock was seen to be off of, and that were not corrected."""
    return tuple(server.name for server in assessment.servers if _offsets(server))


def clock_hint(server: ServerAssessment) -> str:
    """`--clock EX01:windows=+5h`, one for each offset seen; empty where nothing is to correct.

    Only Windows events let a clock be seen to be off, so the hint is for them alone.
    """
    hints = [f"--clock {server.name}:windows={_span(offset)}" for offset in _offsets(server)]
    return " or ".join(hints)


def _offsets(server: ServerAssessment) -> list[int]:
    if any(note.startswith(CORRECTED) for note in server.clock_notes):
        return []
    return sorted({lane.clock_offset for lane in server.coverage if lane.clock_offset})


def _span(seconds: int) -> str:
    """In the greatest unit that says it wholly: `+5h`, `-90m`, `+61s`."""
    size, unit = next(one for one in UNITS if seconds % one[0] == 0)
    return f"{seconds // size:+d}{unit}"

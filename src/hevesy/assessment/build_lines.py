"""The lines that show which build a server had, in order of time, and the history they make."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from hevesy.exposure import build_history, open_at
from hevesy.knowledge import parse_build
from hevesy.model import BuildEvidence, BuildLine, BuildSpan, ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import BuildPeriod

__all__ = ["BuildLines", "build_lines", "condensed", "history_of"]


@dataclass(frozen=True, slots=True)
class BuildLines:
    """Lines in order of time; the first of all at one moment is told."""

    lines: tuple[BuildLine, ...]
    times: tuple[datetime, ...]

    def before(self, moment: datetime) -> BuildLine | None:
        """The nearest line at or before a moment."""
        place = bisect_right(self.times, moment)
        return self.lines[place - 1] if place else None

    def after(self, moment: datetime) -> BuildLine | None:
        """The nearest line at or after a moment."""
        place = bisect_left(self.times, moment)
        return self.lines[place] if place < len(self.times) else None


def build_lines(server: ServerEvidence, known: ExchangeKnowledge) -> BuildLines:
    """The first and last line of each source that shows a build, of the builds of the history.

    Args:
        server: What is known of it.
        known: The tables.
    """
    found: dict[tuple[datetime, str], BuildLine] = {}
    for period in build_history(server.builds, known):
        for one in period.evidence:
            for line in _ends(one, period.name):
                found.setdefault((line.time, line.build), line)
    ordered = [found[key] for key in sorted(found)]
    return BuildLines(tuple(ordered), tuple(line.time for line in ordered))


def condensed(server: ServerEvidence) -> ServerEvidence:
    """The same, with one piece of evidence a build, grade and origin: quick to ask many times."""
    kept: dict[tuple[object, ...], BuildEvidence] = {}
    for one in server.builds:
        key = (one.build, one.grade, one.origin, one.first is None, one.last is None)
        kept[key] = _wider(kept[key], one) if key in kept else one
    return replace(server, builds=tuple(kept.values()))


def history_of(
    server: ServerEvidence, cves: Iterable[str], known: ExchangeKnowledge
) -> tuple[BuildSpan, ...]:
    """Each build with the lines that show it first and last, in order of time.

    Args:
        server: What is known of it.
        cves: Vulnerabilities that matter: of known threats, and those that were attacked.
        known: The tables.
    """
    bare = replace(condensed(server), mitigations=())
    wanted = [cve for cve in dict.fromkeys(cves) if cve in known.facts]
    spans: list[BuildSpan] = []
    before: set[str] = set()
    for period in build_history(server.builds, known):
        answers = {cve: open_at(bare, cve, period.first, known).answer for cve in wanted}
        is_open = tuple(cve for cve in wanted if answers[cve] == "yes")
        spans.append(
            _span(
                period,
                known,
                is_open,
                tuple(cve for cve in wanted if cve in before and answers[cve] == "no"),
            )
        )
        before = set(is_open)
    return tuple(spans)


def _span(
    period: BuildPeriod,
    known: ExchangeKnowledge,
    is_open: Sequence[str],
    closes: Sequence[str],
) -> BuildSpan:
    ends = sorted(
        (line for one in period.evidence for line in _ends(one, period.name)),
        key=lambda line: (line.time, line.source, line.line or 0),
    )
    return BuildSpan(
        build=period.build,
        name=period.name,
        label=_label(period, known),
        grade=period.grade,
        first=ends[0],
        last=ends[-1],
        sources=len({one.source for one in period.evidence}),
        open=tuple(is_open),
        closes=tuple(closes),
    )


def _label(period: BuildPeriod, known: ExchangeKnowledge) -> str:
    """`CU19 Mar21SU`, `CU19 (no SU)`, `CU19 (SU not told)`; of an unknown build its number."""
    number = parse_build(period.build)
    place = known.builds.place(number) if number else None
    if place is None or not place.cu:
        return period.build
    if period.grade != "su_exact":
        return f"{place.cu} (SU not told)"
    if place.known is None:
        return f"{place.cu}, {period.build}"
    return f"{place.cu} {place.known.update or '(no SU)'}"


def _ends(one: BuildEvidence, name: str) -> tuple[BuildLine, ...]:
    """First and last line of one source."""
    if not (one.first and one.last):
        return ()
    first = BuildLine(one.build, name, one.first, one.source, one.line)
    if one.last == one.first:
        return (first,)
    return (first, BuildLine(one.build, name, one.last, one.source, one.last_line))


def _wider(one: BuildEvidence, other: BuildEvidence) -> BuildEvidence:
    if not (one.first and one.last and other.first and other.last):
        return one
    return replace(one, first=min(one.first, other.first), last=max(one.last, other.last))

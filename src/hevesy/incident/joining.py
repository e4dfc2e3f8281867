"""What joins findings of one server: the values they share, and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hevesy.incident.pivots import joins
from hevesy.model import Finding, Outcome, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FAR", "NEAR", "Joined", "joined"]

NEAR = timedelta(minutes=30)
"""Findings that succeeded, or may have, and stand no further apart are joined by time alone."""

FAR = timedelta(days=30)
"""Findings that share a value, but stand further apart, are not joined by it."""

_CONTEXT = timedelta(minutes=10)
_SPELL = timedelta(days=1)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Joined:
    """Findings that belong together."""

    findings: tuple[Finding, ...]
    by_time: frozenset[str]
    """Ids of those that only stand near in time: shown, and no verdict rests on them."""


@dataclass(slots=True)
class _Sets:
    """Disjoint sets over the positions of findings."""

    parent: list[int]

    def find(self, one: int) -> int:
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def join(self, one: int, other: int) -> None:
        first, second = sorted((self.find(one), self.find(other)))
        self.parent[second] = first


def joined(
    findings: Sequence[Finding],
    shell_pages: frozenset[str],
    shared: frozenset[str] = frozenset(),
) -> tuple[Joined, ...]:
    """Findings of one server that belong together, each group around at least one anchor.

    Args:
        findings: Those of one server.
        shell_pages: URL paths that are known to be shells.
        shared: Pivots that stand for many, and join nothing: `ip:10.0.0.5`.
    """
    sets = _Sets(list(range(len(findings))))
    anchors = [i for i, f in enumerate(findings) if f.anchor]
    for one, other in _sharing(findings, shell_pages, shared):
        sets.join(one, other)
    roots = {sets.find(anchor) for anchor in anchors}
    by_value = {i for i in range(len(findings)) if sets.find(i) in roots}
    for i, anchor in _near(findings):
        if sets.find(i) != sets.find(anchor) and _by_time(findings[i], findings[anchor]):
            sets.join(i, anchor)
    groups: dict[int, list[int]] = {sets.find(i): [] for i in anchors}
    for i in range(len(findings)):
        if sets.find(i) in groups:
            groups[sets.find(i)].append(i)
    return tuple(
        Joined(
            tuple(findings[i] for i in members),
            frozenset(findings[i].id for i in members if i not in by_value),
        )
        for members in groups.values()
    )


def _near(findings: Sequence[Finding]) -> Iterator[tuple[int, int]]:
    """Pairs of a finding and an anchor that may stand near in time."""
    timed = sorted((i for i, f in enumerate(findings) if f.first), key=lambda i: _span(findings[i]))
    open_spans: list[int] = []
    for i in timed:
        begin, _ = _span(findings[i])
        open_spans = [j for j in open_spans if _span(findings[j])[1] + NEAR >= begin]
        for j in open_spans:
            if findings[j].anchor:
                yield i, j
            if findings[i].anchor:
                yield j, i
        open_spans.append(i)


def _span(finding: Finding) -> tuple[datetime, datetime]:
    first = finding.first or _NEVER
    return first, finding.last or first


def _sharing(
    findings: Sequence[Finding], shell_pages: frozenset[str], shared: frozenset[str]
) -> Iterable[tuple[int, int]]:
    """Pairs of findings that share a value which joins; each value gives a path, not every pair.

    One of a pair must be an anchor: two failed logons from one address are no chain.
    """
    holders: dict[str, list[int]] = {}
    for i, finding in enumerate(findings):
        for pivot in finding.pivots:
            shell = pivot.startswith("page:") and pivot.removeprefix("page:") in shell_pages
            # Rules and indicators of others match honest work too: an administrator's address is
            # not enough to make that part of an intrusion.
            loose = not finding.own and pivot.startswith(("ip:", "account:"))
            if shell or (joins(pivot) and not loose and pivot not in shared):
                holders.setdefault(pivot, []).append(i)
    for members in holders.values():
        anchors = [i for i in members if findings[i].anchor]
        for anchor in anchors:
            for i in members:
                apart = _apart(findings[i], findings[anchor])
                if i != anchor and (apart is None or apart <= FAR):
                    yield anchor, i


def _by_time(finding: Finding, anchor: Finding) -> bool:
    apart = _apart(finding, anchor)
    if apart is None:
        return False
    if finding.own and finding.outcome is not Outcome.ATTEMPT:
        return apart <= NEAR and finding.stage is not Stage.PROBE
    if finding.first and finding.last and finding.last - finding.first > _SPELL:
        return False  # it goes on all the time: that it does so during an intrusion says nothing
    return not finding.own and apart <= _CONTEXT and finding.stage.rank >= Stage.EXECUTION.rank


def _apart(one: Finding, other: Finding) -> timedelta | None:
    """Time between two findings' spans; None where one has no time, as a file of some archives."""
    if not (one.first and one.last and other.first and other.last):
        return None
    return max(timedelta(0), other.first - one.last, one.first - other.last)

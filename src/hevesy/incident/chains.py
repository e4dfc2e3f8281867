"""Findings of one server -> chains: joined by the values they share, and by time."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hevesy.incident.pivots import deepest, joins
from hevesy.model import Chain, Finding, Outcome, Sample, Stage, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["NEAR", "chains_of", "is_attempt"]

NEAR = timedelta(minutes=30)
"""Findings that succeeded, or may have, and stand no further apart are joined by time alone."""

FAR = timedelta(days=30)
"""Findings that share a value, but stand further apart, are not joined by it."""

_CONTEXT = timedelta(minutes=10)
_ATTEMPT_STAGES = (Stage.PROBE, Stage.EXPLOIT, Stage.WRITE, Stage.SHELL_PLACED, Stage.SHELL_USED)
_OPEN_STAGES = (Stage.PROBE, Stage.EXPLOIT, Stage.WRITE)


def is_attempt(finding: Finding) -> bool:
    """Whether a finding shows that somebody tried: enough for `probed`, for no more.

    `unknown` counts as attempt where the record is a request; a file or page of which nobody knows
    what it is moves no verdict.
    """
    if not finding.own:
        return False
    if finding.outcome is Outcome.ATTEMPT:
        return finding.stage in _ATTEMPT_STAGES
    return finding.outcome is Outcome.UNKNOWN and finding.stage in _OPEN_STAGES


def chains_of(
    server: str, findings: Sequence[Finding], shell_pages: frozenset[str]
) -> tuple[Chain, ...]:
    """Chains of one server's findings.

    A chain grows from findings that succeeded and on which one may rest (`Finding.anchor`): what
    shares an address, file, request, process, account or shell with them, and what succeeded within
    `NEAR` of them. Attempts that belong to none of those make one chain of attempts; all else is
    unexplained.

    Args:
        server: Its name.
        findings: Those of this server.
        shell_pages: URL paths that are known to be shells.
    """
    groups = _components(findings, shell_pages)
    chains = [_chain(server, group, anchored=True) for group in groups]
    taken = {f.id for group in groups for f in group}
    attempts = [f for f in findings if f.id not in taken and is_attempt(f)]
    if attempts:
        chains.append(_chain(server, attempts, anchored=False))
    return tuple(sorted(chains, key=lambda c: (not c.anchored, _when(c.first), c.id)))


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


def _components(findings: Sequence[Finding], shell_pages: frozenset[str]) -> list[list[Finding]]:
    sets = _Sets(list(range(len(findings))))
    anchors = [i for i, f in enumerate(findings) if f.anchor]
    for one, other in _sharing(findings, shell_pages):
        sets.join(one, other)
    for i, finding in enumerate(findings):
        for anchor in anchors:
            if i != anchor and _by_time(finding, findings[anchor]):
                sets.join(i, anchor)
    rooted: dict[int, list[Finding]] = {sets.find(i): [] for i in anchors}
    for i, finding in enumerate(findings):
        if sets.find(i) in rooted:
            rooted[sets.find(i)].append(finding)
    return list(rooted.values())


def _sharing(findings: Sequence[Finding], shell_pages: frozenset[str]) -> Iterable[tuple[int, int]]:
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
            if shell or (joins(pivot) and not loose):
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
    return not finding.own and apart <= _CONTEXT and finding.stage.rank >= Stage.EXECUTION.rank


def _apart(one: Finding, other: Finding) -> timedelta | None:
    """Time between two findings' spans; None where one has no time, as a file of some archives."""
    if not (one.first and one.last and other.first and other.last):
        return None
    return max(timedelta(0), other.first - one.last, one.first - other.last)


def _chain(server: str, findings: Sequence[Finding], *, anchored: bool) -> Chain:
    ordered = sorted(findings, key=lambda f: (_when(f.first), f.stage.rank, f.id))
    succeeded = [f.stage for f in ordered if f.outcome is Outcome.SUCCESS and f.own]
    times = [t for f in ordered for t in (f.first, f.last) if t]
    ids = tuple(f.id for f in ordered)
    return Chain(
        id=hashlib.sha256("".join(sorted(ids)).encode()).hexdigest()[:12],
        server=server,
        first=min(times, default=None),
        last=max(times, default=None),
        anchored=anchored,
        reached=deepest(succeeded if anchored and succeeded else [f.stage for f in ordered]),
        steps=tuple(sorted((s for f in ordered for s in _steps(f)), key=_step_order)),
        pivots=tuple(sorted({p for f in ordered for p in f.pivots if joins(p)}))[:200],
        findings=ids,
    )


def _steps(finding: Finding) -> Iterator[Step]:
    """One step a finding; where its samples are all of it, one for each thing that they show."""
    first: dict[str, Sample] = {}
    counts: Counter[str] = Counter()
    whole = finding.count == len(finding.samples)
    for sample in finding.samples if whole else finding.samples[:1]:
        first.setdefault(sample.detail, sample)
        counts[sample.detail] += 1
    for detail, sample in first.items():
        yield Step(
            time=sample.time if whole else finding.first,
            stage=finding.stage,
            outcome=finding.outcome,
            text=f"{finding.rule.title}: {detail}" if detail else finding.rule.title,
            finding=finding.id,
            count=counts[detail] if whole else finding.count,
        )


def _step_order(step: Step) -> tuple[tuple[bool, str], int, str]:
    return (_when(step.time), step.stage.rank, step.text)


def _when(time: datetime | None) -> tuple[bool, str]:
    """Sort key of a time, those without one last."""
    return (time is None, time.isoformat() if time else "")

"""Findings of one server -> chains: joined by the values they share, and by time."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from hevesy.incident.joining import Joined, joined
from hevesy.incident.pivots import deepest, joins
from hevesy.model import Chain, Finding, Outcome, Sample, Stage, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

__all__ = ["chains_of", "is_attempt"]

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
    server: str,
    findings: Sequence[Finding],
    shell_pages: frozenset[str],
    shared: frozenset[str] = frozenset(),
) -> tuple[Chain, ...]:
    """Chains of one server's findings.

    A chain grows from findings that succeeded and on which one may rest (`Finding.anchor`): what
    shares an address, file, request, process, account or shell with them, and what succeeded near
    them in time. Attempts that belong to none of those make one chain of attempts; all else is
    unexplained.

    Args:
        server: Its name.
        findings: Those of this server.
        shell_pages: URL paths that are known to be shells.
        shared: Pivots that stand for many, and join nothing: a load balancer's address.
    """
    groups = joined(findings, shell_pages, shared)
    chains = [_chain(server, group, shared, anchored=True) for group in groups]
    taken = {f.id for group in groups for f in group.findings}
    attempts = [f for f in findings if f.id not in taken and is_attempt(f)]
    if attempts:
        group = Joined(tuple(attempts), frozenset())
        chains.append(_chain(server, group, shared, anchored=False))
    return tuple(sorted(chains, key=lambda c: (not c.anchored, _when(c.first), c.id)))


def _chain(server: str, group: Joined, shared: frozenset[str], *, anchored: bool) -> Chain:
    ordered = sorted(group.findings, key=lambda f: (_when(f.first), f.stage.rank, f.id))
    succeeded = [
        f.stage
        for f in ordered
        if f.outcome is Outcome.SUCCESS and f.own and f.id not in group.by_time
    ]
    times = [t for f in ordered for t in (f.first, f.last) if t]
    ids = tuple(f.id for f in ordered)
    return Chain(
        id=hashlib.sha256("".join(sorted(ids)).encode()).hexdigest()[:12],
        server=server,
        first=min(times, default=None),
        last=max(times, default=None),
        anchored=anchored,
        reached=deepest(succeeded if anchored and succeeded else [f.stage for f in ordered]),
        steps=tuple(
            sorted(
                (s for f in ordered for s in _steps(f, by_time=f.id in group.by_time)),
                key=_step_order,
            )
        ),
        pivots=tuple(
            sorted({p for f in ordered for p in f.pivots if joins(p) and p not in shared})
        )[:200],
        findings=ids,
        by_time=tuple(sorted(group.by_time)),
    )


def _steps(finding: Finding, *, by_time: bool) -> Iterator[Step]:
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
            by_time=by_time,
        )


def _step_order(step: Step) -> tuple[tuple[bool, str], int, str]:
    return (_when(step.time), step.stage.rank, step.text)


def _when(time: datetime | None) -> tuple[bool, str]:
    """Sort key of a time, those without one last."""
    return (time is None, time.isoformat() if time else "")

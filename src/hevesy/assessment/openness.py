"""Whether a server was open to what a finding shows, when it happened."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.exposure import open_at
from hevesy.model import ExposureState, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import ExposedServer, Finding, ServerEvidence, Threat

__all__ = ["fixed_at", "with_openness"]

_SAYS = {
    "yes": "the server was open to it",
    "no": "the server was not open to it",
    "mitigated": "the server was mitigated against it",
    "cannot_tell": "whether the server was open to it cannot be told",
}


def with_openness(
    findings: Iterable[Finding],
    evidence: Mapping[str, ServerEvidence],
    known: ExchangeKnowledge,
) -> tuple[Finding, ...]:
    """Findings that name a vulnerability, with whether the server was open to it at that moment.

    A success that is claimed against a fixed build is questioned in words: either the build or the
    finding is not what it seems.
    """
    return tuple(_with_one(finding, evidence.get(finding.server), known) for finding in findings)


def _with_one(
    finding: Finding, evidence: ServerEvidence | None, known: ExchangeKnowledge
) -> Finding:
    cve = finding.rule.vulnerability
    if not (cve and finding.first and evidence and cve in known.facts):
        return finding
    answer = open_at(evidence, cve, finding.first, known)
    text = f"{_SAYS[answer.answer]}: {answer.why}"
    if answer.answer == "no" and finding.outcome is Outcome.SUCCESS:
        text += ". A success against a fixed build contradicts itself: look at both"
    return replace(finding, open_then=answer.answer, open_why=text)


def fixed_at(threat: Threat, server: ExposedServer | None) -> datetime | None:
    """When the last of a threat's vulnerabilities was fixed on a server, if it was."""
    if server is None:
        return None
    by_id = {one.cve.id: one for one in server.exposures}
    states: Sequence[datetime | None] = [
        one.risk_until or one.since
        if (one := by_id.get(v.id)) and one.state is ExposureState.FIXED
        else None
        for v in threat.vulnerabilities
    ]
    times = [time for time in states if time]
    return max(times) if times and len(times) == len(states) else None

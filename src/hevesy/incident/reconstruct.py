"""Chains over servers -> incidents; the door of the room."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from hevesy.incident.chains import chains_of
from hevesy.incident.findings import group
from hevesy.incident.sliced import finding_rows, timeline
from hevesy.model import Chain, Finding, Incident, RuleReference, Stage, Threat
from hevesy.tables import Sliced

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.detection import Quotes

__all__ = ["Reconstruction", "reconstruct"]

_REACHED = {
    Stage.PROBE: "probed",
    Stage.EXPLOIT: "exploited",
    Stage.WRITE: "a file written",
    Stage.SHELL_PLACED: "a web shell placed",
    Stage.SHELL_USED: "a web shell used",
    Stage.EXECUTION: "commands run",
    Stage.CREDENTIALS: "credentials taken",
    Stage.COLLECTION: "mail or files collected",
    Stage.EXFILTRATION: "data taken out",
    Stage.PERSISTENCE: "access kept",
    Stage.IMPACT: "damage done",
}


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """What happened, as nouns and as tables."""

    findings: tuple[Finding, ...]
    incidents: tuple[Incident, ...]
    finding_rows: Sliced
    """The table `FINDINGS`."""
    timeline: Sliced
    """The table `TIMELINE`."""
    times: pl.DataFrame
    """`id` of a finding and `time`, a row a hit."""


def reconstruct(  # noqa: PLR0913  # one parameter a thing that earlier stages found
    hits: pl.DataFrame,
    touches: pl.DataFrame,
    shells: pl.DataFrame,
    rules: Mapping[str, RuleReference],
    threats: Sequence[Threat],
    *,
    shared: Mapping[str, frozenset[str]] | None = None,
    quotes: Quotes | None = None,
) -> Reconstruction:
    """Put together what happened.

    Args:
        hits: `HITS`, with `server` filled and outcomes confirmed.
        touches: `TOUCHES`, with `server` filled.
        shells: `SHELLS`.
        rules: What is said of each rule, by id.
        threats: Known threats, for naming an incident.
        shared: Pivots that stand for many, by server; they join nothing.
        quotes: Where raw text lies that hits and touches do not hold.
    """
    many = shared or {}
    grouped = group(hits, rules, quotes)
    by_server: dict[str, list[Finding]] = {}
    for finding in grouped.findings:
        by_server.setdefault(finding.server, []).append(finding)
    pages: dict[str, set[str]] = {}
    for server, page in shells.select("server", "page").iter_rows():
        pages.setdefault(server, set()).add(page)
    chains = [
        chain
        for server, findings in sorted(by_server.items())
        for chain in chains_of(
            server,
            findings,
            frozenset(pages.get(server, ())),
            many.get(server, frozenset()),
        )
    ]
    incidents = _incidents(chains, {f.id: f for f in grouped.findings}, threats)
    belongs = {f: i.id for i in incidents for c in i.chains for f in c.findings}
    findings = tuple(replace(f, incident=belongs.get(f.id, "")) for f in grouped.findings)
    return Reconstruction(
        findings,
        incidents,
        finding_rows(grouped.hits, rules, belongs, quotes),
        timeline(grouped.hits, touches, rules, belongs, quotes),
        grouped.hits.select("time", id="finding"),
    )


def _incidents(
    chains: Sequence[Chain], findings: Mapping[str, Finding], threats: Sequence[Threat]
) -> tuple[Incident, ...]:
    """Chains that share a value are one incident; attempts never join what succeeded."""
    groups: list[list[Chain]] = []
    for chain in chains:
        near = [
            g
            for g in groups
            if g[0].anchored == chain.anchored
            and any(set(chain.pivots) & set(other.pivots) for other in g)
        ]
        merged = [chain] + [c for g in near for c in g]
        groups = [g for g in groups if g not in near] + [merged]
    incidents = [_incident(g, findings, threats) for g in groups]
    return tuple(
        sorted(incidents, key=lambda i: (not i.chains[0].anchored, str(i.first), i.id)),
    )


def _incident(
    chains: Sequence[Chain], findings: Mapping[str, Finding], threats: Sequence[Threat]
) -> Incident:
    ordered = tuple(sorted(chains, key=lambda c: (str(c.first), c.server)))
    names = [findings[f].rule.source for c in ordered for f in c.findings]
    threat = next((t for t in threats if f"hevesy/{t.name}" in names), None)
    servers = ", ".join(dict.fromkeys(c.server or "an unnamed server" for c in ordered))
    reached = max((c.reached for c in ordered), key=lambda s: s.rank)
    anchored = ordered[0].anchored
    what = _REACHED[reached] if anchored else "attempts without known success"
    label = threat.title.split(":")[0] if threat else "Intrusion"
    first = min((c.first for c in ordered if c.first), default=None)
    last = max((c.last for c in ordered if c.last), default=None)
    identity = hashlib.sha256("".join(c.id for c in ordered).encode()).hexdigest()[:12]
    return Incident(
        id=identity,
        title=f"{label} on {servers}: {what}",
        threat=threat.name if threat else "",
        first=first,
        last=last,
        chains=ordered,
    )

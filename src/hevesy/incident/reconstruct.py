"""Chains over servers -> incidents; the door of the room."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from hevesy.incident.chains import chains_of
from hevesy.incident.findings import finding_rows, group
from hevesy.model import Chain, Finding, Incident, RuleReference, Stage, Threat
from hevesy.tables import TIMELINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    finding_rows: pl.DataFrame
    """The table `FINDINGS`."""
    timeline: pl.DataFrame
    """The table `TIMELINE`."""


def reconstruct(
    hits: pl.DataFrame,
    touches: pl.DataFrame,
    shells: pl.DataFrame,
    rules: Mapping[str, RuleReference],
    threats: Sequence[Threat],
    shared: Mapping[str, frozenset[str]] | None = None,
) -> Reconstruction:
    """Put together what happened.

    Args:
        hits: `HITS`, with `server` filled and outcomes confirmed.
        touches: `TOUCHES`, with `server` filled.
        shells: `SHELLS`.
        rules: What is said of each rule, by id.
        threats: Known threats, for naming an incident.
        shared: Pivots that stand for many, by server; they join nothing.
    """
    many = shared or {}
    grouped = group(hits, rules)
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
    rows = finding_rows(grouped.hits, rules, belongs)
    return Reconstruction(
        findings, incidents, rows, _timeline(grouped.hits, touches, rules, belongs)
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


def _timeline(
    hits: pl.DataFrame,
    touches: pl.DataFrame,
    rules: Mapping[str, RuleReference],
    belongs: Mapping[str, str],
) -> pl.DataFrame:
    incident_of = pl.DataFrame(
        {"finding": list(belongs), "incident": list(belongs.values())},
        schema={"finding": pl.String(), "incident": pl.String()},
    )
    titles = pl.DataFrame(
        {"rule_id": sorted(rules), "title": [rules[r].title for r in sorted(rules)]},
        schema={"rule_id": pl.String(), "title": pl.String()},
    )
    found = (
        hits.join(incident_of, on="finding", how="inner")
        .join(titles, on="rule_id", how="left")
        .with_columns(text=pl.concat_str(["title", "detail"], separator=": ", ignore_nulls=True))
    )
    known = found.select("server", "input", "source", "line", "record")
    touched = touches.join(
        known, on=["server", "input", "source", "line", "record"], how="anti", nulls_equal=True
    ).with_columns(
        stage=pl.lit(""),
        outcome=pl.lit(""),
        finding=pl.lit(""),
        incident=pl.lit(""),
        text=pl.concat_str(
            [
                "address",
                "method",
                "page",
                pl.col("status").cast(pl.String()),
            ],
            separator="  ",
            ignore_nulls=True,
        ),
    )
    columns = [pl.col(name).cast(dtype) for name, dtype in TIMELINE.items()]
    return pl.concat([found.select(columns), touched.select(columns)]).sort(
        "time", "server", "input", "source", "line", "record", "finding", nulls_last=True
    )

"""Everything known -> the one Assessment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from importlib import resources
from typing import TYPE_CHECKING

from hevesy import __version__
from hevesy.assessment.build_lines import history_of
from hevesy.assessment.doubts import doubts_of
from hevesy.assessment.openness import attacked, fixed_at, questions, with_openness
from hevesy.assessment.plan import plan
from hevesy.assessment.verdict import judge
from hevesy.assessment.windows import risk_window, unjudged
from hevesy.knowledge import ExchangeKnowledge
from hevesy.model import (
    Assessment,
    BuildSeen,
    Coverage,
    DataTable,
    ExposedServer,
    Exposure,
    ExposureState,
    Input,
    Loss,
    RuleUse,
    Server,
    ServerAssessment,
    ServerEvidence,
    SharedClient,
    SourceState,
    Threat,
    UnseenServer,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hevesy.incident import Reconstruction
    from hevesy.model import BuildSpan, Finding

__all__ = ["Known", "assemble"]


_NOT_FIXED = (ExposureState.OPEN, ExposureState.MITIGATED)
_RESTS_ON = 5
"""Places that an exposure names; the others are in the evidence."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the earlier stages found out, beside what happened."""

    as_of: date
    inputs: tuple[Input, ...]
    servers: tuple[Server, ...]
    coverage: Mapping[str, tuple[Coverage, ...]]
    """By server."""
    builds: Mapping[str, tuple[BuildSeen, ...]]
    clock_notes: Mapping[str, tuple[str, ...]]
    losses: tuple[Loss, ...]
    sources: tuple[SourceState, ...]
    rules: tuple[RuleUse, ...]
    options: tuple[tuple[str, str], ...]
    threats: tuple[Threat, ...]
    exposed: Mapping[str, ExposedServer]
    """What was open, by Exchange server."""
    server_evidence: Mapping[str, ServerEvidence]
    """What says builds and settings, by Exchange server."""
    tables: ExchangeKnowledge
    """Builds and fixes, the user's own included."""
    unseen: tuple[UnseenServer, ...] = ()
    """Exchange servers that logs of others mention, and of which nothing was handed in."""
    shared_clients: Mapping[str, tuple[SharedClient, ...]] = field(default_factory=dict)
    """Addresses that stand for many, by server."""
    narrowed: tuple[datetime | None, datetime | None] = (None, None)
    """`--since` and `--until`."""
    table_ages: tuple[DataTable, ...] = ()


def assemble(known: Known, happened: Reconstruction) -> Assessment:
    """The one result document.

    Args:
        known: What was handed in, and what it covers.
        happened: Findings, incidents, timeline.
    """
    findings = with_openness(happened.findings, known.server_evidence, known.tables, happened.times)
    happened = replace(happened, findings=findings)
    servers = sorted(
        (_server(server, known, happened) for server in known.servers),
        key=lambda s: (s.verdict.rank if s.verdict else len(Verdict), s.name),
    )
    return Assessment(
        as_of=known.as_of,
        inputs=known.inputs,
        servers=tuple(servers),
        incidents=happened.incidents,
        findings=findings,
        actions=plan(servers, findings, known.threats, known.losses, known.unseen),
        losses=known.losses,
        sources=known.sources,
        rules=known.rules,
        limits=_limits(),
        options=known.options,
        unseen=known.unseen,
        tables=known.table_ages,
        version=__version__,
    )


def _server(server: Server, known: Known, happened: Reconstruction) -> ServerAssessment:
    coverage = known.coverage.get(server.name, ())
    findings = {f.id: f for f in happened.findings if f.server == server.name}
    chains = [c for i in happened.incidents for c in i.chains if c.server == server.name]
    exposed = known.exposed.get(server.name)
    windows = tuple(
        risk_window(
            threat,
            coverage,
            fixed_at(threat, exposed),
            doubts_of(server.name, threat, known.sources, known.losses, known.narrowed),
        )
        for threat in known.threats
    )
    evidence = known.server_evidence.get(server.name)
    beyond = unjudged(exposed, known.threats, coverage, known.tables.facts)
    judged = judge(chains, findings, coverage, windows, beyond if server.exchange else ())
    return ServerAssessment(
        name=server.name,
        aliases=server.aliases,
        exchange=server.exchange,
        why_exchange=server.why_exchange,
        verdict=judged.verdict if server.exchange else None,
        at_least=judged.at_least and server.exchange,
        at_least_why=judged.at_least_why if server.exchange else (),
        why=judged.why
        if server.exchange
        else f"no sign that it runs Exchange: {len(findings)} findings, no verdict",
        not_excluded=judged.not_excluded if server.exchange else (),
        coverage=coverage,
        windows=windows if server.exchange else (),
        builds=known.builds.get(server.name, ()),
        update=exposed.update if exposed else "",
        support=exposed.support if exposed else "",
        exposures=_exposures(exposed, known.threats),
        update_plan=exposed.plan if exposed else (),
        conflicts=exposed.conflicts if exposed else (),
        clock_notes=known.clock_notes.get(server.name, ()),
        history=_history(server.name, findings.values(), known),
        attacked=attacked(findings.values()),
        questions=questions(findings.values()),
        shared_clients=known.shared_clients.get(server.name, ()),
        mitigations=evidence.mitigations if evidence else (),
        settings=evidence.settings if evidence else (),
        installed=evidence.updates if evidence else None,
    )


def _history(name: str, findings: Iterable[Finding], known: Known) -> tuple[BuildSpan, ...]:
    """With what each build was open to, of known threats and of what was attacked."""
    evidence = known.server_evidence.get(name)
    if evidence is None:
        return ()
    cves = [one.id for threat in known.threats for one in threat.vulnerabilities]
    cves += sorted({one.rule.vulnerability for one in findings} - {""})
    return history_of(evidence, cves, known.tables)


def _exposures(exposed: ExposedServer | None, threats: Sequence[Threat]) -> tuple[Exposure, ...]:
    """The vulnerabilities of known threats first, then all others that are not fixed."""
    if exposed is None:
        return ()
    wanted = {v.id for threat in threats for v in threat.vulnerabilities}
    told = [
        replace(one, rests_on=one.rests_on[:_RESTS_ON])
        for one in exposed.exposures
        if one.cve.id in wanted or one.state in _NOT_FIXED
    ]
    return tuple(sorted(told, key=lambda one: one.cve.id not in wanted))


def _limits() -> tuple[str, ...]:
    text = (resources.files("hevesy.assessment") / "method.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["limits"])

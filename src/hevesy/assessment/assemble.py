"""Everything known -> the one Assessment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import TYPE_CHECKING

from hevesy import __version__
from hevesy.assessment.plan import plan
from hevesy.assessment.verdict import judge
from hevesy.assessment.windows import risk_window
from hevesy.model import (
    Assessment,
    BuildSeen,
    Coverage,
    Input,
    Loss,
    RuleUse,
    Server,
    ServerAssessment,
    SourceState,
    Threat,
    Verdict,
)

if TYPE_CHECKING:
    from hevesy.incident import Reconstruction

__all__ = ["Known", "assemble"]


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


def assemble(known: Known, happened: Reconstruction) -> Assessment:
    """The one result document.

    Args:
        known: What was handed in, and what it covers.
        happened: Findings, incidents, timeline.
    """
    servers = sorted(
        (_server(server, known, happened) for server in known.servers),
        key=lambda s: (s.verdict.rank if s.verdict else len(Verdict), s.name),
    )
    return Assessment(
        as_of=known.as_of,
        inputs=known.inputs,
        servers=tuple(servers),
        incidents=happened.incidents,
        findings=happened.findings,
        actions=plan(servers, happened.findings, known.threats, known.losses),
        losses=known.losses,
        sources=known.sources,
        rules=known.rules,
        limits=_limits(),
        options=known.options,
        version=__version__,
    )


def _server(server: Server, known: Known, happened: Reconstruction) -> ServerAssessment:
    coverage = known.coverage.get(server.name, ())
    findings = {f.id: f for f in happened.findings if f.server == server.name}
    chains = [c for i in happened.incidents for c in i.chains if c.server == server.name]
    windows = tuple(risk_window(threat, coverage) for threat in known.threats)
    judged = judge(chains, findings, coverage, windows)
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
        clock_notes=known.clock_notes.get(server.name, ()),
    )


def _limits() -> tuple[str, ...]:
    text = (resources.files("hevesy.assessment") / "method.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["limits"])

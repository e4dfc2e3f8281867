"""What the HTML report shows of a case, however large, and in which order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from hevesy.model import DamagedRow, Finding, Loss, OpenSpan, ServerAssessment, SourceState
from hevesy.reports.clock import clocks_off
from hevesy.reports.coverage_picture import Picture, draw_coverage
from hevesy.reports.history_picture import HistoryPicture, draw_history
from hevesy.reports.plan_groups import PlanGroup, group_plans
from hevesy.reports.source_groups import SourceGroup, group_sources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hevesy.model import Assessment, Step

__all__ = [
    "MAX_LIST",
    "MAX_STEPS",
    "Alike",
    "Figure",
    "History",
    "View",
    "count_unexplained",
    "draw_view",
    "order_losses",
    "order_pivots",
]

MAX_FINDINGS = 400
"""Findings shown in full; a browser stays quick with these. All are in findings.parquet."""
MAX_SERVERS = 24
"""Servers with a card and a coverage picture of their own; the others are rows of a table."""
MAX_STEPS = 120
"""Steps shown of one chain."""
MAX_LIST = 300
"""Rows shown of a list: losses, sums of sources, refused rules."""
MAX_DAMAGED = 40
MACHINE_PIVOTS = ("process:", "request:")
PLAIN_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Alike:
    """Findings of one rule that are not shown one by one."""

    title: str
    level: str
    author: str
    findings: int
    rows: int
    servers: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A server and its picture of coverage."""

    server: ServerAssessment
    picture: Picture | None
    attack_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class History:
    """A server, its attacks and its builds on one time axis."""

    server: ServerAssessment
    picture: HistoryPicture | None
    """None where no line shows a build."""


@dataclass(frozen=True, slots=True)
class View:
    """What the template draws beside the assessment itself."""

    exchange: tuple[ServerAssessment, ...]
    """Servers with a verdict, gravest first; the first `MAX_SERVERS` get a card."""
    cards: tuple[ServerAssessment, ...]
    more_servers: tuple[ServerAssessment, ...]
    others: tuple[ServerAssessment, ...]
    """Machines without a verdict."""
    others_found: tuple[tuple[ServerAssessment, int], ...]
    """Those of them with findings, and how many; most first."""
    others_clean: tuple[ServerAssessment, ...]
    figures: tuple[Figure, ...]
    histories: tuple[History, ...]
    """Servers with a build history, or attacks that name a vulnerability; the first of them."""
    more_histories: int
    open_then: dict[str, tuple[OpenSpan, ...]]
    """Finding id -> whether the server was open to it then, of those that name a vulnerability."""
    plans: tuple[PlanGroup, ...]
    damaged: tuple[tuple[SourceState, DamagedRow], ...]
    explained: tuple[tuple[str, tuple[Finding, ...]], ...]
    """By incident: its title and its findings that are shown."""
    unexplained: tuple[Finding, ...]
    alike: tuple[Alike, ...]
    """Those that are not shown in full."""
    anchors: dict[str, str]
    """Finding id -> HTML id, of those that are shown."""
    losses: tuple[Loss, ...]
    sources: tuple[SourceGroup, ...]
    grave_losses: int
    clocks_off: tuple[str, ...]
    """Servers whose times are not UTC and were not corrected."""
    unexplained_of: Counter[str]
    """Server -> its findings by rules of hevesy that no incident explains."""

    def was_open(self, step: Step) -> tuple[str, ...]:
        """What the server was to what a step shows, when it happened; each answer once, in order.

        A step of several records may stand on both sides of a fix.
        """
        spans = self.open_then.get(step.finding, ())
        if step.count == 1 and step.time is not None:
            moment = step.time
            spans = tuple(span for span in spans if span.first <= moment)[-1:] or spans[:1]
        return tuple(dict.fromkeys(span.answer for span in spans))


def draw_view(assessment: Assessment) -> View:
    """Choose and order what is shown."""
    shown = _most_telling(assessment.findings)
    titles = {incident.id: incident.title for incident in assessment.incidents}
    explained: dict[str, list[Finding]] = {incident: [] for incident in titles}
    unexplained: list[Finding] = []
    for finding in shown:
        explained.get(finding.incident, unexplained).append(finding)
    chosen = {id(finding) for finding in shown}
    exchange = tuple(server for server in assessment.servers if server.verdict)
    losses = order_losses(assessment.losses)
    told = [server for server in exchange if server.history or server.attacked]
    others = tuple(server for server in assessment.servers if not server.verdict)
    found = Counter(finding.server for finding in assessment.findings)
    return View(
        exchange=exchange,
        cards=exchange[:MAX_SERVERS],
        more_servers=exchange[MAX_SERVERS:],
        others=others,
        others_found=tuple(
            (server, found[server.name])
            for server in sorted(others, key=lambda server: (-found[server.name], server.name))
            if found[server.name]
        ),
        others_clean=tuple(server for server in others if not found[server.name]),
        figures=_figures(assessment),
        histories=tuple(
            History(server, draw_history(server, assessment.findings))
            for server in told[:MAX_SERVERS]
        ),
        more_histories=max(0, len(told) - MAX_SERVERS),
        open_then={one.id: one.open_spans for one in assessment.findings if one.open_spans},
        plans=group_plans(exchange),
        damaged=_damaged(assessment.sources),
        explained=tuple((titles[key], tuple(rows)) for key, rows in explained.items() if rows),
        unexplained=tuple(unexplained),
        alike=_alike(finding for finding in assessment.findings if id(finding) not in chosen),
        anchors=_anchors(shown),
        losses=losses,
        sources=group_sources(assessment.sources),
        grave_losses=sum(loss.grave for loss in losses),
        clocks_off=clocks_off(assessment),
        unexplained_of=count_unexplained(assessment),
    )


def count_unexplained(assessment: Assessment) -> Counter[str]:
    """Server -> number of its findings by rules of hevesy that no incident explains."""
    return Counter(
        finding.server for finding in assessment.findings if finding.own and not finding.incident
    )


def order_losses(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Lost sources first, then by input and place."""
    return tuple(sorted(losses, key=lambda loss: (not loss.grave, loss.input, loss.source)))


def order_pivots(pivots: Iterable[str]) -> list[str]:
    """Addresses, pages, accounts and files before what only machines compare."""
    return sorted(pivots, key=lambda pivot: (pivot.startswith(MACHINE_PIVOTS), pivot))


def _most_telling(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The `MAX_FINDINGS` that weigh most, in the order of the assessment."""
    if len(findings) <= MAX_FINDINGS:
        return findings
    heaviest = sorted(findings, key=_weight)[:MAX_FINDINGS]
    chosen = {id(finding) for finding in heaviest}
    return tuple(finding for finding in findings if id(finding) in chosen)


def _weight(finding: Finding) -> tuple[bool, int, int, int, str]:
    return (
        not finding.incident,
        -finding.outcome.rank,
        -finding.rule.level.rank,
        -finding.stage.rank,
        finding.id,
    )


def _anchors(findings: tuple[Finding, ...]) -> dict[str, str]:
    anchors: dict[str, str] = {}
    for number, finding in enumerate(findings):
        plain = PLAIN_ID.fullmatch(finding.id)
        anchors.setdefault(finding.id, f"f-{finding.id}" if plain else f"f-no-{number}")
    return anchors


def _alike(findings: Iterable[Finding]) -> tuple[Alike, ...]:
    by_rule: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        rule = finding.rule
        by_rule[rule.title, rule.level.value, rule.author].append(finding)
    rows = [
        Alike(
            title=title,
            level=level,
            author=author,
            findings=len(group),
            rows=sum(finding.count for finding in group),
            servers=len({finding.server for finding in group}),
        )
        for (title, level, author), group in by_rule.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.findings, row.title, row.level, row.author)))


def _figures(assessment: Assessment) -> tuple[Figure, ...]:
    days: dict[str, set[date]] = defaultdict(set)
    for finding in assessment.findings:
        if finding.incident:
            days[finding.server].update(t.date() for t in (finding.first, finding.last) if t)
    graver_first = sorted(assessment.servers, key=lambda server: server.verdict is None)
    return tuple(
        Figure(server, draw_coverage(server, attacks), attacks)
        for server in graver_first[:MAX_SERVERS]
        for attacks in [tuple(sorted(days[server.name]))]
    )


def _damaged(sources: Iterable[SourceState]) -> tuple[tuple[SourceState, DamagedRow], ...]:
    """One damaged row of each source that has any."""
    found = [(source, row) for source in sources for row in source.damaged_samples[:1]]
    return tuple(found[:MAX_DAMAGED])

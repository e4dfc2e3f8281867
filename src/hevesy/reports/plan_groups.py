"""What is open for one reason, and what to install, for all servers for which it is the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.reports.headline import COMPROMISED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.model import Exposure, PlanStep, ServerAssessment

__all__ = ["ExposureGroup", "PlanGroup", "StepView", "group_exposures", "group_plans"]

MAX_NAMED = 6
"""Vulnerabilities that a step names; it tells the number of all."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One step."""

    title: str
    text: str
    closes: str
    """`closes 43 vulnerabilities, of them known to be exploited: CVE-2021-26855 ...`."""


@dataclass(frozen=True, slots=True)
class ExposureGroup:
    """Vulnerabilities of one server that are in one state for one reason."""

    cves: tuple[str, ...]
    state: str
    exploited: int
    """How many of them are known to be exploited, here or elsewhere."""
    why: str


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """Servers that have the same steps before them."""

    servers: tuple[str, ...]
    compromised: tuple[str, ...]
    """Those of them that somebody else was able to act on."""
    updates: tuple[str, ...]
    """What they run now."""
    support: str
    """In words, where it is the same for all."""
    steps: tuple[StepView, ...]


def group_exposures(server: ServerAssessment) -> tuple[ExposureGroup, ...]:
    """Exposures with the same state and reason, in the order of the first of each."""
    found: dict[tuple[str, str], list[Exposure]] = {}
    for one in server.exposures:
        found.setdefault((one.state.value, one.why), []).append(one)
    return tuple(
        ExposureGroup(
            tuple(one.cve.id for one in group),
            state,
            sum(one.cve.kev_added is not None for one in group),
            why,
        )
        for (state, why), group in found.items()
    )


def group_plans(servers: Sequence[ServerAssessment]) -> tuple[PlanGroup, ...]:
    """Plans, in the order of the gravest server of each.

    Args:
        servers: The gravest first.
    """
    groups: dict[tuple[tuple[str, str], ...], list[ServerAssessment]] = {}
    for server in servers:
        if server.update_plan:
            key = tuple((step.title, _general(step)) for step in server.update_plan)
            groups.setdefault(key, []).append(server)
    return tuple(_group(group) for group in groups.values())


def _general(step: PlanStep) -> str:
    """The text without what differs by the build that a server has now."""
    return "" if step.kind == "cu" else step.text


def _group(servers: Sequence[ServerAssessment]) -> PlanGroup:
    supports = {server.support for server in servers}
    exploited = {
        one.cve.id
        for server in servers
        for one in server.exposures
        if one.cve.kev_added is not None
    }
    attacked = {span.cve for server in servers for span in server.attacked}
    return PlanGroup(
        servers=tuple(server.name for server in servers),
        compromised=tuple(server.name for server in servers if server.verdict in COMPROMISED),
        updates=tuple(dict.fromkeys(server.update for server in servers if server.update)),
        support=supports.pop() if len(supports) == 1 else "",
        steps=tuple(
            _step(steps, exploited, attacked)
            for steps in zip(*(server.update_plan for server in servers), strict=True)
        ),
    )


def _step(steps: Sequence[PlanStep], exploited: set[str], attacked: set[str]) -> StepView:
    """One step of all of them; what it closes may differ with what is open now."""
    numbers = [len(step.closes) for step in steps]
    cves = list(dict.fromkeys(cve for step in steps for cve in step.closes))
    known = sorted(set(cves) & exploited, key=lambda cve: (cve not in attacked, cves.index(cve)))
    return StepView(steps[0].title, _text(steps), _closes(steps[0].kind, numbers, cves, known))


def _text(steps: Sequence[PlanStep]) -> str:
    """What the texts have in common, without the title that they begin with."""
    text = steps[0].text
    for sentence in text.split(". "):
        if any(sentence not in step.text for step in steps):
            text = text.replace(f"{sentence}. ", "")
    rest = text.removeprefix(steps[0].title).lstrip(",. ")
    return f"{rest[:1].upper()}{rest[1:]}"


def _closes(kind: str, numbers: Sequence[int], cves: Sequence[str], known: Sequence[str]) -> str:
    least, most = min(numbers), max(numbers)
    if not most:
        return ""
    verb = "concerns" if kind == "check" else "closes"
    if len(cves) <= MAX_NAMED // 2:
        return f"{verb} {', '.join(cves)}"
    several = f"{least:,} to {most:,}" if least < most else f"{most:,}"
    text = f"{verb} {several} vulnerabilities"
    if not known:
        return text
    more = len(known) - MAX_NAMED
    named = ", ".join(known[:MAX_NAMED])
    return (
        f"{text}, of them known to be exploited: {named}{f' and {more} more' if more > 0 else ''}"
    )

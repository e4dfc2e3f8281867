"""What the page of an estate shows: exposed servers, put in order, counted and grouped."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.model import ExposedServer, Exposure, ExposureState, Gap, Mitigation, PlanStep
from hevesy.reports.numbers import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


__all__ = ["DataTable", "EstateView", "draw_estate"]

MAX_DETAILS = 500
"""Servers that are told one by one; all are in the table, and in the other formats."""

_INSTALLS = ("cu", "su")


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table of facts that servers were compared with, and its age."""

    title: str
    as_of: dt.date
    days: int
    """Since then, on the day of the report."""
    old: bool


@dataclass(frozen=True, slots=True)
class ServerView:
    """One server."""

    server: ExposedServer
    anchor: str
    tone: str
    """`grave`, `notice`, `calm` or `unknown`: the colour, never more than `state` says."""
    state: str
    """In words."""
    counts: dict[str, int]
    """By state; `kev` counts what is open and known to be exploited."""
    exploited: tuple[Exposure, ...]
    """Open and known to be exploited."""
    others: tuple[tuple[str, tuple[str, ...]], ...]
    """What else is open, ids by severity."""
    mitigated: tuple[Exposure, ...]
    installs: tuple[str, ...]
    plan: str
    """Anchor of its plan; empty where nothing is to be done."""


@dataclass(frozen=True, slots=True)
class PlanView:
    """What to do, for all servers for which it is the same."""

    anchor: str
    servers: tuple[tuple[str, str], ...]
    """Name and anchor; no anchor where the server is not told by itself."""
    steps: tuple[tuple[PlanStep, str], ...]
    """Each with how many vulnerabilities it closes, in words."""


@dataclass(frozen=True, slots=True)
class GapView:
    """What is not known, of all servers of which it is not."""

    gap: Gap
    servers: tuple[str, ...]
    most: int
    """Vulnerabilities that are unknown for it, of the server with most."""


@dataclass(frozen=True, slots=True)
class EstateView:
    """The page of an estate."""

    lead: str
    rest: str
    servers: tuple[ServerView, ...]
    plans: tuple[PlanView, ...]
    gaps: tuple[GapView, ...]
    conflicts: tuple[tuple[str, str], ...]
    """Name of the server and sentence."""
    mitigations: tuple[tuple[str, Mitigation], ...]
    unseen: tuple[ServerView, ...]
    unsupported: int
    details: int
    """How many servers are told one by one."""


def draw_estate(servers: Sequence[ExposedServer]) -> EstateView:
    """Put servers in order for a page.

    Args:
        servers: as `examine` gives them, the gravest first.
    """
    plans = _plans(servers)
    plan_of = {name: plan.anchor for plan in plans for name, _ in plan.servers}
    views = tuple(
        _server(server, number, plan_of.get(server.name, ""))
        for number, server in enumerate(servers, start=1)
    )
    return EstateView(
        lead=_lead(views),
        rest=_rest(views),
        servers=views,
        plans=plans,
        gaps=_gaps(servers),
        conflicts=tuple((s.name, sentence) for s in servers for sentence in s.conflicts),
        mitigations=tuple((s.name, one) for s in servers for one in s.mitigations),
        unseen=tuple(view for view in views if view.server.unseen),
        unsupported=sum(1 for server in servers if server.supported is False),
        details=min(len(views), MAX_DETAILS),
    )


def _server(server: ExposedServer, number: int, plan: str) -> ServerView:
    counts = Counter[str](one.state.value for one in server.exposures)
    exploited = tuple(one for one in server.open if one.cve.kev_added)
    state, tone = _state(server, len(exploited), counts)
    return ServerView(
        server=server,
        anchor=f"server-{number}",
        tone=tone,
        state=state,
        counts={"kev": len(exploited)} | {one.value: counts[one.value] for one in ExposureState},
        exploited=exploited,
        others=_by_severity(one for one in server.open if not one.cve.kev_added),
        mitigated=tuple(one for one in server.exposures if one.state is ExposureState.MITIGATED),
        installs=_installs(server),
        plan=plan,
    )


def _state(server: ExposedServer, exploited: int, counts: Counter[str]) -> tuple[str, str]:
    """What can be said of a server in a few words, and its tone."""
    if not server.build:
        return "no build found", "unknown"
    if exploited:
        return "open, in KEV", "grave"
    if counts["open"]:
        return "open", "notice"
    if counts["mitigated"]:
        return "mitigated", "notice"
    if counts["unknown"] or counts["unsupported"] or not server.known_build:
        return "not wholly known", "unknown"
    return "nothing open", "calm"


def _by_severity(exposures: Iterable[Exposure]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: dict[str, list[str]] = {}
    for one in exposures:
        found.setdefault(one.cve.severity or "not rated", []).append(one.cve.id)
    return tuple((severity, tuple(ids)) for severity, ids in found.items())


def _installs(server: ExposedServer) -> tuple[str, ...]:
    """`CU23`, `Aug26SU (15.1.2507.72, KB5121576)`: only the last one with its build."""
    titles = [
        step.title.removeprefix("Install ").removeprefix(server.product).strip()
        for step in server.plan
        if step.kind in _INSTALLS
    ]
    first = [title.split(" (")[0] for title in titles[:-1]]
    last = [title.removeprefix(f"{first[-1]} ") if first else title for title in titles[-1:]]
    return tuple(first + last)


def _plans(servers: Sequence[ExposedServer]) -> tuple[PlanView, ...]:
    """Servers that have the same to do, together, in the order of the gravest of them."""
    groups: dict[tuple[tuple[str, str], ...], list[tuple[int, ExposedServer]]] = {}
    for number, server in enumerate(servers, start=1):
        if server.plan:
            key = tuple((step.title, step.text) for step in server.plan)
            groups.setdefault(key, []).append((number, server))
    return tuple(
        PlanView(
            anchor=f"plan-{order}",
            servers=tuple(
                (server.name, f"server-{number}" if number <= MAX_DETAILS else "")
                for number, server in group
            ),
            steps=tuple(_steps([server.plan for _, server in group])),
        )
        for order, group in enumerate(groups.values(), start=1)
    )


def _steps(plans: Sequence[Sequence[PlanStep]]) -> Iterable[tuple[PlanStep, str]]:
    for steps in zip(*plans, strict=True):
        numbers = [len(step.closes) for step in steps]
        least, most = min(numbers), max(numbers)
        verb = "concerns" if steps[0].kind == "check" else "closes"
        if not most:
            yield steps[0], ""
        elif least == most:
            yield steps[0], f"{verb} {_vulnerabilities(most)}"
        else:
            from_ = f"{least:,} to" if least else "up to"
            yield steps[0], f"{verb} {from_} {_vulnerabilities(most)}"


def _vulnerabilities(number: int) -> str:
    return f"{number:,} {'vulnerability' if number == 1 else 'vulnerabilities'}"


def _gaps(servers: Sequence[ExposedServer]) -> tuple[GapView, ...]:
    found: dict[tuple[str, str], list[tuple[str, Gap]]] = {}
    for server in servers:
        for gap in server.gaps:
            found.setdefault((gap.why, gap.collect), []).append((server.name, gap))
    views = [
        GapView(pairs[0][1], tuple(name for name, _ in pairs), max(len(g.cves) for _, g in pairs))
        for pairs in found.values()
    ]
    return tuple(sorted(views, key=lambda one: (-len(one.servers), -one.most, one.gap.why)))


def _lead(views: Sequence[ServerView]) -> str:
    """One sentence for the whole estate."""
    total = len(views)
    exploited = sum(1 for one in views if one.exploited)
    opened = sum(1 for one in views if one.counts["open"])
    if total == 1 and exploited:
        number = _vulnerabilities(views[0].counts["kev"])
        known = "is known to be" if views[0].counts["kev"] == 1 else "are known to be"
        return f"{views[0].server.name} is open to {number} that {known} exploited"
    of_them = f"{exploited or opened} of {count_words(total, 'server')}"
    if exploited:
        verb = "is" if exploited == 1 else "are"
        return f"{of_them} {verb} open to vulnerabilities that are known to be exploited"
    if opened:
        verb = "is" if opened == 1 else "are"
        return f"{of_them} {verb} open to vulnerabilities, none of them known to be exploited"
    if any(one.tone == "unknown" for one in views):
        return "No server is known to be open, and not every one could be judged"
    return "No server is open to a vulnerability that the tables know"


def _rest(views: Sequence[ServerView]) -> str:
    old = sum(1 for one in views if one.server.supported is False)
    blind = sum(1 for one in views if not one.server.build)
    unseen = sum(1 for one in views if one.server.unseen)
    mitigated = sum(1 for one in views if one.counts["mitigated"])
    parts = [
        f"{old} {'is' if old == 1 else 'are'} out of support" if old else "",
        f"on {mitigated} a mitigation stands where a fix is missing" if mitigated else "",
        f"of {blind} no build was found" if blind else "",
        f"{unseen} {'is' if unseen == 1 else 'are'} only seen in the logs of others"
        if unseen
        else "",
    ]
    told = "; ".join(part for part in parts if part)
    return f"{told[0].upper()}{told[1:]}." if told else ""

"""`examine`: evidence of servers -> what is open on each, since when, and how to close it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from hevesy.exposure.deciding import Decision, decide
from hevesy.exposure.gaps import NO_BUILD, gaps_of
from hevesy.exposure.history import build_history, state_in
from hevesy.exposure.judging import Circumstances, Ruling, rule
from hevesy.exposure.plan import plan_steps, target_of
from hevesy.exposure.settled import settled
from hevesy.knowledge import (
    Build,
    ExchangeKnowledge,
    Placement,
    parse_build,
    product_title,
    show_build,
)
from hevesy.model import (
    BuildPeriod,
    ExposedServer,
    Exposure,
    ExposureState,
    Gap,
    Mitigation,
    PlanStep,
    ServerEvidence,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hevesy.model import Setting

__all__ = ["examine"]

_Key: TypeAlias = tuple[object, ...]
_SEVERITY = ("critical", "high", "medium", "low", "")


@dataclass(frozen=True, slots=True)
class _Judged:
    """What follows from a build and its circumstances; shared by servers that are alike."""

    exposures: tuple[Exposure, ...]
    plan: tuple[PlanStep, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class _Examiner:
    """The tables, the day, and what was judged already."""

    known: ExchangeKnowledge
    today: dt.date
    judged: dict[_Key, _Judged] = field(default_factory=dict)


def examine(
    servers: Iterable[ServerEvidence], known: ExchangeKnowledge, today: dt.date
) -> tuple[ExposedServer, ...]:
    """Judge servers by what is known of them.

    Args:
        servers: one each, as `gather` brings readings together.
        known: the tables.
        today: the day on which support is judged.

    Returns:
        One each: most open and exploited vulnerabilities first, then by name.
    """
    examiner = _Examiner(known, today)
    found = [_examine_one(server, examiner) for server in servers]
    return tuple(sorted(found, key=_gravity))


def _gravity(server: ExposedServer) -> tuple[int, int, str]:
    exploited = sum(1 for one in server.open if one.cve.kev_added)
    return -exploited, -len(server.open), server.name


def _examine_one(server: ServerEvidence, examiner: _Examiner) -> ExposedServer:
    known = examiner.known
    decision = decide(server.builds)
    if decision.build is None or decision.evidence is None:
        return _without_build(server)
    place = known.builds.place(decision.build)
    history = build_history(server.builds, known)
    judged = _judge(server, decision, place, history, examiner)
    ended = known.builds.supported_until(place.product)
    conflicts = decision.conflicts + settled(server.settings)[1]
    if place.contradicted:
        one = place.contradicted
        conflicts += (
            f"a table calls {show_build(one.build)} {one.title}; not followed: {one.note}",
        )
    return ExposedServer(
        name=server.name,
        aliases=server.aliases,
        product=product_title(place.product),
        build=show_build(decision.build),
        update=_update_title(place, decision, known),
        known_build=place.known is not None or (not decision.exact and bool(place.cu)),
        grade=decision.evidence.grade,
        evidence=(decision.evidence, *(b for b in server.builds if b is not decision.evidence)),
        conflicts=conflicts,
        supported_until=ended,
        supported=None if ended is None else examiner.today <= ended,
        support=_support(ended, examiner.today),
        exposures=_dated(judged.exposures, history, server, known),
        mitigations=server.mitigations,
        directories=server.directories,
        settings=server.settings,
        history=history,
        runs=server.runs,
        plan=judged.plan,
        unseen=bool(server.seen_from),
        notes=_seen_from(server),
        gaps=judged.gaps,
    )


def _without_build(server: ServerEvidence) -> ExposedServer:
    return ExposedServer(
        name=server.name,
        aliases=server.aliases,
        product="",
        build="",
        update="no build found",
        known_build=False,
        grade="",
        evidence=server.builds,
        conflicts=(),
        supported_until=None,
        supported=None,
        support="cannot be told without a build",
        exposures=(),
        mitigations=server.mitigations,
        directories=server.directories,
        settings=server.settings,
        runs=server.runs,
        unseen=bool(server.seen_from),
        notes=(f"{NO_BUILD.why[0].lower()}{NO_BUILD.why[1:]}", *_seen_from(server)),
        gaps=(NO_BUILD,),
    )


def _seen_from(server: ServerEvidence) -> tuple[str, ...]:
    if not server.seen_from:
        return ()
    return (f"nothing of it was handed in; logs of {', '.join(server.seen_from)} mention it",)


def _update_title(place: Placement, decision: Decision, known: ExchangeKnowledge) -> str:
    if decision.exact:
        return place.title
    itself = known.builds.cumulative_update(place.product, place.cu)
    return f"{itself.title}, security update not told" if itself else place.title


def _support(ended: dt.date | None, today: dt.date) -> str:
    if ended is None:
        return "no table knows this version"
    if today <= ended:
        return f"supported until {ended.isoformat()}"
    return f"out of support since {ended.isoformat()}"


def _judge(
    server: ServerEvidence,
    decision: Decision,
    place: Placement,
    history: tuple[BuildPeriod, ...],
    examiner: _Examiner,
) -> _Judged:
    circumstances = Circumstances(
        exact=decision.exact,
        kbs=None if server.updates is None else frozenset(one.kb for one in server.updates),
        earlier=_earlier(history, place.build),
        settings=settled(server.settings)[0],
    )
    key: _Key = (
        place.build,
        decision.exact,
        decision.rivals,
        decision.evidence.origin if decision.evidence else "",
        circumstances.kbs,
        circumstances.earlier,
        server.settings,
        server.mitigations,
    )
    if key not in examiner.judged:
        examiner.judged[key] = _judge_anew(server, decision, place, circumstances, examiner)
    return examiner.judged[key]


def _earlier(history: tuple[BuildPeriod, ...], build: Build) -> frozenset[Build]:
    numbers = {number for period in history if (number := parse_build(period.build))}
    return frozenset(number for number in numbers if number < build)


def _judge_anew(
    server: ServerEvidence,
    decision: Decision,
    place: Placement,
    circumstances: Circumstances,
    examiner: _Examiner,
) -> _Judged:
    known = examiner.known
    target = target_of(place, known, exact=decision.exact)
    updates = [build.title for build in (target.cu, target.su) if build]
    remedy = f"install {', then '.join(updates)}" if updates else ""
    exposures = []
    for cve in known.facts:
        ruling = _ruling(cve, decision, place, circumstances, known)
        ruling = _mitigated(ruling, cve, server.mitigations)
        exposures.append(_exposure(cve, ruling, remedy, known))
    exposures.sort(key=_order)
    found = tuple(exposures)
    return _Judged(
        exposures=found,
        plan=plan_steps(place, found, circumstances, known, examiner.today),
        gaps=gaps_of(place, decision, found, circumstances.settings, known),
    )


def _ruling(
    cve: str,
    decision: Decision,
    place: Placement,
    circumstances: Circumstances,
    known: ExchangeKnowledge,
) -> Ruling:
    """By the decided build; unknown where a source that contradicts it gives another state."""
    ruling = rule(cve, place, circumstances, known)
    for rival in decision.rivals:
        other = rule(cve, known.builds.place(rival), circumstances, known)
        if other.state is not ruling.state:
            why = (
                f"sources contradict each other: by {show_build(place.build)} it is "
                f"{ruling.state.value}, by {show_build(rival)} {other.state.value}"
            )
            return replace(ruling, state=ExposureState.UNKNOWN, why=why)
    return ruling


def _mitigated(ruling: Ruling, cve: str, mitigations: tuple[Mitigation, ...]) -> Ruling:
    if ruling.state is not ExposureState.OPEN:
        return ruling
    for one in mitigations:
        if cve in one.cves and one.active:
            rests = (*ruling.rests_on, f"{one.title}: {one.source}")
            why = f"{ruling.why}; stopped by {one.title}"
            return replace(ruling, state=ExposureState.MITIGATED, why=why, rests_on=rests)
    for one in mitigations:
        if cve in one.cves:
            return replace(ruling, why=f"{ruling.why}; {one.title}: {one.why}")
    return ruling


def _exposure(cve: str, ruling: Ruling, remedy: str, known: ExchangeKnowledge) -> Exposure:
    facts = known.facts[cve]
    fix = ruling.fix
    return Exposure(
        cve=facts,
        state=ruling.state,
        why=ruling.why,
        first_fixed_build=show_build(fix.build) if fix and fix.build else "",
        fixed_by=fix.fixed_by if fix else "",
        kb=fix.kb if fix else "",
        needs=(ruling.needs,) if ruling.needs else (),
        remedy=_remedy(ruling, remedy, known),
        risk_from=facts.first_exploited if _at_risk(ruling.state) else None,
        rests_on=ruling.rests_on,
    )


def _at_risk(state: ExposureState) -> bool:
    return state not in {ExposureState.NOT_AFFECTED, ExposureState.UNSUPPORTED}


def _remedy(ruling: Ruling, updates: str, known: ExchangeKnowledge) -> str:
    if not _at_risk(ruling.state) or ruling.state is ExposureState.FIXED:
        return ""
    if ruling.needs:
        condition = known.conditions[ruling.needs].remedy
        return f"{updates}; then: {condition}" if updates else condition
    if not updates and ruling.state is ExposureState.UNKNOWN:
        return ""  # no table knows the build: what to do is not known either, see `gaps`
    return updates or "move to a supported version of Exchange"


def _order(one: Exposure) -> tuple[int, bool, int, str]:
    severity = _SEVERITY.index(one.cve.severity)
    return one.state.rank, one.cve.kev_added is None, severity, one.cve.id


def _dated(
    exposures: tuple[Exposure, ...],
    history: tuple[BuildPeriod, ...],
    server: ServerEvidence,
    known: ExchangeKnowledge,
) -> tuple[Exposure, ...]:
    """With the times of the lines that show each state; as they are where no line is dated."""
    if not history:
        return exposures
    settings, _ = settled(server.settings)
    return tuple(_with_times(one, history, settings, known) for one in exposures)


def _with_times(
    one: Exposure,
    history: tuple[BuildPeriod, ...],
    settings: Mapping[str, Setting],
    known: ExchangeKnowledge,
) -> Exposure:
    states = []
    earlier: set[Build] = set()
    for period in history:
        state, _ = state_in(period, one.cve.id, known, frozenset(earlier), settings)
        states.append(state)
        if number := parse_build(period.build):
            earlier.add(number)
    since = None
    for period, state in zip(reversed(history), reversed(states), strict=True):
        if not _alike(state, one.state):
            break
        since = period.first
    pairs = list(zip(history, states, strict=True))
    opened = [period.last for period, state in pairs if state is ExposureState.OPEN]
    fixed = one.state is ExposureState.FIXED
    return replace(
        one,
        since=since,
        until=max(opened, default=None) if fixed else None,
        risk_until=since if fixed and one.risk_from else None,
    )


def _alike(then: ExposureState, now: ExposureState) -> bool:
    """Whether a build then is as the server is now; a mitigation does not change the build."""
    return then is now or (then is ExposureState.OPEN and now is ExposureState.MITIGATED)

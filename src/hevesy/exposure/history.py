"""The build history of a server, and whether it was open to a vulnerability at one moment."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from hevesy.exposure.judging import Circumstances, rule
from hevesy.knowledge import ExchangeKnowledge, parse_build, show_build
from hevesy.model import BuildEvidence, BuildPeriod, ExposureState, OpenAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.model import ServerEvidence, Setting

__all__ = ["build_history", "open_at", "state_in"]

_UNDATED = frozenset({"url", "folder"})
"""Numbers that clients or copied files carry: no history is made of them."""


def build_history(
    evidence: Sequence[BuildEvidence], known: ExchangeKnowledge
) -> tuple[BuildPeriod, ...]:
    """Each build with the first and last time that a line shows it, in order of time.

    Lines that tell the security update make the history; those that tell the cumulative update
    alone are used where there is no other.
    """
    dated = [one for one in evidence if one.first and one.last and one.origin not in _UNDATED]
    exact = [one for one in dated if one.grade == "su_exact"]
    grouped: dict[str, list[BuildEvidence]] = {}
    for one in exact or dated:
        grouped.setdefault(one.build, []).append(one)
    periods = [_period(build, several, known) for build, several in grouped.items()]
    return tuple(sorted(periods, key=lambda period: (period.first, period.last, period.build)))


def open_at(
    server: ServerEvidence, cve: str, moment: datetime, known: ExchangeKnowledge
) -> OpenAnswer:
    """Whether a server was open to a vulnerability at one moment, and on what that rests.

    A line that shows a build holds for its own time and for the time between two lines that show
    the same. Between two builds the answer is known where both give the same one. Before the fix
    was released every affected server was open. A mitigation counts from the time it is known to
    stand: before the line that says that it was applied it did not, before the last change of its
    file nobody knows.

    Args:
        server: what is known of it.
        cve: a key of `known.facts`.
        moment: UTC.
        known: the tables.
    """
    periods = build_history(server.builds, known)
    answer = _by_builds(periods, cve, moment, known)
    if answer.answer == "cannot_tell":
        answer = _before_any_fix(server, periods, cve, moment, known) or answer
    if answer.answer != "yes":
        return answer
    measures = [one for one in server.mitigations if one.active and cve in one.cves]
    standing = next((one for one in measures if one.since and one.since <= moment), None)
    if standing:
        return OpenAnswer("mitigated", f"{answer.why}; {standing.title}", answer.evidence)
    vague = [one for one in measures if one.since is None or one.since_from == "file_time"]
    if vague:
        when = "since when is not known"
        if vague[0].since:
            when = f"in a file that was changed last on {vague[0].since:%Y-%m-%d %H:%M} UTC"
        why = f"{answer.why}; {vague[0].title} was found, {when}"
        return OpenAnswer("cannot_tell", why, answer.evidence)
    return answer


def state_in(
    period: BuildPeriod,
    cve: str,
    known: ExchangeKnowledge,
    earlier: frozenset[tuple[int, int, int, int]] = frozenset(),
    settings: Mapping[str, Setting] | None = None,
) -> tuple[ExposureState, str]:
    """State of one vulnerability in one period, and why."""
    build = parse_build(period.build)
    if build is None:
        return ExposureState.UNKNOWN, f"{period.build} is no build"
    circumstances = Circumstances(
        exact=period.grade == "su_exact", earlier=earlier, settings=settings or {}
    )
    ruling = rule(cve, known.builds.place(build), circumstances, known)
    return ruling.state, ruling.why


def _period(build: str, several: Sequence[BuildEvidence], known: ExchangeKnowledge) -> BuildPeriod:
    number = parse_build(build)
    return BuildPeriod(
        build=build,
        name=known.builds.place(number).title if number else build,
        grade=several[0].grade,
        first=min(one.first for one in several if one.first),
        last=max(one.last for one in several if one.last),
        evidence=tuple(several),
    )


def _by_builds(
    periods: Sequence[BuildPeriod], cve: str, moment: datetime, known: ExchangeKnowledge
) -> OpenAnswer:
    within = [one for one in periods if one.first <= moment <= one.last]
    if within:
        return _same(within, cve, known, periods)
    before = [one for one in periods if one.last < moment]
    after = [one for one in periods if one.first > moment]
    if before and after:
        nearest = [max(before, key=lambda one: one.last), min(after, key=lambda one: one.first)]
        return _same(nearest, cve, known, periods)
    if not periods:
        return OpenAnswer("cannot_tell", "no dated line shows a build of this server")
    nearest_one = max(before, key=lambda one: one.last) if before else after[0]
    word, edge = ("after", nearest_one.last) if before else ("before", nearest_one.first)
    why = f"{word} {edge:%Y-%m-%d %H:%M} UTC no line shows a build; {nearest_one.name} was nearest"
    return OpenAnswer("cannot_tell", why, nearest_one.evidence)


def _same(
    several: Sequence[BuildPeriod],
    cve: str,
    known: ExchangeKnowledge,
    periods: Sequence[BuildPeriod],
) -> OpenAnswer:
    """The answer that all of these periods give; none where they differ."""
    answers = []
    for period in several:
        earlier = frozenset(
            build
            for one in periods
            if one.first < period.first and (build := parse_build(one.build))
        )
        state, why = state_in(period, cve, known, earlier)
        answers.append((_word(state), why))
    evidence = tuple(one for period in several for one in period.evidence)
    words = {word for word, _ in answers}
    if len(words) == 1:
        return OpenAnswer(answers[0][0], answers[0][1], evidence)
    names = " and ".join(period.name for period in several)
    if "cannot_tell" in words:
        why = f"lines around it show {names}; whether it was open is not known of each of them"
    else:
        why = f"between lines that show {names}, of which one is open and the other is not"
    return OpenAnswer("cannot_tell", why, evidence)


def _word(state: ExposureState) -> str:
    if state is ExposureState.OPEN:
        return "yes"
    if state in {ExposureState.FIXED, ExposureState.NOT_AFFECTED}:
        return "no"
    return "mitigated" if state is ExposureState.MITIGATED else "cannot_tell"


def _before_any_fix(
    server: ServerEvidence,
    periods: Sequence[BuildPeriod],
    cve: str,
    moment: datetime,
    known: ExchangeKnowledge,
) -> OpenAnswer | None:
    """Before its first fix came out, no build of an affected product had it."""
    builds = [build for one in server.builds if (build := parse_build(one.build))]
    products = {known.builds.place(build).product for build in builds}
    fixes = [
        fix
        for fix in known.fixes.get(cve, ())
        if fix.standing == "stands" and fix.kind.startswith("build") and fix.product in products
    ]
    days = [fix.day for fix in fixes if fix.day]
    if len(products) != 1 or not days:
        return None
    released = datetime.combine(min(days), time(), UTC)
    if moment >= released:
        return None
    first = min(fixes, key=lambda fix: fix.day or released.date())
    fixed_in = show_build(first.build) if first.build else ""
    why = f"the first fix ({first.fixed_by}, {fixed_in}) came out on {released:%Y-%m-%d}"
    evidence = tuple(one for period in periods[:1] for one in period.evidence)
    return OpenAnswer("yes", why, evidence or server.builds[:1])

"""Whether a build is open to a vulnerability: compared per cumulative update, then its conditions.

The comparison is that of Microsoft's HealthChecker (CSS-Exchange, `CompareExchangeBuildLevel.ps1`):
a build at or above the first fixed build of the newest cumulative update that was fixed is fixed;
else one at or above the first fixed build of its own cumulative update is; else it is open. What
HealthChecker leaves out is added: a build that no table knows is never called fixed, a source that
tells the cumulative update alone decides only what that decides, and the updates of March 2021 for
old cumulative updates hold the fixes of that month alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hevesy.knowledge import ExchangeKnowledge, Fix, Placement, product_title, show_build
from hevesy.model import ExposureState, Setting

__all__ = ["Circumstances", "Ruling", "rule"]

_EXTENDED_PROTECTION = "extended_protection"
_HYBRID = "hybrid_application"
"""It concerns hybrid organizations alone; `met` says that the organization is none."""
_ANY = "*"
_NOT_KNOWN = ExposureState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a server beside its build."""

    exact: bool = True
    """Whether the source tells the security update, not the cumulative update alone."""
    kbs: frozenset[str] | None = None
    """Updates that the server lists; None where no list was read."""
    earlier: frozenset[tuple[int, int, int, int]] = frozenset()
    """Builds that the server had before, by its logs."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """By condition."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What follows for one vulnerability from one build."""

    state: ExposureState
    why: str
    fix: Fix | None = None
    """Of the server's own cumulative update."""
    needs: str = ""
    rests_on: tuple[str, ...] = ()


def rule(
    cve: str, place: Placement, circumstances: Circumstances, known: ExchangeKnowledge
) -> Ruling:
    """Judge one vulnerability of one build.

    Args:
        cve: a key of `known.facts`.
        place: of the build among those that are known.
        circumstances: what else is known of the server.
        known: the tables.
    """
    if not place.product or cve not in known.fixes:
        unknown_version = f"{show_build(place.build)} is of no version that a table knows"
        why = "no table says which build fixes it" if place.product else unknown_version
        return Ruling(_NOT_KNOWN, why)
    rows = tuple(
        fix
        for fix in known.fixes[cve]
        if fix.standing == "stands" and fix.product in {place.product, _ANY}
    )
    if not rows:
        return _unlisted(cve, place, known)
    if rows[0].kind == "not_affected":
        return Ruling(ExposureState.NOT_AFFECTED, rows[0].condition)
    # One that was fixed twice (CVE-2023-21707) is fixed when the later update is there.
    own = max(
        (fix for fix in rows if fix.cu == place.cu and fix.build),
        key=lambda fix: fix.build or place.build,
        default=None,
    )
    if rows[0].kind in {"config", "os"}:
        return _by_setting(rows, own, place, circumstances, known)
    ruling = _by_build(rows, own, place, circumstances, known)
    if rows[0].needs == _HYBRID:
        ruling = _without_hybrid(ruling, circumstances)
    if ruling.state is ExposureState.FIXED and rows[0].needs:
        return _with_condition(ruling, rows[0], place, circumstances, known)
    return ruling


def _without_hybrid(ruling: Ruling, circumstances: Circumstances) -> Ruling:
    """Not affected, whatever the build, where the organization is known not to be hybrid."""
    setting = circumstances.settings.get(_HYBRID)
    if setting is None or not setting.met or ruling.state is ExposureState.FIXED:
        return ruling
    why = f"it concerns hybrid organizations alone: {setting.why}"
    rests = (*ruling.rests_on, f"{setting.why}: {setting.source}")
    return Ruling(ExposureState.NOT_AFFECTED, why, ruling.fix, _HYBRID, rests)


def _unlisted(cve: str, place: Placement, known: ExchangeKnowledge) -> Ruling:
    """No fix is listed for this product: it has none, or nobody looked any more."""
    published = _published(cve, known)
    title = product_title(place.product)
    released = known.builds.first_release(place.product)
    ended = known.builds.supported_until(place.product)
    if released and published < released:
        return Ruling(
            ExposureState.NOT_AFFECTED, f"older than {title}, which came out with the fix"
        )
    if ended and published > ended:
        why = f"{title} was out of support when it was published; Microsoft did not say"
        return Ruling(ExposureState.UNSUPPORTED, why)
    why = f"Microsoft lists no fix for {title}, which was in support when it was published"
    return Ruling(ExposureState.NOT_AFFECTED, why)


def _published(cve: str, known: ExchangeKnowledge) -> dt.date:
    facts = known.facts[cve]
    year = int(cve.split("-")[1]) if cve.startswith("CVE-") else 2000
    return facts.published or facts.kev_added or dt.date(year, 1, 1)


def _by_build(
    rows: tuple[Fix, ...],
    own: Fix | None,
    place: Placement,
    circumstances: Circumstances,
    known: ExchangeKnowledge,
) -> Ruling:
    top = max(fix.build for fix in rows if fix.build)
    if not circumstances.exact:
        return _by_cumulative_update(top, own, place, known)
    shown = show_build(place.build)
    rests = (f"build {shown}",)
    if own and own.build and place.build >= own.build:
        if missing := _not_contained(own, place, circumstances):
            return Ruling(ExposureState.OPEN, missing, own, rests_on=(*rests, "installed updates"))
        why = f"{shown} is at or above {show_build(own.build)}, fixed by {own.fixed_by}"
    elif place.build >= top:
        why = f"{shown} is newer than the last fixed build, {show_build(top)}"
    elif own and own.build:
        why = f"{shown} is below {show_build(own.build)}, fixed by {own.fixed_by}"
        return Ruling(ExposureState.OPEN, why, own, rests_on=rests)
    else:
        cu = place.cu or "its cumulative update"
        why = f"{shown}: no fix for {cu}; move to a supported cumulative update first"
        return Ruling(ExposureState.OPEN, why, rests_on=rests)
    if place.known is None:
        why = f"{why}; but no table knows this build ({place.title})"
        return Ruling(_NOT_KNOWN, why, own, rests_on=rests)
    return Ruling(ExposureState.FIXED, why, own, rests_on=rests)


def _by_cumulative_update(
    top: tuple[int, int, int, int], own: Fix | None, place: Placement, known: ExchangeKnowledge
) -> Ruling:
    """From a source that does not tell the security update."""
    itself = known.builds.cumulative_update(place.product, place.cu)
    shown = ".".join(str(part) for part in place.build[:3])
    rests = _rests_on_cumulative(place)
    if itself is None:
        if place.build[:3] < top[:3]:
            why = f"{shown}: no fix for its cumulative update; move to a supported one first"
            return Ruling(ExposureState.OPEN, why, rests_on=rests)
        return Ruling(_NOT_KNOWN, f"no table knows {shown} ({place.title})", rests_on=rests)
    if itself.build >= top or (own and own.build and itself.build >= own.build):
        why = f"{itself.title} is fixed without any security update"
        return Ruling(ExposureState.FIXED, why, own, rests_on=rests)
    if own and own.build:
        why = (
            f"{itself.title} is fixed from {show_build(own.build)} ({own.fixed_by}); "
            "the evidence does not tell the security update"
        )
        return Ruling(_NOT_KNOWN, why, own, rests_on=rests)
    why = f"no fix for {itself.title}; move to a supported cumulative update first"
    return Ruling(ExposureState.OPEN, why, rests_on=rests)


def _rests_on_cumulative(place: Placement) -> tuple[str, ...]:
    shown = ".".join(str(part) for part in place.build[:3])
    return (f"build {shown} (cumulative update only)",)


def _not_contained(own: Fix, place: Placement, circumstances: Circumstances) -> str:
    """Why a higher build does not hold an older fix; empty where it does.

    Microsoft's updates of March 2021 for old cumulative updates hold that month's fixes alone
    (CSS-Exchange, `Invoke-AnalyzerSecurityCve-MarchSuSpecial.ps1`).
    """
    build = place.known
    if build is None or build.cumulative or own.fixed_by == build.update or own.build is None:
        return ""
    if own.build == build.build or (circumstances.kbs and own.kb in circumstances.kbs):
        return ""
    if any(own.build <= one < build.build for one in circumstances.earlier):
        return ""
    seen = "is not among the installed updates" if circumstances.kbs is not None else "is not shown"
    return (
        f"{build.update} for {build.cu} holds the fixes of that month alone, "
        f"and {own.fixed_by} ({own.kb}), which fixes this, {seen}"
    )


def _by_setting(
    rows: tuple[Fix, ...],
    own: Fix | None,
    place: Placement,
    circumstances: Circumstances,
    known: ExchangeKnowledge,
) -> Ruling:
    """A fix that is a setting, or something outside Exchange; the build is the first that can."""
    fix = own or rows[0]
    able = _can(rows, own, place, circumstances, known)
    if able is False:
        title = known.conditions[fix.needs].title
        why = f"{title} is what fixes it, and {show_build(place.build)} is too old for that"
        return Ruling(
            ExposureState.OPEN, why, own, fix.needs, (f"build {show_build(place.build)}",)
        )
    if place.known is None and circumstances.exact and fix.build:
        why = f"no table knows {show_build(place.build)} ({place.title})"
        return Ruling(_NOT_KNOWN, why, own, fix.needs)
    met = ExposureState.FIXED
    if fix.needs == _EXTENDED_PROTECTION:
        met = ExposureState.MITIGATED
    if able is None:
        title = known.conditions[fix.needs].title
        able_from = f"{show_build(fix.build)} ({fix.fixed_by})" if fix.build else "a later update"
        why = f"{title} can be had from {able_from}; the evidence does not tell the security update"
        return Ruling(_NOT_KNOWN, why, own, fix.needs, _rests_on_cumulative(place))
    return _with_condition(Ruling(met, "", own), fix, place, circumstances, known)


def _can(
    rows: tuple[Fix, ...],
    own: Fix | None,
    place: Placement,
    circumstances: Circumstances,
    known: ExchangeKnowledge,
) -> bool | None:
    """Whether a build has what the setting needs; None where the evidence does not tell."""
    builds = [fix.build for fix in rows if fix.build]
    if not builds:
        return True
    build = place.build
    if not circumstances.exact:
        itself = known.builds.cumulative_update(place.product, place.cu)
        build = itself.build if itself else place.build
    if own and own.build:
        if build >= own.build:
            return True
        return False if circumstances.exact else None
    return any(one < build for one in builds)


def _with_condition(
    ruling: Ruling,
    fix: Fix,
    place: Placement,
    circumstances: Circumstances,
    known: ExchangeKnowledge,
) -> Ruling:
    """A ruling that holds only where a condition is met."""
    condition = known.conditions[fix.needs]
    if any(place.product == product and place.build >= build for product, build in condition.done):
        why = f"{ruling.why}; its own Setup did the rest: {condition.title}"
        return replace(ruling, why=why.removeprefix("; "), needs=fix.needs)
    setting = circumstances.settings.get(fix.needs)
    before = f"{ruling.why}; " if ruling.why else ""
    if setting is None:
        why = f"{before}it also needs {condition.title}, of which nothing was handed in"
        if not ruling.why:
            why = f"it depends on {condition.title}, of which nothing was handed in"
        return Ruling(_NOT_KNOWN, why, ruling.fix, fix.needs, ruling.rests_on)
    rests = (*ruling.rests_on, f"{condition.title}: {setting.source}")
    state = ruling.state if setting.met else ExposureState.OPEN
    if setting.met is None:
        state = _NOT_KNOWN
    return Ruling(state, f"{before}{setting.why}", ruling.fix, fix.needs, rests)

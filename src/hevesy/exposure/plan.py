"""What to install and set on one server, in which order, and what each step closes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hevesy.exposure.judging import Circumstances, rule
from hevesy.knowledge import ExchangeKnowledge, KnownBuild, Placement, product_title, show_build
from hevesy.model import ExposureState, PlanStep

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from hevesy.model import Exposure

__all__ = ["Target", "plan_steps", "target_of"]

_SUCCESSOR = "ExchangeSE"
_OPEN = (ExposureState.OPEN, ExposureState.MITIGATED)
_SETTING_ORDER = ("schema", "extended_protection", "setting", "hybrid")


@dataclass(frozen=True, slots=True)
class Target:
    """The newest that a product can be brought to."""

    cu: KnownBuild | None
    """Cumulative update to move to; None where the server's own is still served."""
    su: KnownBuild | None
    """Security update to install on it; None where it is installed, or there is none."""


def target_of(place: Placement, known: ExchangeKnowledge, *, exact: bool) -> Target:
    """The newest update of a server's product, and the way to it.

    A server stays on its cumulative update where the newest update of the product was released for
    it too; else it moves to the newest one first.
    """
    builds = known.builds
    newest_cu = builds.newest_cumulative_update(place.product)
    if newest_cu is None:
        return Target(None, None)
    newest = builds.newest_update(place.product, newest_cu.cu)
    if not place.cu and newest and place.build > newest.build:
        # Newer than all that the tables know: what they know is no way forward.
        return Target(None, None)
    own = builds.newest_update(place.product, place.cu) if place.cu else None
    served = own is not None and newest is not None and own.released >= newest.released
    cu = None if served else newest_cu
    su = own if served else newest
    if su is None or not su.update:
        return Target(cu, None)
    if served and exact and place.build >= su.build:
        su = None
    return Target(cu, su)


def plan_steps(
    place: Placement,
    exposures: Sequence[Exposure],
    circumstances: Circumstances,
    known: ExchangeKnowledge,
    today: dt.date,
) -> tuple[PlanStep, ...]:
    """The steps for one server, in order.

    Args:
        place: of its build.
        exposures: of it, as judged.
        circumstances: under which they were judged.
        known: the tables.
        today: on which it is asked whether the product is supported.
    """
    target = target_of(place, known, exact=circumstances.exact)
    left = {one.cve.id for one in exposures if one.state in _OPEN}
    steps: list[PlanStep] = []
    for kind, build in (("cu", target.cu), ("su", target.su)):
        if build is None:
            continue
        closes = _closed_by(build, left, circumstances, known)
        left -= closes
        ordered = tuple(one.cve.id for one in exposures if one.cve.id in closes)
        steps.append(_install(kind, build, place, ordered, known))
    last = target.su or target.cu
    there = known.builds.place(last.build) if last else place
    after = replace(circumstances, exact=True) if last else circumstances
    steps += _settings(exposures, left, there, after, known)
    if retire := _retire(place, known, today):
        steps.insert(0 if _unserved(place, known) else len(steps), retire)
    return tuple(replace(step, order=order) for order, step in enumerate(steps, start=1))


def _unserved(place: Placement, known: ExchangeKnowledge) -> bool:
    """Whether nothing came out for a product after its support ended, not even for pay."""
    ended = known.builds.supported_until(place.product)
    last = known.builds.last_release(place.product)
    return ended is not None and last is not None and last <= ended


def _retire(place: Placement, known: ExchangeKnowledge, today: dt.date) -> PlanStep | None:
    ended = known.builds.supported_until(place.product)
    if not place.product or ended is None or today <= ended:
        return None
    title = product_title(place.product)
    none = " Nothing came out for it after that day." if _unserved(place, known) else ""
    return PlanStep(
        order=0,
        kind="retire",
        title=f"Move to {product_title(_SUCCESSOR)}: {title} is out of support",
        text=(
            f"{title} has been out of support since {ended.isoformat()}.{none} Until it is "
            f"replaced by {product_title(_SUCCESSOR)}, it should not be reached from the internet."
        ),
    )


def _closed_by(
    build: KnownBuild, left: set[str], circumstances: Circumstances, known: ExchangeKnowledge
) -> set[str]:
    """Of what is open, what the build itself fixes."""
    there = known.builds.place(build.build)
    after = replace(circumstances, exact=True)
    closed = set()
    for cve in left:
        ruling = rule(cve, there, after, known)
        if ruling.state in {ExposureState.FIXED, ExposureState.NOT_AFFECTED}:
            closed.add(cve)
    return closed


def _install(
    kind: str,
    build: KnownBuild,
    place: Placement,
    closes: tuple[str, ...],
    known: ExchangeKnowledge,
) -> PlanStep:
    shown = show_build(build.build)
    kb = f", {build.kb}" if build.kb else ""
    title = f"Install {build.title} ({shown}{kb})"
    text = f"{title}, released {build.released_text}."
    if kind == "cu":
        cu = f"{product_title(place.product)} {place.cu}".strip()
        text += f" {cu} gets no more fixes. A cumulative update is installed over any older one."
    else:
        text += (
            " Install it as an administrator from an elevated prompt, and start the server anew."
        )
    text += _paid(build, known)
    return PlanStep(order=0, kind=kind, title=title, text=text, closes=closes)


def _paid(build: KnownBuild, known: ExchangeKnowledge) -> str:
    """What is to be known of an update that came out after the end of support."""
    if build.released <= build.supported_until:
        return ""
    free = [
        row
        for row in known.builds.updates(build.product, build.cu)
        if row.released <= row.supported_until
    ]
    last = f"; the last one for everybody is {free[-1].update} ({show_build(free[-1].build)})"
    return f" It is for customers with Extended Security Updates{last if free else ''}."


def _settings(
    exposures: Sequence[Exposure],
    left: set[str],
    place: Placement,
    circumstances: Circumstances,
    known: ExchangeKnowledge,
) -> list[PlanStep]:
    """Settings that fixes need when the updates are there: to be set, or to be looked at.

    Args:
        exposures: as they are now.
        left: what the updates leave open.
        place: of the build after the updates.
        circumstances: as they will be then.
        known: the tables.
    """
    to_set: dict[str, list[str]] = {}
    to_check: dict[str, list[str]] = {}
    for one in exposures:
        if one.cve.id not in left and one.state is not ExposureState.UNKNOWN:
            continue
        ruling = rule(one.cve.id, place, circumstances, known)
        if ruling.needs and ruling.state in {ExposureState.OPEN, ExposureState.UNKNOWN}:
            # A setting whose default is right is looked at; what somebody must do is a step.
            must = ruling.state is ExposureState.OPEN or (
                one.cve.id in left and known.conditions[ruling.needs].kind != "setting"
            )
            wanted = to_set if must else to_check
            wanted.setdefault(ruling.needs, []).append(one.cve.id)
    steps = []
    for need, cves in to_set.items():
        condition = known.conditions[need]
        closes = (*cves, *to_check.pop(need, ()))
        steps.append(PlanStep(0, condition.kind, condition.title, f"{condition.remedy}.", closes))
    steps += [
        PlanStep(0, one.kind, one.title, f"{one.remedy}.")
        for one in known.conditions.values()
        if one.defence and one.name in circumstances.settings
        if circumstances.settings[one.name].met is False
    ]
    steps.sort(key=lambda step: (_SETTING_ORDER.index(step.kind), step.title))
    return steps + _checks(to_check, known)


def _checks(wanted: dict[str, list[str]], known: ExchangeKnowledge) -> list[PlanStep]:
    """One step for all that the evidence does not tell."""
    if not wanted:
        return []
    lines = [
        f"- {known.conditions[need].title} ({', '.join(cves)}). It shows in "
        f"{known.conditions[need].how}. {known.conditions[need].remedy}."
        for need, cves in wanted.items()
    ]
    cves = tuple(cve for several in wanted.values() for cve in several)
    title = "Check the settings that the evidence does not tell"
    return [PlanStep(0, "check", title, "\n".join(lines), cves)]

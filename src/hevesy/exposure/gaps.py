"""What the evidence does not tell of a server, why, and what would tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.model import ExposureState, Gap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.exposure.deciding import Decision
    from hevesy.knowledge import ExchangeKnowledge, Placement
    from hevesy.model import Exposure, Setting

__all__ = ["NO_BUILD", "gaps_of"]

NO_BUILD = Gap(
    "No source that was handed in carries a build of it",
    r"Bin\ExSetup.exe, HealthChecker's output, Get-ExchangeServer as CliXML or CSV, or its logs",
)
_CONTRADICTED = ("Sources contradict each other", r"Bin\ExSetup.exe of the server itself")
_NO_UPDATE = (
    "The evidence tells the cumulative update, not the security update",
    r"Bin\ExSetup.exe, HealthChecker's output, the SOFTWARE hive, or HttpProxy or ECP logs",
)
_NO_ROW = ("No table says which build fixes it", "A newer version of hevesy")


def gaps_of(
    place: Placement,
    decision: Decision,
    exposures: Sequence[Exposure],
    settings: Mapping[str, Setting],
    known: ExchangeKnowledge,
) -> tuple[Gap, ...]:
    """Why vulnerabilities of a server are unknown: each reason once, that of most first.

    Args:
        place: of the build that was decided on.
        decision: with the builds that contradict it.
        exposures: as judged.
        settings: by condition, as `settled` brings them together.
        known: the tables.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for one in exposures:
        if one.state is ExposureState.UNKNOWN:
            reason = _reason(one, place, decision, settings, known)
            found.setdefault(reason, []).append(one.cve.id)
    gaps = [Gap(why, collect, tuple(cves)) for (why, collect), cves in found.items()]
    unread = [one for one in known.conditions.values() if one.defence and one.name not in settings]
    if unread:
        titles = "; ".join(one.title for one in unread)
        gaps.append(Gap(f"Defences that were not read: {titles}", unread[0].how))
    return tuple(sorted(gaps, key=lambda one: (-len(one.cves), one.why)))


def _reason(
    one: Exposure,
    place: Placement,
    decision: Decision,
    settings: Mapping[str, Setting],
    known: ExchangeKnowledge,
) -> tuple[str, str]:
    if decision.rivals and one.why.startswith(_CONTRADICTED[0].lower()):
        return _CONTRADICTED
    if one.needs:
        condition = known.conditions[one.needs[0]]
        setting = settings.get(one.needs[0])
        if setting is None:
            return f"It depends on a setting that was not read: {condition.title}", condition.how
        if setting.met is None:
            return f"{condition.title}: {setting.why}", condition.how
    if not decision.exact:
        return _NO_UPDATE
    if place.known is None:
        return f"No table knows this build ({place.title})", (
            "A newer table of builds: hevesy data import FILE"
        )
    return _NO_ROW

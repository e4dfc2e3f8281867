"""Settings and measures of one server, each once: what several sources say brought together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hevesy.exposure.settings import DOWNLOAD_HOSTS, SUPPRESSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.model import Mitigation, Setting

__all__ = ["settled", "settled_mitigations"]

_DOWNLOADS = "download_domains"
_PROTECTION = "extended_protection"
CONTRADICTED = "sources contradict each other"


def settled(settings: Sequence[Setting]) -> tuple[dict[str, Setting], tuple[str, ...]]:
    """One setting a condition, and a sentence for each on which sources contradict each other.

    A source that decides goes before one that does not. Where one says that a setting is as a fix
    needs it and another that it is not, it is not decided, and both are named.
    """
    groups: dict[str, list[Setting]] = {}
    for one in settings:
        groups.setdefault(one.name, []).append(one)
    found = {}
    conflicts = []
    for name, several in groups.items():
        yes = next((one for one in several if one.met), None)
        no = next((one for one in several if one.met is False), None)
        found[name] = yes or no or several[0]
        if yes and no:
            sentence = f"{_told(yes)}, but {_told(no)}"
            conflicts.append(sentence)
            found[name] = replace(yes, met=None, why=f"{CONTRADICTED}: {sentence}")
    if SUPPRESSED in found:
        found[_PROTECTION] = replace(found.pop(SUPPRESSED), name=_PROTECTION)
    return _with_hosts(found), tuple(conflicts)


def settled_mitigations(mitigations: tuple[Mitigation, ...]) -> tuple[Mitigation, ...]:
    """What several sources say of one measure brought together.

    The configuration that was read says whether it holds now; the earliest line that says that it
    was applied says since when, else the time of the file that holds it.
    """
    groups: dict[str, list[Mitigation]] = {}
    for one in mitigations:
        groups.setdefault(one.name, []).append(one)
    return tuple(found for several in groups.values() for found in _one_measure(several))


def _one_measure(several: list[Mitigation]) -> list[Mitigation]:
    void = [one for one in several if not one.active]
    if void:
        return void
    dated = [one for one in several if one.since]
    if not dated:
        return several[:1]
    first = min(dated, key=lambda one: (one.since_from != "log_line", one.since, one.source))
    told = next((one for one in several if one.since_from != "log_line"), first)
    if first.since_from != "log_line" or told is first:
        return [replace(told, since=first.since, since_from=first.since_from)]
    why = f"{told.why}; {first.why} ({first.source}:{first.line})"
    return [replace(told, why=why, since=first.since, since_from=first.since_from)]


def _with_hosts(found: dict[str, Setting]) -> dict[str, Setting]:
    """Download Domains need both, the switch and host names; they stand in two exports."""
    hosts, switch = found.pop(DOWNLOAD_HOSTS, None), found.get(_DOWNLOADS)
    if hosts is None:
        return found
    if switch is None:
        why = f"{hosts.why}; EnableDownloadDomains was not read"
        met = None if hosts.met else hosts.met
        found[_DOWNLOADS] = replace(hosts, name=_DOWNLOADS, met=met, why=why)
    elif switch.met is None and not switch.why.startswith(CONTRADICTED):
        why = f"EnableDownloadDomains is on, and {hosts.why}"
        found[_DOWNLOADS] = replace(switch, met=hosts.met, why=why)
    return found


def _told(one: Setting) -> str:
    line = f":{one.line}" if one.line is not None else ""
    return f"{one.source}{line} says that {one.why}"

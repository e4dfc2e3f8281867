"""Settings that fixes depend on, and mitigations that were applied, from objects of cmdlets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hevesy.exposure.clixml import LINE, TEXT, Plain, dig
from hevesy.model import Mitigation, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.knowledge import Condition, ExchangeKnowledge

__all__ = [
    "DOWNLOAD_HOSTS",
    "SIGNING",
    "SUPPRESSED",
    "applied_mitigations",
    "is_accepted",
    "override_settings",
    "suppressed_setting",
    "windows_setting",
]

SIGNING = "serialized_data_signing"
DOWNLOAD_HOSTS = "download_hosts"
"""Half of the condition `download_domains`: it needs host names beside the switch."""
SUPPRESSED = "extended_protection_suppressed"
"""A registry value that turns Extended Protection off, whatever the virtual directories say."""
_SMB_BUILDS, _SMB_UPDATE = (18362, 18363), 720
"""Windows 10 and Server 1903 and 1909, and the update that fixed their SMBv3 (KB4551762)."""
_SIGNING_OVERRIDE = ("Data", "EnableSerializationDataSigning", "Enabled")


def override_settings(
    overrides: Sequence[Plain], place: str, known: ExchangeKnowledge
) -> tuple[Setting, ...]:
    """What a list of setting overrides says of the conditions of fixes.

    The list is taken as whole: a condition that no override undoes is met.

    Args:
        overrides: objects with `ComponentName`, `SectionName`, `Parameters`, and `Status`.
        place: where they were read.
        known: the tables.
    """
    found = []
    for condition in known.conditions.values():
        wanted = condition.overrides
        if condition.name == SIGNING:
            wanted = (_SIGNING_OVERRIDE,)
        if wanted:
            found.append(_setting(condition, wanted, overrides, place))
    return tuple(found)


def is_accepted(override: Plain) -> bool:
    """Whether Exchange follows an override; one that it rejected or that is for others it does not.

    What an object does not say of its status is taken as accepted: an override may undo a fix.
    """
    status = dig(override, "Status")
    text = dig(status, TEXT) if isinstance(status, dict) else status
    return text is None or str(text) in {"Accepted", ""}


def windows_setting(
    build: int | None, update: int | None, place: str, *, compression_off: bool = False
) -> Setting | None:
    """Whether Windows has what fixes its SMBv3; None where its build was not read.

    Args:
        build: `CurrentBuild` of the registry.
        update: `UBR`.
        place: where they were read.
        compression_off: whether SMBv3 compression is off, which stands in for the update.
    """
    if build is None:
        return None
    name = "windows_smb_update"
    if build not in _SMB_BUILDS:
        why = f"Windows build {build} is none of those that were affected"
        return Setting(name, met=True, why=why, source=place)
    if update is None:
        return None
    met = update >= _SMB_UPDATE or compression_off
    off = ", SMBv3 compression is off" if compression_off else ""
    return Setting(name, met=met, why=f"Windows build {build}.{update}{off}", source=place)


def suppressed_setting(value: int | None, place: str) -> Setting | None:
    """`SuppressExtendedProtection` of the registry; None where it suppresses nothing."""
    if not value:
        return None
    why = "the registry value SuppressExtendedProtection turns Extended Protection off"
    return Setting(SUPPRESSED, met=False, why=why, source=place)


def applied_mitigations(
    server: Plain, place: str, known: ExchangeKnowledge
) -> tuple[Mitigation, ...]:
    """What the Emergency Mitigation Service applied, by the properties of Get-ExchangeServer."""
    applied = _names(dig(server, "MitigationsApplied"))
    blocked = _names(dig(server, "MitigationsBlocked"))
    found = []
    for measure in known.measures:
        for name in measure.applied:
            if any(one == name or one.startswith(f"{name}.") for one in applied):
                off = any(one == name or one.startswith(f"{name}.") for one in blocked)
                why = f"MitigationsApplied names {name}"
                if off:
                    why = f"{why}, but MitigationsBlocked does too"
                line = dig(server, LINE)
                found.append(
                    Mitigation(
                        measure.name,
                        measure.title,
                        measure.cves,
                        active=not off,
                        why=why,
                        source=place,
                        line=int(line) if isinstance(line, str) else None,
                    )
                )
                break
    return tuple(found)


def _setting(
    condition: Condition,
    wanted: Sequence[tuple[str, str, str]],
    overrides: Sequence[Plain],
    place: str,
) -> Setting:
    for override in overrides:
        for component, section, parameter in wanted:
            same = (str(dig(override, "ComponentName")), str(dig(override, "SectionName")))
            if (
                same == (component, section)
                and is_accepted(override)
                and _is_off(override, parameter)
            ):
                why = f"a setting override {component}/{section} has {parameter}=false"
                line = dig(override, LINE)
                number = int(line) if isinstance(line, str) else None
                return Setting(condition.name, met=False, why=why, source=place, line=number)
    names = ", ".join("/".join(parts) for parts in wanted)
    why = f"no setting override sets {names} to false"
    return Setting(condition.name, met=True, why=why, source=place)


def _is_off(override: Plain, parameter: str) -> bool:
    given = dig(override, "Parameters")
    parts = given if isinstance(given, list) else [given]
    text = " ".join(str(one) for one in parts)
    pattern = rf"\b{re.escape(parameter)}\s*=\s*false\b"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _names(value: Plain) -> list[str]:
    """Names in a list, or in the text of one: `{M1, M1.1}`."""
    if isinstance(value, list):
        return [str(dig(one, TEXT) if isinstance(one, dict) else one) for one in value]
    text = dig(value, TEXT) if isinstance(value, dict) else value
    return re.findall(r"[A-Z]+\d[\d.]*", str(text or ""))

r"""Registry hives: version of Exchange's installation, its updates, settings that fixes depend on.

Keys: `Microsoft\ExchangeServer\v15\Setup` (2010: `v14`) has `MsiProductMajor`, `MsiProductMinor`,
`MsiBuildMajor` and `MsiBuildMinor`, which follow the cumulative update; below
`Microsoft\Updates\Exchange 2013` (2016, 2019, which SE uses too) each update has a key with
`PackageName` and `InstalledDate`, read by CSS-Exchange's Get-ExchangeUpdates.ps1. `v15\Diagnostics`
has `EnableSerializationDataSigning`, which Exchange 2013 asks. The SYSTEM hive has
`SuppressExtendedProtection` and `DisableLoopbackCheck` below `Control\Lsa` of the control set that
`Select\Current` names. A hive is read by regipy, which needs a file with a path; what its
transaction logs hold is not in it.
"""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hevesy.exposure.reading import Reading
from hevesy.exposure.settings import SIGNING, suppressed_setting, windows_setting
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, InstalledUpdate, Mitigation, ServerEvidence, Setting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["is_hive", "read_hive", "server_of_values"]

_SETUP = ("\\Microsoft\\ExchangeServer\\v15\\Setup", "\\Microsoft\\ExchangeServer\\v14\\Setup")
_UPDATES = tuple(f"\\Microsoft\\Updates\\Exchange {year}" for year in (2013, 2016, 2019))
_PARTS = ("MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor")
_DIAGNOSTICS = "\\Microsoft\\ExchangeServer\\v15\\Diagnostics"
_WINDOWS = "\\Microsoft\\Windows NT\\CurrentVersion"
_DAMAGE = (
    OSError,
    EOFError,
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
    AssertionError,
    RecursionError,
    StopIteration,
    struct.error,
)
"""What regipy lets through where the bytes of a hive are not what they should be."""
_E2013 = (15, 0)
_DISABLED = 4
_KB = re.compile(r"KB\d{6,8}")


def is_hive(head: bytes, path: str) -> bool:
    """Whether a file is a registry hive called SOFTWARE or SYSTEM."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return head[:4] == b"regf" and name.startswith(("software", "system"))


def read_hive(file: Path, place: str, known: ExchangeKnowledge, server: str = "") -> Reading:
    """What a hive says of Exchange: SOFTWARE of its build, both of settings.

    Args:
        file: the hive on this machine.
        place: how a person finds it.
        known: the tables.
        server: whose it is.
    """
    try:
        regipy = import_module("regipy.registry")
        broken = import_module("regipy.exceptions").RegipyException
        cut = import_module("construct").ConstructError  # regipy lets those of its parser through
    except ImportError:
        return Reading(problems=(f"{place}: not read: registry hives need the package regipy",))
    try:
        hive = regipy.RegistryHive(str(file))
        setup = next((values for key in _SETUP if (values := _values(hive, key))), {})
        updates = [values for key in _UPDATES for values in _below(hive, key)]
        settings = _settings(hive, place)
        disabled = _disabled(hive, place, known)
    except (broken, cut, *_DAMAGE) as error:
        said = str(error).splitlines()[-1] if str(error) else type(error).__name__
        return Reading(problems=(f"{place}: cannot be read: {said}",))
    found = server_of_values(setup, updates, place, known, server)
    if (settings or disabled) and found is None:
        found = ServerEvidence(server)
    if found is None:
        return Reading()
    return Reading((replace(found, settings=settings, mitigations=disabled),))


def server_of_values(
    setup: Mapping[str, object],
    updates: list[dict[str, object]],
    place: str,
    known: ExchangeKnowledge,
    server: str,
) -> ServerEvidence | None:
    """What the values of the keys say; None where Exchange is not installed.

    The version follows the cumulative update; an update that is listed for it tells the rest.

    Args:
        setup: values of the Setup key.
        updates: values of each key of an update.
        place: how a person finds the hive.
        known: the tables.
        server: whose it is.
    """
    build = parse_build(".".join(str(setup.get(name, "")) for name in _PARTS))
    if build is None:
        return None
    listed = []
    for one in updates:
        name = str(one.get("PackageName", ""))
        if match := _KB.search(name):
            listed.append(InstalledUpdate(match[0], name, place, str(one.get("InstalledDate", ""))))
    kbs = {one.kb for one in listed}
    cu = known.builds.place(build)
    known_updates = known.builds.updates(cu.product, cu.cu) if cu.cu else ()
    matching = [row for row in known_updates if row.update and row.kb in kbs]
    evidence = [BuildEvidence(show_build(build), "cu_only", "registry", place)]
    if matching:
        shown = show_build(matching[-1].build)
        text = f"{show_build(build)} with {matching[-1].kb}"
        evidence.insert(0, BuildEvidence(shown, "su_exact", "registry_update", place, text=text))
    return ServerEvidence(server, tuple(evidence), updates=tuple(listed))


def _settings(hive: Any, place: str) -> tuple[Setting, ...]:  # noqa: ANN401  # regipy has no types
    """Settings of either hive; keys that it lacks say nothing."""
    windows = _values(hive, _WINDOWS)
    build, update = (_whole(windows.get(name)) for name in ("CurrentBuild", "UBR"))
    found = [windows_setting(build, update, place), *_signing(hive, place)]
    current = _whole(_values(hive, "\\Select").get("Current"))
    if current is not None:
        values = _values(hive, f"\\ControlSet{current:03}\\Control\\Lsa")
        found.append(suppressed_setting(_whole(values.get("SuppressExtendedProtection")), place))
        off = bool(_whole(values.get("DisableLoopbackCheck")))
        why = f"the registry value DisableLoopbackCheck is {'set' if off else 'not set'}"
        found.append(Setting("loopback_check", met=not off, why=why, source=place))
    return tuple(one for one in found if one)


def _disabled(
    hive: Any,  # noqa: ANN401  # regipy has no types
    place: str,
    known: ExchangeKnowledge,
) -> tuple[Mitigation, ...]:
    """Services that a mitigation disables; since when, a value of a hive does not say."""
    current = _whole(_values(hive, "\\Select").get("Current"))
    found = []
    for measure in known.measures:
        if measure.service and current is not None:
            key = f"\\ControlSet{current:03}\\Services\\{measure.service}"
            if _whole(_values(hive, key).get("Start")) == _DISABLED:
                why = f"the service {measure.service} is disabled"
                found.append(
                    Mitigation(measure.name, measure.title, measure.cves, True, why, place)  # noqa: FBT003  # active
                )
    return tuple(found)


def _signing(hive: Any, place: str) -> list[Setting]:  # noqa: ANN401  # regipy has no types
    """Exchange 2013 signs where a registry value says so; later versions do not ask it."""
    setup = next((values for key in _SETUP if (values := _values(hive, key))), {})
    if (_whole(setup.get("MsiProductMajor")), _whole(setup.get("MsiProductMinor"))) != _E2013:
        return []
    on = _whole(_values(hive, _DIAGNOSTICS).get("EnableSerializationDataSigning")) == 1
    why = f"the registry value EnableSerializationDataSigning is {'1' if on else 'not 1'}"
    return [Setting(SIGNING, met=on, why=why, source=place)]


def _whole(value: object) -> int | None:
    """A number, or a text that is one."""
    text = str(value)
    return int(text) if text.isdecimal() else None


def _values(hive: Any, key: str) -> dict[str, object]:  # noqa: ANN401  # regipy has no types
    missing = import_module("regipy.exceptions").RegistryKeyNotFoundException
    try:
        found = hive.get_key(key)
    except missing:
        return {}
    return {str(value.name): value.value for value in found.iter_values(as_json=True)}


def _below(hive: Any, key: str) -> list[dict[str, object]]:  # noqa: ANN401  # regipy has no types
    missing = import_module("regipy.exceptions").RegistryKeyNotFoundException
    try:
        found = hive.get_key(key)
    except missing:
        return []
    return [
        {str(value.name): value.value for value in below.iter_values(as_json=True)}
        for below in found.iter_subkeys()
    ]

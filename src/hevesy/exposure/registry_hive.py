r"""The SOFTWARE hive: version of Exchange's installation, and the updates that it lists.

Keys: `Microsoft\ExchangeServer\v15\Setup` (2010: `v14`) has `MsiProductMajor`, `MsiProductMinor`,
`MsiBuildMajor` and `MsiBuildMinor`, which follow the cumulative update; below
`Microsoft\Updates\Exchange 2013` (2016, 2019, which SE uses too) each update has a key with
`PackageName` and `InstalledDate`, read by CSS-Exchange's Get-ExchangeUpdates.ps1. The hive is read
by regipy, which needs a file with a path.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

from hevesy.exposure.reading import Reading
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, InstalledUpdate, ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["is_hive", "read_hive", "server_of_values"]

_SETUP = ("\\Microsoft\\ExchangeServer\\v15\\Setup", "\\Microsoft\\ExchangeServer\\v14\\Setup")
_UPDATES = tuple(f"\\Microsoft\\Updates\\Exchange {year}" for year in (2013, 2016, 2019))
_PARTS = ("MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor")
_KB = re.compile(r"KB\d{6,8}")


def is_hive(head: bytes, path: str) -> bool:
    """Whether a file is a registry hive called SOFTWARE."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return head[:4] == b"regf" and name.startswith("software")


def read_hive(file: Path, place: str, known: ExchangeKnowledge, server: str = "") -> Reading:
    """What the SOFTWARE hive says of Exchange.

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
    except (broken, cut, OSError, ValueError, KeyError, EOFError) as error:
        said = str(error).splitlines()[-1] if str(error) else type(error).__name__
        return Reading(problems=(f"{place}: cannot be read: {said}",))
    found = server_of_values(setup, updates, place, known, server)
    return Reading((found,) if found else ())


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

"""What a worker does with files that say builds and settings: setup logs, configuration, hives."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.evidence import Reach, reach_many
from hevesy.exposure import ExposureFile, Reading, file_kind, read_file
from hevesy.model import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["EXCHANGE", "SettingsRead", "read_settings", "speaks_of_settings"]

FILE_LIMIT = 64 << 20
"""Bytes of a file that are read; a setup log of many years is smaller."""

_HEAD = 65536
_KINDS = (
    "config_file",
    "later:exchange_setup",
    "later:mitigation_service",
    "later:health_checker",
    "later:registry_hive",
)
_NAMES = ("exsetup.exe", "configuration.xml")
"""Files of no kind that evidence has: Exchange's version, the malware filter's configuration."""

EXCHANGE = "exchange.pickle"
"""The tables of Exchange, in the scratch folder."""


@dataclass(frozen=True, slots=True)
class SettingsRead:
    """What one file says."""

    source: Source
    reading: Reading
    web_config: ExposureFile | None = None
    """A web.config, which is judged together with the others of its server."""


def speaks_of_settings(source: Source) -> bool:
    """Whether a source may say something of builds or settings."""
    name = source.path.rsplit("/", 1)[-1].lower()
    exported = name.startswith("healthchecker") and name.endswith(".json")
    return source.kind in _KINDS or name in _NAMES or exported


@cache
def _known(path: Path) -> ExchangeKnowledge:
    # A pickle of our own, from a private folder that this run made.
    known: ExchangeKnowledge = pickle.loads(path.read_bytes())  # noqa: S301  # see above
    return known


def read_settings(sources: tuple[Source, ...], *, scratch: Path) -> Sequence[SettingsRead]:
    """Read some files; nothing in them can make a reader raise.

    Args:
        sources: The files.
        scratch: Private folder of the run, in which `EXCHANGE` lies.
    """
    known = _known(scratch / EXCHANGE)
    return [
        _read(source, reached, scratch, known)
        for source, reached in reach_many(sources, scratch=scratch)
    ]


def _read(source: Source, reached: Reach, scratch: Path, known: ExchangeKnowledge) -> SettingsRead:
    place = f"{source.input}/{source.path}"
    try:
        data = reached.stream.read(FILE_LIMIT)
    except (EvidenceError, OSError) as error:
        return SettingsRead(source, Reading(problems=(f"{place}: {error}",)))
    path = source.windows_path or source.path
    kind = file_kind(data[:_HEAD], path)
    local = scratch / "hive" if kind == "registry" else None
    if local:
        local.write_bytes(data)
    file = ExposureFile(data, place, path, local=local, modified=source.modified)
    if kind == "web_config":
        return SettingsRead(source, Reading(), file)
    if not kind:
        return SettingsRead(source, Reading())
    try:
        return SettingsRead(source, read_file(file, known))
    finally:
        if local:
            local.unlink(missing_ok=True)

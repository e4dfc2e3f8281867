"""Which files tell something of exposure, and reading them all for one estate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.exposure.application_host import read_application_host
from hevesy.exposure.clixml import is_clixml
from hevesy.exposure.exchange_objects import read_objects
from hevesy.exposure.file_version import read_exsetup
from hevesy.exposure.health_checker import is_health_checker, read_health_checker
from hevesy.exposure.inventory import is_inventory, read_inventory
from hevesy.exposure.reading import Reading, gather
from hevesy.exposure.registry_hive import is_hive, read_hive
from hevesy.exposure.setup_log import is_setup_log, read_setup_log
from hevesy.exposure.web_config import read_web_configs
from hevesy.model import ServerEvidence, Setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["KINDS", "ExposureFile", "file_kind", "read_file", "read_files"]

KINDS: tuple[str, ...] = (
    "exsetup",
    "registry",
    "health_checker",
    "objects",
    "setup_log",
    "application_host",
    "web_config",
    "fip_fs",
    "inventory",
)
"""What a file can be, in the order in which it is asked."""

_APPLICATION_HOST = re.compile(r"applicationhost\w*\.config$")
_FIP_FS = b"schemas.microsoft.com/forefront"
_WEB_CONFIG = re.compile(r"web\d*\.config$")


@dataclass(frozen=True, slots=True)
class ExposureFile:
    """A file to read for exposure."""

    data: bytes
    """Its content; may be empty for a hive, which is read from `local`."""
    place: str
    """How a person finds it: `input/path`."""
    path: str
    r"""Where it lay on the server where that is known, else its path: `C:\inetpub\...`."""
    server: str = ""
    """Short upper-case name of the collection's server; empty where it is not known."""
    local: Path | None = None
    """The same content as a file of this machine, where a reader needs one (a hive)."""


def file_kind(head: bytes, path: str) -> str:
    """What a file is to exposure; empty where it says nothing of it.

    Args:
        head: its first bytes, 4,096 or more.
        path: its path on the server, or in the input.
    """
    name = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    answers = {
        "exsetup": name == "exsetup.exe" and head[:2] == b"MZ",
        "registry": is_hive(head, path),
        "health_checker": is_health_checker(head, path),
        "objects": is_clixml(head),
        "setup_log": is_setup_log(head),
        "application_host": _APPLICATION_HOST.search(name) is not None,
        "web_config": _WEB_CONFIG.search(name) is not None,
        "fip_fs": name == "configuration.xml" and _FIP_FS in head.replace(b"\0", b""),
        "inventory": name.endswith((".csv", ".tsv")) and is_inventory(head),
    }
    return next((kind for kind in KINDS if answers[kind]), "")


def read_file(file: ExposureFile, known: ExchangeKnowledge) -> Reading:
    """Read one file; nothing in it can make this raise.

    A single web.config is judged as the only one of its server: `read_files` judges all together.
    """
    kind = file_kind(file.data[:65536], file.path)
    data, place, server = file.data, file.place, file.server
    if kind == "registry":
        if file.local is None:
            return Reading(problems=(f"{place}: not read: a hive needs a file with a path",))
        return read_hive(file.local, place, known, server)
    if kind == "web_config":
        return read_web_configs([(data, place, file.path)], known, server)
    with_tables = {
        "health_checker": read_health_checker,
        "objects": read_objects,
        "application_host": read_application_host,
    }
    if kind in with_tables:
        return with_tables[kind](data, place, known, server)
    plain = {
        "exsetup": read_exsetup,
        "setup_log": read_setup_log,
        "fip_fs": _read_fip_fs,
        "inventory": read_inventory,
    }
    if kind in plain:
        return plain[kind](data, place, server)
    return Reading(problems=(f"{place}: says nothing of builds or settings",))


def _read_fip_fs(data: bytes, place: str, server: str) -> Reading:
    """Whether the malware filter was told to extract text the old way (ADV24199947)."""
    text = data.replace(b"\0", b"")
    place_of = text.find(b"|NO")
    overridden = place_of >= 0
    why = f"the FIP-FS configuration has {'an' if overridden else 'no'} entry with |NO"
    line = text.count(b"\n", 0, place_of) + 1 if overridden else None
    setting = Setting("no_text_extraction_override", not overridden, why, place, line)
    return Reading((ServerEvidence(server, settings=(setting,)),))


def read_files(
    files: Iterable[ExposureFile], known: ExchangeKnowledge
) -> tuple[tuple[ServerEvidence, ...], tuple[str, ...]]:
    """Servers, each once, from all files of an estate, and what could not be read.

    Args:
        files: in any order.
        known: the tables.

    Returns:
        Servers by name, and one sentence for each problem, with file and line.
    """
    readings: list[Reading] = []
    web: dict[str, list[tuple[bytes, str, str]]] = {}
    for file in files:
        if file_kind(file.data[:65536], file.path) == "web_config":
            web.setdefault(file.server, []).append((file.data, file.place, file.path))
        else:
            readings.append(read_file(file, known))
    readings += [read_web_configs(several, known, server) for server, several in web.items()]
    return gather(readings)

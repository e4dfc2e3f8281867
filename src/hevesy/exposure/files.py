"""Which files tell something of exposure, and reading them all for one estate."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.exposure.application_host import read_application_host
from hevesy.exposure.clixml import is_clixml
from hevesy.exposure.exchange_objects import read_objects
from hevesy.exposure.file_version import read_exsetup
from hevesy.exposure.health_checker import is_health_checker, read_health_checker
from hevesy.exposure.inventory import is_inventory, read_inventory
from hevesy.exposure.message_header import is_message, read_message
from hevesy.exposure.mitigation_log import is_mitigation_log, read_mitigation_log
from hevesy.exposure.reading import Reading, gather
from hevesy.exposure.registry_hive import is_hive, read_hive
from hevesy.exposure.setup_log import is_setup_log, read_setup_log
from hevesy.exposure.web_config import read_web_configs
from hevesy.model import ServerEvidence, Setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    "mitigation_log",
    "message",
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
    modified: datetime | None = None
    """When it was changed last, as the collection says; UTC."""


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
        "mitigation_log": is_mitigation_log(head, path),
        "message": name.endswith((".eml", ".txt")) and is_message(head),
        "inventory": name.endswith((".csv", ".tsv")) and is_inventory(head),
    }
    return next((kind for kind in KINDS if answers[kind]), "")


def read_file(file: ExposureFile, known: ExchangeKnowledge) -> Reading:
    """Read one file; nothing in it can make this raise.

    A single web.config is judged as the only one of its server: `read_files` judges all together.
    """
    reader = _READERS.get(file_kind(file.data[:65536], file.path))
    if reader is None:
        return Reading(problems=(f"{file.place}: says nothing of builds or settings",))
    return reader(file, known)


def _hive(file: ExposureFile, known: ExchangeKnowledge) -> Reading:
    if file.local is None:
        return Reading(problems=(f"{file.place}: not read: a hive needs a file with a path",))
    return read_hive(file.local, file.place, known, file.server)


def _web_config(file: ExposureFile, known: ExchangeKnowledge) -> Reading:
    times = {file.place: file.modified} if file.modified else {}
    return read_web_configs([(file.data, file.place, file.path)], known, file.server, times)


def _read_fip_fs(data: bytes, place: str, server: str) -> Reading:
    """Whether the malware filter was told to extract text the old way (ADV24199947)."""
    text = data.replace(b"\0", b"")
    place_of = text.find(b"|NO")
    overridden = place_of >= 0
    why = f"the FIP-FS configuration has {'an' if overridden else 'no'} entry with |NO"
    line = text.count(b"\n", 0, place_of) + 1 if overridden else None
    setting = Setting("no_text_extraction_override", not overridden, why, place, line)
    return Reading((ServerEvidence(server, settings=(setting,)),))


_READERS: dict[str, Callable[[ExposureFile, ExchangeKnowledge], Reading]] = {
    "exsetup": lambda one, _: read_exsetup(one.data, one.place, one.server),
    "registry": _hive,
    "health_checker": lambda one, known: read_health_checker(
        one.data, one.place, known, one.server
    ),
    "objects": lambda one, known: read_objects(one.data, one.place, known, one.server),
    "setup_log": lambda one, _: read_setup_log(one.data, one.place, one.server),
    "application_host": lambda one, known: read_application_host(
        one.data, one.place, known, one.server, one.modified
    ),
    "web_config": _web_config,
    "fip_fs": lambda one, _: _read_fip_fs(one.data, one.place, one.server),
    "mitigation_log": lambda one, known: read_mitigation_log(
        one.data, one.place, known, one.server
    ),
    "message": lambda one, _: read_message(one.data, one.place),
    "inventory": lambda one, _: read_inventory(one.data, one.place, one.server),
}


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
    times: dict[str, datetime] = {}
    for file in files:
        if file_kind(file.data[:65536], file.path) == "web_config":
            web.setdefault(file.server, []).append((file.data, file.place, file.path))
            if file.modified:
                times[file.place] = file.modified
        else:
            readings.append(read_file(file, known))
    readings += [read_web_configs(several, known, server, times) for server, several in web.items()]
    return gather(readings)

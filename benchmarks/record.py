"""What is kept of a run: results as JSON lines, with the machine that they were measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.benchmark import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Machine", "Record", "append", "machine", "read"]

_LIBRARIES = ("hevesy", "polars", "hyperscan", "evtx", "isal", "pysigma", "pysigma-backend-sqlite")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a result was measured, and how busy it was."""

    processor: str
    cores: int
    memory: int
    system: str
    python: str
    versions: dict[str, str]
    load: float
    """Mean number of processes that wanted a core in the minute before; 0 where not known."""


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the file."""

    time: datetime
    machine: Machine
    result: Result


def machine() -> Machine:
    """This machine, now."""
    import psutil

    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    for tool in ("rg", "sha256sum"):
        if shutil.which(tool):
            said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # one of the two
            versions[tool] = said.stdout.splitlines()[0]
    return Machine(
        _processor(),
        os.cpu_count() or 1,
        psutil.virtual_memory().total,
        platform.platform(),
        platform.python_version(),
        versions,
        round(psutil.getloadavg()[0], 1),
    )


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def append(path: Path, result: Result) -> Record:
    """Add a result to a file of JSON lines."""
    record = Record(datetime.now(UTC).replace(microsecond=0), machine(), result)
    with path.open("ab") as file:
        file.write(msgspec.json.encode(record) + b"\n")
    return record


def read(path: Path) -> list[Record]:
    """The records of a file, in the order of time.

    Raises:
        OSError: It cannot be read.
        msgspec.DecodeError: A line is no record.
    """
    lines: Iterable[bytes] = path.read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Record) for line in lines if line.strip()]

"""Makes what is measured on, in a scratch folder outside the checkout, each thing once a run."""

from __future__ import annotations

import gzip
import os
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hevesy.model import Truth
from hevesy.simulator import load_scenario, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hevesy.simulator import Scenario

__all__ = ["Inputs", "Logs", "warm"]

_CHUNK = 1 << 20
_NOT_INHERITED = ("PYTHONDONTWRITEBYTECODE", "_RJEM_MALLOC_CONF")
"""Python would compile everything anew; and polars, which this process has loaded, says in the
other one how its allocator is to work, which every program is to say for itself."""


@dataclass(frozen=True, slots=True)
class Logs:
    """Invented logs and their truth."""

    folder: Path
    files: tuple[Path, ...]
    truth: Truth

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.stat().st_size for file in self.files)


class Inputs:
    """Invented logs, their archives, and parts of others' corpora."""

    def __init__(self, scratch: Path, corpora: Path) -> None:
        """Begin with nothing made.

        Args:
            scratch: Where everything is written; the caller removes it.
            corpora: Folder of others' data; it may be absent.
        """
        self.scratch = scratch
        self._corpora = corpora
        self._logs: dict[tuple[int, float], Logs] = {}

    @property
    def environment(self) -> Mapping[str, str]:
        """That of every command: caches lie in the scratch folder, so the first run is a cold one.

        What Python compiles is kept, as it is where a package is installed. The cache's place is
        set for Linux; elsewhere it is the user's.
        """
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        return kept | {
            "XDG_CACHE_HOME": str(self.scratch / "cache"),
            "PYTHONPYCACHEPREFIX": str(self.scratch / "compiled"),
        }

    def logs(self, size: int, rate: float) -> Logs:
        """IIS and HttpProxy logs of one server, in plain files.

        Args:
            size: Bytes to aim at.
            rate: Attack requests a request.
        """
        if (size, rate) not in self._logs:
            top = self.scratch / f"logs-{size}-{rate:g}"
            truth = simulate(_scenario(rate), top / "evidence", seed=1, size=size)
            files = tuple(sorted(f for f in (top / "evidence").rglob("*") if f.is_file()))
            self._logs[size, rate] = Logs(top / "evidence", files, truth)
        return self._logs[size, rate]

    def forget(self, logs: Logs) -> None:
        """Remove logs that no other benchmark needs: several GB add up."""
        self._logs = {key: kept for key, kept in self._logs.items() if kept is not logs}
        shutil.rmtree(logs.folder.parent, ignore_errors=True)

    def zipped(self, logs: Logs) -> Path:
        """The logs as one zip."""
        path = logs.folder.parent / "evidence.zip"
        if not path.exists():
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in logs.files:
                    archive.write(file, file.relative_to(logs.folder))
        return path

    def gzipped(self, logs: Logs) -> Path:
        """The logs as a folder of gz files, one a log."""
        top = logs.folder.parent / "gz"
        if not top.exists():
            for file in logs.files:
                target = top / file.relative_to(logs.folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                with (
                    file.open("rb") as source,
                    gzip.open(f"{target}.gz", "wb", compresslevel=6) as packed,
                ):
                    shutil.copyfileobj(source, packed, _CHUNK)
        return top

    def sigmahq(self, name: str, keep: Callable[[str], bool]) -> Path | None:
        """A zip of the SigmaHQ rules whose text is to be kept; None without the corpus."""
        whole = self._corpora / "sigmahq_rules.zip"
        path = self.scratch / f"sigmahq-{name}.zip"
        if not whole.is_file():
            return None
        if not path.exists():
            with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
                for member, text in _rules(source):
                    if keep(text):
                        target.writestr(member, text)
        return path

    def rule_texts(self, rules: Path) -> list[str]:
        """The text of every rule of a zip, in the order of their names."""
        with zipfile.ZipFile(rules) as archive:
            return [text for _, text in _rules(archive)]

    def events(self, size: int) -> Path:
        """Invented EVTX, in which most command lines are distinct.

        Args:
            size: Bytes to aim at.
        """
        top = self.scratch / f"events-{size}"
        if not top.exists():
            simulate(load_scenario("events"), top, seed=1, size=size)
        return top

    def evtx(self) -> Path | None:
        """The EVTX files of EVTX-to-MITRE-Attack, in a folder; None where the corpus is absent."""
        whole = self._corpora / "evtx_to_mitre_attack.zip"
        top = self.scratch / "evtx"
        if not whole.is_file():
            return None
        if not top.exists():
            with zipfile.ZipFile(whole) as archive:
                names = [name for name in archive.namelist() if name.lower().endswith(".evtx")]
                archive.extractall(top, names)
        return top


def _scenario(rate: float) -> Scenario:
    scenario = load_scenario("benchmark")
    (server,) = scenario.servers
    attacks = tuple(msgspec.structs.replace(one, rate=rate) for one in server.attacks)
    return msgspec.structs.replace(
        scenario, servers=(msgspec.structs.replace(server, attacks=attacks),)
    )


def _rules(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    for member in sorted(archive.namelist()):
        if member.endswith(".yml"):
            yield member, archive.read(member).decode("utf-8")


def warm(files: tuple[Path, ...]) -> None:
    """Read files, so that no run waits for the disk."""
    for file in files:
        with file.open("rb") as stream:
            while stream.read(_CHUNK):
                pass

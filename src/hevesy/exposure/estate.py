"""An estate without a scan: what collections, lists and logs say of builds and settings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.evidence import catalog, groups, identify, reach_many
from hevesy.exposure.files import ExposureFile, file_kind, read_file
from hevesy.exposure.log_builds import evidence_of, path_builds, target_servers
from hevesy.exposure.reading import Reading, gather
from hevesy.exposure.web_config import read_web_configs
from hevesy.knowledge import ExchangeKnowledge
from hevesy.model import Loss, ServerEvidence, Source
from hevesy.records import Batch, parse_together, recognise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hevesy.evidence import Evidence, Reach

__all__ = ["Estate", "read_estate"]

_LOGS = ("httpproxy", "ecp_server", "ecp_activity")
"""Log kinds whose lines carry a build."""
_LOG_BYTES = 128 << 10
"""Of each log: Exchange begins one every hour or day, so that its first lines date a build."""
_TOGETHER = 256
"""Logs of one kind that are read at once: 32 MB at most."""
_HEAD = 64 << 10
_FILE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Estate:
    """What an estate's files say."""

    servers: tuple[ServerEvidence, ...]
    """By name, each once."""
    problems: tuple[str, ...]
    """One sentence each, with file and line."""
    losses: tuple[Loss, ...]
    """What could not be reached."""


def read_estate(evidence: Evidence, known: ExchangeKnowledge, scratch: Path) -> Estate:
    """Read what says builds and settings, and of logs their beginnings; nothing is scanned.

    Args:
        evidence: from `open_evidence`: collections, lists, files of any kind.
        known: the tables.
        scratch: a private folder for what must be a file (registry hives).
    """
    sources = list(catalog(evidence, recognise))
    reader = _Reader(known, scratch)
    for group in groups(one for one in sources if _may_tell(one)):
        for source, reached in reach_many(group, scratch=scratch):
            reader.read(source, reached)
    servers, problems = gather(reader.readings(sources))
    losses = tuple(one for one in evidence.losses() if one.grave)
    return Estate(servers, problems, losses)


def _may_tell(source: Source) -> bool:
    """Whether a file may be one that tells something; decided for good by its first bytes."""
    name = source.path.rsplit("/", 1)[-1].lower()
    ends = (".config", ".xml", ".json", ".csv", ".tsv", ".log")
    if source.kind in _LOGS or source.kind.startswith("later:"):
        return True
    whole = name in {"exsetup.exe", "software"} or name.startswith("healthchecker-")
    return whole or (source.kind in {"config_file", "unknown", "other"} and name.endswith(ends))


@dataclass(slots=True)
class _Reader:
    """What was read, by collection, until it is known whose it is."""

    known: ExchangeKnowledge
    scratch: Path
    found: list[tuple[str, Reading]] = field(default_factory=list)
    logs: list[tuple[str, tuple[ServerEvidence, ...]]] = field(default_factory=list)
    web: dict[str, list[tuple[bytes, str, str]]] = field(default_factory=dict)
    names: dict[str, Counter[str]] = field(default_factory=dict)
    waiting: dict[str, list[tuple[Source, str, bytes]]] = field(default_factory=dict)

    def read(self, source: Source, reached: Reach) -> None:
        """Read one source; what cannot be read is a problem that is named."""
        place = f"{source.input}/{source.path}" if source.path != source.input else source.path
        try:
            if source.kind in _LOGS:
                self._log(source, reached, place)
            else:
                self._file(source, reached, place)
        except (EvidenceError, OSError) as error:
            reading = Reading(problems=(f"{place}: cannot be read: {error}",))
            self.found.append((source.collection, reading))

    def readings(self, sources: list[Source]) -> Iterator[Reading]:
        """All that was read, each server by the name that its collection goes by."""
        for kind in sorted(self.waiting):
            self._read_logs(kind)
        counts = {collection: names.most_common() for collection, names in self.names.items()}
        identities = identify(sources, counts)
        own = {collection: name for collection, (name, _) in identities.items()}
        canonical = {
            alias.upper(): name for name, several in identities.values() for alias in several
        }
        for collection, reading in self.found:
            yield _named(reading, own.get(collection, ""), canonical)
        for collection, several in self.web.items():
            yield read_web_configs(several, self.known, own.get(collection, ""))
        for collection, targets in self.logs:
            server = own.get(collection, "")
            yield Reading(
                tuple(
                    replace(one, name=canonical.get(one.name, one.name), seen_from=(server,))
                    for one in targets
                    if canonical.get(one.name, one.name) != server
                )
            )
        yield from _folders(sources, own)

    def _log(self, source: Source, reached: Reach, place: str) -> None:
        """Let the beginning of a log wait for others of its kind: together they are quick."""
        data = reached.stream.read(_LOG_BYTES)
        whole = data if len(data) < _LOG_BYTES else data[: data.rfind(b"\n") + 1]
        waiting = self.waiting.setdefault(source.kind, [])
        waiting.append((source, place, whole))
        if len(waiting) >= _TOGETHER:
            self._read_logs(source.kind)

    def _read_logs(self, kind: str) -> None:
        waiting = self.waiting.pop(kind, [])
        sources = [source for source, _, _ in waiting]
        read = parse_together(sources, [data for _, _, data in waiting]) if waiting else []
        for (source, place, _), batches in zip(waiting, read, strict=True):
            for batch in batches:
                self._batch(source, place, batch)

    def _batch(self, source: Source, place: str, batch: Batch) -> None:
        builds = evidence_of(batch.survey.builds, place)
        if builds:
            self.found.append((source.collection, Reading((ServerEvidence("", builds),))))
        counter = self.names.setdefault(source.collection, Counter())
        for name, count in batch.survey.names:
            counter[name] += count
        if source.kind == "httpproxy":
            targets = target_servers(batch.frame, place, "")
            self.logs.append((source.collection, targets))

    def _file(self, source: Source, reached: Reach, place: str) -> None:
        head = reached.stream.read(_HEAD)
        path = source.windows_path or source.path
        kind = file_kind(head, path)
        if not kind:
            return
        data = head + reached.stream.read(_FILE_BYTES)
        if kind == "web_config":
            self.web.setdefault(source.collection, []).append((data, place, path))
            return
        local = self.scratch / "hive" if kind == "registry" else None
        if local:
            local.write_bytes(data)
        reading = read_file(ExposureFile(data, place, path, local=local), self.known)
        if local:
            local.unlink()
        self.found.append((source.collection, reading))


def _named(reading: Reading, own: str, canonical: Mapping[str, str]) -> Reading:
    return replace(
        reading,
        servers=tuple(
            replace(one, name=canonical.get(one.name, one.name) or own) for one in reading.servers
        ),
    )


def _folders(sources: list[Source], own: Mapping[str, str]) -> Iterator[Reading]:
    """Builds in the folders that Exchange serves its scripts from, by collection."""
    paths: dict[str, set[str]] = {}
    for source in sources:
        folder = source.path.rpartition("/")[0]
        paths.setdefault(source.collection, set()).add(f"/{folder}/")
    for collection, folders in sorted(paths.items()):
        builds = path_builds(sorted(folders), collection, "folder")
        if builds:
            yield Reading((ServerEvidence(own.get(collection, ""), builds),))

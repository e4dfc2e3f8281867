"""An estate without a scan: what collections, lists and logs say of builds and settings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.evidence import catalog, groups, identify, reach_many
from hevesy.exposure.files import ExposureFile, file_kind, read_file
from hevesy.exposure.inventory import read_inventory
from hevesy.exposure.log_builds import evidence_of, path_builds
from hevesy.exposure.log_scan import LIMIT, is_exchange_log, scan_log
from hevesy.exposure.reading import Reading, gather, short_name
from hevesy.exposure.web_config import read_web_configs
from hevesy.knowledge import ExchangeKnowledge
from hevesy.model import BuildEvidence, Loss, ServerEvidence, Source, TargetSeen
from hevesy.records import recognise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hevesy.evidence import Evidence, Reach

__all__ = ["Estate", "read_estate"]

_LOGS = ("httpproxy", "ecp_server", "ecp_activity", "oab_generator", "iis")
"""Kinds of logs that may carry a build; of others, the first lines decide."""
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
    """Read what says builds and settings, and of logs every line; nothing is compared with rules.

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
    """Whether a file may be one that tells something; decided for good by its first bytes.

    A file that was named by itself is looked at whatever it is: who named it is told if it is none.
    """
    if source.path == source.input and source.kind in {"config_file", "unknown", "other"}:
        return True
    name = source.path.rsplit("/", 1)[-1].lower()
    ends = (".config", ".xml", ".json", ".csv", ".tsv", ".log", ".eml")
    if source.kind in _LOGS or source.kind.startswith("later:"):
        return True
    whole = name in {"exsetup.exe", "software", "system"} or name.startswith("healthchecker-")
    return whole or (source.kind in {"config_file", "unknown", "other"} and name.endswith(ends))


@dataclass(slots=True)
class _Reader:
    """What was read, by collection, until it is known whose it is."""

    known: ExchangeKnowledge
    scratch: Path
    found: list[tuple[str, Reading]] = field(default_factory=list)
    logs: list[tuple[str, str, tuple[TargetSeen, ...]]] = field(default_factory=list)
    web: dict[str, list[tuple[bytes, str, str]]] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)
    """When files were changed last, by place."""
    names: dict[str, Counter[str]] = field(default_factory=dict)

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
        counts = {collection: names.most_common() for collection, names in self.names.items()}
        identities = identify(sources, counts)
        own = {collection: name for collection, (name, _) in identities.items()}
        canonical = {
            alias.upper(): name for name, several in identities.values() for alias in several
        }
        for collection, reading in self.found:
            yield _named(reading, own.get(collection, ""), canonical)
        for collection, several in self.web.items():
            yield read_web_configs(several, self.known, own.get(collection, ""), self.times)
        for collection, place, targets in self.logs:
            server = own.get(collection, "")
            found = (_target(one, place, server or place, canonical) for one in targets)
            yield Reading(tuple(one for one in found if one.name != server))
        yield from _folders(sources, own)

    def _log(self, source: Source, reached: Reach, place: str, head: bytes = b"") -> None:
        """Every build that a log shows, the server that wrote it, and those it speaks of."""
        scan = scan_log(reached.stream, head)
        builds = evidence_of(scan.builds, place)
        problems = () if scan.whole else (f"{place}: read to {LIMIT >> 30} GiB only",)
        if builds or problems:
            reading = Reading((ServerEvidence("", builds),) if builds else (), problems)
            self.found.append((source.collection, reading))
        counter = self.names.setdefault(source.collection, Counter())
        for name, count in scan.names:
            counter[name] += count
        self.logs.append((source.collection, place, scan.targets))

    def _file(self, source: Source, reached: Reach, place: str) -> None:
        head = reached.stream.read(_HEAD)
        path = source.windows_path or source.path
        kind = file_kind(head, path)
        if not kind:
            if is_exchange_log(head):
                self._log(source, reached, place, head)
            elif source.path == source.input:
                self.found.append((source.collection, _told_nothing(head, place)))
            return
        data = head + reached.stream.read(_FILE_BYTES)
        if kind == "web_config":
            self.web.setdefault(source.collection, []).append((data, place, path))
            if source.modified:
                self.times[place] = source.modified
            return
        local = self.scratch / "hive" if kind == "registry" else None
        if local:
            local.write_bytes(data)
        file = ExposureFile(data, place, path, local=local, modified=source.modified)
        reading = read_file(file, self.known)
        if local:
            local.unlink()
        self.found.append((source.collection, reading))


def _told_nothing(head: bytes, place: str) -> Reading:
    """A file that was named by itself and tells nothing: a list without a column, or another."""
    if place.lower().endswith((".csv", ".tsv")):
        first = read_inventory(head, place)
        if first.problems:
            return Reading(problems=first.problems[:1])
    return Reading(problems=(f"{place}: tells no build of Exchange and no setting of it",))


def _named(reading: Reading, own: str, canonical: Mapping[str, str]) -> Reading:
    return replace(
        reading,
        servers=tuple(
            replace(one, name=canonical.get(one.name, one.name) or own) for one in reading.servers
        ),
    )


def _target(
    seen: TargetSeen, place: str, seen_from: str, canonical: Mapping[str, str]
) -> ServerEvidence:
    """A server of which a log says that requests were passed on to it."""
    short = short_name(seen.name)
    build = BuildEvidence(
        seen.build, "cu_only", "target_server", place, seen.line, seen.first, seen.last
    )
    return ServerEvidence(
        canonical.get(short, short),
        (build,),
        aliases=(seen.name,) if "." in seen.name else (),
        seen_from=(seen_from,),
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

"""Which sources are one file, handed in twice: two collections, a shadow copy, a later copy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from hevesy.errors import EvidenceError
from hevesy.evidence.reaching import reach
from hevesy.evidence.streams import BLOCK

if TYPE_CHECKING:
    from hevesy.evidence.limits import Limits
    from hevesy.model import Source

__all__ = ["grown", "same"]

_FILE_KINDS = {"web_file", "compiled_page", "config_file", "script_file", "other", "unknown"}
_Servers = Mapping[str, tuple[str, tuple[str, ...]]]


def same(
    hashed: Iterable[tuple[Source, str]], servers: _Servers | None = None
) -> dict[Source, Source]:
    """Sources that are copies of another one: duplicate -> the one that counts.

    A log is the same wherever it lies if its bytes and its file name (or Windows path) are. A file
    (a page, a configuration) must also be of the same server, and not lie in two places of it: a
    web shell on two servers, or twice on one, is two finds.

    Args:
        hashed: Sources with their SHA-256; empty sources are never duplicates.
        servers: What `identify` returned; without it, two collections are two servers.
    """
    groups: dict[tuple[str, ...], list[Source]] = {}
    for source, sha256 in hashed:
        if source.size > 0 and sha256:
            key = (sha256, _name(source), _server(source, servers or {}))
            groups.setdefault(key, []).append(source)
    copies: dict[Source, Source] = {}
    for group in groups.values():
        kept: list[Source] = []
        for source in sorted(group, key=_rank):
            original = next((k for k in kept if _one_place(k, source)), None)
            if original is None:
                kept.append(source)
            else:
                copies[source] = original
    return copies


def grown(
    hashed: Iterable[tuple[Source, str]],
    servers: _Servers | None = None,
    limits: Limits | None = None,
) -> dict[Source, Source]:
    """Logs that were copied while they grew: the shorter copy -> the longest, which it begins.

    The longest copy of each set of candidates (logs of one server with one Windows path, or one
    file name where that is unknown) is read once, up to the size of the longest other copy.

    Args:
        hashed: Sources with their SHA-256, without those that `same` found to be copies.
        servers: As of `same`.
        limits: As of `reach`.
    """
    groups: dict[tuple[str, str], list[tuple[Source, str]]] = {}
    for source, sha256 in hashed:
        if source.size > 0 and sha256 and not _is_file(source):
            groups.setdefault((_path(source), _owner(source, servers or {})), []).append(
                (source, sha256)
            )
    copies: dict[Source, Source] = {}
    for group in groups.values():
        ranked = sorted(group, key=lambda pair: (-pair[0].size, _rank(pair[0])))
        (longest, _), shorter = ranked[0], ranked[1:]
        prefixes = _prefixes(longest, sorted({s.size for s, _ in shorter} - {longest.size}), limits)
        copies |= {s: longest for s, sha256 in shorter if prefixes.get(s.size) == sha256}
    return copies


def _prefixes(source: Source, sizes: Sequence[int], limits: Limits | None) -> dict[int, str]:
    """SHA-256 of the first bytes, for each size, ascending; without those it cannot give."""
    if not sizes:
        return {}
    found: dict[int, str] = {}
    digest, place = hashlib.sha256(), 0
    try:
        with reach(source, limits=limits) as reached:
            for size in sizes:
                while place < size and (piece := reached.stream.read(min(BLOCK, size - place))):
                    digest.update(piece)
                    place += len(piece)
                if place == size:
                    found[size] = digest.hexdigest()
    except EvidenceError:
        return found
    return found


def _is_file(source: Source) -> bool:
    return source.kind in _FILE_KINDS or source.kind.startswith("later:")


def _name(source: Source) -> str:
    return source.path.replace("\\", "/").rsplit("/", 1)[-1].casefold()


def _path(source: Source) -> str:
    return source.windows_path.casefold() or _name(source)


def _server(source: Source, servers: _Servers) -> str:
    if source.kind and not _is_file(source):
        return ""
    return _owner(source, servers)


def _owner(source: Source, servers: _Servers) -> str:
    return servers[source.collection][0] if source.collection in servers else source.collection


def _one_place(one: Source, other: Source) -> bool:
    if not _is_file(one):
        return True
    paths = {one.windows_path.casefold(), other.windows_path.casefold()}
    return len(paths - {""}) <= 1


def _rank(source: Source) -> tuple[bool, bool, int, str, str]:
    """The copy that counts comes first: one with a Windows path, not of a shadow copy."""
    shadow = "shadowcopy" in source.path.lower() or "/vss" in source.path.lower()
    return (not source.windows_path, shadow, len(source.path), source.input, source.path)

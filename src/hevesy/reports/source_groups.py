"""Sources by server and log kind: thousands of hourly logs are a few rows, each with one hash."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hevesy.model import SourceState

__all__ = ["SourceGroup", "group_sources"]


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """Sources of one server, log kind and state, added up."""

    server: str
    kind: str
    state: str
    folder: str
    """The innermost one that holds all of them, as it lies in the evidence: `input/path`."""
    folders: int
    """How many folders they lie in."""
    sources: int
    size: int
    rows: int
    parsed: int
    passed_over: int
    damaged: int
    sha256: str
    """Of the lines `hash  path` of its sources, sorted by path, each ended by a line feed: what
    `sha256sum` writes of them."""


def group_sources(sources: Iterable[SourceState]) -> tuple[SourceGroup, ...]:
    """Sources by server, kind and state, in that order."""
    found: dict[tuple[str, str, str], list[SourceState]] = {}
    for source in sources:
        found.setdefault((source.server, source.kind, source.state), []).append(source)
    return tuple(_group(*key, found[key]) for key in sorted(found))


def _group(server: str, kind: str, state: str, sources: Sequence[SourceState]) -> SourceGroup:
    folders = {f"{one.input}/{one.source}".rpartition("/")[0] for one in sources}
    lines = sorted((f"{one.input}/{one.source}", one.sha256) for one in sources)
    text = "".join(f"{sha256}  {path}\n" for path, sha256 in lines)
    return SourceGroup(
        server,
        kind,
        state,
        _common(folders),
        len(folders),
        len(sources),
        sum(one.size for one in sources),
        sum(one.rows for one in sources),
        sum(one.parsed for one in sources),
        sum(one.passed_over for one in sources),
        sum(one.damaged for one in sources),
        hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest(),
    )


def _common(folders: Iterable[str]) -> str:
    """The innermost folder that holds all of them; empty where they share none."""
    parts = [folder.split("/") for folder in folders]
    shared = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        shared.append(names[0])
    return "/".join(shared)

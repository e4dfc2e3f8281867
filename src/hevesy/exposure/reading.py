"""What reading one file for exposure gave, and how the readings of one server come together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hevesy.exposure.settled import settled_mitigations
from hevesy.model import InstalledUpdate, ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Reading", "gather", "short_name"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file says; nothing it holds can make a reader raise."""

    servers: tuple[ServerEvidence, ...] = ()
    """A name is empty where the file names no server: then it is of the collection's."""
    problems: tuple[str, ...] = ()
    """What could not be read: one sentence each, with file and line."""


def short_name(name: str) -> str:
    """Short upper-case name of a server: `MAIL01` for `mail01.example.org`."""
    return name.strip().split(".")[0].upper()


def gather(readings: Iterable[Reading]) -> tuple[tuple[ServerEvidence, ...], tuple[str, ...]]:
    """Servers, each once, by name, and all problems.

    A server that only other servers' logs mention is marked by `seen_from`; anything of its own
    takes that mark away.
    """
    found: dict[str, ServerEvidence] = {}
    problems: list[str] = []
    for reading in readings:
        problems += reading.problems
        for server in reading.servers:
            known = found.get(server.name)
            found[server.name] = _joined(known, server) if known else server
    servers = tuple(
        replace(found[name], mitigations=settled_mitigations(found[name].mitigations))
        for name in sorted(found)
    )
    return servers, tuple(problems)


def _joined(one: ServerEvidence, other: ServerEvidence) -> ServerEvidence:
    own = not one.seen_from or not other.seen_from
    return replace(
        one,
        builds=tuple(dict.fromkeys(one.builds + other.builds)),
        updates=_updates(one.updates, other.updates),
        settings=tuple(dict.fromkeys(one.settings + other.settings)),
        mitigations=tuple(dict.fromkeys(one.mitigations + other.mitigations)),
        directories=one.directories or other.directories,
        runs=tuple(dict.fromkeys(one.runs + other.runs)),
        aliases=tuple(dict.fromkeys(one.aliases + other.aliases)),
        seen_from=() if own else tuple(sorted({*one.seen_from, *other.seen_from})),
    )


def _updates(
    one: tuple[InstalledUpdate, ...] | None, other: tuple[InstalledUpdate, ...] | None
) -> tuple[InstalledUpdate, ...] | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple(dict.fromkeys(one + other))

"""Exchange servers that logs of others mention, and of which nothing was handed in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hevesy.knowledge import parse_build
from hevesy.model import BuildLine, Server, TargetSeen, UnseenServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["Mention", "unseen_servers"]

_NETBIOS = 15
_BUILDS = 12


@dataclass(frozen=True, slots=True)
class Mention:
    """A server that a log mentions."""

    target: TargetSeen
    source: str
    """The log, as a person finds it: `input/path`."""
    by: str
    """The server whose log it is; empty where it is not known."""


def unseen_servers(
    mentions: Iterable[Mention],
    servers: Sequence[Server],
    canonical: Mapping[str, str],
    known: ExchangeKnowledge,
) -> tuple[UnseenServer, ...]:
    """Servers that are mentioned and are none of those handed in, by name.

    Names are the same where their short names are, or their first 15 characters (NetBIOS).

    Args:
        mentions: From all logs.
        servers: Those that evidence was handed in of, with their aliases.
        canonical: The name that a server goes by, for each of its names.
        known: The tables.
    """
    seen = {_short(name) for one in servers for name in (one.name, *one.aliases)}
    seen |= {_short(name) for name in canonical}
    found: dict[str, list[Mention]] = {}
    for mention in mentions:
        name = _short(mention.target.name)
        if name and name not in seen:
            found.setdefault(name, []).append(mention)
    return tuple(_unseen(name, found[name], known) for name in sorted(found))


def _unseen(name: str, mentions: Sequence[Mention], known: ExchangeKnowledge) -> UnseenServer:
    ordered = sorted(mentions, key=lambda one: (_when(one.target.last), one.source))
    newest: dict[str, Mention] = {}
    for mention in ordered:
        if mention.target.build and mention.target.last:
            newest[mention.target.build] = mention
    by_time = sorted(newest.values(), key=lambda one: (_when(one.target.last), one.target.build))
    lines = tuple(_line(one, known) for one in by_time[-_BUILDS:])
    times = [time for one in mentions for time in (one.target.first, one.target.last) if time]
    return UnseenServer(
        name=name,
        aliases=tuple(sorted({one.target.name for one in mentions if "." in one.target.name})),
        update=lines[-1].name if lines else "",
        builds=lines,
        first=min(times, default=None),
        last=max(times, default=None),
        seen_from=tuple(sorted({one.by or one.source for one in mentions})),
        collect=_collect(),
    )


def _line(mention: Mention, known: ExchangeKnowledge) -> BuildLine:
    target = mention.target
    number = parse_build(target.build)
    place = known.builds.place(number) if number else None
    itself = known.builds.cumulative_update(place.product, place.cu) if place else None
    title = itself.title if itself else place.title if place else target.build
    if target.first is None or target.last is None:
        raise ValueError(f"{target.name} has no time")
    return BuildLine(target.build, title, target.first, mention.source, target.line)


@cache
def _collect() -> tuple[str, ...]:
    text = (resources.files("hevesy.assessment") / "method.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["collect"])


def _when(time: datetime | None) -> str:
    return time.isoformat() if time else ""


def _short(name: str) -> str:
    return name.strip().rstrip("$").split(".")[0].upper()[:_NETBIOS]

"""Builds that log lines carry.

Sources: `FEAuth=BEVersion-N` in HttpProxy's GenericInfo (N less 0x70000000 holds major, minor and
build in 6, 6 and 15 bits), the `id 15.2.2562.37` of a Received header, `/owa/auth/15.1.2375/` in
URLs and folder names. None but the Received header tells the security update; what a client can
write (a URL) is no proof.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hevesy.knowledge import Build, parse_build, show_build
from hevesy.model import BuildEvidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hevesy.model import BuildSeen

__all__ = [
    "back_end_build",
    "evidence_of",
    "path_builds",
    "received_builds",
]

_MARK = 0x70000000
_PATH = re.compile(
    r"/(?:owa|ecp)/(?:auth/|prem/)?(1[45])\.(\d{1,2})\.(\d{3,5})(?:\.(\d{1,4}))?/", re.IGNORECASE
)
_RECEIVED = re.compile(
    r"\bwith Microsoft SMTP Server\b[^;]*?\bid (1[45]\.\d{1,2}\.\d{1,5}\.\d{1,4})\b"
)
_LIMIT = 1000
"""Builds of one text that are kept."""


def evidence_of(builds: Iterable[BuildSeen], place: str) -> tuple[BuildEvidence, ...]:
    """Builds that a survey saw, as evidence.

    Args:
        builds: of one source.
        place: how a person finds it.
    """
    return tuple(
        BuildEvidence(
            one.build,
            one.grade,
            one.origin,
            place,
            one.line,
            one.first,
            one.last,
            last_line=one.last_line,
        )
        for one in builds
    )


def back_end_build(number: int) -> Build | None:
    """The build in `BEVersion-1942063431`: 15.1.2375, without security update."""
    rest = number - _MARK
    if rest < 0:
        return None
    major, minor, third = rest >> 22 & 63, rest >> 16 & 63, rest & 0x7FFF
    return parse_build(f"{major}.{minor}.{third}.0")


def path_builds(paths: Iterable[str], place: str, origin: str = "url") -> tuple[BuildEvidence, ...]:
    r"""Builds in URLs or in the paths of folders, each once.

    Args:
        paths: `/owa/auth/15.1.2375/themes/x.png`, `C:\...\owa\auth\15.1.2375.7\x.js`.
        place: how a person finds them.
        origin: `url` or `folder`.
    """
    found: dict[str, BuildEvidence] = {}
    for path in paths:
        match = _PATH.search(path.replace("\\", "/"))
        if match and len(found) < _LIMIT:
            build = parse_build(".".join((*match.groups()[:3], match[4] or "0")))
            if build:
                shown = show_build(build)
                found.setdefault(shown, BuildEvidence(shown, "cu_only", origin, place))
    return tuple(found[build] for build in sorted(found))


def received_builds(header: str, place: str, line: int | None = None) -> tuple[BuildEvidence, ...]:
    """Builds in Received headers: of each Exchange server that passed a message on."""
    numbers = [build for text in _RECEIVED.findall(header) if (build := parse_build(text))]
    return tuple(
        BuildEvidence(show_build(build), "su_exact", "received", place, line)
        for build in dict.fromkeys(numbers)
    )

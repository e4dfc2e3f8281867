"""Exchange build numbers: read from text in any of their spellings, compared, shown."""

from __future__ import annotations

import re
from typing import TypeAlias

__all__ = ["Build", "parse_build", "show_build"]

Build: TypeAlias = tuple[int, int, int, int]
"""Major, minor, build, revision: compared part by part."""

_DOTTED = re.compile(r"0*(\d{1,3})\.0*(\d{1,3})\.0*(\d{1,5})\.0*(\d{1,5})")
_WORDS = re.compile(r"Version 0*(\d{1,3})\.0*(\d{1,3}) \(Build 0*(\d{1,5})\.0*(\d{1,5})\)")
_MAJORS = (8, 14, 15)
_STORED_MAJOR = 30000
"""Active Directory writes the build of `Version 15.1 (Build 32375.7)` 30000 too high."""


def parse_build(text: str) -> Build | None:
    """A build in any of its spellings; None where the text is none.

    `15.01.2507.061` (file version, zero padded), `15.1.2507.61`, `Version 15.1 (Build 2507.61)`
    and Active Directory's `Version 15.1 (Build 32507.61)` are the same. `15.0.0.0`, which several
    logs print for every version, is no build.
    """
    text = text.strip()
    if match := _WORDS.fullmatch(text):
        major, minor, third, fourth = (int(part) for part in match.groups())
        third = third - _STORED_MAJOR if third > _STORED_MAJOR else third
    elif match := _DOTTED.fullmatch(text):
        major, minor, third, fourth = (int(part) for part in match.groups())
    else:
        return None
    if major not in _MAJORS or third == 0:
        return None
    return major, minor, third, fourth


def show_build(build: Build) -> str:
    """Without zero padding: `15.1.2507.61`."""
    return ".".join(str(part) for part in build)

"""Nouns of what is known: a threat, its vulnerabilities, an indicator, a shipped web file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Indicator", "Threat", "Vulnerability"]


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One CVE of a threat."""

    id: str
    title: str
    kinds: tuple[str, ...]
    """Log kinds that would show its exploitation."""


@dataclass(frozen=True, slots=True)
class Threat:
    """One `knowledge/threats/<name>/` folder: a known way in, and what follows it."""

    name: str
    title: str
    vulnerabilities: tuple[Vulnerability, ...]
    first_exploited: datetime
    first_exploited_source: str
    window_kinds: tuple[str, ...]
    """Log kinds that must cover the window of risk before `no_trace` may be said."""
    remedies: tuple[tuple[str, str], ...]
    """Key and Markdown text, from `remedy.md`."""
    folder: str
    """Where its `sigma/`, `yara/` and `indicators.csv` lie."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One value that a source connects with an attack."""

    type: str
    """`ipv4`, `ipv6`, `domain`, `sha256`, `sha1`, `md5`, `user_agent`, `uri_stem`,
    `uri_stem_regex`, `file_path`, `path_fragment`, `string`, `email`, `scheduled_task`."""
    value: str
    """Normalised for comparison."""
    original: str
    context: str
    source: str
    actor: str
    weight: str
    """`strong`, `medium` or `weak`."""
    file: str = ""
    line: int = 0

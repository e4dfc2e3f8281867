"""What a run is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hevesy.detection import RuleChoice  # noqa: TC004  # loads polars: workers start before it

__all__ = ["ClockOffset", "Options"]


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """`--clock HOST=+5h`: what to add to the times of a server's rows to get UTC."""

    server: str
    """Short upper-case name."""
    seconds: int
    windows_only: bool = False
    """`--clock HOST:windows=+5h`: Windows events only, for local time that is labelled UTC."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for; everything in it but paths and `jobs` can change the result."""

    evidence: tuple[str, ...]
    case: Path
    rules: tuple[Path, ...] = ()
    choice: RuleChoice | None = None
    """Which of `rules` are asked, and what they are given; None: all of them, as they are."""
    yara: tuple[Path, ...] = ()
    indicators: tuple[Path, ...] = ()
    tables: Path | None = None
    """Folder with tables of builds and KEV that the user imported; None reads none."""
    servers: Mapping[str, str] = field(default_factory=dict)
    """Server name -> path, from `--server NAME=PATH`."""
    clocks: tuple[ClockOffset, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    as_of: date | None = None
    tlp: str = "AMBER"
    jobs: int = 1
    replace: bool = False
    """Whether an existing case may be written anew."""
    memory_limit: int = 2 << 30
    """Bytes that a worker may take before its source is quarantined."""
    seconds_per_source: float = 120.0
    """Time that any source may take, beside one second for each MiB of it."""

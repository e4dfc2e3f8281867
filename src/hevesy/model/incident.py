"""Nouns of what happened: a chain on one server, an incident over servers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hevesy.model.ladders import Outcome, Stage

__all__ = ["Chain", "Incident", "Step"]


@dataclass(frozen=True, slots=True)
class Step:
    """One finding in the time order of a chain, in words."""

    time: datetime | None
    stage: Stage
    outcome: Outcome
    text: str
    """What happened, for a person: `web shell written: C:\\inetpub\\...\\a.aspx`."""
    finding: str
    """Id of the finding it rests on."""
    count: int = 1
    by_time: bool = False
    """Whether nothing but time joins it to the chain."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Findings of one server joined by pivots and time."""

    id: str
    server: str
    first: datetime | None
    last: datetime | None
    anchored: bool
    """Whether it rests on an exploit, a write, a shell or a worker's process that succeeded."""
    reached: Stage
    """Latest stage that succeeded; where none did, the latest that was attempted."""
    steps: tuple[Step, ...]
    pivots: tuple[str, ...]
    findings: tuple[str, ...]
    by_time: tuple[str, ...] = ()
    """Ids of the findings that only stand near in time: shown, and no verdict rests on them."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Chains that belong together, over servers."""

    id: str
    title: str
    threat: str
    """Name of the threat folder it fits: `proxylogon`; empty where it fits none."""
    first: datetime | None
    last: datetime | None
    chains: tuple[Chain, ...]

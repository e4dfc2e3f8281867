"""Nouns of invented evidence: what the simulator planted, so that a run can be compared with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hevesy.model.ladders import Outcome, Stage, Verdict

__all__ = ["PlantedStep", "ServerTruth", "Truth"]


@dataclass(frozen=True, slots=True)
class PlantedStep:
    """One line or file that the simulator planted as part of an attack."""

    id: str
    """Name of the step in the scenario: `ssrf-autodiscover`."""
    server: str
    time: datetime
    stage: Stage
    outcome: Outcome
    vulnerability: str
    kind: str
    """Log kind."""
    source: str
    """Path within the collection."""
    line: int | None
    """1-based line, or record number of JSON lines and EVTX; None for a file."""
    open_then: str = ""
    """Whether the server was open to the vulnerability then: `yes` or `no`; empty: not said."""


@dataclass(frozen=True, slots=True)
class ServerTruth:
    """What a run must say of one server."""

    name: str
    verdict: Verdict
    steps: tuple[PlantedStep, ...]
    shared: tuple[str, ...] = ()
    """Addresses in its logs that stand for many clients."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one invented collection; stands beside it as `truth.json`."""

    scenario: str
    seed: int
    rows: int
    """Data rows written, over all text logs."""
    size: int
    """Bytes written."""
    servers: tuple[ServerTruth, ...]
    unseen: tuple[str, ...] = ()
    """Servers that only the logs of others mention."""

"""What is known after each stage of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from hevesy.assessment import Known
from hevesy.detection import Quotes
from hevesy.evidence import Evidence
from hevesy.incident import Reconstruction
from hevesy.model import (
    Assessment,
    ExposedServer,
    Loss,
    RuleReference,
    Server,
    ServerEvidence,
    SharedClient,
    Source,
    UnseenServer,
)
from hevesy.runner.content import Content
from hevesy.runner.options import Options
from hevesy.runner.pool import Workers
from hevesy.runner.worker import ReadResult

if TYPE_CHECKING:
    from rich.console import Console  # noqa: TC004  # heavy, and nothing reads the annotation

__all__ = ["State", "Timings"]

Timings = dict[str, float]


@dataclass(frozen=True, slots=True)
class State:
    """A run; each stage returns it with more of it filled in."""

    options: Options
    scratch: Path
    """Private folder, removed at the end."""
    console: Console | None = None
    """Where progress is shown; None: nowhere."""
    workers: Workers | None = None
    """Processes that the stages use; None: each starts its own."""
    counter: Synchronized[int] | None = None
    """Bytes that the workers have read, for the progress bar."""
    content: Content | None = None
    evidence: Evidence | None = None
    sources: tuple[Source, ...] = ()
    results: tuple[ReadResult, ...] = ()
    """One a source that was read, in the order of `sources`."""
    losses: tuple[Loss, ...] = ()
    duplicates: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(input, path) of a source that counts for nothing -> the source that it repeats."""
    server_of: Mapping[str, str] = field(default_factory=dict)
    """Server by collection."""
    canonical: Mapping[str, str] = field(default_factory=dict)
    """The name a server goes by, for each of its names."""
    servers: tuple[Server, ...] = ()
    shared_clients: Mapping[str, tuple[SharedClient, ...]] = field(default_factory=dict)
    """Addresses that stand for many, by server."""
    hits: pl.DataFrame | None = None
    touches: pl.DataFrame | None = None
    quotes: Quotes = field(default_factory=Quotes)
    """Where the raw text of hits and touches lies."""
    shells: pl.DataFrame | None = None
    rules: Mapping[str, RuleReference] = field(default_factory=dict)
    ledger: pl.DataFrame | None = None
    happened: Reconstruction | None = None
    server_evidence: Mapping[str, ServerEvidence] = field(default_factory=dict)
    """What says builds and settings, by Exchange server."""
    exposed: Mapping[str, ExposedServer] = field(default_factory=dict)
    """What was open, by Exchange server."""
    unseen: tuple[UnseenServer, ...] = ()
    """Exchange servers that logs of others mention, and of which nothing was handed in."""
    known: Known | None = None
    assessment: Assessment | None = None
    timings: Timings = field(default_factory=dict)
    """Seconds by stage."""

    @property
    def shared_pivots(self) -> dict[str, frozenset[str]]:
        """Pivots that stand for many, by server."""
        return {
            name: frozenset(f"ip:{one.address.lower()}" for one in several)
            for name, several in self.shared_clients.items()
        }

    @property
    def loaded(self) -> Content:
        """The content, after it was loaded."""
        if self.content is None:
            raise RuntimeError("the stage `load` has not run")
        return self.content

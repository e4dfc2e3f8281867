"""What a benchmark is, what it is asked for and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.inputs import Inputs

__all__ = ["Benchmark", "Ratio", "Result", "Settings", "Timing"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command was asked for."""

    sizes: tuple[int, ...]
    """Bytes of text logs to invent."""
    rates: tuple[float, ...]
    """Attack requests a request; the first goes with every size, the others with the first size."""
    rows: int
    """Rows of process creation."""
    events: int
    """Bytes of EVTX to invent."""
    repeats: int
    """How often each of ours and its peer run, in turns; medians are shown."""
    jobs: int
    """Processes of ours and of each peer."""
    corpora: Path
    """Folder of others' data; what needs it and does not find it is left out, and says so."""
    zircolite: Path | None
    """Checkout of Zircolite."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What one thing took."""

    what: str
    seconds: float
    """By the clock on the wall."""
    cpu: float
    """Processor seconds, of every process together."""
    memory: int = 0
    """Peak private bytes, summed over the processes; 0: not measured."""
    bytes: int = 0
    """Bytes that were read; 0: their number says nothing."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours against a peer: below 1 is faster than the peer."""

    what: str
    wall: float
    cpu: float
    aim: float | None = None
    """At most this, by the clock on the wall; None: no aim was set."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one benchmark gave for one input."""

    benchmark: str
    case: Mapping[str, str | int | float]
    """What was varied: `{"bytes": 1000000000, "rate": 0.00005}`."""
    timings: tuple[Timing, ...]
    ratios: tuple[Ratio, ...] = ()
    equal: bool | None = None
    """Whether the results agree with the truth, or the peer's; None: there is nothing to compare,
    and a note says why."""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One of the benchmarks; each is a file of this package."""

    name: str
    title: str
    run: Callable[[Settings, Inputs], Iterator[Result]]

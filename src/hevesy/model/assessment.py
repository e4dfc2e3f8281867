"""The one result document and its parts; reports and exports read only this and its tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from hevesy.model.exposure import (
    BuildSpan,
    Exposure,
    InstalledUpdate,
    Mitigation,
    OpenSpan,
    PlanStep,
    Setting,
    UnseenServer,
)
from hevesy.model.finding import Finding
from hevesy.model.incident import Incident
from hevesy.model.ladders import Verdict
from hevesy.model.source import BuildSeen, DamagedRow, Loss

__all__ = [
    "SCHEMA",
    "Action",
    "Assessment",
    "Coverage",
    "DataTable",
    "Input",
    "RiskWindow",
    "RuleUse",
    "Server",
    "ServerAssessment",
    "SharedClient",
    "SourceState",
]

SCHEMA = "hevesy.assessment/1"


@dataclass(frozen=True, slots=True)
class Server:
    """A machine that the evidence speaks of."""

    name: str
    """Short upper-case name."""
    aliases: tuple[str, ...] = ()
    """Other names it goes by: FQDN, folder, archive."""
    exchange: bool = False
    """Whether the evidence shows that it runs or ran Exchange; only then it gets a verdict."""
    why_exchange: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the evidence of one log kind of one server could have shown."""

    kind: str
    """A key of `hevesy.tables.KINDS`; for Windows events `windows:<channel>`."""
    title: str
    first: datetime | None
    last: datetime | None
    records: int
    damaged: int
    sources: int
    days: tuple[tuple[date, int], ...]
    gaps: tuple[tuple[date, date], ...]
    """Whole days without a record between first and last, as first and last day of each gap."""
    clock_offset: int | None = None
    """Seconds that a clock was seen to be off; see design.md section 4."""
    shows: str = ""
    """What this kind would have shown, in words."""


@dataclass(frozen=True, slots=True)
class RiskWindow:
    """When a threat is known to have been exploited, and whether the ledger covers that time."""

    threat: str
    start: datetime
    start_source: str
    end: datetime | None
    covered: bool
    missing: tuple[str, ...]
    """What does not reach: `HttpProxy: nothing before 2021-02-20`."""
    note: str = ""
    """Why nothing need reach: the server was not open to the threat then."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do now."""

    order: int
    title: str
    text: str
    """Markdown: what to do and how."""
    servers: tuple[str, ...]
    why: str
    findings: tuple[str, ...] = ()
    kind: str = "remedy"
    """`remedy`, `collect` or `check`."""


@dataclass(frozen=True, slots=True)
class SharedClient:
    """An address that stands for many clients: of a load balancer, of a house's way out."""

    address: str
    rows: int
    """Requests from it, of those that were looked at."""
    share: float
    """Its part of all requests from outside, 0 to 1."""
    accounts: int
    """About how many users were let in from it."""
    agents: int
    """About how many programs asked."""
    forwarded: bool
    """Whether the rows name, in `X-Forwarded-For`, who asked in truth."""


@dataclass(frozen=True, slots=True)
class ServerAssessment:
    """Everything said of one server."""

    name: str
    """Short upper-case name."""
    aliases: tuple[str, ...]
    exchange: bool
    why_exchange: str
    verdict: Verdict | None
    """None for a machine that does not run Exchange: findings, no verdict."""
    at_least: bool
    """Whether a log kind that would show a graver verdict is missing."""
    at_least_why: tuple[str, ...]
    why: str
    """One sentence."""
    not_excluded: tuple[str, ...]
    """What the verdict does not exclude."""
    coverage: tuple[Coverage, ...]
    windows: tuple[RiskWindow, ...]
    builds: tuple[BuildSeen, ...]
    update: str = ""
    """Name of the newest build that the evidence shows: `Exchange Server 2016 CU19 Mar21SU`."""
    support: str = ""
    """In words: `out of support since 2025-10-14`."""
    exposures: tuple[Exposure, ...] = ()
    """The vulnerabilities of known threats, and all that are open or mitigated; gravest first, KEV
    first."""
    update_plan: tuple[PlanStep, ...] = ()
    conflicts: tuple[str, ...] = ()
    """Sources that contradict each other about builds."""
    clock_notes: tuple[str, ...] = ()
    history: tuple[BuildSpan, ...] = ()
    """Each build with the first and last line that shows it, in order of time."""
    attacked: tuple[OpenSpan, ...] = ()
    """Records of attacks by vulnerability and whether the server was open to it, over all
    findings of hevesy's rules, in order of time."""
    questions: tuple[str, ...] = ()
    """What contradicts itself, and has to be looked at: a success against a fixed build."""
    shared_clients: tuple[SharedClient, ...] = ()
    """Addresses in its logs that stand for many, as a load balancer's does; they join nothing."""
    mitigations: tuple[Mitigation, ...] = ()
    """Measures that stop an attack without fixing what it uses; also those that do not hold."""
    settings: tuple[Setting, ...] = ()
    """What was read of settings that fixes depend on."""
    installed: tuple[InstalledUpdate, ...] | None = None
    """Updates that it lists as installed; None where no list was read."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing handed in."""

    name: str
    size: int
    sha256: str
    """Of the file; for a folder, of the sorted list of its sources' hashes."""
    sources: int


@dataclass(frozen=True, slots=True)
class DataTable:
    """A table that evidence was compared with, and how old it was on the day of the assessment."""

    title: str
    as_of: date
    """Newest day that it speaks of: what came out later it does not know."""
    days: int
    """From then to the day of the assessment."""
    old: bool


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source as the manifest lists it."""

    input: str
    source: str
    windows_path: str
    server: str
    kind: str
    size: int
    sha256: str
    modified: datetime | None
    rows: int
    parsed: int
    passed_over: int
    damaged: int
    damaged_samples: tuple[DamagedRow, ...]
    state: str
    """`read`, `duplicate`, or a state of `Loss`."""
    notes: tuple[str, ...] = ()
    """What a reader must know of it: `clock is off`, `truncated: ...`."""


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule collection that was loaded: how much of it could be used, and what not."""

    source: str
    usable: int
    refused: tuple[tuple[str, str], ...]
    """Place (`file:line`) and reason."""
    authors: tuple[str, ...] = ()
    left_out: int = 0
    """Rules that could be used and were not asked for: level, status or tag."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything known, in one document."""

    as_of: date
    """The date that the data tables speak of, or `--as-of`."""
    inputs: tuple[Input, ...]
    servers: tuple[ServerAssessment, ...]
    """Gravest first, then by name."""
    incidents: tuple[Incident, ...]
    findings: tuple[Finding, ...]
    """By time, then server, then id."""
    actions: tuple[Action, ...]
    losses: tuple[Loss, ...]
    sources: tuple[SourceState, ...]
    rules: tuple[RuleUse, ...]
    limits: tuple[str, ...] = ()
    """Method and limits: sentences."""
    hypotheses: tuple[str, ...] = ()
    """Filled by `attribution`, when that room stands."""
    options: tuple[tuple[str, str], ...] = field(default=())
    unseen: tuple[UnseenServer, ...] = ()
    """Exchange servers that logs of others mention, and of which nothing was handed in."""
    tables: tuple[DataTable, ...] = ()
    """The data tables of builds, fixes, exploitation and indicators, and how old they are."""
    schema: str = SCHEMA
    version: str = ""
    """Of hevesy."""

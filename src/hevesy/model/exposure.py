"""Nouns of exposure: what shows a build, what is open on a server since when, how to close it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = [
    "BuildEvidence",
    "BuildLine",
    "BuildPeriod",
    "BuildSpan",
    "CveFacts",
    "ExposedServer",
    "Exposure",
    "ExposureState",
    "Gap",
    "InstalledUpdate",
    "Mitigation",
    "OpenAnswer",
    "OpenSpan",
    "PlanStep",
    "ServerEvidence",
    "Setting",
    "SetupRun",
    "UnseenServer",
    "VirtualDirectory",
]


class ExposureState(StrEnum):
    """What can be said of one vulnerability of one server, gravest first."""

    OPEN = "open"
    MITIGATED = "mitigated"
    UNKNOWN = "unknown"
    UNSUPPORTED = "unsupported"
    FIXED = "fixed"
    NOT_AFFECTED = "not_affected"

    @property
    def rank(self) -> int:
        """Position in this order, 0 is the gravest."""
        return list(ExposureState).index(self)


@dataclass(frozen=True, slots=True)
class BuildEvidence:
    """One place that says which build a server had, and when."""

    build: str
    """Without zero padding: `15.1.2375.7`."""
    grade: str
    """`su_exact`: tells the security update; `cu_only`: tells the cumulative update alone."""
    origin: str
    """What carried it: `exsetup`, `registry`, `registry_update`, `healthchecker`, `server_list`,
    `inventory`, `setup_log`, `header_version`, `columns`, `S:BLD`, `url`, `folder`, `received`,
    `back_end`, `target_server`."""
    source: str
    """File that says it, as a person finds it: `input/path`."""
    line: int | None = None
    """Line (1-based) of a text file."""
    first: datetime | None = None
    """UTC; None where the place has no time of its own and speaks of when it was collected."""
    last: datetime | None = None
    text: str = ""
    """As it stands, where that differs: `15.01.2375.007`."""
    last_line: int | None = None
    """Last line (1-based) that says it, of a text file."""


@dataclass(frozen=True, slots=True)
class InstalledUpdate:
    """An update that a server lists as installed."""

    kb: str
    """`KB5000871`."""
    name: str
    source: str
    installed: str = ""
    """Date as it stands there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a server that a fix depends on, and where it was read."""

    name: str
    """A key of `knowledge/exchange/conditions.toml`: `extended_protection`."""
    met: bool | None
    """Whether it is as the fix needs it; None where what was read does not decide it."""
    why: str
    """What was read, in one sentence."""
    source: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Mitigation:
    """A measure that stops an attack without fixing what it uses."""

    name: str
    """A key of `knowledge/exchange/mitigations.toml`: `eomt`, `eomt_v2`, `eems_m1`."""
    title: str
    cves: tuple[str, ...]
    active: bool
    """False where it is there but something defeats it."""
    why: str
    """What was read; what defeats it."""
    source: str
    line: int | None = None
    since: datetime | None = None
    """UTC; None where it is not known since when it stands."""
    since_from: str = ""
    """What tells `since`: `log_line`, a line that says that it was applied then; `file_time`, the
    last change of the file that holds it, so that it stands since then at the latest."""


@dataclass(frozen=True, slots=True)
class VirtualDirectory:
    """Extended Protection of one virtual directory against Microsoft's table."""

    path: str
    """`Default Web Site/EWS`."""
    found: str
    """`None`, `Allow` or `Require`; empty where the server has no such directory."""
    expected: str
    secure: bool
    why: str = ""
    """Where it differs, or where the value is inherited from."""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class SetupRun:
    """One run of Exchange Setup in ExchangeSetup.log."""

    version: str
    """Of the setup that ran."""
    started: datetime | None
    ended: datetime | None
    """Last line of the run."""
    succeeded: bool | None
    """None where the log does not say."""
    mode: str = ""
    """`Install`, `BuildToBuildUpgrade`."""
    installed: str = ""
    """What the log calls the locally installed version, at the beginning."""
    previous: str = ""
    """Version of the backup copy of what was installed before."""
    line: int = 1


@dataclass(frozen=True, slots=True)
class ServerEvidence:
    """All that is known of one server before anything is compared."""

    name: str
    """Short upper-case name; empty where the source names none."""
    builds: tuple[BuildEvidence, ...] = ()
    updates: tuple[InstalledUpdate, ...] | None = None
    """None where no list of installed updates was read; an empty list says that there are none."""
    settings: tuple[Setting, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    directories: tuple[VirtualDirectory, ...] = ()
    runs: tuple[SetupRun, ...] = ()
    aliases: tuple[str, ...] = ()
    seen_from: tuple[str, ...] = ()
    """Servers whose logs mention it, where nothing of its own was handed in."""


@dataclass(frozen=True, slots=True)
class CveFacts:
    """What is known of one vulnerability, whatever server."""

    id: str
    """`CVE-2021-26855`, or `ADV190018`."""
    title: str = ""
    severity: str = ""
    """`critical`, `high`, `medium`, `low`; empty where no source read gives one."""
    cvss: str = ""
    published: date | None = None
    """First day of the month where only that is known."""
    kev_added: date | None = None
    """Day that CISA added it to the Known Exploited Vulnerabilities catalogue."""
    kev_due: date | None = None
    ransomware: bool = False
    """Whether CISA knows of its use in ransomware campaigns."""
    first_exploited: date | None = None
    first_exploited_source: str = ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One vulnerability of one server."""

    cve: CveFacts
    state: ExposureState
    why: str
    """One sentence."""
    first_fixed_build: str = ""
    """In the server's own CU; empty where this CU never got a fix."""
    fixed_by: str = ""
    """`Mar21SU`."""
    kb: str = ""
    needs: tuple[str, ...] = ()
    """Keys of conditions that a fix depends on beside the build."""
    remedy: str = ""
    """What to install or set, in one sentence; empty where nothing is to be done."""
    since: datetime | None = None
    """First line that shows the server in this state."""
    until: datetime | None = None
    """For a fixed one: last line that shows it open."""
    risk_from: date | None = None
    """Beginning of the window of risk: first known exploitation, or KEV date for want of one."""
    risk_until: datetime | None = None
    """End of it: first line that shows the server fixed; None while it is not known to be."""
    rests_on: tuple[str, ...] = ()
    """What was compared: builds, updates, settings and mitigations, each with its source."""


@dataclass(frozen=True, slots=True)
class BuildPeriod:
    """A build and the times at which log lines show it."""

    build: str
    name: str
    grade: str
    first: datetime
    last: datetime
    evidence: tuple[BuildEvidence, ...]


@dataclass(frozen=True, slots=True)
class OpenAnswer:
    """Whether a server was open to a vulnerability at one moment."""

    answer: str
    """`yes`, `no`, `mitigated` or `cannot_tell`."""
    why: str
    """One sentence."""
    evidence: tuple[BuildEvidence, ...] = ()
    """The lines that it rests on."""


@dataclass(frozen=True, slots=True)
class BuildLine:
    """One line of a log that shows which build a server had at its time."""

    build: str
    """Without zero padding: `15.1.2375.7`."""
    name: str
    """`Exchange Server 2016 CU22 Nov21SU`."""
    time: datetime
    """UTC."""
    source: str
    """As a person finds it: `input/path`."""
    line: int | None
    """1-based."""


@dataclass(frozen=True, slots=True)
class BuildSpan:
    """One build of a server's history, with the lines that show it first and last."""

    build: str
    name: str
    """`Exchange Server 2016 CU19`."""
    label: str
    """As short as a picture needs it: `CU19 (no SU)`, `CU19 Mar21SU`."""
    grade: str
    """`su_exact`: tells the security update; `cu_only`: tells the cumulative update alone."""
    first: BuildLine
    last: BuildLine
    sources: int
    """Files that show it."""
    open: tuple[str, ...] = ()
    """Of the vulnerabilities of known threats, and those attacked, what this build is open to."""
    closes: tuple[str, ...] = ()
    """Of these, what was open with the build before and is not with this one."""


@dataclass(frozen=True, slots=True)
class OpenSpan:
    """Whether a server was open to a vulnerability while records of an attack on it were made."""

    cve: str
    answer: str
    """`yes`, `no`, `mitigated` or `cannot_tell`."""
    first: datetime
    """Of these records, UTC."""
    last: datetime
    count: int
    """Records."""
    succeeded: int
    """Records of them that are said to have succeeded."""
    why: str
    """One sentence."""
    before: BuildLine | None = None
    """Nearest line at or before the first record that shows a build."""
    after: BuildLine | None = None
    """Nearest line at or after the last record that shows one."""


@dataclass(frozen=True, slots=True)
class UnseenServer:
    """An Exchange server that logs of others mention, and of which nothing was handed in."""

    name: str
    """Short upper-case name."""
    aliases: tuple[str, ...]
    update: str
    """Of the newest build that is seen: `Exchange Server 2016 CU22`; empty where none is."""
    builds: tuple[BuildLine, ...]
    """The newest line for each build, newest last; they tell the cumulative update alone."""
    first: datetime | None
    last: datetime | None
    seen_from: tuple[str, ...]
    """Servers whose logs mention it."""
    collect: tuple[str, ...]
    """What to collect from it, in words."""


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One thing to do on one server, in order."""

    order: int
    kind: str
    """`retire`, `cu`, `su`, `schema`, `extended_protection`, `hybrid`, `setting`, `check`."""
    title: str
    text: str
    closes: tuple[str, ...] = ()
    """Vulnerabilities that are fixed or mitigated when it is done."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the evidence does not tell of a server."""

    why: str
    """One sentence without its full stop."""
    collect: str
    """What would tell it."""
    cves: tuple[str, ...] = ()
    """Vulnerabilities that are unknown for this reason."""


@dataclass(frozen=True, slots=True)
class ExposedServer:
    """Everything that exposure says of one server."""

    name: str
    aliases: tuple[str, ...]
    product: str
    """`Exchange Server 2016`; empty where no build was found."""
    build: str
    update: str
    """`Exchange Server 2016 CU22 Nov21SU`; `unknown build, between ... and ...`."""
    known_build: bool
    grade: str
    """Of the evidence that decided: `su_exact`, `cu_only`; empty where there is none."""
    evidence: tuple[BuildEvidence, ...]
    conflicts: tuple[str, ...]
    """Sources that contradict each other, tables that do; sentences."""
    supported_until: date | None
    supported: bool | None
    """On the day of the assessment; None where no build was found."""
    support: str
    """In words: `out of support since 2023-04-11`."""
    exposures: tuple[Exposure, ...]
    """Gravest state first, then KEV, then severity, then id."""
    mitigations: tuple[Mitigation, ...] = ()
    directories: tuple[VirtualDirectory, ...] = ()
    settings: tuple[Setting, ...] = ()
    history: tuple[BuildPeriod, ...] = ()
    runs: tuple[SetupRun, ...] = ()
    plan: tuple[PlanStep, ...] = ()
    unseen: bool = False
    """Nothing of its own was handed in; other servers' logs mention it."""
    notes: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """Why some of the exposures are unknown, and what to collect."""

    @property
    def open(self) -> tuple[Exposure, ...]:
        """The exposures that are open, KEV first."""
        return tuple(one for one in self.exposures if one.state is ExposureState.OPEN)

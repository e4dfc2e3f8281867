"""Nouns of what was handed in: a source, what a survey of it saw, what was lost of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

__all__ = [
    "BuildSeen",
    "ClientSeen",
    "DamagedRow",
    "DayCount",
    "Loss",
    "Source",
    "Survey",
    "TargetSeen",
]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the evidence, and how to reach its bytes again."""

    input: str
    """What the user named: the last part of the path, `-` for stdin."""
    path: str
    """Where it lies in the input: parts joined by `/`, an archive in an archive by `!/`."""
    windows_path: str
    r"""Where it lay on the server, `C:\inetpub\...`; empty where that cannot be told."""
    collection: str
    """Name of the collection it belongs to; sources of one collection speak of one server."""
    server: str
    """The server that its place names (a folder, `--server`); empty where it names none."""
    kind: str
    """Log kind: a key of `hevesy.tables.KINDS`; `later:<what>` for a kind hevesy knows but does not
    parse yet; `other` for a file that is no log and in no web root; `unknown`."""
    size: int
    """Bytes, uncompressed; of a gz that was not read yet, those that it states at its end."""
    modified: datetime | None
    """Time of last change as file system or archive give it, UTC; None where they give none."""
    locator: tuple[str, ...]
    """How evidence reaches it again: a path of this machine, then a member name per archive."""


@dataclass(frozen=True, slots=True)
class DamagedRow:
    """A sample of a row that could not be read."""

    line: int
    """1-based line of a text log, record number of an event log."""
    reason: str
    text: str
    """The row as it stands, at most 500 characters, undecodable bytes escaped."""


@dataclass(frozen=True, slots=True)
class BuildSeen:
    """A build number that a source carries, and when."""

    build: str
    """Without zero padding: `15.1.2375.7`."""
    grade: str
    """`su_exact` or `cu_only`."""
    origin: str
    """What carried it: `header_version`, `columns`, `S:BLD`, `url`."""
    first: datetime | None
    last: datetime | None
    line: int | None
    """First line that shows it."""
    last_line: int | None = None
    """Last line that shows it, in the same source."""


@dataclass(frozen=True, slots=True)
class TargetSeen:
    """A server to which a log's rows say that requests were passed on."""

    name: str
    """As it stands there: `ex02.example.org`."""
    build: str
    """Without zero padding: `15.1.2375.0`; empty where the rows tell none."""
    first: datetime | None
    last: datetime | None
    line: int | None
    """First line that shows it."""


@dataclass(frozen=True, slots=True)
class ClientSeen:
    """An address from which many of a log's requests came, and for how many it may stand.

    `accounts` and `agents` are the smallest hashes of what is counted, as many as `records.clients`
    keeps: sketches of several sources are added up by keeping the smallest of all.
    """

    address: str
    """Empty: all addresses from outside together."""
    rows: int
    """Of those looked at: what counts is the share of all of them."""
    forwarded: int = 0
    """Rows, likewise, in which `X-Forwarded-For` names an address."""
    accounts: tuple[int, ...] = ()
    """Of the users that were let in."""
    agents: tuple[int, ...] = ()
    """Of the programs that asked."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How many rows of one log kind of one server stand in one UTC day of a source."""

    server: str
    """Name that the rows carry, short upper-case form; empty where they carry none."""
    kind: str
    """As in `Coverage.kind`: `httpproxy`, `iis`, `windows:Security`."""
    day: date
    records: int
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Survey:
    """What one reading of every byte of a source saw: its share of the coverage ledger.

    `rows == parsed + passed_over + damaged`, always.
    """

    sha256: str = ""
    size: int = 0
    """Bytes read."""
    rows: int = 0
    """Lines or records that are data: no header, no comment, no blank line."""
    parsed: int = 0
    passed_over: int = 0
    """Rows that the prefilter showed to be irrelevant."""
    damaged: int = 0
    damaged_samples: tuple[DamagedRow, ...] = ()
    first: datetime | None = None
    """Earliest time of a row, UTC."""
    last: datetime | None = None
    days: tuple[DayCount, ...] = ()
    """Rows by server, kind and UTC day; rows without a time are in none."""
    headers: tuple[str, ...] = ()
    """The distinct column lists, in order of appearance."""
    builds: tuple[BuildSeen, ...] = ()
    names: tuple[tuple[str, int], ...] = ()
    """Server names that the rows carry with their counts, short upper-case form."""
    targets: tuple[TargetSeen, ...] = ()
    """Servers that requests were passed on to, by name and build."""
    clients: tuple[ClientSeen, ...] = ()
    """Addresses from which most requests came; the first, without address, is all of them."""
    clock_offset: int | None = None
    """Seconds to add to the rows' times to get UTC, where the log lets it be seen."""
    notes: tuple[str, ...] = ()
    """What a reader must know: `no #Fields line before line 12`."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Evidence that was not, or not wholly, read."""

    input: str
    source: str
    """Path within the input; empty where the whole input was lost."""
    state: str
    """`unreadable`, `refused`, `quarantined`, `partial`, `damaged_rows`, `not_parsed_yet`,
    `unknown_kind`, `unreadable_setting`."""
    reason: str
    server: str = ""
    rows: int = field(default=0)
    """Rows concerned, where they can be counted."""

    @property
    def grave(self) -> bool:
        """Whether a source was lost, which makes the exit code 3."""
        return self.state in {"unreadable", "refused", "quarantined", "partial"}

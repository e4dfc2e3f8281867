"""ExchangeSetup.log: each run of Setup, its version, and what was installed before it.

Format: `[MM/DD/YYYY HH:MM:SS.ffff] [level] text`, and continued lines without stamp. A run begins
with `Starting Microsoft Exchange Server 2016 Setup`; `Setup version: 15.1.2106.2.` is that of the
setup, `The locally installed version is ...` what was there (the cumulative update: it does not
change with a security update). Microsoft's tests of SetupLogReviewer (CSS-Exchange, Setup/Tests)
hold such logs. The stamps are taken as UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hevesy.exposure.inventory import decode_text
from hevesy.exposure.reading import Reading
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, ServerEvidence, SetupRun

__all__ = ["is_setup_log", "read_setup_log"]

_STAMPED = re.compile(r"\[(\d\d)/(\d\d)/(\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{4})\] \[(\d)\] ?(.*)")
_HEAD = re.compile(rb"\[\d\d/\d\d/\d{4} \d\d:\d\d:\d\d\.\d{4}\] \[\d\]")
_BEGINS = "Starting Microsoft Exchange Server"
_VERSION = re.compile(r"Setup version: ([\d.]+?)\.?$")
_INSTALLED = re.compile(r"The locally installed version is ([\d.]+?)\.?$")
_PREVIOUS = re.compile(r"The backup copy of the previously installed version is '([\d.]+)'")
_MODE = re.compile(r"The installation mode is set to: '(\w+)'")
_SUCCEEDED = "The Exchange Server setup operation completed successfully"
_FAILED = "The Exchange Server setup operation didn't complete"
_RUNS = 1000
"""Runs of one log that are kept; a real one has one for each update."""


def is_setup_log(head: bytes) -> bool:
    """Whether a file begins like ExchangeSetup.log."""
    lines = head.replace(b"\0", b"")[:4096].splitlines()[:4]
    stamped = any(_HEAD.match(line.lstrip(b"\xef\xbb\xbf\xff\xfe")) for line in lines)
    return stamped and b"Exchange" in head.replace(b"\0", b"")


def read_setup_log(data: bytes, place: str, server: str = "") -> Reading:
    """The runs of a setup log, and the builds that they show.

    What Setup finds installed is evidence of the cumulative update at that time; what it installs
    is so once the log says that it succeeded.

    Args:
        data: the file.
        place: how a person finds it.
        server: whose it is.
    """
    runs = _runs(decode_text(data))
    if not runs:
        return Reading(problems=(f"{place}: no run of Exchange Setup is in it",))
    builds = tuple(dict.fromkeys(one for run in runs for one in _evidence(run, place)))
    problems = tuple(
        f"{place}:{run.line}: a run of Exchange Setup without a version"
        for run in runs
        if not run.version
    )
    return Reading((ServerEvidence(server, builds, runs=tuple(runs)),), problems)


def _runs(text: str) -> list[SetupRun]:
    found: list[_Run] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = _STAMPED.match(line)
        if match is None:
            continue
        moment, said = _moment(match), match[9]
        if said.startswith(_BEGINS) and len(found) < _RUNS:
            found.append(_Run(number, moment, moment))
        elif found:
            found[-1].add(moment, said)
    return [one.told() for one in found]


@dataclass(slots=True)
class _Run:
    """A run while its lines are read."""

    line: int
    started: datetime | None
    ended: datetime | None
    succeeded: bool | None = None
    facts: dict[str, str] = field(default_factory=dict)

    def add(self, moment: datetime | None, said: str) -> None:
        """Take what one line says; the first word on a matter holds."""
        if moment and (self.ended is None or moment > self.ended):
            self.ended = moment
        if said.startswith(_SUCCEEDED):
            self.succeeded = True
        elif said.startswith(_FAILED):
            self.succeeded = False
        elif "ersion" in said or "mode" in said:
            for name, pattern in _FACTS.items():
                if name not in self.facts and (match := pattern.search(said)):
                    self.facts[name] = match[1]

    def told(self) -> SetupRun:
        """The run as its lines told it."""
        return SetupRun(
            version=self.facts.get("version", ""),
            started=self.started,
            ended=self.ended,
            succeeded=self.succeeded,
            mode=self.facts.get("mode", ""),
            installed=self.facts.get("installed", ""),
            previous=self.facts.get("previous", ""),
            line=self.line,
        )


_FACTS = {"version": _VERSION, "installed": _INSTALLED, "previous": _PREVIOUS, "mode": _MODE}


def _evidence(run: SetupRun, place: str) -> list[BuildEvidence]:
    shown = [(run.installed, run.started)]
    if run.succeeded:
        shown.append((run.version, run.ended))
    return [
        BuildEvidence(
            build=show_build(build),
            grade="cu_only",
            origin="setup_log",
            source=place,
            line=run.line,
            first=moment,
            last=moment,
        )
        for text, moment in shown
        if (build := parse_build(text))
    ]


def _moment(match: re.Match[str]) -> datetime | None:
    month, day, year, hour, minute, second, fraction = (int(match[one]) for one in range(1, 8))
    try:
        return datetime(year, month, day, hour, minute, second, fraction * 100, UTC)
    except ValueError:
        return None

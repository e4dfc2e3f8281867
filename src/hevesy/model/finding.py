"""The noun `Finding`: records or a file that match a rule, many alike as one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hevesy.model.exposure import OpenSpan
from hevesy.model.ladders import Level, Outcome, Stage

__all__ = ["Finding", "RuleReference", "Sample"]


@dataclass(frozen=True, slots=True)
class RuleReference:
    """What a finding says of the rule that made it; DRL 1.1 obliges to show the author."""

    id: str
    title: str
    author: str
    source: str
    """Which collection it is of: `hevesy/proxylogon`, or the folder or zip that the user named."""
    licence: str
    level: Level
    techniques: tuple[str, ...] = ()
    """ATT&CK ids: `T1190`."""
    vulnerability: str = ""
    """`CVE-2021-26855`; empty where the rule names none."""
    description: str = ""
    false_positives: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    remedy: str = ""
    """Key of a remedy in the threat's `remedy.md`."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One record quoted as it stands."""

    time: datetime | None
    input: str
    source: str
    sha256: str
    line: int | None
    record: int | None
    offset: int | None
    raw: str
    """At most 4,096 characters, as it stands."""
    detail: str = ""
    """The part of it that a person reads first: `<ip>  POST  /owa/auth/x.aspx  200`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Records of one server that match one rule with one outcome and share their pivots."""

    id: str
    """16 hex digits, the same for the same input."""
    server: str
    """Short upper-case name; empty where it cannot be told."""
    rule: RuleReference
    stage: Stage
    outcome: Outcome
    kind: str
    """Log kind, a key of `hevesy.tables.KINDS`."""
    why: str
    """One sentence: what the lines show, and what decided the outcome."""
    count: int
    first: datetime | None
    last: datetime | None
    samples: tuple[Sample, ...]
    """The earliest, at most five."""
    pivots: tuple[str, ...]
    """`type:value`, sorted: `ip:192.0.2.7`, `page:/owa/auth/x.aspx`, `request:<guid>`,
    `account:...`, `process:<guid>`, `file:c:\\...`."""
    anchor: bool = False
    """Whether a chain may rest on it: exploit, write, shell, a process of an Exchange worker."""
    own: bool = False
    """Whether a rule of hevesy made it: a verdict rests on no other."""
    open_then: str = ""
    """Whether the server was open to the rule's vulnerability when it happened: `yes`, `no`,
    `mitigated`, `cannot_tell`; empty where the rule names none. Where its records differ in that,
    the gravest: `yes`, `cannot_tell`, `mitigated`, `no`."""
    open_why: str = ""
    """One sentence, with the builds that it rests on."""
    open_spans: tuple[OpenSpan, ...] = ()
    """Its records by that answer, in order of time, each with the lines that it rests on."""
    incident: str = ""
    """Id of the incident it belongs to; empty: unexplained."""
    decision: str = ""
    """What an analyst decided of it, from decisions.toml; empty: nothing."""

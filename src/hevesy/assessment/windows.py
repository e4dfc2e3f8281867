"""The window of risk of a threat, and whether the ledger covers it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from hevesy.model import Coverage, ExposureState, RiskWindow, Threat
from hevesy.tables import kind_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hevesy.model import CveFacts, ExposedServer, Exposure

__all__ = ["CONTINUOUS", "risk_window", "unjudged"]

CONTINUOUS = ("iis", "httpproxy")
"""Kinds in which a server writes every day, health probes alone: a day without a row is missing."""

_SHOWN = 5
_GRACE = timedelta(days=1)
"""A log that begins or ends within a day of the window's edge reaches it."""


def risk_window(
    threat: Threat,
    coverage: Sequence[Coverage],
    fixed: datetime | None = None,
    doubts: Sequence[str] = (),
) -> RiskWindow:
    """Whether one server's evidence covers the time in which a threat was exploited.

    Where it is not known when a server was fixed, the window runs from the first known exploitation
    to the end of the evidence: it can be covered too little by this, never too much.

    Args:
        threat: With `first_exploited` and the kinds that must cover the window.
        coverage: The server's.
        fixed: First line that shows the last of its vulnerabilities fixed on this server.
        doubts: What else keeps the evidence from covering it: sources that were lost, a narrowed
            time; sentences.
    """
    last = max((c.last for c in coverage if c.last), default=None)
    end = min((time for time in (last, fixed) if time), default=None)
    if fixed and last and fixed <= threat.first_exploited:
        return RiskWindow(
            threat=threat.name,
            start=threat.first_exploited,
            start_source=threat.first_exploited_source,
            end=end,
            covered=True,
            missing=(),
            note="every vulnerability of it was fixed before it is known to have been exploited",
        )
    by_kind = {c.kind: c for c in coverage}
    missing = [
        reason
        for kind in threat.window_kinds
        for reason in _missing(kind, by_kind.get(kind), threat.first_exploited, end)
    ]
    missing += doubts
    if end is not None and end < threat.first_exploited:
        missing.append(f"all evidence ends on {end:%Y-%m-%d}, before the first known exploitation")
    return RiskWindow(
        threat=threat.name,
        start=threat.first_exploited,
        start_source=threat.first_exploited_source,
        end=end,
        covered=end is not None and not missing,
        missing=tuple(missing),
    )


def unjudged(
    server: ExposedServer | None,
    threats: Sequence[Threat],
    coverage: Sequence[Coverage],
    facts: Mapping[str, CveFacts],
) -> tuple[str, ...]:
    """Vulnerabilities that were exploited in the time of the evidence, and that no rule knows.

    A server that was, or may have been, open to one of them may have been attacked in a way that
    nothing here would show. Those that are known to be exploited only after the evidence ends are
    not at issue.

    Args:
        server: What was open on it, and until when; None where nothing tells.
        threats: Whose vulnerabilities rules know.
        coverage: The server's: it tells the time of the evidence.
        facts: All vulnerabilities, by id.
    """
    times = [time for one in coverage for time in (one.first, one.last) if time]
    if not times:
        return ()
    ruled = {one.id for threat in threats for one in threat.vulnerabilities}
    known = server.exposures if server else ()
    if known:
        at_issue = [
            _not_judged(one.cve, one)
            for one in known
            if one.cve.id not in ruled
            and _overlaps(one, min(times), max(times))
            and not _stopped(one, server, min(times))
        ]
    else:
        at_issue = [
            _not_judged(one, None)
            for one in facts.values()
            if one.kev_added and one.id not in ruled and _begun(one, max(times))
        ]
    said = at_issue[:_SHOWN]
    more = len(at_issue) - len(said)
    return (*said, *([f"and {more} more vulnerabilities of this kind"] if more else []))


def _begun(cve: CveFacts, last: datetime) -> bool:
    begin = cve.first_exploited or cve.kev_added
    return begin is not None and datetime.combine(begin, time(), UTC) <= last


def _overlaps(one: Exposure, first: datetime, last: datetime) -> bool:
    """Whether a server may have been open to something exploited, at a time of the evidence."""
    if one.cve.kev_added is None or not _begun(one.cve, last):
        return False
    if one.state is ExposureState.FIXED:
        # Seen open until then; where it never was, what its logs show was fixed all along.
        return one.until is not None and first <= one.until and _begun(one.cve, one.until)
    return one.state in {ExposureState.OPEN, ExposureState.MITIGATED, ExposureState.UNKNOWN}


def _stopped(one: Exposure, server: ExposedServer | None, first: datetime) -> bool:
    """Whether a mitigation is known to stand since before the evidence begins."""
    return (
        one.state is ExposureState.MITIGATED
        and server is not None
        and any(
            measure.active
            and one.cve.id in measure.cves
            and measure.since is not None
            and measure.since <= first
            for measure in server.mitigations
        )
    )


def _not_judged(cve: CveFacts, one: Exposure | None) -> str:
    if one is None or one.state is ExposureState.UNKNOWN:
        was = "whether the server was open to it is not known"
    elif one.state is ExposureState.MITIGATED:
        was = "it is mitigated, not fixed, and not known to have been so all the time"
    else:
        until = f" until {one.risk_until:%Y-%m-%d}" if one.risk_until else ""
        was = f"the server was open to it{until}"
    begin = cve.first_exploited or cve.kev_added
    since = f"it is known to be exploited since {begin}"
    if begin == cve.kev_added:
        # The day of entry stands in where nobody dates the first use.
        since = f"CISA lists it among the exploited ones since {begin}"
    return f"{cve.id}: {was}; {since}, and no rule looks for that"


def _missing(
    kind: str, coverage: Coverage | None, start: datetime, end: datetime | None
) -> list[str]:
    title = kind_title(kind)
    if coverage is None or coverage.first is None or coverage.last is None:
        return [f"{title}: not in the evidence"]
    found = []
    if coverage.first > start + _GRACE:
        found.append(f"{title}: nothing before {coverage.first:%Y-%m-%d}")
    if end is not None and coverage.last < end - _GRACE:
        found.append(f"{title}: nothing after {coverage.last:%Y-%m-%d}")
    if kind in CONTINUOUS:
        found += [
            f"{title}: no rows from {first} to {last}"
            if first != last
            else f"{title}: no rows on {first}"
            for first, last in coverage.gaps
            if last >= start.date()
        ]
    return found

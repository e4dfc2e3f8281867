"""The window of risk of a threat, and whether the ledger covers it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hevesy.model import Coverage, RiskWindow, Threat
from hevesy.tables import kind_title

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CONTINUOUS", "risk_window"]

CONTINUOUS = ("iis", "httpproxy")
"""Kinds in which a server writes every day, health probes alone: a day without a row is missing."""

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

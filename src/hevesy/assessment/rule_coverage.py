"""Which rules could have fired at all: what each needs of the logs, and what the ledger shows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hevesy.tables import KINDS, kind_title

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

    from hevesy.detection import SigmaRules
    from hevesy.sigma import Need

__all__ = ["BLIND", "COVERED", "UNSURE", "RuleCoverage", "rule_coverage"]

COVERED = "could fire"
UNSURE = "depends"
"""The log is there; whether Windows was set to write these events, the ledger does not show."""
BLIND = "never"

_ORDER = (COVERED, UNSURE, BLIND)


@dataclass(frozen=True, slots=True)
class RuleCoverage:
    """Whether one rule could have fired on one server."""

    server: str
    rule_id: str
    title: str
    level: str
    source: str
    """The collection that the rule is of."""
    logsource: str
    state: str
    """`could fire`, `depends` or `never`."""
    why: str


def rule_coverage(collections: Sequence[SigmaRules], ledger: pl.DataFrame) -> list[RuleCoverage]:
    """Compare what rules need with what a case's evidence had.

    Args:
        collections: Rules, loaded.
        ledger: `LEDGER` of a case.

    Returns:
        One for each server and rule, by server, then in the order of the rules. A case without
        records has one server of no name.
    """
    kinds: dict[str, set[str]] = {}
    for server, kind in ledger.select("server", "kind").unique().sort("server", "kind").iter_rows():
        kinds.setdefault(server, set()).add(kind)
    found = []
    for server, had in sorted(kinds.items()) or [("", set[str]())]:
        lowered = {kind.lower() for kind in had}
        for rules in collections:
            ways = rules.ruleset.needs
            for index, claim in enumerate(rules.claims):
                state, why = _judged(ways.get(index, ()), lowered)
                rule = claim.rule
                found.append(
                    RuleCoverage(
                        server,
                        rule.id,
                        rule.title,
                        rule.level.value,
                        rule.source,
                        str(rules.ruleset.rules[index].logsource),
                        state,
                        why,
                    )
                )
    return found


def _judged(ways: Sequence[Need], had: set[str]) -> tuple[str, str]:
    """The best of several ways; where none is open, what each would have needed."""
    judged = [_way(need, had) for need in ways]
    best = min((state for state, _ in judged), key=_ORDER.index, default=BLIND)
    return best, " or ".join(dict.fromkeys(why for state, why in judged if state == best))


def _way(need: Need, had: set[str]) -> tuple[str, str]:
    if need.table != "windows":
        kinds = [name for name, kind in KINDS.items() if kind.table == need.table]
        titles = ", ".join(kind_title(name) for name in kinds)
        if any(name in had for name in kinds):
            return COVERED, titles
        return BLIND, f"no records of: {titles}"
    channels = need.where.get("Channel", ())
    events = ", ".join(need.where.get("EventID", ()))
    if not channels:
        there = any(kind.startswith("windows:") for kind in had)
        return (COVERED, "Windows events") if there else (BLIND, "no Windows events at all")
    named = [name for name in channels if f"windows:{name.lower()}" in had]
    what = f"event {events}" if events else "events"
    if not named:
        return BLIND, f"no records of {' or '.join(channels)}"
    setting = _setting(named[0], need.where)
    if setting:
        return UNSURE, f"{named[0]} ({what}): needs {setting}"
    return COVERED, f"{named[0]} ({what})"


def _setting(channel: str, where: Mapping[str, tuple[str, ...]]) -> str:
    """What has to be switched on for the events; empty where nothing has to be for some of them."""
    entries = [entry for entry in _settings() if entry["channel"].lower() == channel.lower()]
    whole = next((entry["needs"] for entry in entries if "events" not in entry), "")
    events = where.get("EventID", ())
    needed = [
        next((e["needs"] for e in entries if event in map(str, e.get("events", ()))), whole)
        for event in events
    ]
    if not needed:
        return str(whole)
    return " or ".join(dict.fromkeys(map(str, needed))) if all(needed) else ""


@cache
def _settings() -> list[dict[str, Any]]:
    text = files("hevesy.assessment").joinpath("audit.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["setting"]
    return found

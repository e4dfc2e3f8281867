"""Chains over servers become incidents; everything found is in the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.incident import SHELLS, TOUCHES, reconstruct
from hevesy.tables import FINDINGS, TIMELINE

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

NO_TOUCHES = pl.DataFrame(schema=TOUCHES)
NO_SHELLS = pl.DataFrame(schema=SHELLS)


def test_one_attacker_on_two_servers_is_one_incident(make_hits: Build, make_rule: Build) -> None:
    """Chains of two servers that share an address belong together."""
    address = ["ip:203.0.113.9"]
    hits = make_hits(
        {"server": "EX01", "pivots": address}, {"server": "EX02", "minute": 30, "pivots": address}
    )

    happened = reconstruct(hits, NO_TOUCHES, NO_SHELLS, {"rule-1": make_rule()}, ())

    (incident,) = happened.incidents
    assert [chain.server for chain in incident.chains] == ["EX01", "EX02"]
    assert {f.incident for f in happened.findings} == {incident.id}


def test_two_attackers_are_two_incidents(make_hits: Build, make_rule: Build) -> None:
    """Several groups on the same servers is the normal case of March 2021."""
    hits = make_hits(
        {"server": "EX01", "pivots": ["ip:203.0.113.9"]},
        {"server": "EX02", "pivots": ["ip:198.51.100.7"]},
    )

    happened = reconstruct(hits, NO_TOUCHES, NO_SHELLS, {"rule-1": make_rule()}, ())

    assert len(happened.incidents) == 2


def test_attempts_never_join_what_succeeded(make_hits: Build, make_rule: Build) -> None:
    """A probe of another server from the same address is told apart from the intrusion."""
    address = ["ip:203.0.113.9"]
    hits = make_hits(
        {"server": "EX01", "pivots": address},
        {"server": "EX02", "pivots": address, "outcome": "attempt", "anchor": False},
    )

    happened = reconstruct(hits, NO_TOUCHES, NO_SHELLS, {"rule-1": make_rule()}, ())

    assert [i.chains[0].anchored for i in happened.incidents] == [True, False]


def test_the_timeline_holds_a_record_once(make_hits: Build, make_rule: Build) -> None:
    """A row that is a finding and touches a followed value stands once, as the finding."""
    hits = make_hits({"pivots": ["ip:203.0.113.9"]})
    touched = {"server": "EX01", "input": "in", "source": "u_ex.log", "record": None, "raw": "r"}
    rows = [touched | {"line": line, "pivots": ["ip:203.0.113.9"]} for line in (1, 2)]
    touches = pl.DataFrame(
        [{name: row.get(name) for name in TOUCHES} for row in rows], schema=TOUCHES
    )

    happened = reconstruct(hits, touches, NO_SHELLS, {"rule-1": make_rule()}, ())

    timeline = pl.concat(happened.timeline.slices())
    assert sorted(timeline["line"].to_list()) == [1, 2]
    assert timeline.filter(pl.col("finding") != "").height == 1


def test_nothing_found_gives_empty_tables() -> None:
    """A clean server has no incident, and tables with all their columns."""
    from hevesy.detection import empty_hits

    happened = reconstruct(empty_hits(), NO_TOUCHES, NO_SHELLS, {}, ())

    assert happened.findings == ()
    assert happened.incidents == ()
    for table, schema in ((happened.timeline, TIMELINE), (happened.finding_rows, FINDINGS)):
        assert table.height == 0
        assert pl.concat(table.slices()).schema == schema

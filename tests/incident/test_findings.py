"""Many alike are one finding, and none of them is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from hevesy.incident.findings import group
from hevesy.incident.sliced import finding_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]


def test_a_scanner_is_one_finding_with_count_and_samples(
    make_hits: Build, make_rule: Build
) -> None:
    """A thousand probes are one finding; the samples are the earliest."""
    hits = make_hits(*({"minute": i, "outcome": "attempt", "line": i} for i in range(1000)))

    grouped = group(hits, {"rule-1": make_rule()})

    (finding,) = grouped.findings
    assert finding.count == 1000
    assert [s.line for s in finding.samples] == [0, 1, 2, 3, 4]
    assert grouped.hits.height == 1000


def test_successes_a_day_apart_stay_two_findings(make_hits: Build, make_rule: Build) -> None:
    """Two intrusions through the same hole are not one."""
    hits = make_hits({"minute": 0}, {"minute": 10}, {"minute": 60 * 30})

    grouped = group(hits, {"rule-1": make_rule()})

    assert sorted(f.count for f in grouped.findings) == [1, 2]


def test_the_order_of_hits_changes_nothing(make_hits: Build, make_rule: Build) -> None:
    """Workers hand in parts in any order; ids and samples must be the same."""
    rows = [{"minute": i % 7, "line": i} for i in range(40)]

    forwards = group(make_hits(*rows), {"rule-1": make_rule()})
    backwards = group(make_hits(*reversed(rows)), {"rule-1": make_rule()})

    assert forwards.findings == backwards.findings


def test_rows_carry_what_is_said_of_the_rule_and_the_incident(
    make_hits: Build, make_rule: Build
) -> None:
    """The table that other programs read names author, level and incident in every row."""
    rules = {"rule-1": make_rule(vulnerability="CVE-2021-26855", techniques=("T1190",))}
    grouped = group(make_hits({}, {"server": "EX02"}), rules)
    incidents = {grouped.findings[0].id: "incident-1"}

    rows = pl.concat(finding_rows(grouped.hits, rules, incidents).slices())

    assert rows["rule_author"].to_list() == ["hevesy", "hevesy"]
    assert rows["techniques"].to_list() == [["T1190"], ["T1190"]]
    assert sorted(rows["incident"].to_list()) == ["", "incident-1"]


hit_rows = st.fixed_dictionaries(
    {
        "minute": st.integers(0, 10_000),
        "server": st.sampled_from(["EX01", "EX02", ""]),
        "rule_id": st.sampled_from(["rule-1", "rule-2"]),
        "outcome": st.sampled_from(["attempt", "unknown", "success"]),
        "line": st.integers(1, 50),
    }
)


@given(st.lists(hit_rows, max_size=30))
def test_every_hit_is_in_exactly_one_finding(rows: list[dict[str, Any]]) -> None:
    """Counts of the findings add up to the hits, whatever they are."""
    import polars as pl

    from hevesy.detection import HITS
    from hevesy.model import Level, RuleReference

    fixed = {"stage": "exploit", "kind": "iis", "why": "w", "anchor": True, "own": True}
    places = {"input": "in", "source": "s", "pivots": ["page:/a"]}
    frame = pl.DataFrame(
        [
            {k: v for k, v in row.items() if k != "minute"}
            | fixed
            | places
            | {"time": _time(row["minute"])}
            for row in rows
        ],
        schema=HITS,
    )
    rules = {
        name: RuleReference(name, name, "a", "hevesy/x", "l", Level.LOW)
        for name in ("rule-1", "rule-2")
    }

    grouped = group(frame, rules)

    assert sum(f.count for f in grouped.findings) == len(rows)
    assert set(grouped.hits["finding"]) == {f.id for f in grouped.findings}
    assert len({f.id for f in grouped.findings}) == len(grouped.findings)


def _time(minute: int) -> Any:  # noqa: ANN401  # a datetime, for a cell
    from datetime import UTC, datetime, timedelta

    return datetime(2021, 3, 3, tzinfo=UTC) + timedelta(minutes=minute)

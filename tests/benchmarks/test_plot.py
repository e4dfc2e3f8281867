"""Charts show what was measured, and only where two points make a line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from benchmarks.benchmark import Result, Timing
from benchmarks.plot import chart, draw
from benchmarks.record import Machine, Record

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = Machine("cpu", 2, 1 << 34, "Linux", "3.11", {}, 0.1)


def record(benchmark: str, case: dict[str, str | int | float], *timings: Timing) -> Record:
    """A record of today's machine."""
    return Record(datetime(2026, 1, 1, tzinfo=UTC), MACHINE, Result(benchmark, case, timings))


def asked(rules: int, seconds: float) -> Record:
    """So many Sigma rules took so long."""
    case: dict[str, str | int | float] = {"rows": 1000, "part": 0.5, "rules asked": rules}
    return record("sigma_rows", case, Timing("a part", seconds, seconds))


def test_rules_make_a_chart(tmp_path: Path) -> None:
    """Time against the number of rules is one line, its points in the order of rules."""
    other = record("sigma_rows", {"rows": 1000, "rules": 8}, Timing("SQLite", 9.0, 9.0))
    (path,) = draw([asked(1400, 4.0), other, asked(700, 3.0), asked(175, 2.0)], tmp_path)
    assert path.name == "benchmark-rules.svg"
    text = path.read_text("utf-8")
    ET.fromstring(text)  # noqa: S314  # of our own making
    assert "1,000 rows" in text
    (line, _key) = re.findall(r'<polyline points="([^"]+)"', text)
    places = [float(point.split(",")[0]) for point in line.split()]
    assert len(places) == 3
    assert places == sorted(places)


def test_one_point_is_no_line(tmp_path: Path) -> None:
    """A chart of a single measurement would say nothing, and is not drawn."""
    assert draw([asked(1400, 4.0)], tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_logs_make_two_charts(tmp_path: Path) -> None:
    """By size at the usual rate with hevesy's rules alone; by rate at the least size."""

    def logs(size: int, rate: float, rules: str, seconds: float) -> Record:
        case: dict[str, str | int | float] = {"bytes": size, "rate": rate, "rules": rules}
        timings = Timing("hevesy assess", seconds, seconds), Timing("rg", 1.0, 1.0)
        return record("text_logs", case, *timings)

    found = draw(
        [
            logs(10**9, 0.1, "own", 1.0),
            logs(4 * 10**9, 0.1, "own", 4.0),
            logs(10**9, 0.5, "own", 2.0),
            logs(10**9, 0.1, "own and SigmaHQ", 3.0),
        ],
        tmp_path,
    )
    size, hits = (path.read_text("utf-8") for path in found)
    assert "SigmaHQ" not in size
    assert "hevesy assess + SigmaHQ" in hits
    assert "rg + SigmaHQ" not in hits


def test_words_are_escaped() -> None:
    """What a thing is called cannot break the picture."""
    drawn = chart("a < b", ("x", "y & z"), {"<line>": {1.0: 1.0, 2.0: 0.0}})
    root = ET.fromstring(drawn)  # noqa: S314  # of our own making
    assert {"a < b", "y & z", "<line>"} <= {each.text for each in root.iter()}

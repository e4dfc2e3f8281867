"""The engine and SQLite are asked the same, and parts of the rules are the same in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from benchmarks.process_rows import process_rows
from benchmarks.sigma_rows import convert, part_of, select_all
from hevesy.detection.taxonomy import taxonomy
from hevesy.sigma import load

if TYPE_CHECKING:
    from pathlib import Path


def rule(number: int, detection: str) -> str:
    """A rule for process creations."""
    return (
        f"title: rule {number}\nid: 00000000-0000-4000-8000-{number:012}\n"
        "logsource: {product: windows, category: process_creation}\n"
        f"detection: {{s: {detection}, condition: s}}\n"
    )


def test_sqlite_answers_as_the_engine_does(tmp_path: Path) -> None:
    """Regexes, a column that the rows lack, and case: the same rows for each rule."""
    texts = [
        rule(1, "{'CommandLine|contains': ['WHOAMI', '/all']}"),
        rule(2, "{'CommandLine|re': 'a[0-9]b'}"),
        rule(3, "{Absent: x}"),
        rule(4, "{'CommandLine|expand': '%no%'}"),  # its backend refuses placeholders
    ]
    (tmp_path / "rules.yml").write_text("---\n".join(texts), encoding="utf-8")
    frame = pl.DataFrame(
        {
            "Channel": ["Microsoft-Windows-Sysmon/Operational"] * 3,
            "EventID": [1, 1, 1],
            "CommandLine": ["whoami", "x a5b", None],
        }
    )
    queries = convert(texts)
    took, theirs = select_all(frame, queries)
    rules = load([tmp_path / "rules.yml"], taxonomy())
    ours = {
        name: {row for number, row in rules.match("windows", frame).iter_rows() if number == at}
        for at, name in enumerate(one.id for one in rules.rules)
    }
    assert took.seconds > 0
    assert len(queries) == 3
    assert theirs == ours
    assert [len(rows) for rows in theirs.values()] == [1, 1, 0]


def test_parts_are_the_same_every_time(tmp_path: Path) -> None:
    """A smaller part lies within a larger one, so that only their number differs."""
    path = tmp_path / "rules.yml"
    path.write_text("---\n".join(rule(n, f"{{Image: a{n}}}") for n in range(60)), encoding="utf-8")
    rules = load([path], taxonomy())
    parts = [{one.id for one in part_of(rules, part).rules} for part in (0.125, 0.5, 1.0)]
    again = {one.id for one in part_of(rules, 0.5).rules}
    assert parts[0] < parts[1] < parts[2]
    assert again == parts[1]
    assert len(parts[2]) == 60


def test_no_two_command_lines_are_alike() -> None:
    """The worst case for an engine that brings equal values together; and some rules match."""
    texts = [rule(1, "{'CommandLine|contains': 'needle'}")]
    frame = process_rows(2000, texts)
    assert frame.height == 2000
    assert frame["CommandLine"].n_unique() == 2000
    assert frame["CommandLine"].str.contains("needle").sum() == 10
    assert frame.equals(process_rows(2000, texts))

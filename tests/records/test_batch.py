"""Tests of `hevesy.records.batch`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hevesy.model import BuildSeen, DamagedRow, DayCount, Survey
from hevesy.records import add_up

START = datetime(2021, 3, 3, 4, tzinfo=UTC)
LATER = START + timedelta(hours=1)


def _survey(time: datetime, line: int) -> Survey:
    return Survey(
        size=10,
        rows=3,
        parsed=1,
        passed_over=1,
        damaged=1,
        damaged_samples=(DamagedRow(line, "why", "text"),),
        first=time,
        last=time,
        days=(DayCount("MAIL", "iis", time.date(), 2, time, time),),
        headers=("a b",),
        builds=(BuildSeen("15.1.2375.7", "su_exact", "columns", time, time, line),),
        names=(("MAIL", 2),),
        notes=("note",),
    )


def test_the_survey_of_a_source_is_the_sum_of_its_batches() -> None:
    """Counts add up, times widen, days and builds of the same name become one."""
    total = add_up([_survey(START, 1), _survey(LATER, 9)])
    assert (total.size, total.rows, total.parsed, total.passed_over, total.damaged) == (
        20,
        6,
        2,
        2,
        2,
    )
    assert [row.line for row in total.damaged_samples] == [1, 9]
    assert (total.first, total.last) == (START, LATER)
    assert total.days == (DayCount("MAIL", "iis", date(2021, 3, 3), 4, START, LATER),)
    assert total.builds == (BuildSeen("15.1.2375.7", "su_exact", "columns", START, LATER, 1),)
    assert (total.headers, total.names, total.notes) == (("a b",), (("MAIL", 4),), ("note",))


def test_no_batches_are_an_empty_survey() -> None:
    """A source without bytes is a source all the same."""
    assert add_up([]) == Survey()


def test_lists_that_evidence_could_make_endless_are_bounded() -> None:
    """Servers beyond 10,000 days are counted without their name; no row is lost in the sum."""
    many = [
        Survey(
            rows=1,
            damaged=1,
            damaged_samples=(DamagedRow(i, "why", ""),),
            days=(DayCount(f"S{i}", "iis", START.date(), 1, START, START),),
            headers=(f"h{i}",),
            names=((f"S{i}", 1),),
        )
        for i in range(10_050)
    ]
    total = add_up(many)
    assert len(total.days) == 10_001
    assert sum(day.records for day in total.days) == 10_050
    assert (len(total.headers), len(total.names), len(total.damaged_samples)) == (16, 64, 5)

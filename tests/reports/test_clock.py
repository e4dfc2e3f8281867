"""A clock that is off is named wherever times are shown, with what would correct it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hevesy import reports
from hevesy.reports.clock import clock_hint, clocks_off

if TYPE_CHECKING:
    from hevesy.model import Assessment, ServerAssessment
    from hevesy.tables import Tables

NOTE = "Sysmon UtcTime is +18000 s from the times of its events: they are not UTC"


def with_clock(server: ServerAssessment, seconds: int, *notes: str) -> ServerAssessment:
    """The server, its last lane off by so many seconds."""
    *others, lane = server.coverage
    coverage = (*others, replace(lane, clock_offset=seconds))
    return replace(server, coverage=coverage, clock_notes=notes)


def with_servers(assessment: Assessment, *servers: ServerAssessment) -> Assessment:
    """The case, the first servers replaced."""
    return replace(assessment, servers=servers + assessment.servers[len(servers) :])


def screen(assessment: Assessment, tables: Tables) -> str:
    """The last screen on one wide line a thing."""
    file = io.StringIO()
    reports.write_text(assessment, tables, file=file, width=300)
    return file.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(18000, "+5h"), (-18000, "-5h"), (19800, "+330m"), (-5400, "-90m"), (241, "+241s")],
)
def test_the_hint_is_what_the_option_takes(assessment: Assessment, seconds: int, said: str) -> None:
    """Whole hours, minutes or seconds, with a sign, for Windows events alone."""
    server = with_clock(assessment.servers[0], seconds)

    assert clock_hint(server) == f"--clock EX01:windows={said}"


def test_times_are_not_called_utc_where_a_clock_is_off(
    assessment: Assessment, tables: Tables
) -> None:
    """Screen and page name the server, its note and what to run."""
    off = with_servers(assessment, with_clock(assessment.servers[0], 18000, NOTE))
    text, page = screen(off, tables), reports.write_html(off, tables)

    assert clocks_off(off) == ("EX01",)
    assert NOTE in text
    assert "--clock EX01:windows=+5h" in text
    assert "times as the logs give them; the clock of EX01 is off, see there" in text
    assert "in UTC" not in text
    assert "Times are as the logs give them; the clock of EX01 is off, see there." in page
    assert "--clock EX01:windows=+5h" in page
    assert "All times are UTC" not in page


def test_a_corrected_clock_is_utc(assessment: Assessment, tables: Tables) -> None:
    """What was asked with `--clock` is done: no hint, and times are UTC again."""
    asked = "times corrected by +18000 s, as asked with --clock"
    done = with_servers(assessment, with_clock(assessment.servers[0], 18000, NOTE, asked))
    text = screen(done, tables)

    assert clocks_off(done) == ()
    assert asked in text
    assert "to correct the times" not in text
    assert "times in UTC" in text
    assert "All times are UTC." in reports.write_html(done, tables)


def test_many_clock_notes_stay_two_lines(assessment: Assessment, tables: Tables) -> None:
    """A note a source would push the verdicts off the screen."""
    notes = tuple(f"{number}.evtx: {NOTE}" for number in range(9))
    text = screen(
        with_servers(assessment, with_clock(assessment.servers[0], 18000, *notes)), tables
    )

    assert text.count(NOTE) == 2
    assert "7 more clock notes, see the report" in text


def test_a_machine_without_a_verdict_has_a_clock_too(
    assessment: Assessment, tables: Tables
) -> None:
    """What the chains' head refers to is there to be seen, on the screen and on the page."""
    other = replace(with_clock(assessment.servers[0], -3600, NOTE), name="DC01", verdict=None)
    off = replace(assessment, servers=(*assessment.servers[:3], other))

    assert "DC01: its clock is off, to correct the times: --clock DC01:windows=-1h" in screen(
        off, tables
    )
    assert "--clock DC01:windows=-1h" in reports.write_html(off, tables)

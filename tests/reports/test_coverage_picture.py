"""The picture of coverage holds whatever dates the evidence holds, and shows every gap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.model import Coverage, RiskWindow, ServerAssessment
from hevesy.reports.coverage_picture import draw_coverage

if TYPE_CHECKING:
    from hevesy.model import Assessment


def lane(days: list[tuple[date, int]], gaps: tuple[tuple[date, date], ...] = ()) -> Coverage:
    """Coverage of one log kind with these days."""
    return Coverage("iis", "IIS", None, None, 1, 0, 1, tuple(sorted(days)), gaps)


def server(
    *lanes: Coverage, window: datetime | None = None, end: datetime | None = None
) -> ServerAssessment:
    """A server with nothing but coverage."""
    windows: tuple[RiskWindow, ...] = ()
    if window is not None:
        windows = (RiskWindow("t", window, "s", end, covered=False, missing=()),)
    return ServerAssessment(
        name="EX01",
        aliases=(),
        exchange=True,
        why_exchange="",
        verdict=None,
        at_least=False,
        at_least_why=(),
        why="",
        not_excluded=(),
        coverage=lanes,
        windows=windows,
        builds=(),
    )


DAYS = st.lists(st.tuples(st.dates(), st.integers(0, 10**12)), max_size=30)
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))


@given(DAYS, DAYS, TIMES, TIMES, st.lists(st.dates(), max_size=5).map(tuple))
def test_any_dates_can_be_drawn(
    one: list[tuple[date, int]],
    other: list[tuple[date, int]],
    start: datetime | None,
    end: datetime | None,
    attacks: tuple[date, ...],
) -> None:
    """From year 1 to 9999: no error, and everything stands inside the picture."""
    gaps = tuple((day, day) for day, _ in other[:3])
    picture = draw_coverage(server(lane(one, gaps), lane(other), window=start, end=end), attacks)

    assert (picture is None) == (not one and not other)
    if picture is None:
        return
    for drawn in picture.lanes:
        for bar in (*drawn.runs, *drawn.bars, *drawn.gaps):
            assert picture.left <= bar.x <= picture.right
            assert bar.x + bar.width <= picture.right + 1
            assert 0 < bar.y < picture.bottom
            assert bar.height > 0
    for place in (*picture.ticks, *picture.attacks):
        assert picture.left <= place.x <= picture.right
    assert 1 <= len(picture.ticks) <= 13


def test_days_and_gaps_are_where_they_belong(assessment: Assessment) -> None:
    """The first day is at the left edge, the last ends at the right, a gap lies between runs."""
    picture = draw_coverage(assessment.servers[0], (date(2021, 3, 2),))
    assert picture is not None
    iis, proxy = picture.lanes[:2]

    assert iis.runs[0].x == picture.left
    assert iis.bars[-1].x + iis.bars[-1].width <= picture.right
    assert len(iis.bars) == 71
    (gap,) = proxy.gaps
    assert gap.text == "Exchange HttpProxy log: no record from 2021-02-09 to 2021-02-13"
    assert [tick.text for tick in picture.ticks] == ["2021-01", "2021-02", "2021-03"]
    (attack,) = picture.attacks
    (day,) = (bar for bar in iis.bars if bar.text.startswith("2021-03-02"))
    assert day.x < attack.x < day.x + day.width


def test_one_forged_date_does_not_squeeze_the_rest() -> None:
    """A record of 1970 among a month of others is named in words and not drawn."""
    month = [(date(2021, 3, 1) + timedelta(days=n), 5) for n in range(30)]
    picture = draw_coverage(server(lane([(date(1970, 1, 1), 1), *month])), ())
    assert picture is not None

    assert picture.left_out == ("records of 1 day from 1970-01-01 to 1970-01-01",)
    assert picture.lanes[0].runs[0].x == picture.left


def test_many_lanes_are_cut_in_words(assessment: Assessment) -> None:
    """A collection of a hundred event channels is drawn in part, and says how many are not."""
    one = assessment.servers[0].coverage[0]
    picture = draw_coverage(replace(assessment.servers[0], coverage=(one,) * 100), ())
    assert picture is not None

    assert len(picture.lanes) == 24
    assert picture.left_out == ("76 more log kinds",)


@pytest.mark.parametrize(
    ("kind", "title", "label"),
    [
        ("iis", "IIS web server log", "IIS web server log"),
        ("windows:Security", "Windows events: Security", "events: Security"),
        ("windows:Microsoft-Windows-Sysmon/Operational", "x", "events: Sysmon/Operational"),
        (
            "windows:Microsoft-Exchange-ActiveMonitoring/ProbeResult",
            "x",
            "events: …itoring/ProbeResult",
        ),
    ],
)
def test_lanes_have_labels_that_tell_them_apart(kind: str, title: str, label: str) -> None:
    """Channels differ at their end, so the end is kept."""
    one = replace(lane([(date(2021, 3, 1), 1)]), kind=kind, title=title)
    picture = draw_coverage(server(one), ())
    assert picture is not None

    assert picture.lanes[0].title == label

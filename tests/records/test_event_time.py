"""Times of events, in every way exporters write them."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.records.event_time import parse_times
from hevesy.tables import TIME

MOMENT = datetime(2021, 3, 14, 1, 39, 32, 609000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2021-03-14T01:39:32.609Z",
        "2021-03-14T01:39:32.609000000Z",
        "2021-03-14 01:39:32.609",
        "2021-03-14 01:39:32.609 UTC",
        "2021-03-14T02:39:32.609+01:00",
        "/Date(1615685972609)/",
        "1615685972.609",
        "1615685972609",
    ],
)
def test_every_form_is_the_same_moment(text: str) -> None:
    """EVTX, winlogbeat, NXLog, PowerShell and Velociraptor agree on the moment."""
    assert parse_times(pl.Series([text])).to_list() == [MOMENT]


def test_what_is_no_time_is_null_and_costs_no_other() -> None:
    """A bad date is null; rows beside it keep their time."""
    times = parse_times(
        pl.Series(["2021-13-99T00:00:00Z", None, "soon", "2021-03-14T01:39:32.609Z"])
    )
    assert times.to_list() == [None, None, None, MOMENT]


@pytest.mark.parametrize(
    "text", ["+12345-01-01 00:00:00", "0000-01-01 00:00:00", "-0001-01-01 00:00:00", "1e400"]
)
def test_years_that_no_datetime_can_hold_are_null(text: str) -> None:
    """A hostile year must not raise where times are taken out of the frame."""
    assert parse_times(pl.Series([text])).to_list() == [None]


@given(st.lists(st.none() | st.text(max_size=30), max_size=5))
def test_no_text_raises(texts: list[str | None]) -> None:
    """Any text gives a time or null, in the type of every time column."""
    times = parse_times(pl.Series("t", texts, dtype=pl.String))
    assert (times.dtype, len(times)) == (TIME, len(texts))

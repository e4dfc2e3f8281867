"""Events gathered into bounded frames, and what a survey of them says."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from hevesy.model import DayCount
from hevesy.records import event_columns
from hevesy.records.batch import counted
from hevesy.records.event_columns import EventColumns
from hevesy.records.host_name import NAMELESS
from hevesy.records.windows_event import nested_event
from hevesy.tables import PROVENANCE
from hevesy.tables.windows import WINDOWS

SYSMON = "Microsoft-Windows-Sysmon"


def add(
    columns: EventColumns,
    data: dict[str, Any],
    time: str = "2021-03-14T01:39:32Z",
    computer: str = "mxs01.contoso.com",
    provider: str = SYSMON,
) -> None:
    """Add one event."""
    event = nested_event(
        {
            "System": {
                "Provider": {"Name": provider},
                "EventID": 1,
                "EventRecordID": 12,
                "Channel": "Sysmon",
                "Computer": computer,
                "TimeCreated": {"SystemTime": time},
            },
            "EventData": data,
        }
    )
    assert event is not None
    columns.add(event, "{}", 3)


def test_a_frame_holds_provenance_then_system_then_data() -> None:
    """Columns stand in one order, with their types, for every batch."""
    columns = EventColumns()
    add(columns, {"CommandLine": "whoami"})
    frame = columns.take(10).frame
    known = [column.name for column in WINDOWS.columns]
    assert frame.columns[: len(PROVENANCE)] == list(PROVENANCE)
    assert frame.columns[len(PROVENANCE) : -1] == known[: known.index("Message") + 1]
    assert frame.columns[-1] == "CommandLine"
    assert {name: frame.schema[name] for name in PROVENANCE} == PROVENANCE
    assert all(
        frame.schema[name] == dtype
        for name, dtype in WINDOWS.dtypes().items()
        if name in frame.columns
    )
    assert frame.row(0, named=True) | {"server": "MXS01", "record": 3, "EventRecordID": 12} == (
        frame.row(0, named=True)
    )


def test_rows_without_a_value_are_null_wherever_they_stand() -> None:
    """Values stay on their row when names come and go."""
    columns = EventColumns()
    for data in ({"a": "1"}, {"b": "2"}, {}, {"a": "3", "b": "4"}, {}):
        add(columns, data)
    frame = columns.take(0).frame
    assert frame["a"].to_list() == ["1", None, None, "3", None]
    assert frame["b"].to_list() == [None, "2", None, "4", None]


def test_a_name_with_blanks_stands_also_without() -> None:
    """Defender's `Threat Name` answers to Sigma's `ThreatName`; both spellings share a column."""
    columns = EventColumns()
    add(columns, {"Threat Name": "A"})
    add(columns, {"ThreatName": "B"})
    frame = columns.take(0).frame
    assert frame["ThreatName"].to_list() == ["A", "B"]
    assert frame["Threat Name"].to_list() == ["A", None]


def test_a_name_of_system_or_provenance_is_kept_apart() -> None:
    """EventData cannot overwrite what System or the source says, in whatever case."""
    columns = EventColumns()
    add(columns, {"Channel": "Cleared", "RAW": "x", "time": "y"})
    frame = columns.take(0).frame
    assert frame["Channel"].to_list() == ["Sysmon"]
    assert frame["raw"].to_list() == ["{}"]
    assert frame["EventData_Channel"].to_list() == ["Cleared"]
    assert frame["EventData_RAW"].to_list() == ["x"]
    assert frame["EventData_time"].to_list() == ["y"]


def test_an_empty_name_gets_one_that_no_other_has() -> None:
    """A damaged name is no reason for a column that is called by its place."""
    columns = EventColumns()
    add(columns, {"": "x", "a": "y"})
    add(columns, {"EventData_": "z", "": "u"})
    frame = columns.take(0).frame
    assert not [name for name in frame.columns if name.startswith("column")]
    assert frame["EventData__"].to_list() == ["x", "u"]
    assert frame["EventData_"].to_list() == [None, "z"]


def test_the_survey_counts_days_names_and_damage() -> None:
    """The ledger's share: a row a server, channel and UTC day; rows add up."""
    columns = EventColumns()
    add(columns, {}, "2021-03-14T23:59:59Z")
    add(columns, {}, "2021-03-15T00:00:01Z")
    add(columns, {}, "2021-03-15T10:00:00Z", "MXS01")
    add(columns, {}, "no time", "10.0.0.1")
    columns.damage(9, "broken", "text", rows=2)
    survey = columns.take(100).survey
    second = datetime(2021, 3, 15, 10, tzinfo=UTC)
    assert (survey.rows, survey.parsed, survey.damaged, survey.size) == (6, 4, 2, 100)
    assert survey.names == (("10.0.0.1", 1), ("MXS01", 3))
    assert survey.days[1] == DayCount(
        "MXS01",
        "windows:Sysmon",
        date(2021, 3, 15),
        2,
        datetime(2021, 3, 15, 0, 0, 1, tzinfo=UTC),
        second,
    )
    assert (survey.first, survey.last) == (datetime(2021, 3, 14, 23, 59, 59, tzinfo=UTC), second)
    assert survey.damaged_samples[0].line == 9


def test_taking_a_batch_begins_anew() -> None:
    """Nothing of a batch is counted in the next."""
    columns = EventColumns()
    add(columns, {"a": "1"})
    columns.damage(1, "x")
    columns.note("n")
    columns.take(5)
    empty = columns.take(0)
    assert (empty.survey.rows, empty.survey.notes, empty.frame.height) == (0, (), 0)
    assert empty.frame.schema["time"] == PROVENANCE["time"]


def test_one_event_cannot_make_endless_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names beyond the limit stay in raw, and a note says so."""
    monkeypatch.setattr(event_columns, "_MAX_NAMES", 5)
    columns = EventColumns()
    add(columns, {f"n{number}": "x" for number in range(50)})
    assert columns.full
    batch = columns.take(0)
    assert batch.frame.width < 50
    assert "stands in raw alone" in batch.survey.notes[0]


def test_a_computer_that_is_no_host_invents_no_server() -> None:
    """Frame, names and days agree: a malformed name is nobody's, and the note counts such rows."""
    columns = EventColumns()
    for computer in ("mxs01.contoso.com", "<script>", "a b", ""):
        add(columns, {}, computer=computer)
    batch = columns.take(0)
    assert batch.frame["server"].to_list() == ["MXS01", None, None, None]
    assert batch.survey.names == (("MXS01", 1),)
    assert {day.server: day.records for day in batch.survey.days} == {"MXS01": 1, "": 3}
    assert batch.survey.notes == (counted(NAMELESS, 2),)


def test_absurd_times_are_none() -> None:
    """An event of 1601 or 2999 stretches no survey: it has no time, and a note counts it."""
    columns = EventColumns()
    for year in ("1601", "2999", "2021"):
        add(columns, {}, f"{year}-01-01T00:00:00Z")
    add(columns, {}, "no time")
    batch = columns.take(0)
    moment = datetime(2021, 1, 1, tzinfo=UTC)
    assert batch.frame["time"].to_list() == [None, None, moment, None]
    assert (batch.survey.first, batch.survey.last) == (moment, moment)
    assert [day.records for day in batch.survey.days] == [1]
    assert [note.rsplit(" ", 1)[1] for note in batch.survey.notes] == ["2"]


@pytest.mark.parametrize(
    ("utc_time", "offset"),
    [
        ("2021-03-14 06:39:30.227", 18000),
        ("2021-03-14 01:39:31.900", None),
        ("2021-03-13 20:09:33.000", -19800),
        ("2021-03-14 01:46:32.000", 420),
    ],
)
def test_sysmon_shows_the_clock(utc_time: str, offset: int | None) -> None:
    """A constant difference of UtcTime is the seconds to add, rounded to a quarter of an hour."""
    columns = EventColumns()
    for _ in range(5):
        add(columns, {"UtcTime": utc_time})
    survey = columns.take(0).survey
    assert survey.clock_offset == offset
    assert bool(survey.notes) == (offset is not None)


def test_few_rows_show_no_clock() -> None:
    """Four rows are no evidence of a clock; nor is `UtcTime` of another provider."""
    columns = EventColumns()
    for _ in range(4):
        add(columns, {"UtcTime": "2021-03-14 06:39:30"})
    for _ in range(9):
        add(columns, {"UtcTime": "2021-03-14 06:39:30"}, provider="Other")
    assert columns.take(0).survey.clock_offset is None


def test_clocks_that_disagree_are_told() -> None:
    """Differences that are not constant give no offset but a note."""
    columns = EventColumns()
    for hour in range(8):
        add(columns, {"UtcTime": f"2021-03-14 1{hour}:39:30"})
    survey = columns.take(0).survey
    assert survey.clock_offset is None
    assert "not constantly" in survey.notes[0]


def test_frames_of_batches_can_be_joined() -> None:
    """Batches with different names come together diagonally: no type differs."""
    one, two = EventColumns(), EventColumns()
    add(one, {"a": "1"})
    add(two, {"b": "1"})
    frames = [one.take(0).frame, two.take(0).frame, EventColumns().take(0).frame]
    assert pl.concat(frames, how="diagonal").height == 2

"""Events decoded by type against the plain reading of each event by itself."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.records import event_columns, evtx
from hevesy.records.cmdlet_event import PROVIDER
from hevesy.records.event_columns import EventColumns
from hevesy.records.evtx_event import EventDecoder
from hevesy.records.windows_event import Event, nested_event
from hevesy.tables import PROVENANCE
from hevesy.tables.windows import WINDOWS

SYSTEM = [column.name for column in WINDOWS.columns[:14]]
RESERVED = {name.lower() for name in (*PROVENANCE, *SYSTEM)}

NAMES = ("CommandLine", "Image", "time", "Threat Name", "ThreatName", "EventData_time", "a")
SPECIAL = ("Data", "xmlns", "#text", "#attributes", "Channel", "param1")
SCALARS = st.one_of(
    st.sampled_from(["", "x", "whoami /all", "12", "Grüße\n"]),
    st.integers(-3, 3),
    st.sampled_from([None, True, False, 1.5, 1 << 63, 1 << 70]),
)
VALUES = st.one_of(
    SCALARS,
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.sampled_from(("#text", "#attributes", "b")), SCALARS, max_size=2),
)
PARTS = st.dictionaries(st.sampled_from(NAMES), SCALARS, max_size=5)
ODD_PARTS = st.dictionaries(st.sampled_from(SPECIAL + NAMES), VALUES, min_size=1, max_size=6)


def within(**attributes: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON values
    """An element that has XML attributes only."""
    return {"#attributes": attributes}


USUAL_SYSTEM = st.fixed_dictionaries(
    {
        "Provider": st.sampled_from(["Sysmon", "Security", PROVIDER]).map(
            lambda name: within(Name=name, Guid="{1}")
        ),
        "EventID": st.one_of(st.sampled_from([1, 6, 4688, "4624"]), st.just({"#text": 1})),
        "Level": st.sampled_from([4, "4", None]),
        "Task": st.sampled_from([1, "a", None]),
        "Keywords": st.sampled_from(["0x80", 12, None]),
        "TimeCreated": st.sampled_from(["2021-03-14T01:39:32.1Z", "1601-01-01T00:00:00Z"]).map(
            lambda time: within(SystemTime=time)
        ),
        "EventRecordID": st.one_of(
            st.integers(0, 1 << 40), st.sampled_from(["17", "017", "1\n", "-1", "\u0661"])
        ),
        "Channel": st.sampled_from(["Security", "Sysmon", None]),
        "Computer": st.sampled_from(["mxs01.contoso.com", "a b", "MXS01"]),
    },
    optional={
        "Correlation": st.one_of(st.none(), st.just(within(ActivityID="{2}"))),
        "Execution": st.just(within(ProcessID=4, ThreadID="0x10")),
        "Security": st.one_of(st.none(), st.just(within(UserID="S-1-5-18")), st.just(within())),
    },
)
ODD_SYSTEM = st.dictionaries(
    st.sampled_from((*SYSTEM, "Provider", "TimeCreated", "Execution", "Security", "More")),
    st.one_of(VALUES, st.just(within(Name="Sysmon", SystemTime="", ProcessID=2))),
)
USUAL = st.fixed_dictionaries(
    {
        "#attributes": st.just({"xmlns": "http://x"}),
        "System": USUAL_SYSTEM,
        "EventData": st.one_of(PARTS, ODD_PARTS, st.none()),
    },
)
ODD = st.fixed_dictionaries(
    {"System": st.one_of(USUAL_SYSTEM, ODD_SYSTEM)},
    optional={
        "EventData": st.one_of(ODD_PARTS, VALUES),
        "UserData": st.one_of(st.none(), st.dictionaries(st.just("Cleared"), ODD_PARTS)),
        "RenderingInfo": st.sampled_from([None, {"Message": "Hello"}, {"Message": 1}, "x"]),
        "More": ODD_PARTS,
    },
)
EVENTS = st.lists(st.one_of(USUAL, USUAL, ODD), min_size=1, max_size=12)


def records_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the EVTX parser would hand over."""
    return [
        {
            "event_record_id": number,
            "timestamp": "2021-03-14 00:00:00 UTC",
            "data": json.dumps({"Event": event}),
        }
        for number, event in enumerate(events)
    ]


def plain_row(event: Event, record: dict[str, Any]) -> dict[str, Any]:
    """The cells of an event that are not null, one by one; its time as it stands."""
    made = dict(zip(["time", *SYSTEM], event[:-1], strict=True))
    exact = {name: text for name, text in event.fields.items() if name.lower() not in RESERVED}
    for name in sorted(event.fields):
        if name.lower() in RESERVED:
            exact.setdefault(f"EventData_{name}", event.fields[name])
    for name in sorted(name for name in exact if " " in name):
        exact.setdefault(name.replace(" ", ""), exact[name])
    row = {**made, "raw": record["data"], "record": event.record_id, **exact}
    return {name: value for name, value in row.items() if value is not None}


@settings(max_examples=150, deadline=None)
@given(EVENTS, st.integers(1, 5))
def test_events_are_what_reading_each_by_itself_makes_of_them(
    events: list[dict[str, Any]], piece: int
) -> None:
    """Typed, grouped and settled a few at a time: the same cells, rows, order and damage."""
    records = records_of(events)
    columns = EventColumns()
    with patch.object(event_columns, "_PIECE", piece):
        evtx._add_records(records, columns, EventDecoder())
    batch = columns.take(0)
    read = [
        (event, record)
        for one, record in zip(events, records, strict=True)
        if (event := nested_event(one, None, record["timestamp"], record["event_record_id"]))
    ]
    assert (batch.survey.parsed, batch.survey.damaged) == (len(read), len(records) - len(read))
    rows = [
        {name: value for name, value in row.items() if value is not None}
        for row in batch.frame.drop("server", "time").to_dicts()
    ]
    expected = [plain_row(event, record) for event, record in read]
    times = [row.pop("time", None) for row in expected]
    assert rows == expected
    real = datetime(2021, 3, 14, 1, 39, 32, 100_000, tzinfo=UTC)
    assert [
        time == real for time in batch.frame["time"].fill_null(datetime(1970, 1, 1, tzinfo=UTC))
    ] == [time == "2021-03-14T01:39:32.1Z" for time in times]
    named = Counter(name for name in batch.frame["server"].to_list() if name)
    assert dict(batch.survey.names) == named


def test_usual_events_are_decoded_by_type() -> None:
    """What the parser writes of every Windows log takes the quick way."""
    event = {
        "System": {
            "Provider": within(Name="Sysmon", Guid="{1}"),
            "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 7036},
            "TimeCreated": within(SystemTime="2021-03-14T01:39:32Z"),
            "EventRecordID": 5,
            "Channel": "System",
            "Computer": "mxs01",
            "Security": None,
        },
        "EventData": {"param1": "x", "Binary": None},
    }
    found = EventDecoder().decode([json.dumps({"Event": event})])
    assert not found.strange
    columns = EventColumns()
    columns.add_parts(found, ["{}"])
    row = columns.take(0).frame.row(0, named=True)
    assert (row["EventID"], row["record"], row["param1"]) == (7036, 5, "x")
    assert "Binary" not in row


def test_sources_read_into_one_frame_keep_their_own_surveys() -> None:
    """Days, names, damage and notes are of the source whose rows they are."""
    one, two = (
        records_of([{"System": {"Provider": within(Name="x"), "Computer": name}, "EventData": {}}])
        for name in ("mxs01", "a b")
    )
    columns = EventColumns()
    evtx._add_records(one, columns, EventDecoder())
    columns.damage(1, "broken")
    columns.begin()
    columns.begin()
    evtx._add_records(two, columns, EventDecoder())
    whole, (first, empty, last) = columns.take_all([1, 2, 3])
    assert [batch.frame.height for batch in (first, empty, last)] == [1, 0, 1]
    assert (first.survey.names, last.survey.names) == ((("MXS01", 1),), ())
    assert (first.survey.damaged, last.survey.damaged, empty.survey.rows) == (1, 0, 0)
    assert (first.survey.notes, empty.survey.notes, len(last.survey.notes)) == ((), (), 1)
    assert [batch.survey.size for batch in (first, empty, last)] == [1, 2, 3]
    assert pl.concat([first.frame, last.frame]).equals(whole.frame)
    assert whole.frame["Computer"].to_list() == ["mxs01", "a b"]


USUAL_RAW = (
    '{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"p"}},'
    '"EventID":1,"TimeCreated":{"#attributes":{"SystemTime":"2021-03-14T01:39:32Z"}},'
    '"EventRecordID":7,"Channel":"Security"},"EventData":{"a":"b"}}}'
)
PIECES = st.sampled_from(
    [
        "7",
        "8",
        '"',
        "}",
        "{",
        ",",
        "\\",
        '"b"',
        '"a"',
        '"c":1',
        "2021",
        "Security",
        '"EventData":{}',
    ]
)


@settings(max_examples=200)
@given(st.integers(0, len(USUAL_RAW)), st.integers(0, 6), PIECES)
def test_what_is_known_of_one_event_is_never_said_of_another(
    place: int, length: int, piece: str
) -> None:
    """After a usual event another one that differs anywhere is read as by itself."""
    other = USUAL_RAW[:place] + piece + USUAL_RAW[place + length :]
    try:
        json.loads(other)
    except ValueError:
        return
    decoder = EventDecoder()
    decoder.decode([USUAL_RAW])
    alone = EventDecoder().decode([other])
    for raws in ([other], [USUAL_RAW, other]):
        known = decoder.decode(raws)
        assert known.strange == alone.strange
        if not known.strange:
            last = [values[-1] for values in known[:4]]
            assert last == [values[-1] for values in alone[:4]]
            assert len(known.data) == len(raws)
            assert known.user_data.get(len(raws) - 1) == alone.user_data.get(0)

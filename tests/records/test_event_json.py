"""Windows events as JSON: three dialects and their quirks are one table."""

from __future__ import annotations

import codecs
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hevesy.model import Source, Survey
from hevesy.records import event_json
from hevesy.records.batch import add_up

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = Source("in", "events.json", "", "", "", "event_json", 0, None, ())
TIME = "2021-03-14T01:39:32.609Z"

FLAT: dict[str, Any] = {
    "SourceName": "Microsoft-Windows-Sysmon",
    "Level": "4",
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Hostname": "mxs01.contoso.com",
    "TimeCreated": TIME,
    "@timestamp": "2021-03-14T09:00:00.000Z",
    "EventID": 1,
    "ExecutionProcessID": 4,
    "Message": "Process Create",
    "CommandLine": "cmd.exe /c whoami",
    "ProcessId": "77",
}
NESTED: dict[str, Any] = {
    "Event": {
        "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}},
            "EventID": 1,
            "Level": 4,
            "TimeCreated": {"#attributes": {"SystemTime": TIME}},
            "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 5}},
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": "mxs01.contoso.com",
        },
        "EventData": {"CommandLine": "cmd.exe /c whoami", "ProcessId": 77},
    }
}
WINLOGBEAT: dict[str, Any] = {
    "@timestamp": TIME,
    "message": "Process Create",
    "log": {"level": "information"},
    "host": {"name": "mxs01.contoso.com"},
    "winlog": {
        "channel": "Microsoft-Windows-Sysmon/Operational",
        "provider_name": "Microsoft-Windows-Sysmon",
        "event_id": "1",
        "process": {"pid": 4, "thread": {"id": 5}},
        "event_data": {"CommandLine": "cmd.exe /c whoami", "ProcessId": "77"},
    },
}
DOTTED: dict[str, Any] = {
    "@timestamp": TIME,
    "log.level": "information",
    "host.name": "mxs01.contoso.com",
    "winlog.channel": "Microsoft-Windows-Sysmon/Operational",
    "winlog.provider_name": "Microsoft-Windows-Sysmon",
    "winlog.event_id": 1,
    "winlog.process.pid": 4,
    "winlog.event_data.CommandLine": "cmd.exe /c whoami",
    "winlog.event_data.ProcessId": "77",
}
WINLOGBEAT_6: dict[str, Any] = {
    "@timestamp": TIME,
    "level": "Information",
    "computer_name": "mxs01.contoso.com",
    "log_name": "Microsoft-Windows-Sysmon/Operational",
    "source_name": "Microsoft-Windows-Sysmon",
    "event_id": 1,
    "process_id": 4,
    "event_data": {"CommandLine": "cmd.exe /c whoami", "ProcessId": "77"},
}
VELOCIRAPTOR: dict[str, Any] = {
    "System": {
        "Provider": {"Name": "Microsoft-Windows-Sysmon"},
        "EventID": {"Value": 1},
        "Level": 4,
        "TimeCreated": {"SystemTime": 1615685972.609},
        "Execution": {"ProcessID": 4},
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "Computer": "mxs01.contoso.com",
    },
    "EventData": {"CommandLine": "cmd.exe /c whoami", "ProcessId": 77},
    "Message": "Process Create",
}
XMLTODICT: dict[str, Any] = {
    "Event": {
        "@xmlns": "x",
        "System": {
            "Provider": {"@Name": "Microsoft-Windows-Sysmon"},
            "EventID": "1",
            "Level": "4",
            "TimeCreated": {"@SystemTime": TIME},
            "Execution": {"@ProcessID": "4"},
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Computer": "mxs01.contoso.com",
        },
        "EventData": {
            "Data": [
                {"@Name": "CommandLine", "#text": "cmd.exe /c whoami"},
                {"@Name": "ProcessId", "#text": "77"},
            ]
        },
    }
}
POWERSHELL: dict[str, Any] = {
    "Id": 1,
    "ProviderName": "Microsoft-Windows-Sysmon",
    "LogName": "Microsoft-Windows-Sysmon/Operational",
    "MachineName": "mxs01.contoso.com",
    "Level": 4,
    "TimeCreated": "/Date(1615685972609)/",
    "Properties": [{"Value": "-"}, {"Value": "2021-03-14 01:39:32.609"}],
}
DIALECTS = {
    "flat": FLAT,
    "nested": NESTED,
    "winlogbeat": WINLOGBEAT,
    "dotted": DOTTED,
    "winlogbeat 6": WINLOGBEAT_6,
    "velociraptor": VELOCIRAPTOR,
    "xmltodict": XMLTODICT,
    "elasticsearch": {"_index": "x", "_source": WINLOGBEAT},
    "powershell": POWERSHELL,
}


def read(data: bytes) -> tuple[pl.DataFrame, Survey]:
    """All batches as one frame and one survey."""
    batches = list(event_json.parse(SOURCE, io.BytesIO(data)))
    for batch in batches:
        assert batch.survey.rows == batch.survey.parsed + batch.survey.damaged
        assert batch.survey.parsed == batch.frame.height
    survey = add_up(batch.survey for batch in batches)
    assert survey.size == len(data)
    return pl.concat([batch.frame for batch in batches], how="diagonal"), survey


def lines(*events: object, end: str = "\n") -> bytes:
    """Events as JSON lines."""
    return "".join(json.dumps(event) + end for event in events).encode()


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_says_the_same(name: str) -> None:
    """One event, exported in each way, gives the same columns."""
    frame, survey = read(lines(DIALECTS[name]))
    row = frame.row(0, named=True)
    assert survey.damaged == 0
    assert row["time"] == datetime(2021, 3, 14, 1, 39, 32, 609000, tzinfo=UTC)
    assert (row["server"], row["Computer"]) == ("MXS01", "mxs01.contoso.com")
    assert (row["record"], row["line"], row["EventID"], row["Level"]) == (1, None, 1, 4)
    assert row["Channel"] == "Microsoft-Windows-Sysmon/Operational"
    assert row["Provider_Name"] == "Microsoft-Windows-Sysmon"
    if name == "powershell":
        assert row["param2"] == "2021-03-14 01:39:32.609"
    else:
        assert (row["CommandLine"], row["ProcessId"]) == ("cmd.exe /c whoami", "77")
        assert row["Execution_ProcessID"] == 4


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_recognised(name: str) -> None:
    """By its content alone, as lines, as an array, spread over lines, and as UTF-16."""
    text = json.dumps(DIALECTS[name])
    spread = json.dumps([DIALECTS[name]], indent=1)
    for form in (text, f"[{text}]", spread):
        assert event_json.recognise(form.encode(), "a.log")
        assert event_json.recognise(codecs.BOM_UTF16_LE + form.encode("utf-16-le"), "a.json")


@pytest.mark.parametrize(
    "head", [b"", b"{}", b'{"EventID": 1}', b"#Fields: EventID Channel", b'["a"]', b"<Event>"]
)
def test_other_content_is_not_recognised(head: bytes) -> None:
    """JSON that names no Windows event, and text that is no JSON."""
    assert not event_json.recognise(head, "windows-events.json")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\r\n \r\n"])
def test_line_ends_and_blank_lines(end: str) -> None:
    """LF, CRLF and blank lines; the record is the line number, raw the line without its end."""
    data = lines(FLAT, NESTED, end=end)
    frame, survey = read(data)
    step = end.count("\n")
    assert frame["record"].to_list() == [1, 1 + step]
    assert frame["raw"].to_list() == [json.dumps(FLAT), json.dumps(NESTED)]
    assert survey.rows == 2


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + lines(FLAT, FLAT),
        codecs.BOM_UTF16_LE + lines(FLAT, FLAT).decode().encode("utf-16-le"),
        codecs.BOM_UTF16_BE + lines(FLAT, FLAT).decode().encode("utf-16-be"),
        lines(FLAT, FLAT).rstrip(b"\n"),
        json.dumps([FLAT, FLAT]).encode(),
        json.dumps([FLAT, FLAT], indent=2).encode(),
        (json.dumps(FLAT, indent=2) + "\n" + json.dumps(FLAT, indent=2)).encode(),
        f"Record 1\n{json.dumps(FLAT, indent=2)}\nRecord 2\n{json.dumps(FLAT)}\n".encode(),
        b"[\n" + lines(FLAT).rstrip() + b",\n" + lines(FLAT) + b"]\n",
    ],
    ids=["bom", "utf-16-le", "utf-16-be", "no end", "array", "indented", "spread", "dump", "rows"],
)
def test_layouts(data: bytes) -> None:
    """Byte order marks, UTF-16, arrays and objects over several lines hold the same events."""
    frame, survey = read(data)
    assert (frame.height, survey.damaged) == (2, 0)
    assert frame["CommandLine"].to_list() == ["cmd.exe /c whoami"] * 2


def test_broken_lines_are_counted_with_their_number() -> None:
    """A line that is no JSON, or no event, is damaged; the lines around it are read."""
    data = lines(FLAT) + b'{"EventID": 1, "Cha\n' + lines({"a": 1}, [], None, 3, FLAT)
    frame, survey = read(data)
    assert frame["record"].to_list() == [1, 7]
    assert survey.damaged == 5
    assert [sample.line for sample in survey.damaged_samples] == [2, 3, 4, 5, 6]
    assert survey.damaged_samples[0].text.startswith('{"EventID": 1')


def test_a_broken_object_of_an_array_costs_itself_alone() -> None:
    """Reading goes on at the next object."""
    good = json.dumps(FLAT)
    frame, survey = read(f'[\n{good},\n{{"EventID": }},\n{good}\n]'.encode())
    assert (frame["record"].to_list(), survey.damaged) == ([2, 4], 1)
    assert survey.damaged_samples[0].line == 3


def test_a_cut_array_gives_what_it_has() -> None:
    """The last, cut object is damaged."""
    frame, survey = read(json.dumps([FLAT, FLAT]).encode()[:-30])
    assert (frame.height, survey.damaged) == (1, 1)


def test_bytes_that_are_no_utf8_are_escaped() -> None:
    """A line with a bad byte is still an event; the byte shows as an escape."""
    data = lines(FLAT).replace(b"whoami", b"who\xffami")
    frame, survey = read(data)
    assert survey.damaged == 0
    assert frame["CommandLine"].to_list() == ["cmd.exe /c who\\xffami"]


def test_what_strict_json_refuses_is_read() -> None:
    """Raw control characters, half surrogates and NaN come from careless writers."""
    data = b'{"EventID":1,"Channel":"x","a":"\x01\t","b":"\\ud800z","c":NaN}\n'
    frame, survey = read(data)
    assert survey.damaged == 0
    assert frame.select("a", "b", "c").row(0) == ("\x01\t", "?z", "NaN")


def test_a_message_alone_names_the_cmdlet() -> None:
    """MSExchange Management as a shipper without values exports it."""
    event = {
        "SourceName": "MSExchange CmdletLogs",
        "Channel": "MSExchange Management",
        "EventID": 1,
        "Message": 'Cmdlet suceeded. Cmdlet Set-X, parameters -A "b".',
    }
    frame, _ = read(lines(event))
    assert frame.select("Cmdlet", "Parameters").row(0) == ("Set-X", '-A "b"')


def test_names_of_the_flat_dialect_that_are_no_system_field_stay() -> None:
    """`Id` and `UserID` belong to the event where System has its own."""
    frame, _ = read(lines(FLAT | {"Id": "7", "ProviderName": "other"}))
    assert frame.select("Id", "ProviderName").row(0) == ("7", "other")


def test_batches_are_bounded() -> None:
    """No frame holds more than 20,000 rows; the surveys add up."""
    line = b'{"EventID":1,"Channel":"x","TimeCreated":"2021-03-14T01:39:32Z"}\n'
    batches = list(event_json.parse(SOURCE, io.BytesIO(line * 20_001)))
    assert [batch.frame.height for batch in batches] == [20_000, 1]
    assert sum(batch.survey.size for batch in batches) == len(line) * 20_001


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_arbitrary_bytes_never_raise(data: bytes) -> None:
    """Rows add up whatever is read; so do those of an array."""
    read(data)
    read(b"[" + data)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Event",
                    "System",
                    "EventData",
                    "EventID",
                    "winlog",
                    "event_data",
                    "_source",
                    "Data",
                    "Channel",
                    "#text",
                    "#attributes",
                    "Provider",
                    "Message",
                    "event_id",
                    "Properties",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


@given(st.lists(VALUES, max_size=4))
@settings(max_examples=60, deadline=None)
def test_arbitrary_json_never_raises(values: list[Any]) -> None:
    """Each value of a line is an event or damaged: none is lost."""
    _, survey = read(lines(FLAT, *values))
    assert survey.rows == len(values) + 1


def test_every_event_of_proxylogon_is_read(corpora: Path) -> None:
    """10,487 events; their stamps are local time labelled Z, five hours behind."""
    with zipfile.ZipFile(corpora / "otrf_proxylogon.zip") as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".json")]
        with archive.open(name) as stream:
            batches = list(event_json.parse(SOURCE, stream))  # type: ignore[arg-type]  # read alone
    survey = add_up(batch.survey for batch in batches)
    assert (survey.rows, survey.damaged, survey.clock_offset) == (10_487, 0, 18_000)
    assert survey.names == (("MXS01", 10_487),)
    cmdlets = batches[0].frame.filter(pl.col("Cmdlet").is_not_null())["Cmdlet"].to_list()
    assert cmdlets == [
        "Set-OabVirtualDirectory",
        "Remove-OabVirtualDirectory",
        "New-OabVirtualDirectory",
    ]

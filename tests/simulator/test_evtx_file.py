"""EVTX files: laid out as the format says, and read back as written by readers of others."""

from __future__ import annotations

import io
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from evtx import PyEvtxParser
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hevesy.model import Source
from hevesy.records import evtx
from hevesy.simulator.binary_value import ValueKind, file_time
from hevesy.simulator.binary_xml import name_hash
from hevesy.simulator.evtx_event import EventShape, EvtxEvent, Field
from hevesy.simulator.evtx_file import DIRTY, evtx_parts, write_evtx

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CHUNK = 65_536
HEADER = 4096
NOON = file_time(1_614_772_800_000)
GUID = "{5770385F-C22A-43E0-BF4C-06F5698FFBD9}"
SID = "S-1-5-21-1757981266-1645522239-839522115-1105"

PROCESS = EventShape(
    provider="Microsoft-Windows-Sysmon",
    provider_guid=GUID,
    channel="Microsoft-Windows-Sysmon/Operational",
    computer="ex01.corp.example",
    event_id=1,
    version=5,
    task=1,
    fields=(
        Field("UtcTime"),
        Field("ProcessGuid", ValueKind.GUID),
        Field("ProcessId", ValueKind.UINT32),
        Field("Image"),
        Field("CommandLine"),
    ),
)
CMDLET = EventShape(
    provider="MSExchange CmdletLogs",
    channel="MSExchange Management",
    computer="ex01.corp.example",
    event_id=1,
    qualifiers=16384,
    unnamed=True,
)
CLEARED = EventShape(
    provider="Microsoft-Windows-Eventlog",
    channel="Security",
    computer="ex01.corp.example",
    event_id=1102,
    fields=(Field("SubjectUserSid", ValueKind.SID), Field("SubjectUserName")),
    user_data="LogFileCleared",
)
BARE = EventShape(provider="Kernel", channel="System", computer="ex01", event_id=16)


def process(number: int, command: str = "cmd.exe /c whoami") -> EvtxEvent:
    """A Sysmon event 1."""
    values = ("2021-03-03 12:00:00.000", GUID, number, r"C:\Windows\System32\cmd.exe", command)
    return EvtxEvent(PROCESS, NOON + number * 10_000, values, 1680, 6620, "S-1-5-18")


def mixed(count: int) -> list[EvtxEvent]:
    """Events of four shapes in turn."""
    others = (
        EvtxEvent(CMDLET, NOON, ("Set-Mailbox", '-Identity "a"', "", "en-US")),
        EvtxEvent(CLEARED, NOON, (SID, "admin"), activity=GUID),
        EvtxEvent(BARE, NOON, ()),
    )
    return [process(n, f"cmd /c {n}") if n % 4 else others[n // 4 % 3] for n in range(count)]


def written(events: Sequence[EvtxEvent], **options: int) -> bytes:
    """The bytes of a file of these events."""
    stream = io.BytesIO()
    assert write_evtx(events, stream, **options) == len(events)
    return stream.getvalue()


def read(data: bytes) -> list[dict[str, Any]]:
    """Every event by the reader `evtx`, which raises on damage."""
    records: Iterator[Any] = PyEvtxParser(io.BytesIO(data)).records_json()
    return [json.loads(record["data"])["Event"] for record in records]


def parsed(data: bytes) -> pl.DataFrame:
    """Every event by our own parser; nothing may be damaged or noted."""
    source = Source("in", "x.evtx", "", "", "", "evtx", 0, None, ())
    batches = list(evtx.parse(source, io.BytesIO(data)))
    for batch in batches:
        assert (batch.survey.damaged, batch.survey.notes) == (0, ())
    return pl.concat([batch.frame for batch in batches], how="diagonal")


def chunks(data: bytes) -> list[bytes]:
    """The chunks of a file."""
    return [data[place : place + CHUNK] for place in range(HEADER, len(data), CHUNK)]


def number(data: bytes, place: int, form: str = "<I") -> int:
    """One number of a structure."""
    return int(struct.unpack_from(form, data, place)[0])


def test_the_file_header_counts_and_is_checked() -> None:
    """Chunks, the next record id, flags and checksum stand where the format has them."""
    data = written(mixed(500), first_id=77, flags=DIRTY)
    count = len(chunks(data))
    assert count > 1
    assert data[:8] == b"ElfFile\0"
    assert struct.unpack_from("<QQQIHHHH", data, 8) == (0, count - 1, 577, 128, 1, 3, HEADER, count)
    assert (number(data, 120), number(data, 124)) == (DIRTY, zlib.crc32(data[:120]))
    assert data[128:HEADER] == bytes(HEADER - 128)


def test_chunks_are_numbered_through_and_checked() -> None:
    """Each begins after the last record of the one before; both checksums hold; rest is zeros."""
    following = 1
    for chunk in chunks(written(mixed(500), first_id=101)):
        first, last, first_id, last_id = struct.unpack_from("<QQQQ", chunk, 8)
        assert (first, first_id, last_id) == (following, following + 100, last + 100)
        following = last + 1
        header_size, last_place, free, check = struct.unpack_from("<IIII", chunk, 40)
        assert header_size == 128
        assert check == zlib.crc32(chunk[512:free])
        assert number(chunk, 124) == zlib.crc32(chunk[:120] + chunk[128:512])
        assert number(chunk, last_place + 8, "<Q") == last_id
        assert chunk[free:] == bytes(CHUNK - free)
    assert following == 501


def test_records_are_chained_by_their_sizes() -> None:
    """Size before and after, a multiple of 8, ids one after the other, up to the free space."""
    for chunk in chunks(written(mixed(500))):
        place, record = 512, number(chunk, 24, "<Q")
        free = number(chunk, 48)
        while place < free:
            size = number(chunk, place + 4)
            assert chunk[place : place + 4] == b"\x2a\x2a\0\0"
            assert size % 8 == 0
            assert number(chunk, place + size - 4) == size
            assert number(chunk, place + 8, "<Q") == record
            place, record = place + size, record + 1
        assert (place, record) == (free, number(chunk, 32, "<Q") + 1)


def test_names_and_templates_stand_once_a_chunk() -> None:
    """The lists of the chunk header lead to each name and each template, and to none twice."""
    for chunk in chunks(written(mixed(500))):
        names = []
        for bucket in range(64):
            place = number(chunk, 128 + 4 * bucket)
            while place:
                assert number(chunk, place) < place
                size = number(chunk, place + 6, "<H")
                name = chunk[place + 8 : place + 8 + 2 * size].decode("utf-16-le")
                assert number(chunk, place + 4, "<H") == name_hash(name)
                assert name_hash(name) % 64 == bucket
                names.append(name)
                place = number(chunk, place)
        assert len(names) == len(set(names))
        assert {"Event", "System", "EventData", "Data", "Name", "UserData"} <= set(names)
        assert not {"CommandLine", "Image"} & set(names)
        guids = []
        for bucket in range(32):
            place = number(chunk, 384 + 4 * bucket)
            while place:
                guids.append(chunk[place + 4 : place + 20])
                size = number(chunk, place + 20)
                assert chunk[place + 24 : place + 28] == b"\x0f\x01\x01\0"
                assert chunk[place + 23 + size] == 0
                place = number(chunk, place)
        assert len(guids) == len(set(guids)) == 7


def test_events_are_read_back() -> None:
    """Four shapes in turn over several chunks: each event with its number and its values."""
    events = mixed(500)
    data = written(events)
    found = read(data)
    assert [event["System"]["EventRecordID"] for event in found] == list(range(1, 501))
    for number_, event in enumerate(found):
        if number_ % 4:
            assert event["EventData"]["CommandLine"] == f"cmd /c {number_}"
            assert event["EventData"]["ProcessId"] == number_
            assert event["System"]["Security"]["#attributes"]["UserID"] == "S-1-5-18"
    assert found[0]["EventData"]["Data"]["#text"] == ["Set-Mailbox", '-Identity "a"', "", "en-US"]
    assert found[0]["System"]["EventID"] == {"#attributes": {"Qualifiers": 16384}, "#text": 1}
    assert found[4]["UserData"]["LogFileCleared"]["SubjectUserSid"] == SID
    assert found[4]["System"]["Correlation"]["#attributes"]["ActivityID"] == GUID.strip("{}")
    assert "EventData" not in found[8]
    frame = parsed(data)
    assert frame["record"].to_list() == list(range(1, 501))
    assert frame.filter(pl.col("EventID") == 1)["CommandLine"].drop_nulls().len() == 375


def test_no_chunk_is_filled_to_its_end() -> None:
    """Eight bytes stay free, as in every real chunk: libevtx loses a record that needs them."""
    gaps = set()
    for length in range(8):
        data = written([process(n, "x" * (500 + 4 * length)) for n in range(100)])
        gaps |= {CHUNK - number(chunk, 48) for chunk in chunks(data)}
    assert min(gaps) >= 8


def test_libevtx_reads_the_same(tmp_path: Path) -> None:
    """A second reader, where it is installed: nothing corrupt, every record, the same values."""
    pyevtx = pytest.importorskip("pyevtx", reason="libevtx-python is not installed")
    path = tmp_path / "x.evtx"
    path.write_bytes(written(mixed(500)))
    file = pyevtx.file()
    file.open(str(path))
    assert not file.is_corrupted()
    assert (file.number_of_records, file.number_of_recovered_records) == (500, 0)
    texts = [file.get_record(place).xml_string for place in range(500)]
    assert '<Data Name="CommandLine">cmd /c 497</Data>' in texts[497]
    assert all("<EventRecordID>" in text for text in texts)


TEXTS = st.text(
    st.characters(
        codec="utf-16",  # no lone surrogates
        # what XML 1.0 does not allow; a NUL would end the text
        exclude_characters=[chr(code) for code in range(32) if chr(code) not in "\t\n\r"],
    ),
    max_size=200,
)


@given(st.lists(TEXTS, min_size=5, max_size=5), st.lists(TEXTS, min_size=1, max_size=8))
@example(['"', "'", "<a>&amp;", "]]>", "\ufffe\uffff\U0001f600"], ["", "\r\n", " "])
@example(["x" * 30_000, "", "", "", "é"], ["y" * 30_000])
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_back(named: list[str], unnamed: list[str]) -> None:
    """Quotes, markup, line ends, empty and long texts, every plane of Unicode."""
    shape = EventShape(
        provider="P",
        channel="Application",
        computer="x",
        event_id=7,
        fields=tuple(Field(name) for name in "ABCDE"),
    )
    data = written([EvtxEvent(shape, NOON, named), EvtxEvent(CMDLET, NOON, unnamed)])
    first, second = read(data)
    assert [first["EventData"][name] for name in "ABCDE"] == named
    texts = second["EventData"]["Data"]["#text"]
    assert (texts if isinstance(texts, list) else [texts]) == unnamed
    frame = parsed(data)
    assert frame.select(*"ABCDE").row(0) == tuple(named)


TYPED = EventShape(
    provider="P",
    channel="Application",
    computer="x",
    event_id=8,
    fields=tuple(Field(kind.name, kind) for kind in ValueKind if kind not in {0, 0x21, 0x81}),
)
VALUES: dict[ValueKind, tuple[Any, Any]] = {
    ValueKind.TEXT: ("a", "a"),
    ValueKind.INT8: (-128, -128),
    ValueKind.UINT8: (255, 255),
    ValueKind.INT16: ("-32768", -32768),
    ValueKind.UINT16: (65535, 65535),
    ValueKind.INT32: (-(1 << 31), -(1 << 31)),
    ValueKind.UINT32: ((1 << 32) - 1, (1 << 32) - 1),
    ValueKind.INT64: (-(1 << 63), -(1 << 63)),
    ValueKind.UINT64: ((1 << 64) - 1, (1 << 64) - 1),
    ValueKind.DOUBLE: (0.5, "0.5"),
    ValueKind.BOOL: ("false", False),
    ValueKind.BINARY: (b"\0\x0f\xff", "000FFF"),
    ValueKind.GUID: (GUID, GUID.strip("{}")),
    ValueKind.FILETIME: (NOON, "2021-03-03T12:00:00.000000Z"),
    ValueKind.SID: (SID, SID),
    ValueKind.HEX32: ("0x1fffff", "0x1fffff"),
    ValueKind.HEX64: (0x3E7, "0x3e7"),
}


def test_every_type_of_value_is_read_back() -> None:
    """Extremes of numbers, hexadecimal numbers, bytes, GUID, SID, time, truth: as given."""
    values = [VALUES[field.kind][0] for field in TYPED.fields]
    (event,) = read(written([EvtxEvent(TYPED, NOON, values)]))
    assert event["EventData"] == {kind.name: value for kind, (_, value) in VALUES.items()}


def test_null_and_text_may_stand_in_any_field() -> None:
    """Null is none of the types; a text that is no number, GUID, SID or truth stays text."""
    nulls = [None] * len(TYPED.fields)
    kinds = [ValueKind.UINT32, ValueKind.HEX64, ValueKind.GUID, ValueKind.SID, ValueKind.BOOL]
    fields = tuple(Field(kind.name, kind) for kind in kinds)
    shape = EventShape(provider="P", channel="C", computer="x", event_id=9, fields=fields)
    for odd in ("-", "", "S-1-", "{12}", "%%2313"):
        first, second = read(
            written([EvtxEvent(TYPED, NOON, nulls), EvtxEvent(shape, NOON, [odd] * 5)])
        )
        assert not any(first["EventData"].values())
        assert set(second["EventData"].values()) == {odd}


@given(
    st.lists(
        st.tuples(
            st.integers(0, (1 << 32) - 1),
            st.integers(0, (1 << 64) - 1),
            st.uuids(),
            st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=15),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=30, deadline=None)
def test_any_number_guid_and_sid_is_read_back(rows: list[tuple[int, int, Any, list[int]]]) -> None:
    """Whatever the values, and however many records."""
    kinds = (ValueKind.UINT32, ValueKind.HEX64, ValueKind.GUID, ValueKind.SID)
    fields = tuple(Field(kind.name, kind) for kind in kinds)
    shape = EventShape(provider="P", channel="C", computer="x", event_id=9, fields=fields)
    sids = ["S-1-5-" + "-".join(map(str, parts)) for *_, parts in rows]
    found = read(
        written(
            [
                EvtxEvent(shape, NOON, (small, large, str(guid), sid))
                for (small, large, guid, _), sid in zip(rows, sids, strict=True)
            ]
        )
    )
    for event, (small, large, guid, _), sid in zip(found, rows, sids, strict=True):
        data = event["EventData"]
        assert (data["UINT32"], int(data["HEX64"], 16)) == (small, large)
        assert (data["GUID"], data["SID"]) == (str(guid).upper(), sid)


def test_what_cannot_be_stored_is_refused() -> None:
    """An event larger than a chunk, too few values, a NUL in an array: said, never cut short."""
    with pytest.raises(ValueError, match="larger than a chunk"):
        written([process(1, "x" * 33_000)])
    with pytest.raises(ValueError, match="argument"):
        written([EvtxEvent(PROCESS, NOON, ("only one",))])
    with pytest.raises(ValueError, match="NUL"):
        written([EvtxEvent(CMDLET, NOON, ("a\0b",))])


def test_the_parts_are_the_file() -> None:
    """For a stream that cannot be rewound the same bytes come in pieces; no event, no chunk."""
    events = mixed(100)
    assert b"".join(evtx_parts(events, first_id=5)) == written(events, first_id=5)
    assert len(written([])) == HEADER
    assert read(written([])) == []

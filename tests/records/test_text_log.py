"""Tests of `hevesy.records.text_log`: what holds for every text log, whatever its bytes are."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hevesy.model import Source, Survey
from hevesy.records import Needle, Wanted, add_up, lines, parse, survey
from hevesy.tables import PROVENANCE

Read = Callable[..., tuple[pl.DataFrame, Survey]]

KINDS = ("iis", "httpproxy", "ecp_server", "ecp_activity", "oab_generator")
IIS = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query s-port sc-status\n"
PROXY = "#Fields: DateTime,RequestId,UrlStem,UserAgent,ServerHostName,HttpStatus,Method\n"

PIECES = st.sampled_from(
    [
        *(b"\n", b"\r\n", b"\0", b'"', b'""', b",", b" ", b"-", b"'", b";", b"=", b"\xef\xbb\xbf"),
        *(b"\xff", b"\xff\xfe", b"\x01", b"\r", b"#Fields:\n", b"#Date: 2021-03-05 00:00:00\n"),
        *(b"#Version: 15.01.2375.007\n", b"#Fields: time sc-status\n", b"23:59:59 200\n"),
        *(b"DateTime,RequestId\r\n", b"TimeStamp,ServerName,EventId,EventData\n"),
        *(b"2021-03-05T10:00:00.000Z,a,b,", b"9999-12-31T23:59:59.999Z,", b"0000-00-00 "),
        *(IIS.encode(), PROXY.encode(), b"2021-03-05 10:00:00 192.0.2.7 GET /owa - 443 200\n"),
        b"2021-03-05T10:00:00.000Z,r,/owa,a  b,mail,200,GET\n",
        *(b"#Fields: date time _version _date raw sc-status\n", b"2021-03-05 10:00:00 a b c 200\n"),
        *(b"#Fields: TimeStamp,MyTimeStamp,EventData,_fits,_when,CMD\n", b"#Fields: a,a,A,,\n"),
        b"#Fields: Timestamp,RecordType,TraceId,OabGuid,AddressListGuid,Message\n",
    ]
)
LOGS = st.lists(PIECES | st.binary(max_size=12), max_size=30).map(b"".join)


def _source(kind: str, size: int) -> Source:
    return Source("input", "a.log", "", "", "", kind, size, None, ())


def _rows(kind: str, data: bytes, wanted: Wanted | None) -> tuple[list[Any], Survey]:
    batches = list(parse(_source(kind, len(data)), io.BytesIO(data), wanted))
    rows = [row for batch in batches for row in batch.frame.select(*PROVENANCE).rows()]
    return rows, add_up(batch.survey for batch in batches)


@given(LOGS, st.sampled_from(KINDS))
@example(b"\0" * 10 + b"#Fields: time sc-status\n", "iis")
@example(IIS.encode() + b"\xef\xbb\xbf", "iis")
def test_any_bytes_are_read_and_every_row_is_counted(data: bytes, kind: str) -> None:
    """Nothing raises, and rows are parsed, passed over or damaged: with needles and without."""
    rows, whole = _rows(kind, data, None)
    some, part = _rows(kind, data, Wanted((Needle("OWA"), Needle("99"))))
    nothing, bare = _rows(kind, data, Wanted(()))
    for seen in (whole, part, bare):
        assert seen.rows == seen.parsed + seen.passed_over + seen.damaged
        assert seen.size == len(data)
        assert len(seen.damaged_samples) == min(5, seen.damaged)
    assert (len(rows), len(some), len(nothing)) == (whole.parsed, part.parsed, bare.parsed)
    raw = list(PROVENANCE).index("raw")
    held = [row for row in rows if "owa" in row[raw].lower() or "99" in row[raw]]
    assert [row for row in some if row in held] == held
    assert all(row in rows for row in some + nothing)
    for seen in (part, bare):
        assert replace(seen, parsed=whole.parsed, passed_over=0) == whole


@given(LOGS, st.sampled_from(KINDS), st.integers(2, 200))
def test_where_blocks_are_cut_makes_no_difference(data: bytes, kind: str, size: int) -> None:
    """The same rows and the same survey, whether a source is read in one piece or in many."""
    rows, whole = _rows(kind, data, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK_BYTES", size)
        pieces, sum_of_pieces = _rows(kind, data, None)
    assert pieces == rows
    assert sum_of_pieces == whole


TEXT = st.text("abcXYZ/\\.?&=;:<>[]()'+%~|0189é", max_size=12)
PROXY_ROWS = st.lists(
    st.tuples(
        st.datetimes(datetime(2020, 1, 1), datetime(2024, 1, 1)),  # noqa: DTZ001  # made UTC below
        *(TEXT, TEXT, TEXT),
        st.sampled_from(["MAIL1", "mail2.contoso.example", ""]),
        st.sampled_from(["200", "500", ""]),
        st.sampled_from(["GET", "POST", ""]),
    ),
    max_size=20,
)


def _millis(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"


@given(PROXY_ROWS)
def test_comma_separated_rows_are_read_as_a_plain_reader_reads_them(rows: list[Any]) -> None:
    """Written row by row, split row by row, compared cell by cell."""
    text = [",".join([_millis(row[0]), *row[1:]]) for row in rows]
    data = PROXY + "".join(line + "\n" for line in text)
    batches = parse(_source("httpproxy", 0), io.BytesIO(data.encode()))
    frame = next(iter(batches)).frame
    names = PROXY.removeprefix("#Fields: ").strip().split(",")
    plain = [dict(zip(names, line.split(","), strict=True)) for line in text]
    offset = len(PROXY)
    assert len(frame) == len(rows)
    for row, cells, line in zip(frame.iter_rows(named=True), plain, text, strict=True):
        time = datetime.fromisoformat(cells["DateTime"])
        assert row["time"] == time
        assert row["raw"] == line
        assert row["offset"] == offset
        assert row["server"] == (cells["ServerHostName"].split(".")[0].upper() or None)
        status = cells.pop("HttpStatus")
        assert row["HttpStatus"] == (int(status) if status else None)
        assert all(row[name] == (cell or None) for name, cell in cells.items())
        offset += len(line.encode()) + 1


IIS_ROWS = st.lists(
    st.tuples(
        st.datetimes(datetime(2020, 1, 1), datetime(2024, 1, 1)),  # noqa: DTZ001  # made UTC below
        *(TEXT.map(lambda text: text or "-") for _ in range(4)),
        st.integers(1, 65535),
        st.integers(100, 599),
    ),
    max_size=20,
)


@given(IIS_ROWS, st.sampled_from(["\n", "\r\n"]))
def test_blank_separated_rows_are_read_as_a_plain_reader_reads_them(
    rows: list[Any], end: str
) -> None:
    """Written row by row, split row by row, compared cell by cell."""
    text = [f"{row[0]:%Y-%m-%d %H:%M:%S} " + " ".join(map(str, row[1:])) for row in rows]
    data = IIS.strip() + end + "".join(line + end for line in text)
    frame = next(iter(parse(_source("iis", 0), io.BytesIO(data.encode())))).frame
    names = IIS.split()[1:]
    assert frame["raw"].to_list() == text
    for row, line in zip(frame.iter_rows(named=True), text, strict=True):
        cells = dict(zip(names, line.split(" "), strict=True))
        time = datetime.fromisoformat(f"{cells.pop('date')}T{cells.pop('time')}+00:00")
        assert row["time"] == time
        for name, cell in cells.items():
            value = int(cell) if name in {"s-port", "sc-status"} else cell
            assert row[name] == (None if cell == "-" else value)


def test_days_first_and_last_are_the_same_with_and_without_needles(read_log: Read) -> None:
    """The ledger sees rows that are passed over."""
    start = datetime(2021, 3, 1, tzinfo=UTC)
    text = "".join(
        f"{start + timedelta(hours=hour):%Y-%m-%d %H:%M:%S} 192.0.2.7 GET /p{hour} - 443 200\n"
        for hour in range(72)
    )
    frame, part = read_log("iis", IIS + text, Wanted((Needle("/P7 "),)))
    _, whole = read_log("iis", IIS + text)
    assert frame["cs-uri-stem"].to_list() == ["/p7"]
    assert (part.parsed, part.passed_over) == (1, 71)
    assert part.days == whole.days
    assert [day.records for day in part.days] == [24, 24, 24]
    assert part.last == start + timedelta(hours=71)


def test_an_empty_source_has_an_empty_survey(read_log: Read) -> None:
    """A log of no bytes, as IIS makes one beforehand, is read as that."""
    frame, seen = read_log("iis", b"")
    assert frame.columns == list(PROVENANCE)
    assert seen == Survey()
    assert survey(_source("iis", 0), io.BytesIO(b"")) == Survey()


def test_bytes_that_are_no_utf_8_are_written_out(read_log: Read) -> None:
    """The row is read, its bad byte shown, and the offsets of the next rows stay right."""
    row = b"2021-03-05 10:00:00 192.0.2.7 GET /\xe9 - 443 200\n"
    frame, seen = read_log("iis", IIS.encode() + row + row)
    assert frame["cs-uri-stem"].to_list() == ["/\\xe9", "/\\xe9"]
    assert frame["offset"].to_list() == [len(IIS), len(IIS) + len(row)]
    assert seen.damaged == 0


def test_utf_16_is_read_without_offsets(read_log: Read) -> None:
    """PowerShell's `>` turns a log into UTF-16."""
    text = IIS + "2021-03-05 10:00:00 192.0.2.7 GET /é - 443 200\n"
    frame, seen = read_log("iis", text.encode("utf-16"))
    assert frame["cs-uri-stem"].to_list() == ["/é"]
    assert frame["offset"].to_list() == [None]
    assert "UTF-16" in seen.notes[0]
    assert seen.size == 2 * len(text) + 2


def test_headers_that_change_every_row_are_bounded(read_log: Read) -> None:
    """Hostile column lists beyond 64 in a block cost their rows, which are counted."""
    text = "".join(f"#Fields: date time c{i}\n2021-03-05 10:00:00 x\n" for i in range(70))
    frame, seen = read_log("iis", text)
    assert (len(frame), seen.damaged) == (64, 6)
    assert seen.damaged_samples[0].reason == "too many different column lists"
    assert len(seen.headers) == 16


def test_a_header_without_a_time_or_too_wide_makes_its_rows_damaged(read_log: Read) -> None:
    """A row has a time, or it is shown as one that cannot be placed."""
    wide = "#Fields: date time " + " ".join(f"c{i}" for i in range(2000)) + "\na b\n"
    _, seen = read_log("iis", "#Fields: c-ip sc-status\n192.0.2.7 200\n" + wide)
    assert (seen.rows, seen.damaged) == (2, 2)
    assert "header" in seen.damaged_samples[0].reason


def test_columns_called_like_ours_do_not_collide(read_log: Read) -> None:
    """A header may name its columns as it likes."""
    header = "#Fields: TimeStamp,MyTimeStamp,_version,raw,Raw,CMD,cmd,EventData\n"
    row = "2021-03-05T10:00:00.000Z,x,v,r1,r2,c1,c2,S:CMD=Get-X\n"
    frame, _ = read_log("ecp_server", header + row)
    cells = frame.row(0, named=True)
    assert (cells["log__version"], cells["log_raw"], cells["log_Raw_2"]) == ("v", "r1", "r2")
    assert (cells["CMD"], cells["CMD_2"], cells["raw"]) == ("Get-X", "c2", row.strip())


def test_a_malformed_row_invents_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Frame, names and days agree, and the note counts such rows over all batches."""
    row = "2021-03-05T10:00:00.000Z,r,/owa,x,{},200,GET\n"
    hosts = ["mail.contoso.example", "", "-", "a/b", "m\u00e4il"]
    data = (PROXY + "".join(row.format(host) for host in hosts)).encode()
    monkeypatch.setattr(lines, "BLOCK_BYTES", 60)
    rows, seen = _rows("httpproxy", data, None)
    at = list(PROVENANCE).index("server")
    assert [one[at] for one in rows] == ["MAIL", None, None, None, None]
    assert seen.names == (("MAIL", 1),)
    assert {day.server: day.records for day in seen.days} == {"MAIL": 1, "": 4}
    assert [note.rsplit(" ", 1)[1] for note in seen.notes] == ["2"]

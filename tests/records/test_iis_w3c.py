"""Tests of `hevesy.records.iis_w3c`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Survey
from hevesy.records import recognise

if TYPE_CHECKING:
    from pathlib import Path

Read = Callable[..., tuple[pl.DataFrame, Survey]]

FIELDS = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\n"
)
ROW = (
    "2021-03-03 04:00:01 10.0.0.5 GET /owa/auth/x.js &a=b 443 - 192.0.2.7 curl/7+(x;+y) 200 0 0 9\n"
)


def test_columns_are_those_of_the_header_with_numbers_as_numbers(read_log: Read) -> None:
    """Columns keep their W3C names, `-` is null, `date` and `time` become one time."""
    frame, survey = read_log("iis", FIELDS + ROW)
    row = frame.row(0, named=True)
    assert row["time"] == datetime(2021, 3, 3, 4, 0, 1, tzinfo=UTC)
    assert (row["cs-uri-stem"], row["cs-uri-query"]) == ("/owa/auth/x.js", "&a=b")
    assert (row["s-port"], row["sc-status"], row["time-taken"]) == (443, 200, 9)
    assert row["cs-username"] is None
    assert row["cs(User-Agent)"] == "curl/7+(x;+y)"
    assert row["userAgent"] == "curl/7 (x; y)"
    assert (row["line"], row["offset"], row["raw"]) == (2, len(FIELDS), ROW.strip())
    assert "date" not in frame.columns
    assert "log_time" not in frame.columns
    assert (survey.rows, survey.parsed, survey.damaged) == (1, 1, 0)


def test_a_header_in_mid_file_changes_the_columns(read_log: Read) -> None:
    """Rows are read by the `#Fields:` line that stands before them, not by the first one."""
    other = "#Fields: date time c-ip sc-status sc-bytes X-Forwarded-For\n"
    frame, survey = read_log(
        "iis", FIELDS + ROW + other + "2021-03-03 05:00:00 192.0.2.8 404 1234 198.51.100.1\n" + ROW
    )
    assert frame["c-ip"].to_list() == ["192.0.2.7", "192.0.2.8"]
    assert frame["sc-bytes"].to_list() == [None, 1234]
    assert frame["X-Forwarded-For"][1] == "198.51.100.1"
    assert survey.damaged == 1
    assert survey.damaged_samples[0].line == 5
    assert "14 cells for 6 columns" in survey.damaged_samples[0].reason
    assert len(survey.headers) == 2


def test_repeated_headers_comments_and_blank_lines_are_no_rows(read_log: Read) -> None:
    """IIS writes its header again after each restart."""
    block = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n" + FIELDS
    frame, survey = read_log("iis", block + ROW + "\n" + block + ROW)
    assert survey.rows == len(frame) == 2
    assert len(survey.headers) == 1
    assert survey.builds == ()


def test_iis_6_with_a_blank_at_the_end_of_its_header(read_log: Read) -> None:
    """IIS 6 leaves a blank behind the last field's name; a large status is no overflow."""
    data = (
        "#Fields: date time s-ip sc-status sc-win32-status \n"
        "2013-07-30 00:00:03 10.0.0.5 200 67567567567\n"
    )
    frame, _ = read_log("iis", data)
    assert frame["sc-win32-status"].to_list() == [67567567567]


def test_without_a_date_column_the_day_comes_from_the_date_line(read_log: Read) -> None:
    """`#Date:` gives the day; past midnight it is the next one, over block ends too."""
    data = (
        "#Date: 2013-07-30 00:00:00\n#Fields: time s-ip sc-status\n"
        "23:59:59 10.0.0.5 200\n00:00:01 10.0.0.5 200\n00:00:02 10.0.0.5 404\n"
        "#Date: 2013-08-02 10:00:00\n10:00:00 10.0.0.5 200\n"
    )
    frame, survey = read_log("iis", data)
    days = [date(2013, 7, 30), date(2013, 7, 31), date(2013, 7, 31), date(2013, 8, 2)]
    assert frame["time"].dt.date().to_list() == days
    assert [day.records for day in survey.days] == [1, 2, 1]
    assert "#Date:" in survey.notes[0]


def test_a_doubled_blank_does_not_shift_the_columns(read_log: Read) -> None:
    """Exchange's probes write two blanks before the user: sixteen tokens for fifteen fields."""
    padded = ROW.replace(" 443 - ", " 444  contoso\\probe ")
    frame, survey = read_log("iis", FIELDS + padded + ROW)
    row = frame.row(0, named=True)
    assert (row["s-port"], row["cs-username"]) == (444, "contoso\\probe")
    assert (row["c-ip"], row["sc-status"]) == ("192.0.2.7", 200)
    assert row["raw"] == padded.strip()
    assert frame["line"].to_list() == [2, 3]
    assert survey.damaged == 0


def test_a_cell_written_as_nothing_is_null(read_log: Read) -> None:
    """Two blanks with the right number of cells are an empty one."""
    frame, _ = read_log("iis", FIELDS + ROW.replace(" 443 - ", " 443  "))
    assert frame["cs-username"].to_list() == [None]
    assert frame["c-ip"].to_list() == ["192.0.2.7"]


def test_a_blank_inside_a_cell_goes_to_the_column_where_all_values_fit(read_log: Read) -> None:
    """A query or user name with a real blank does not make the row unreadable."""
    in_query = ROW.replace("&a=b", "&a=b c")
    in_user = ROW.replace(" 443 - ", " 443 John Doe ")
    frame, survey = read_log("iis", FIELDS + in_query + in_user)
    assert survey.damaged == 0
    assert frame["cs-uri-query"].to_list() == ["&a=b c", "&a=b"]
    assert frame["cs-username"].to_list() == [None, "John Doe"]
    assert frame["sc-status"].to_list() == [200, 200]


def test_rows_that_cannot_be_read_are_damaged_with_a_reason(read_log: Read) -> None:
    """Before any header, a bad date, a status that is none, a row that was cut: all are counted."""
    bad_date = ROW.replace("2021-03-03", "2021-13-03")
    future = ROW.replace("2021-03-03", "9999-03-03")
    no_status = ROW.replace(" 200 ", " two ")
    data = ROW + FIELDS + bad_date + future + no_status + ROW + ROW[:40]
    frame, survey = read_log("iis", data)
    assert len(frame) == 1
    assert (survey.rows, survey.parsed, survey.damaged) == (6, 1, 5)
    assert [row.line for row in survey.damaged_samples] == [1, 3, 4, 5, 7]
    assert "header" in survey.damaged_samples[0].reason
    assert all(row.reason and row.text for row in survey.damaged_samples)
    assert "header line" in survey.notes[0]


def test_the_request_id_is_the_one_that_exchange_appends(read_log: Read) -> None:
    """A client may write a `cafeReqId` of its own into its query; the last one is Exchange's."""
    real = "CDE28FC4-0000-4000-8000-00000000000A"
    forged = "11111111-0000-4000-8000-00000000000b"
    query = f"cafeReqId={forged}&CorrelationID=<empty>;&cafeReqId={real};"
    frame, _ = read_log("iis", FIELDS + ROW.replace("&a=b", query) + ROW)
    assert frame["cafeReqId"].to_list() == [real.lower(), None]


def test_the_computer_name_is_the_server(read_log: Read) -> None:
    """Where the log names the server, in short upper-case form."""
    data = "#Fields: date time s-computername sc-status\n2021-03-03 04:00:00 mail.x.example 200\n"
    frame, survey = read_log("iis", data)
    assert frame["server"].to_list() == ["MAIL"]
    assert survey.names == (("MAIL", 1),)
    assert survey.days[0].server == "MAIL"


def test_what_is_an_iis_log() -> None:
    """By its content wherever it lies, by its name where the content does not say."""
    assert recognise((FIELDS + ROW).encode(), "some/where.txt") == "iis"
    assert recognise(b"\xef\xbb\xbf" + FIELDS.encode(), "x") == "iis"
    assert recognise(b"", "c/inetpub/logs/LogFiles/W3SVC1/u_ex210303.log") == "iis"
    httperr = b"#Software: Microsoft HTTP API 2.0\n#Fields: date time c-ip c-port s-ip cs-method\n"
    assert recognise(httperr, "httperr1.log") == "later:httperr"


def test_real_logs_of_several_versions(corpora: Path, read_log: Read) -> None:
    """Every row of the logs that plaso tests with is read, as an independent count has it."""
    with zipfile.ZipFile(corpora / "iis_plaso.zip") as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if recognise(data, name) != "iis":
                continue
            lines = io.StringIO(data.decode()).read().split("\n")
            count = sum(1 for line in lines if line.strip() and not line.startswith("#"))
            frame, survey = read_log("iis", data)
            assert (len(frame), survey.damaged) == (count, 0), name
            assert frame["sc-status"].is_between(100, 599).all(), name
            assert frame["c-ip"].str.contains(r"^[0-9a-f.:]+$").all(), name

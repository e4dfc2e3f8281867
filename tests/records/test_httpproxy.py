"""Tests of `hevesy.records.httpproxy`."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Survey
from hevesy.records import recognise

if TYPE_CHECKING:
    from pathlib import Path

Read = Callable[..., tuple[pl.DataFrame, Survey]]

COLUMNS = (
    "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,Protocol,UrlStem,"
    "IsAuthenticated,AuthenticatedUser,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,"
    "HttpStatus,BackEndStatus,Method,UrlQuery,GenericInfo"
)
BLOCK = (
    "#Software: Microsoft Exchange Server\r\n#Version: 15.01.1591.010\r\n"
    f"#Log-type: HttpProxy Logs\r\n#Date: 2021-03-03T04:00:00.000Z\r\n#Fields: {COLUMNS}\r\n"
)
ROW = (
    "2021-03-03T04:00:01.250Z,cde28fc4-0000-4000-8000-000000000001,15,1,1591,10,Ecp,/ecp/y.js,"
    "false,,ServerInfo~a]@mail:444/ecp/proxyLogon.ecp?,Mozilla/5.0 (KHTML  like Gecko),192.0.2.7,"
    "mail01.contoso.example,241,200,POST,,FEAuth=BEVersion-1;\r\n"
)


def test_a_row_with_its_server_build_and_place(read_log: Read) -> None:
    """Cells by the header's names; the row's own server and build go to the survey."""
    frame, survey = read_log("httpproxy", BLOCK + ROW)
    row = frame.row(0, named=True)
    assert row["time"] == datetime(2021, 3, 3, 4, 0, 1, 250000, tzinfo=UTC)
    assert row["server"] == "MAIL01"
    assert row["AnchorMailbox"] == "ServerInfo~a]@mail:444/ecp/proxyLogon.ecp?"
    assert (row["HttpStatus"], row["BackEndStatus"], row["Method"]) == (241, 200, "POST")
    assert row["AuthenticatedUser"] is None
    assert (row["line"], row["offset"]) == (6, len(BLOCK))
    assert row["raw"] == ROW.strip()
    builds = {(build.build, build.grade, build.origin) for build in survey.builds}
    assert builds == {
        ("15.1.1591.10", "su_exact", "columns"),
        ("15.1.1591.10", "su_exact", "header_version"),
    }
    assert survey.builds[0].first == row["time"]
    assert survey.names == (("MAIL01", 1),)


def test_headers_in_every_form_are_no_rows(read_log: Read) -> None:
    """BOM, bare header, `#` block, and all of them again after a restart of the service."""
    data = "\ufeff" + COLUMNS + "\r\n" + BLOCK + ROW + COLUMNS + "\r\n" + BLOCK + ROW
    frame, survey = read_log("httpproxy", data)
    assert (survey.rows, survey.damaged, len(frame)) == (2, 0, 2)
    bare, _ = read_log("httpproxy", "\ufeff" + COLUMNS + "\n" + ROW)
    assert bare["HttpStatus"].to_list() == [241]


def test_names_are_found_in_any_case_and_an_empty_one_by_its_place(read_log: Read) -> None:
    """Early builds write `BackendStatus`, have fewer columns, and one without a name."""
    data = (
        "#Fields: datetime,BACKENDSTATUS,TargetServer,,server\n2021-03-03T04:00:01.250Z,200,a,b,c\n"
    )
    frame, _ = read_log("httpproxy", data)
    assert frame["BackEndStatus"].to_list() == [200]
    assert frame["column_4"].to_list() == ["b"]
    assert frame["log_server"].to_list() == ["c"]
    assert frame["server"].to_list() == [None]


def test_quoted_cells_are_read_as_csv(read_log: Read) -> None:
    """A cell in quotes may hold commas and doubled quotes; so may all cells of an exported log."""
    quoted = ROW.replace("Mozilla/5.0 (KHTML  like Gecko)", '"a ""b"", c"')
    exported = ",".join(f'"{cell}"' for cell in ROW.strip().split(",")) + "\n"
    frame, survey = read_log("httpproxy", BLOCK + quoted + exported)
    assert survey.damaged == 0
    assert frame["UserAgent"].to_list() == ['a "b", c', "Mozilla/5.0 (KHTML  like Gecko)"]
    assert frame["HttpStatus"].to_list() == [241, 241]


def test_a_comma_inside_a_cell_goes_to_the_column_where_all_values_fit(read_log: Read) -> None:
    """Exchange writes commas of user agents as blanks; should one stay, no attack row is lost."""
    in_agent = ROW.replace("KHTML  like", "KHTML, like, or so")
    in_query = ROW.replace("POST,,", "POST,?a=1,2,")
    frame, survey = read_log("httpproxy", BLOCK + in_agent + in_query)
    assert survey.damaged == 0
    assert frame["UserAgent"][0] == "Mozilla/5.0 (KHTML, like, or so Gecko)"
    assert frame["UrlQuery"].to_list() == [None, "?a=1,2"]
    assert frame["ServerHostName"].unique().to_list() == ["mail01.contoso.example"]


def test_an_unclosed_quote_is_a_character_and_a_cut_row_is_damaged(read_log: Read) -> None:
    """A quote in a user agent hides no row; what cannot be read is counted and shown."""
    data = BLOCK + ROW + ROW.replace("Mozilla", '"Mozilla') + ROW + ROW[:80]
    frame, survey = read_log("httpproxy", data)
    assert len(frame) == 3
    assert (survey.rows, survey.damaged) == (4, 1)
    assert frame["UserAgent"][1].startswith('"Mozilla')


def test_versions_that_are_no_builds_are_passed_over(read_log: Read) -> None:
    """`15.0.0.0` says nothing; a revision of 0 tells the CU alone."""
    data = BLOCK.replace("15.01.1591.010", "15.0.0.0") + ROW.replace("1591,10", "1395,0")
    _, survey = read_log("httpproxy", data)
    found = [(build.build.rpartition(".")[2], build.grade) for build in survey.builds]
    assert found == [("0", "cu_only")]


def test_what_is_an_httpproxy_log() -> None:
    """`#Log-type:` or the column names decide; a page that begins like a log stays a page."""
    assert recognise(BLOCK.encode(), "x/y.log") == "httpproxy"
    assert recognise(COLUMNS.encode(), "x/y.txt") == "httpproxy"
    place = "V15/Logging/HttpProxy/Owa/HttpProxy_2021030304-1.LOG"
    assert recognise(b"", place) == "httpproxy"
    assert recognise(b"", place.replace("/", "\\")) == "httpproxy"
    page = "inetpub/wwwroot/aspnet_client/x.aspx"
    assert recognise(BLOCK.encode() + b"<%@ Page %>", page) == "web_file"


def test_real_logs_of_every_protocol(corpora: Path, read_log: Read) -> None:
    """Every row of real logs of eight protocols is read; no cell has moved."""
    seen = 0
    with zipfile.ZipFile(corpora / "exchange_logs_benign.zip") as archive:
        for name in archive.namelist():
            if "__HttpProxy_" not in name:
                continue
            data = archive.read(name)
            assert recognise(data, name) == "httpproxy"
            count = sum(1 for line in data.splitlines() if line and not line.startswith(b"#"))
            frame, survey = read_log("httpproxy", data)
            assert (len(frame), survey.damaged) == (count, 0)
            assert frame["HttpStatus"].is_between(100, 599).all()
            assert survey.builds[0].build == "15.1.2375.7"
            seen += count
    assert seen == 11

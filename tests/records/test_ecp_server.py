"""Tests of `hevesy.records.ecp_server`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from hevesy.model import Survey
from hevesy.records import recognise

Read = Callable[..., tuple[pl.DataFrame, Survey]]

HEAD = (
    "#Software: Microsoft Exchange Server\n#Version: 15.0.0.0\n#Log-type: ECP Server Log\n"
    "#Date: 2021-03-04T09:00:00.000Z\n#Fields: TimeStamp,ServerName,EventId,EventData\n"
)
PLAIN = (
    "2021-03-04T09:38:24.923Z,EXCH2016,ECP.Request,S:TIME=13;S:SID=s1;S:CMD=Get-InboxRule;S:REQID=;"
    "S:URL=/ecp/RulesEditor/InboxRules.svc/GetList?a=b,c;S:EX=;S:ACTID=a1;S:BLD=15.1.1591.10;"
    "S:TNAME=<null>\n"
)
QUOTED = (
    '2021-03-04T09:38:25.000Z,EXCH2016,ECP.Request,"S:TIME=9;'
    "'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/<p lang=\"\"x\"\">;S:URL=no</p>''"
    ".Identity=''4e271dc0''';S:URL=/ecp/DDI/DDIService.svc/SetObject;S:BLD=15.1.1591.10\"\n"
)


def test_event_data_is_split_into_columns(read_log: Read) -> None:
    """Pairs become columns, empty and `<null>` values null; commas belong to the last column."""
    frame, survey = read_log("ecp_server", HEAD + PLAIN)
    row = frame.row(0, named=True)
    assert row["time"] == datetime(2021, 3, 4, 9, 38, 24, 923000, tzinfo=UTC)
    assert (row["server"], row["CMD"], row["cmdlet"]) == (
        "EXCH2016",
        "Get-InboxRule",
        "Get-InboxRule",
    )
    assert row["URL"] == "/ecp/RulesEditor/InboxRules.svc/GetList?a=b,c"
    assert (row["DURATION"], row["ACTID"], row["SID"]) == (13, "a1", "s1")
    assert (row["TNAME"], row["EX"], row["REQID"], row["ACID"]) == (None, None, None, None)
    build = survey.builds[0]
    assert (build.build, build.grade, build.origin) == ("15.1.1591.10", "su_exact", "S:BLD")
    assert (build.line, build.first) == (6, row["time"])


def test_both_kinds_of_quotes_are_taken_away(read_log: Read) -> None:
    """The cmdlet has its true parameters, and what stands inside a value is no pair."""
    frame, _ = read_log("ecp_server", HEAD + QUOTED)
    row = frame.row(0, named=True)
    assert row["CMD"] == (
        "Set-OabVirtualDirectory.ExternalUrl='http://f/<p lang=\"x\">;S:URL=no</p>'"
        ".Identity='4e271dc0'"
    )
    assert row["cmdlet"] == "Set-OabVirtualDirectory"
    assert row["URL"] == "/ecp/DDI/DDIService.svc/SetObject"
    assert row["EventData"].startswith("S:TIME=9;'S:CMD=Set-OabVirtualDirectory")
    assert row["raw"] == QUOTED.strip()


def test_a_row_that_was_cut_inside_its_quotes_is_still_read(read_log: Read) -> None:
    """The last row of a copied log may be the attack; what is there of it is kept."""
    cut = QUOTED[: QUOTED.index(";S:URL=/ecp")]
    frame, survey = read_log("ecp_server", HEAD + PLAIN + cut)
    assert survey.damaged == 0
    assert frame["cmdlet"].to_list() == ["Get-InboxRule", "Set-OabVirtualDirectory"]


def test_the_time_of_older_builds_and_the_bare_header(read_log: Read) -> None:
    """`MyTimeStamp` is the time too; a bare header line is no row."""
    data = "MyTimeStamp,ServerName,EventId,EventData\n" + PLAIN
    frame, survey = read_log("ecp_server", data)
    assert (survey.rows, survey.damaged) == (1, 0)
    assert frame["TimeStamp"].to_list() == ["2021-03-04T09:38:24.923Z"]


def test_rows_without_a_time_or_with_too_few_cells_are_damaged(read_log: Read) -> None:
    """A line that goes on from the one before is not lost in silence."""
    frame, survey = read_log("ecp_server", HEAD + PLAIN + "and more, of it\nx,y,z,S:A=b\n")
    assert (survey.rows, survey.damaged, len(frame)) == (3, 2, 1)


def test_what_is_an_ecp_server_log() -> None:
    """`#Log-type:` decides, then the folder."""
    assert recognise(HEAD.encode(), "a.log") == "ecp_server"
    assert recognise(b"", "Logging/ECP/Server/ECPServer20210304-1.LOG") == "ecp_server"

"""Tests of `hevesy.records.ecp_activity`."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from hevesy.model import Survey
from hevesy.records import recognise

Read = Callable[..., tuple[pl.DataFrame, Survey]]

HEAD = "#Log-type: ECP Activity Context Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n"
ROW = (
    "2023-01-10T00:52:12.021Z,MAIL,Request,S:PSA=<PII>a@x.example</PII>;S:URL=https://h:444/ecp/a;"
    "S:Bld=15.1.2375.7;S:ActID=a1;Dbl:MAPI.T[M.1]=3;I32:ADS.C[DC]=1\n"
)


def test_keys_are_found_in_any_case_and_the_user_without_marks(read_log: Read) -> None:
    """`Bld` and `ActID` are the columns `BLD` and `ACTID`; `<PII>` is taken off the user."""
    frame, survey = read_log("ecp_activity", HEAD + ROW)
    row = frame.row(0, named=True)
    assert (row["PSA"], row["ACTID"], row["BLD"]) == ("a@x.example", "a1", "15.1.2375.7")
    assert row["URL"] == "https://h:444/ecp/a"
    assert survey.builds[0].build == "15.1.2375.7"


def test_what_is_an_ecp_activity_log() -> None:
    """`#Log-type:` decides, then the folder."""
    assert recognise(HEAD.encode(), "a.log") == "ecp_activity"
    assert recognise(b"", "Logging/ECP/Activity/ECPActivity_1_20230110-1.LOG") == "ecp_activity"

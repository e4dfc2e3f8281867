"""Tests of `hevesy.records.oab_generator`."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from hevesy.model import Survey
from hevesy.records import recognise

Read = Callable[..., tuple[pl.DataFrame, Survey]]

HEAD = (
    "#Log-type: OAB Generator Log\n"
    "#Fields: Timestamp,RecordType,TraceId,OabGuid,AddressListGuid,Message\n"
)
ROW = "2021-03-03T04:00:00.000Z,ErrorTrace,t,o,a,"


def test_the_message_keeps_its_commas_and_loses_its_quotes(read_log: Read) -> None:
    """The message is the rest of the row, whether or not it is a quoted CSV cell."""
    text = "Download failed and temporary file 'C:\\a.aspx' needs to be removed, now"
    quoted = text.replace("'", '""')
    frame, survey = read_log("oab_generator", HEAD + ROW + text + "\n" + ROW + f'"{quoted}"\n')
    assert survey.damaged == 0
    assert frame["Message"].to_list() == [text, text.replace("'", '"')]
    assert frame["RecordType"].unique().to_list() == ["ErrorTrace"]


def test_what_is_an_oab_generator_log() -> None:
    """`#Log-type:`, the column names, or the folder decide."""
    assert recognise(HEAD.encode(), "a.log") == "oab_generator"
    columns = b"Timestamp,RecordType,TraceId,OabGuid,AddressListGuid,Message\n"
    assert recognise(columns, "a.log") == "oab_generator"
    assert recognise(b"", "Logging/OABGeneratorLog/oabgen1.log") == "oab_generator"

"""IIS web server logs in the W3C extended format, of every IIS version and list of fields.

Format: https://learn.microsoft.com/windows/win32/http/w3c-logging. Times are UTC. A blank inside a
cell is written as `+`; Exchange's own probes leave two blanks in front of the user's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO

import polars as pl

from hevesy.model import Source
from hevesy.records.batch import Batch, Parser
from hevesy.records.clock import times
from hevesy.records.recognition import head_lines
from hevesy.records.text_log import TextLog, parse_text_log
from hevesy.tables.iis import IIS

__all__ = ["PARSER"]

_NUMBER = r"^(?:\d+|-)$"
_ADDRESS = r"^(?:[0-9A-Fa-f.:]*[.:][0-9A-Fa-f.:%]*|-)$"
_HALF_A_DAY = timedelta(hours=12)


def _time(cells: pl.DataFrame) -> pl.Series:
    """Time from the columns `date` and `time`, or from `#Date:` where there is no `date`."""
    if "log_time" not in cells.columns:
        return pl.Series("time", [None] * len(cells), pl.Datetime("us", "UTC"))
    day = pl.col("date") if "date" in cells.columns else pl.col("_date").str.head(10)
    text = cells.select(day + "T" + pl.col("log_time")).to_series()
    return times(text, "%Y-%m-%dT%H:%M:%S")


class _Midnight:
    """Adds a day where the time of day starts anew under one `#Date:`, in logs without `date`."""

    def __init__(self) -> None:
        self.date: str | None = None
        self.last: datetime | None = None
        self.days = 0

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, which are in the order of the log, with their days put right."""
        if "date" in rows.columns or "log_time" not in rows.columns or rows.is_empty():
            return rows
        parts = [
            self._under_one_date(part)
            for part in rows.with_columns(_run=pl.col("_date").rle_id()).partition_by(
                "_run", maintain_order=True
            )
        ]
        return pl.concat(parts).drop("_run")

    def _under_one_date(self, rows: pl.DataFrame) -> pl.DataFrame:
        date = rows["_date"][0]
        if date != self.date:
            self.date, self.last, self.days = date, None, 0
        time = rows["time"]
        before = time.shift(1, fill_value=self.last if self.last else time[0])
        starts = (before - time) > _HALF_A_DAY
        added = starts.cast(pl.Int64).cum_sum() + self.days
        self.last, self.days = time[-1], int(added[-1])
        return rows.with_columns(time=time + added * timedelta(days=1))


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    """Derived columns; `date` and `time` have become one."""
    rows = rows.drop("date", "log_time", strict=False)
    if "cs-uri-query" in rows.columns:
        request = pl.col("cs-uri-query").str.extract(_REQUEST).str.to_lowercase()
        rows = rows.with_columns(cafeReqId=request)
    if "cs(User-Agent)" in rows.columns:
        agent = pl.col("cs(User-Agent)").str.replace_all("+", " ", literal=True)
        rows = rows.with_columns(userAgent=agent)
    return rows


_REQUEST = r"(?i)cafeReqId=([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"

_LOG = TextLog(
    kind="iis",
    table=IIS,
    separator=" ",
    time=_time,
    server="s-computername",
    empty="-",
    anchors={"sc-status": r"^(?:\d{3}|-|)$"},
    shapes={
        "s-port": _NUMBER,
        "s-ip": _ADDRESS,
        "c-ip": _ADDRESS,
        "cs-method": r"^[A-Za-z_-]+$",
        "cs-version": r"^(?:[A-Z]+/[0-9.]+|-)$",
        "sc-status": r"^(?:\d{3}|-)$",
        "sc-substatus": _NUMBER,
        "sc-win32-status": _NUMBER,
        "time-taken": _NUMBER,
        "sc-bytes": _NUMBER,
        "cs-bytes": _NUMBER,
    },
    loose=(
        "cs-username",
        "cs-uri-query",
        "cs(User-Agent)",
        "cs-uri-stem",
        "cs(Cookie)",
        "cs(Referer)",
        "X-Forwarded-For",
        "s-sitename",
    ),
    finish=_finish,
    settle=_Midnight,
)


def _recognise(head: bytes, path: str) -> bool:
    lines = head_lines(head)
    for line in lines:
        if line.startswith("#fields:") and "," not in line:
            fields = line.split()
            return "time" in fields and bool({"cs-method", "cs-uri-stem", "s-ip"} & set(fields))
    folder, _, name = path.rpartition("/")
    if not name.endswith(".log") or (
        lines and lines[0].startswith("#software: microsoft http api")
    ):
        return False
    return name.startswith(("u_ex", "u_in", "u_nc")) or folder.rpartition("/")[2].startswith(
        "w3svc"
    )


def _parse(_: Source, stream: BinaryIO, literals: tuple[str, ...] | None) -> Iterator[Batch]:
    return parse_text_log(_LOG, stream, literals)


PARSER = Parser("iis", _recognise, _parse)

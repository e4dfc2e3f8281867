"""IIS web server logs in the W3C extended format, of every IIS version and list of fields.

Format: https://learn.microsoft.com/windows/win32/http/w3c-logging. Times are UTC. A blank inside a
cell is written as `+`; Exchange's own probes leave two blanks in front of the user's name.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from hevesy.records.recognition import head_lines
from hevesy.records.text_log import Sift, TextLog
from hevesy.records.text_parser import text_parser
from hevesy.tables import TIME
from hevesy.tables.iis import EXCHANGE_STEMS, IIS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PARSER"]

_NUMBER = r"^(?:\d+|-)$"
_ADDRESS = r"^(?:[0-9A-Fa-f.:]*[.:][0-9A-Fa-f.:%]*|-)$"
_HALF_A_DAY = timedelta(hours=12)


def _time(names: tuple[str, ...]) -> pl.Expr | None:
    """Text of the columns `date` and `time`, or of `#Date:` where there is no `date`."""
    if "log_time" not in names:
        return None
    day = pl.col("date") if "date" in names else pl.col("_date").str.head(10)
    return day + "T" + pl.col("log_time")


class _Midnight:
    """Adds a day where the time of day starts anew under one `#Date:`, in logs without `date`."""

    def __init__(self) -> None:
        self.date: str | None = None
        self.last: datetime | None = None
        self.days = 0

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, which are in the order of the log, with their days put right."""
        if "log_time" not in rows.columns or (
            "date" in rows.columns and not rows["date"].null_count()
        ):
            return rows
        goes_on = rows["_date"][0] == self.date and self.last is not None
        self.date = rows["_date"][-1]
        run = pl.col("_date").rle_id()
        before = pl.col("time").shift(1).over("_run")
        rows = rows.with_columns(_run=run, _undated=_undated(rows))
        if goes_on:
            first = pl.when(pl.col("_run") == 0).then(pl.lit(self.last, TIME))
            before = pl.coalesce(before, first)
        starts = pl.col("_undated") & (before - pl.col("time") > _HALF_A_DAY)
        days = starts.fill_null(value=False).cast(pl.Int64).cum_sum().over("_run")
        if goes_on:
            days += pl.when(pl.col("_run") == 0).then(self.days).otherwise(0)
        rows = rows.with_columns(_days=days)
        self.last, self.days = rows["time"][-1], rows["_days"][-1]
        moved = pl.col("time") + pl.col("_days") * pl.duration(days=1)
        return rows.with_columns(time=pl.when("_undated").then(moved).otherwise("time"))


def _undated(rows: pl.DataFrame) -> pl.Expr:
    """Whether a row's header has no `date`."""
    return pl.col("date").is_null() if "date" in rows.columns else pl.lit(value=True)


def _finish(rows: pl.DataFrame) -> pl.DataFrame:
    """Derived columns; `date` and `time` have become one."""
    derived: list[pl.Expr] = []
    if "cs-uri-query" in rows.columns:
        derived.append(_request(pl.col("cs-uri-query")).alias("cafeReqId"))
    if "cs(User-Agent)" in rows.columns:
        agent = pl.col("cs(User-Agent)").str.replace_all("+", " ", literal=True)
        derived.append(agent.alias("userAgent"))
    return rows.drop("date", "log_time", strict=False).with_columns(derived)


def _request(query: pl.Expr) -> pl.Expr:
    """The request id that Exchange puts at the query's end; what a client wrote before is not it.

    Splitting is twice as fast as a regex here, and IIS logs are the largest of all.
    """
    last = query.str.split("cafeReqId=").list.last().str.head(36).str.to_lowercase()
    is_id = query.str.contains("cafeReqId=", literal=True) & last.str.contains(_GUID)
    return pl.when(is_id).then(last)


def _shows_exchange(names: Sequence[str]) -> pl.Expr | None:
    """Whether a row shows that the server runs Exchange: it answered, and not with an error."""
    if not {"cs-uri-stem", "sc-status"} <= set(names):
        return None
    answered = pl.col("sc-status").str.contains(r"^0*[123]?\d?\d$")
    return answered & pl.col("cs-uri-stem").str.contains(EXCHANGE_STEMS)


_GUID = r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

_LOG = TextLog(
    kind="iis",
    table=IIS,
    separator=" ",
    time=_time,
    usual="%Y-%m-%dT%H:%M:%S",
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
    witness=_shows_exchange,
    sift=Sift(
        first=("date", "log_time"),
        time="0000-00-00 00:00:00",
        digits={"sc-status": (3,)},
        constant=("s-computername",),
        shown=("cs-uri-stem", "sc-status"),
    ),
    settle=_Midnight,
)


def _recognise(head: bytes, path: str) -> bool:
    lines = head_lines(head)
    if any(line.startswith("#software: microsoft http api") for line in lines[:10]):
        return False  # HTTPERR: what HTTP.sys refused before IIS saw it
    for line in lines:
        if line.startswith("#fields:") and "," not in line:
            fields = set(line.split())
            return "time" in fields and bool(fields & {"cs-method", "cs-uri-stem", "s-ip"})
    folder, _, name = path.rpartition("/")
    in_folder = folder.rpartition("/")[2].startswith("w3svc")
    return name.endswith(".log") and (in_folder or name.startswith(("u_ex", "u_in", "u_nc")))


PARSER = text_parser(_LOG, _recognise)

"""Exchange HttpProxy logs of every protocol and build: the front end's log of requests.

Rows carry no quotes for user agents (commas are blanks there). Builds differ in their columns: the
header decides. A file begins with its bare column names, a `#` block, or both, and holds them again
where the service was started anew.
"""

from __future__ import annotations

import polars as pl

from hevesy.records.passed_on import FORGED
from hevesy.records.recognition import head_lines, log_type
from hevesy.records.text_log import Sift, TextLog, first_of
from hevesy.records.text_parser import text_parser
from hevesy.tables.httpproxy import HTTPPROXY

__all__ = ["PARSER"]

_VERSION = ("MajorVersion", "MinorVersion", "BuildVersion", "RevisionVersion")
_NUMBER_OR_NOTHING = r"^\d*$"


def _builds(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Builds of the version columns: the server's own, at the time of the row."""
    if not set(_VERSION) <= set(rows.collect_schema()):
        nothing = pl.lit(None, pl.String)
        return rows.select("_place", "time", "line", build=nothing, origin=pl.lit("columns"))
    return (
        rows.select("_place", "time", "line", *_VERSION)
        .group_by("_place", *_VERSION)
        .agg(
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            line=pl.col("line").min(),
            last_line=pl.col("line").max(),
        )
        .select(
            "_place",
            pl.concat_list("first", "last").alias("time"),
            pl.concat_list("line", "last_line").alias("line"),
            build=pl.concat_str(_VERSION, separator="."),
            origin=pl.lit("columns"),
        )
        .explode("time", "line")
    )


_LOG = TextLog(
    kind="httpproxy",
    table=HTTPPROXY,
    separator=",",
    time=first_of("DateTime"),
    bare=("datetime",),
    server="ServerHostName",
    anchors={"HttpStatus": _NUMBER_OR_NOTHING},
    shapes={
        "MajorVersion": _NUMBER_OR_NOTHING,
        "IsAuthenticated": r"^(?i:true|false|)$",
        "ClientIpAddress": r"^(?:[0-9A-Fa-f.:]*[.:][0-9A-Fa-f.:]*(?:%\w+)?|)$",
        "ServerHostName": r"^(?:[\w.-]*[A-Za-z][\w.-]*|)$",
        "BackEndStatus": _NUMBER_OR_NOTHING,
        "Method": r"^(?:[A-Z][A-Z_-]*|)$",
        "ProxyAction": r"^[A-Za-z]*$",
        "RequestBytes": _NUMBER_OR_NOTHING,
        "ResponseBytes": _NUMBER_OR_NOTHING,
        "TotalRequestTime": _NUMBER_OR_NOTHING,
    },
    loose=(
        "UserAgent",
        "UrlQuery",
        "UrlStem",
        "AnchorMailbox",
        "ClientIpAddress",
        "ErrorCode",
        "RoutingHint",
        "ClientRequestId",
        "GenericErrors",
        "GenericInfo",
        "BackEndGenericInfo",
    ),
    builds=_builds,
    sift=Sift(
        first=("DateTime",),
        time="0000-00-00T00:00:00.000Z",
        digits={"HttpStatus": (0, 3)},
        constant=(*_VERSION, "ServerHostName"),
        always=FORGED,
        others=("TargetServer", "TargetServerVersion"),
    ),
)


def _recognise(head: bytes, path: str) -> bool:
    kind = log_type(head)
    if kind:
        return kind == "httpproxy logs"
    for line in head_lines(head):
        columns = line.removeprefix("#fields:").split(",")
        if {"anchormailbox", "urlstem"} <= {column.strip(' "') for column in columns}:
            return True
    return "/httpproxy/" in path and path.endswith(".log") and "/logging/" in path


PARSER = text_parser(_LOG, _recognise)

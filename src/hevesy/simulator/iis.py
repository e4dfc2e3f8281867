"""Writes IIS rows in W3C format: what the web server saw, front end (443) and back end (444).

Format: `#Fields` of IIS 8.5 and 10; blanks are `+`, an empty value is `-`. The front end of
Exchange adds `cafeReqId`, which equals HttpProxy's RequestId of the same request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.simulator.request import seen_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hevesy.simulator.clock import Clock
    from hevesy.simulator.request import Request
    from hevesy.simulator.scenario import Traits

__all__ = ["SITES", "fields", "header", "lines", "pieces"]

SITES = {"W3SVC1": "f", "W3SVC2": "b"}
"""Site folder -> prefix of its pieces' columns: Default Web Site, Exchange Back End."""

_HOLE = "\x00"
_FIELDS = (
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
    "cs(Referer) sc-status sc-substatus sc-win32-status"
)


def fields(traits: Traits) -> str:
    """The `#Fields` list of the server."""
    numbers = "" if traits.iis_fields == "default" else " sc-bytes cs-bytes"
    forwarded = " X-Forwarded-For" if traits.iis_fields == "forwarded" else ""
    return f"{_FIELDS}{numbers} time-taken{forwarded}"


def header(traits: Traits, first: str) -> list[str]:
    """The `#` block; `first` is the time of the first row, `2021-03-03 00:00:01`."""
    return [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        f"#Date: {first}",
        f"#Fields: {fields(traits)}",
    ]


def _encoded(text: str) -> str:
    return text.replace(" ", "+") or "-"


def _front(request: Request, traits: Traits, words: Mapping[str, str]) -> str:
    query = request.query
    if request.protocol:
        query = f"{query}&CorrelationID=<empty>;&cafeReqId={_HOLE};&encoding=;"
    else:
        query = f"{query or '-'}{_HOLE}"
    client = seen_client(request, traits)
    row = (
        f" {words['address']} {request.method} {request.stem} {_encoded(query)} 443 "
        f"{_encoded(request.user)} {client} {_encoded(request.agent)} {_encoded(request.referer)} "
        f"{request.status} {request.substatus} {request.win32}"
    )
    return _numbers(row, traits, request.client if client != request.client else "-")


def _back(request: Request, traits: Traits, words: Mapping[str, str]) -> str:
    query = _encoded(request.backend_query or request.query).removeprefix("-")
    user = request.backend_user or request.user
    row = (
        f" {words['address']} {request.method} {request.backend} {query}&ActID={_HOLE} 444 "
        f"{_encoded(user)} {words['address']} {_encoded(request.agent)} - "
        f"{request.status} {request.substatus} {request.win32}"
    )
    return _numbers(row, traits, "-")


def _numbers(row: str, traits: Traits, forwarded: str) -> str:
    """Add the bytes, the time taken, and the forwarded address, as far as they are logged."""
    if traits.iis_fields == "default":
        return f"{row}{_HOLE}{_HOLE} {_HOLE}"
    end = f" {forwarded}" if traits.iis_fields == "forwarded" else ""
    return f"{row} {_HOLE} {_HOLE} {_HOLE}{end}"


def pieces(requests: Iterable[Request], traits: Traits, words: Mapping[str, str]) -> pl.DataFrame:
    """Each request's rows cut at their holes: `f0` to `f4` and `b0` to `b4`, null where none."""
    rows: list[list[str | None]] = []
    for request in requests:
        front: list[str | None] = [*_front(request, traits, words).split(_HOLE)]
        back: list[str | None] = [None] * 5
        if request.proxied:
            back = [*_back(request, traits, words).split(_HOLE)]
        rows.append(front + back)
    schema = {f"{site}{number}": pl.String for site in SITES.values() for number in range(5)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def lines(rows: pl.DataFrame, site: str, clock: Clock, traits: Traits) -> pl.Series:
    """Write the rows of a site.

    Args:
        rows: `time` and `took` (milliseconds), `rid`, `logged` (whether HttpProxy logs it too),
            `received`, `sent`, and the pieces of the site.
        site: a key of `SITES`.
        clock: of the rows' day.
        traits: of the server.

    Returns:
        One text a row, without a line end.
    """
    at = SITES[site]
    blank = pl.lit("")
    request = pl.when(pl.col("logged")).then(pl.col("rid")).otherwise(blank)
    plain = traits.iis_fields == "default"
    filled = rows.with_columns(
        stamp=clock.seconds(rows["time"], " "),
        request=request,
        out=blank if plain else (pl.col("sent") + 312).cast(pl.String),
        into=blank if plain else (pl.col("received") + 480).cast(pl.String),
    )
    parts = [
        "stamp",
        f"{at}0",
        "request",
        f"{at}1",
        "out",
        f"{at}2",
        "into",
        f"{at}3",
        "took",
        f"{at}4",
    ]
    return filled.select(pl.concat_str(parts)).to_series()

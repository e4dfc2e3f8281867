"""The third pass: every record that touches a followed value, and the hits that adds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection import HITS, QUOTE, RAW_LIMIT
from hevesy.model import Level, Outcome, RuleReference, Stage
from hevesy.records import Needle, Wanted
from hevesy.tables import FORWARDED, TABLES, TIME, forwarded_address, pivot_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.records import Batch

__all__ = ["SHELL_REQUEST", "TOUCHES", "shell_requests", "touching", "wanted_by"]

TOUCHES: dict[str, pl.DataType] = {
    "time": TIME,
    "server": pl.Categorical(),
    "kind": pl.Categorical(),
    "line": pl.Int64(),
    "record": pl.Int64(),
    "offset": pl.Int64(),
    "raw": pl.String(),
    QUOTE: pl.UInt64(),
    "page": pl.String(),
    "address": pl.String(),
    "method": pl.Categorical(),
    "status": pl.Int64(),
    "bytes_out": pl.Int64(),
    "pivots": pl.List(pl.String()),
    "input": pl.Categorical(),
    "source": pl.Categorical(),
    "sha256": pl.Categorical(),
}
"""A row a record that touches a followed value; `pivots` are the values that it touches;
`quote` as in `HITS`."""

_COLUMNS: dict[str, dict[str, str]] = {
    "iis": {
        "page": "cs-uri-stem",
        "address": "c-ip",
        "method": "cs-method",
        "status": "sc-status",
        "bytes_out": "sc-bytes",
    },
    "httpproxy": {
        "page": "UrlStem",
        "address": "ClientIpAddress",
        "method": "Method",
        "status": "HttpStatus",
        "bytes_out": "ResponseBytes",
    },
}

SHELL_REQUEST = RuleReference(
    id="pivot:shell-request",
    title="Request to a page that is known to be a web shell",
    author="hevesy",
    source="hevesy/pivot",
    licence="Apache-2.0",
    level=Level.CRITICAL,
    techniques=("T1505.003",),
    description="Other evidence shows the page to be a web shell; here somebody asked for it",
    false_positives=("A third party that looks whether others' shells are there",),
    remedy="remove-web-shell",
)

_PLAIN = re.compile(r"[A-Za-z0-9_./:@\-]+")
_ANSWERED = (200, 299)
_READ_FIRST = ("address", "method", "page", "status")


def wanted_by(values: Sequence[str]) -> Wanted | None:
    """The raw rows that may touch one of some values; None where that may be any.

    A value is cut down to its longest run of characters that no log encodes: a blank written as
    `+`, or a doubled quote, hides nothing.
    """
    runs = [max(_PLAIN.findall(value), key=len, default="") for value in values]
    if not all(runs):
        return None
    return Wanted(tuple(map(Needle, sorted(set(runs)))), counted=False)


def touching(batch: Batch, kind: str, followed: Sequence[tuple[str, str]]) -> pl.DataFrame:
    """Rows of a batch that touch a followed value.

    Args:
        batch: Records of one table.
        kind: Log kind of their source.
        followed: Pairs of type and value, as in `hevesy.incident.pivots.FOLLOWED`.
    """
    frame = batch.frame
    columns = [c for c in TABLES[batch.table].columns if c.pivot and c.name in frame.columns]
    if not (columns and frame.height and followed):
        return pl.DataFrame(schema=TOUCHES)
    values = [f"{pivot}:{value}" for pivot, value in followed]
    found = pl.concat_list(
        pl.concat_str([pl.lit(f"{c.pivot}:"), pivot_value(c)]) for c in columns
    ).list.drop_nulls()
    rows = frame.with_columns(pivots=found.list.set_intersection(values)).filter(
        pl.col("pivots").list.len() > 0
    )
    named = _COLUMNS.get(batch.table, {})
    return rows.select(
        _cell(name, dtype, named, frame.columns, kind) for name, dtype in TOUCHES.items()
    )


def _cell(
    name: str, dtype: pl.DataType, named: dict[str, str], present: Sequence[str], kind: str
) -> pl.Expr:
    if name == "kind":
        value = pl.lit(kind)
    elif name == "raw":
        value = pl.col("raw").str.slice(0, RAW_LIMIT)
    elif name == "address" and FORWARDED in present and named.get(name) in present:
        value = pl.coalesce(forwarded_address(pl.col(FORWARDED)), pl.col(named[name]))
    elif named.get(name) in present:
        value = pl.col(named[name])
    elif name in present or name == "pivots":
        value = pl.col(name)
    else:
        value = pl.lit(None)
    return value.cast(dtype, strict=False).alias(name)


def shell_requests(
    touches: pl.DataFrame, shells: pl.DataFrame, shipped: frozenset[str] = frozenset()
) -> pl.DataFrame:
    """Hits for the requests to known shells; answered ones show that the shell was used.

    A page that Exchange ships is asked for by everybody: where one was made a shell, no request to
    it alone shows whether it was the shell's use.

    Args:
        touches: `TOUCHES`, with `server` filled.
        shells: `hevesy.incident.shells.SHELLS`.
        shipped: Those of their pages that Exchange ships.

    Returns:
        A frame of `HITS`.
    """
    known = shells.select(pl.col("server").cast(touches.schema["server"]), "page", "evidence")
    rows = touches.with_columns(page=pl.col("page").str.to_lowercase()).join(
        known, on=["server", "page"], how="inner"
    )
    answered = pl.col("status").is_between(*_ANSWERED)
    ordinary = pl.col("page").is_in(sorted(shipped))
    outcome = (
        pl.when(answered & ordinary)
        .then(pl.lit(Outcome.UNKNOWN.value))
        .when(answered)
        .then(pl.lit(Outcome.SUCCESS.value))
        .otherwise(pl.lit(Outcome.ATTEMPT.value))
    )
    pivots = pl.concat_list(
        "pivots",
        pl.concat_str([pl.lit("page:"), "page"]),
        pl.concat_str([pl.lit("ip:"), pl.col("address").str.to_lowercase()]),
    )
    return rows.with_columns(
        rule_id=pl.lit(SHELL_REQUEST.id),
        stage=pl.lit(Stage.SHELL_USED.value),
        outcome=outcome,
        anchor=answered.fill_null(value=False) & ~ordinary,
        own=pl.lit(value=True),
        why=_why_request(answered, ordinary),
        detail=pl.concat_str(
            [pl.col(c).cast(pl.String()).fill_null("?") for c in _READ_FIRST], separator="  "
        ),
        pivots=pivots.list.drop_nulls().list.unique().list.sort(),
    ).select(pl.col(name).cast(dtype) for name, dtype in HITS.items())


def _why_request(answered: pl.Expr, ordinary: pl.Expr) -> pl.Expr:
    said = (
        pl.when(ordinary)
        .then(pl.lit("; Exchange ships a page of this name, which everybody asks for"))
        .when(answered)
        .then(pl.lit(", and the server answered (status 2xx decides)"))
        .otherwise(pl.lit(", and the server did not answer as a page (status 2xx decides)"))
    )
    return pl.concat_str([pl.lit("the page is known to be a web shell"), said])

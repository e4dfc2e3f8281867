"""The frame `HITS`: rows that a rule matched, before they are grouped into findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection.quotes import QUOTE
from hevesy.tables import FORWARDED, TABLES, TIME, Column, pivot_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.detection.stages import Claim
    from hevesy.model import Source

__all__ = [
    "CORRELATED",
    "HITS",
    "PLACE",
    "RAW_LIMIT",
    "empty_hits",
    "file_hit",
    "hits_of",
    "with_place",
]

RAW_LIMIT = 4096
"""Characters of a record that are quoted."""

_DETAIL_LIMIT = 300

PLACE = "hevesy_place"
"""Column in which a frame that was put together of several sources says which one a row is of."""

CORRELATED = "correlated"
"""Column that hits carry until correlation rules have been asked: what these need to know of them,
as JSON; null where no correlation refers to the rule."""

HITS: dict[str, pl.DataType] = {
    "time": TIME,
    "server": pl.Categorical(),
    "rule_id": pl.Categorical(),
    "stage": pl.Categorical(),
    "outcome": pl.Categorical(),
    "anchor": pl.Boolean(),
    "own": pl.Boolean(),
    "why": pl.Categorical(),
    "detail": pl.String(),
    "kind": pl.Categorical(),
    "line": pl.Int64(),
    "record": pl.Int64(),
    "offset": pl.Int64(),
    "raw": pl.String(),
    QUOTE: pl.UInt64(),
    "pivots": pl.List(pl.String()),
    "input": pl.Categorical(),
    "source": pl.Categorical(),
    "sha256": pl.Categorical(),
}
"""One row a match. `server` is null where the row itself names none; `detail` is the part of the
record that a person reads first; `own` says whether it is a rule of hevesy's.

What many rows say alike is kept once, as a category: there may be millions of hits. Where `quote`
is not null, `raw` is, and lies in a file (`Quotes`)."""

# What a person reads first of a record, by table: the first line whose columns are all there.
_DETAILS: dict[str, tuple[tuple[str, ...], ...]] = {
    "iis": (
        (FORWARDED, "cs-method", "cs-uri-stem", "sc-status"),
        ("c-ip", "cs-method", "cs-uri-stem", "sc-status"),
    ),
    "httpproxy": (
        ("ClientIpAddress", "Method", "UrlStem", "AnchorMailbox", "HttpStatus"),
        ("ClientIpAddress", "Method", "UrlStem", "HttpStatus"),
    ),
    "ecp_server": (("CMD",), ("URL",), ("EventData",)),
    "ecp_activity": (("URL",), ("EventData",)),
    "oab_generator": (("Message",),),
    "windows": (
        ("ParentImage", "CommandLine"),
        ("ParentProcessName", "CommandLine"),
        ("CommandLine",),
        ("Image", "TargetFilename"),
        ("TargetFilename",),
        ("SubjectUserName", "ShareName", "RelativeTargetName"),
        ("ObjectName",),
        ("Cmdlet", "Parameters"),
        ("Message",),
        ("Channel", "EventID"),
    ),
}


def empty_hits() -> pl.DataFrame:
    """No hits."""
    return pl.DataFrame(schema=HITS)


def _pivots(table: str, columns: Sequence[str]) -> pl.Expr:
    present = [c for c in TABLES[table].columns if c.pivot and c.name in columns]
    if not present:
        return pl.lit([], dtype=pl.List(pl.String()))
    values = [
        pl.when(_is_telling(c, columns)).then(pl.lit(f"{c.pivot}:") + pivot_value(c))
        for c in present
    ]
    return pl.concat_list(values).list.drop_nulls().list.unique().list.sort()


def _is_telling(column: Column, columns: Sequence[str]) -> pl.Expr:
    """Whether a value is worth following: a server that asks itself (back end) is not."""
    telling = pl.col(column.name).cast(pl.String()).str.len_chars() > 0
    if column.pivot == "ip" and "s-ip" in columns:
        return telling & pl.col(column.name).ne_missing(pl.col("s-ip"))
    return telling


def _detail(table: str, columns: Sequence[str]) -> pl.Expr:
    lines = [
        pl.concat_str([pl.col(c).cast(pl.String()) for c in line], separator="  ")
        for line in _DETAILS.get(table, ())
        if all(c in columns for c in line)
    ]
    return pl.coalesce([*lines, pl.col("raw")]).str.slice(0, _DETAIL_LIMIT)


def hits_of(
    table: str, kind: str, frame: pl.DataFrame, matches: pl.DataFrame, claims: Sequence[Claim]
) -> pl.DataFrame:
    """Hits of the rows that rules matched.

    Args:
        table: Name of the table that `frame` is of.
        kind: Log kind of the source.
        frame: A batch's frame.
        matches: Columns `rule` (index into `claims`) and `row` (index into `frame`).
        claims: What each rule claims.

    Returns:
        A frame of `HITS`; `input`, `source`, `sha256` are null until the source is read whole.
    """
    if not matches.height:
        return empty_hits()
    what = _what(matches["rule"].unique().sort(), claims)
    rows = frame[matches["row"]]
    place = rows.select(
        "time",
        "server",
        "line",
        "record",
        "offset",
        pl.col("raw").str.slice(0, RAW_LIMIT),
        detail=_detail(table, frame.columns),
        pivots=_pivots(table, frame.columns),
        kind=pl.lit(kind),
        source=pl.col(PLACE).cast(pl.String()) if PLACE in rows.columns else pl.lit(None),
    )
    hits = pl.concat([matches.select("rule"), place], how="horizontal").join(
        what, on="rule", how="left", maintain_order="left"
    )
    return _shaped(hits)


def _what(rules: pl.Series, claims: Sequence[Claim]) -> pl.DataFrame:
    """What the rules that matched claim; of thousands, few do."""
    made = [claims[index] for index in rules]
    return pl.DataFrame(
        {
            "rule": rules,
            "rule_id": [c.rule.id for c in made],
            "stage": [c.stage.value for c in made],
            "outcome": [c.outcome.value for c in made],
            "anchor": [c.anchor for c in made],
            "own": [c.own for c in made],
            "why": [c.why for c in made],
        }
    )


def file_hit(claim: Claim, kind: str, raw: str, detail: str, pivots: Sequence[str]) -> pl.DataFrame:
    """The one hit of a file that a rule matched; its time is the file's, set by `with_place`."""
    row = {
        "rule_id": [claim.rule.id],
        "stage": [claim.stage.value],
        "outcome": [claim.outcome.value],
        "anchor": [claim.anchor],
        "own": [claim.own],
        "why": [claim.why],
        "detail": [detail[:_DETAIL_LIMIT]],
        "kind": [kind],
        "raw": [raw[:RAW_LIMIT]],
        "pivots": [sorted(set(pivots))],
    }
    return _shaped(pl.DataFrame(row))


def with_place(hits: pl.DataFrame, source: Source, sha256: str) -> pl.DataFrame:
    """The hits of a source that was read to its end, so that its hash is known."""
    kept = [*HITS, *([CORRELATED] if CORRELATED in hits.columns else [])]
    place = {"input": source.input, "source": source.path, "sha256": sha256}
    return hits.with_columns(
        pl.lit(value, dtype=HITS[name]).alias(name) for name, value in place.items()
    ).select(kept)


def _shaped(hits: pl.DataFrame) -> pl.DataFrame:
    return hits.select(
        (pl.col(name) if name in hits.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in HITS.items()
    )

"""The tables of what happened, made slice by slice: there may be millions of hits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection import QUOTE, Quotes, with_texts
from hevesy.tables import FINDINGS, SLICE, TIMELINE, Sliced

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hevesy.model import RuleReference

__all__ = ["finding_rows", "timeline"]

_CATEGORY = pl.Categorical()
_SAID = ("level", "rule_title", "rule_author", "rule_source", "vulnerability", "techniques")
_FINDINGS_ORDER = ("time", "server", "kind", "finding", "source", "line", "record", "offset")
_TIMELINE_ORDER = ("time", "server", "kind", "finding", "source", "line", "record")
_PLACE = ("server", "input", "source", "line", "record")


def finding_rows(
    hits: pl.DataFrame,
    rules: Mapping[str, RuleReference],
    incidents: Mapping[str, str],
    quotes: Quotes | None = None,
) -> Sliced:
    """The table `FINDINGS`: a row a hit, with what is said of its rule and its incident.

    Args:
        hits: `Grouped.hits`.
        rules: What is said of each rule, by id.
        incidents: Incident id by finding id.
        quotes: Where raw text lies that the hits do not hold.
    """
    order = _ordered(hits, _FINDINGS_ORDER)
    said, belongs = _said(hits, rules), _belongs(incidents)

    def slices() -> Iterator[pl.DataFrame]:
        texts = (quotes or Quotes()).in_slices(hits[QUOTE].gather(order), SLICE)
        for start, raw in zip(_starts(hits.height), texts, strict=True):
            rows = with_texts(hits[order[start : start + SLICE]], raw)
            yield (
                rows.join(said, on="rule_id", how="left", maintain_order="left")
                .join(belongs, on="finding", how="left", maintain_order="left")
                .with_columns(pl.col("incident").fill_null(""), id="finding")
                # Filled when the builds of the servers are known (`hevesy.assessment`).
                .with_columns(pl.lit("").alias(name) for name in FINDINGS if _is_later(name))
                .select(pl.col(name).cast(dtype) for name, dtype in FINDINGS.items())
            )

    return Sliced(hits.height, slices)


def _is_later(name: str) -> bool:
    return name.startswith("open_")


def timeline(
    hits: pl.DataFrame,
    touches: pl.DataFrame,
    rules: Mapping[str, RuleReference],
    incidents: Mapping[str, str],
    quotes: Quotes | None = None,
) -> Sliced:
    """The table `TIMELINE`: hits of incidents, and other records that touch what was followed.

    Args:
        hits: `Grouped.hits`.
        touches: `TOUCHES`.
        rules: What is said of each rule, by id.
        incidents: Incident id by finding id.
        quotes: Where raw text lies that the frames do not hold.
    """
    belongs = _belongs(incidents)
    numbered = hits.select("finding", *_PLACE).with_row_index("at")
    found = numbered.join(belongs, on="finding", how="semi", maintain_order="left")
    touched = (
        touches.select(_PLACE)
        .with_row_index("at")
        .join(found, on=_PLACE, how="anti", nulls_equal=True, maintain_order="left")
    )
    both = (hits, touches)
    rows = _in_time(both, (found["at"], touched["at"]))
    titles = _titles(hits, rules)

    def slices() -> Iterator[pl.DataFrame]:
        texts = (quotes or Quotes()).in_slices(rows[QUOTE], SLICE)
        for start, raw in zip(_starts(rows.height), texts, strict=True):
            part = rows[start : start + SLICE]
            yield with_texts(_mixed(both, part, titles, belongs), raw).select(
                pl.col(name).cast(dtype) for name, dtype in TIMELINE.items()
            )

    return Sliced(rows.height, slices)


def _in_time(frames: Sequence[pl.DataFrame], at: Sequence[pl.Series]) -> pl.DataFrame:
    """The rows of a timeline in their order: `of` which frame, `at` which row, `QUOTE`."""
    keys = (*_TIMELINE_ORDER, "input", QUOTE)
    parts = [
        frame.select(name for name in keys if name in frame.columns)[rows].with_columns(
            rows.alias("at"), of=pl.lit(number, dtype=pl.UInt8())
        )
        for number, (frame, rows) in enumerate(zip(frames, at, strict=True))
    ]
    rows = pl.concat(parts, how="diagonal").with_columns(
        pl.col("finding").fill_null(pl.lit("", dtype=_CATEGORY))
    )
    return rows[_ordered(rows, (*_TIMELINE_ORDER, "input", "of"))].select("of", "at", QUOTE)


def _mixed(
    frames: Sequence[pl.DataFrame],
    rows: pl.DataFrame,
    titles: pl.DataFrame,
    belongs: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of a timeline, without their raw text, in the order of `rows` (see `_in_time`)."""
    place = rows.with_row_index("row")
    of_hits, of_touches = (place.filter(pl.col("of") == number) for number in (0, 1))
    hits, touches = frames
    found = (
        hits[of_hits["at"]]
        .with_columns(of_hits["row"])
        .join(belongs, on="finding", how="left")
        .join(titles, on="rule_id", how="left")
        .with_columns(text=pl.concat_str(["title", "detail"], separator=": ", ignore_nulls=True))
    )
    said = ["address", "method", "page", pl.col("status").cast(pl.String())]
    nothing = pl.lit("", dtype=_CATEGORY)
    touched = (
        touches[of_touches["at"]]
        .with_columns(of_touches["row"])
        .with_columns(
            stage=nothing,
            outcome=nothing,
            finding=nothing,
            incident=nothing,
            text=pl.concat_str(said, separator="  ", ignore_nulls=True),
        )
    )
    columns = ["row", QUOTE, *TIMELINE]
    return pl.concat([found.select(columns), touched.select(columns)]).sort("row")


def _ordered(rows: pl.DataFrame, keys: Sequence[str]) -> pl.Series:
    """The numbers of rows in the order of some columns; of equal ones, in that of the others.

    Raw text is left out: where all else is equal, it is of one record.
    """
    first = [pl.col(name) for name in keys]
    if not rows.select(keys).is_duplicated().any():
        return rows.select(pl.arg_sort_by(first, nulls_last=True)).to_series()
    others = [
        pl.col(name).list.join("\n") if dtype == pl.List(pl.String) else pl.col(name)
        for name, dtype in rows.schema.items()
        if name not in (*keys, "at", QUOTE)
    ]
    more = [*first, *others, pl.col(QUOTE)]
    return rows.select(pl.arg_sort_by(more, nulls_last=True, maintain_order=True)).to_series()


def _starts(height: int) -> range:
    """Where slices begin; there is one of no rows."""
    return range(0, max(height, 1), SLICE)


def _said(hits: pl.DataFrame, rules: Mapping[str, RuleReference]) -> pl.DataFrame:
    """What `FINDINGS` says of rules, of those that hits are of."""
    used = hits["rule_id"].unique().cast(pl.String()).sort().to_list()
    return pl.DataFrame(
        {
            "rule_id": used,
            "level": [rules[r].level.value for r in used],
            "rule_title": [rules[r].title for r in used],
            "rule_author": [rules[r].author for r in used],
            "rule_source": [rules[r].source for r in used],
            "vulnerability": [rules[r].vulnerability for r in used],
            "techniques": [list(rules[r].techniques) for r in used],
        },
        schema={"rule_id": _CATEGORY} | {name: FINDINGS[name] for name in _SAID},
    )


def _titles(hits: pl.DataFrame, rules: Mapping[str, RuleReference]) -> pl.DataFrame:
    return _said(hits, rules).select("rule_id", title="rule_title")


def _belongs(incidents: Mapping[str, str]) -> pl.DataFrame:
    """Findings with the incident that each is part of."""
    return pl.DataFrame(
        {"finding": list(incidents), "incident": list(incidents.values())},
        schema={"finding": _CATEGORY, "incident": _CATEGORY},
    )

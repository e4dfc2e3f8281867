"""Hits -> findings: many alike are one, with count, first, last and samples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from hevesy.detection import Quotes
from hevesy.model import Finding, Outcome, RuleReference, Sample, Stage
from hevesy.tables import SLICE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Grouped", "group"]

_SAMPLES = 5
_PIVOTS = 200
_SESSION_HOURS = 24
_KEYS = 100
"""Pages or files of one rule that are told apart; thousands of shells are one finding."""

_KEY_TYPES = ("file:", "page:")
_ALIKE = ("server", "rule_id", "outcome", "key", "session")
_DECIDES = (
    *("time", "server", "rule_id", "outcome", "stage", "kind", "why", "anchor", "own"),
    *("input", "source", "line", "record"),
)


@dataclass(frozen=True, slots=True)
class Grouped:
    """Findings, and the hits with the id of the finding that each is part of."""

    findings: tuple[Finding, ...]
    hits: pl.DataFrame
    """`HITS` and `finding`, in the order in which they came."""


def group(
    hits: pl.DataFrame, rules: Mapping[str, RuleReference], quotes: Quotes | None = None
) -> Grouped:
    """Group hits that are alike.

    Alike are hits of one server, rule and outcome. Those that succeeded are also of one page or
    file; those of hevesy's rules that did, or may have, stand less than a day apart: two intrusions
    stay two.

    Args:
        hits: `HITS`, with `server` filled.
        rules: What is said of each rule, by id.
        quotes: Where raw text lies that the hits do not hold.
    """
    groups, numbers = _groups(hits)
    pivots = _pivots(hits, numbers)
    samples = _samples(hits, groups, quotes or Quotes())
    findings = [
        _finding(one, samples[one["group"]], pivots.get(one["group"], ()), rules[one["rule_id"]])
        for one in groups.iter_rows(named=True)
    ]
    ids = pl.Series([finding.id for finding in findings], dtype=pl.String())
    told = ids.cast(pl.Categorical()).gather(numbers).alias("finding")
    findings.sort(key=lambda f: (f.first is None, f.first, f.server, f.id))
    return Grouped(tuple(findings), hits.with_columns(told))


def _groups(hits: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """Groups of hits that are alike, numbered (`group`); and the number of each hit's group."""
    keyed = _keyed(hits)
    groups = (
        keyed.group_by(*_ALIKE, maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.col("stage", "kind", "why").first(),
            pl.col("anchor", "own").max(),
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            rows=pl.col("row").head(_SAMPLES),
            place=pl.concat_str(
                [pl.col("input"), pl.col("source"), pl.col("line"), pl.col("record")],
                separator="|",
                ignore_nulls=True,
            ).first(),
        )
        .with_row_index("group")
    )
    of_group = keyed.select("row", *_ALIKE).join(
        groups.select(*_ALIKE, "group"), on=_ALIKE, how="left", nulls_equal=True
    )
    return groups, of_group.sort("row")["group"]


def _keyed(hits: pl.DataFrame) -> pl.DataFrame:
    """What decides which hits are alike, in order of time, with `key`, `session` and `row`."""
    succeeded = pl.col("outcome") == Outcome.SUCCESS
    may_have = pl.col("own") & (pl.col("outcome") != Outcome.ATTEMPT)
    alike = ["server", "rule_id", "outcome"]
    by = [*alike, "key"]
    pause = pl.col("time").diff().over(by) > pl.duration(hours=_SESSION_HOURS)
    return (
        hits.select(*_DECIDES, row=pl.int_range(pl.len(), dtype=pl.UInt32()))
        .with_columns(key=_keys(hits))
        .with_columns(key=pl.when(succeeded).then("key").fill_null(""))
        .with_columns(
            key=pl.when(pl.col("key").n_unique().over(alike) > _KEYS)
            .then(pl.lit(""))
            .otherwise("key")
        )
        .sort("time", "server", "rule_id", "input", "source", "line", "record", nulls_last=True)
        .with_columns(
            session=pl.when(may_have).then(pause.fill_null(value=False)).otherwise(statement=False)
        )
        .with_columns(session=pl.col("session").cast(pl.Int32()).cum_sum().over(by))
    )


def _keys(hits: pl.DataFrame) -> pl.Series:
    """The page or file that each hit which succeeded is of."""
    rows = hits.select(pl.int_range(pl.len(), dtype=pl.UInt32()).alias("row"), "outcome", "pivots")
    keys = rows.filter(pl.col("outcome") == Outcome.SUCCESS).select(
        "row",
        key=pl.coalesce(
            pl.col("pivots")
            .list.eval(pl.element().filter(pl.element().str.starts_with(t)))
            .list.first()
            for t in _KEY_TYPES
        ),
    )
    return rows.select("row").join(keys, on="row", how="left", maintain_order="left")["key"]


def _pivots(hits: pl.DataFrame, groups: pl.Series) -> dict[int, tuple[str, ...]]:
    """At most `_PIVOTS` of each group, sorted: of a scan, not only its thousands of addresses."""
    address = pl.col("pivots").str.starts_with("ip:")
    # Slice by slice: rows say the same again and again, and exploded there are many more of them.
    told = pl.DataFrame({"group": groups, "pivots": hits["pivots"]})
    slices = [part.explode("pivots").drop_nulls().unique() for part in told.iter_slices(SLICE)]
    kept = (
        pl.concat([told.clear().explode("pivots"), *slices])
        .unique()
        .sort("group", address, "pivots")
        .group_by("group", maintain_order=True)
        .agg(pl.col("pivots").head(_PIVOTS).sort())
    )
    return {group: tuple(pivots) for group, pivots in kept.iter_rows()}


def _samples(
    hits: pl.DataFrame, groups: pl.DataFrame, quotes: Quotes
) -> dict[int, tuple[Sample, ...]]:
    """The first hits of each group."""
    wanted = groups.select("group", "rows").explode("rows")
    rows = quotes.filled(hits[wanted["rows"]].drop("pivots"))
    found: dict[int, list[Sample]] = {}
    for group, row in zip(wanted["group"], rows.iter_rows(named=True), strict=True):
        sample = Sample(
            time=row["time"],
            input=row["input"] or "",
            source=row["source"] or "",
            sha256=row["sha256"] or "",
            line=row["line"],
            record=row["record"],
            offset=row["offset"],
            raw=row["raw"] or "",
            detail=row["detail"] or "",
        )
        found.setdefault(group, []).append(sample)
    return {group: tuple(several) for group, several in found.items()}


def _identity(one: Mapping[str, object]) -> str:
    parts = (one["server"], one["rule_id"], one["outcome"], one["key"], one["first"], one["place"])
    return hashlib.sha256("\x00".join(str(p) for p in parts).encode()).hexdigest()[:16]


def _finding(
    one: Mapping[str, object],
    samples: tuple[Sample, ...],
    pivots: tuple[str, ...],
    rule: RuleReference,
) -> Finding:
    values: dict[str, object] = dict(one)
    return Finding(
        id=_identity(one),
        server=str(values["server"] or ""),
        rule=rule,
        stage=Stage(str(values["stage"])),
        outcome=Outcome(str(values["outcome"])),
        kind=str(values["kind"]),
        why=str(values["why"]),
        count=int(str(values["count"])),
        first=values["first"],  # type: ignore[arg-type]  # a datetime, or None
        last=values["last"],  # type: ignore[arg-type]  # likewise
        samples=samples,
        pivots=pivots,
        anchor=bool(values["anchor"]) and values["outcome"] == Outcome.SUCCESS,
        own=bool(values["own"]),
    )

"""Hits -> findings: many alike are one, with count, first, last and samples."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Finding, Level, Outcome, RuleReference, Sample, Stage
from hevesy.tables import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Grouped", "finding_rows", "group"]

_SAMPLES = 5
_PIVOTS = 200
_SESSION_HOURS = 24
_KEYS = 100
"""Pages or files of one rule that are told apart; thousands of shells are one finding."""

_KEY_TYPES = ("file:", "page:")


@dataclass(frozen=True, slots=True)
class Grouped:
    """Findings, and the hits with the id of the finding that each is part of."""

    findings: tuple[Finding, ...]
    hits: pl.DataFrame
    """`HITS` and `finding`."""


def group(hits: pl.DataFrame, rules: Mapping[str, RuleReference]) -> Grouped:
    """Group hits that are alike.

    Alike are hits of one server, rule and outcome. Those that succeeded are also of one page or
    file; those of hevesy's rules that did, or may have, stand less than a day apart: two intrusions
    stay two.

    Args:
        hits: `HITS`, with `server` filled.
        rules: What is said of each rule, by id.
    """
    keyed = _keyed(hits)
    groups = (
        keyed.group_by("server", "rule_id", "outcome", "key", "session", maintain_order=True)
        .agg(
            pl.len().alias("count"),
            pl.col("stage", "kind", "why").first(),
            pl.col("anchor", "own").max(),
            first=pl.col("time").min(),
            last=pl.col("time").max(),
            rows=pl.col("row").head(_SAMPLES),
            pivots=pl.col("pivots")
            .list.explode(keep_nulls=False, empty_as_null=False)
            .unique()
            .sort(),
            place=pl.concat_str(
                [pl.col("input"), pl.col("source"), pl.col("line"), pl.col("record")],
                separator="|",
                ignore_nulls=True,
            ).first(),
        )
        .with_row_index("group")
    )
    ids = [_identity(one) for one in groups.iter_rows(named=True)]
    groups = groups.with_columns(finding=pl.Series(ids, dtype=pl.String()))
    keys = ["server", "rule_id", "outcome", "key", "session"]
    with_ids = keyed.join(
        groups.select(*keys, "finding"),
        on=keys,
        how="left",
        nulls_equal=True,
        maintain_order="left",
    )
    findings = [
        _finding(one, keyed[one["rows"]], rules[one["rule_id"]])
        for one in groups.iter_rows(named=True)
    ]
    findings.sort(key=lambda f: (f.first is None, f.first, f.server, f.id))
    return Grouped(tuple(findings), with_ids.drop("row", "key", "session"))


def _keyed(hits: pl.DataFrame) -> pl.DataFrame:
    succeeded = pl.col("outcome") == Outcome.SUCCESS
    may_have = pl.col("own") & (pl.col("outcome") != Outcome.ATTEMPT)
    key = pl.coalesce(
        pl.col("pivots")
        .list.eval(pl.element().filter(pl.element().str.starts_with(t)))
        .list.first()
        for t in _KEY_TYPES
    )
    alike = ["server", "rule_id", "outcome"]
    by = [*alike, "key"]
    pause = pl.col("time").diff().over(by) > pl.duration(hours=_SESSION_HOURS)
    return (
        hits.with_columns(key=pl.when(succeeded).then(key).fill_null(""))
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
        .with_row_index("row")
    )


def _identity(one: Mapping[str, object]) -> str:
    parts = (one["server"], one["rule_id"], one["outcome"], one["key"], one["first"], one["place"])
    return hashlib.sha256("\x00".join(str(p) for p in parts).encode()).hexdigest()[:16]


def _finding(one: Mapping[str, object], rows: pl.DataFrame, rule: RuleReference) -> Finding:
    samples = tuple(
        Sample(
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
        for row in rows.iter_rows(named=True)
    )
    values: dict[str, object] = dict(one)
    return Finding(
        id=str(values["finding"]),
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
        pivots=_telling_first(values["pivots"]),  # type: ignore[arg-type]  # a list of str
        anchor=bool(values["anchor"]) and values["outcome"] == Outcome.SUCCESS,
        own=bool(values["own"]),
    )


def _telling_first(pivots: list[str]) -> tuple[str, ...]:
    """At most `_PIVOTS` of them, sorted; of a scan from thousands of addresses, not only those."""
    kept = sorted(pivots, key=lambda pivot: (pivot.startswith("ip:"), pivot))[:_PIVOTS]
    return tuple(sorted(kept))


def finding_rows(
    hits: pl.DataFrame, rules: Mapping[str, RuleReference], incidents: Mapping[str, str]
) -> pl.DataFrame:
    """The table `FINDINGS`: a row a hit, with what is said of its rule and its incident.

    Args:
        hits: `Grouped.hits`.
        rules: What is said of each rule, by id.
        incidents: Incident id by finding id.
    """
    used = sorted(set(hits["rule_id"]))
    said = pl.DataFrame(
        {
            "rule_id": used,
            "level": [rules[r].level.value for r in used],
            "rule_title": [rules[r].title for r in used],
            "rule_author": [rules[r].author for r in used],
            "rule_source": [rules[r].source for r in used],
            "vulnerability": [rules[r].vulnerability for r in used],
            "techniques": [list(rules[r].techniques) for r in used],
        },
        schema={k: FINDINGS[k] for k in _SAID},
    )
    belongs = pl.DataFrame(
        {"finding": list(incidents), "incident": list(incidents.values())},
        schema={"finding": pl.String(), "incident": pl.String()},
    )
    return (
        hits.join(said, on="rule_id", how="left")
        .join(belongs, on="finding", how="left")
        .with_columns(pl.col("incident").fill_null(""), id="finding")
        # Filled when the builds of the servers are known (`hevesy.assessment`).
        .with_columns(pl.lit("").alias(name) for name in FINDINGS if name.startswith("open_"))
        .select(pl.col(name).cast(dtype) for name, dtype in FINDINGS.items())
        .sort("time", "server", "id", "input", "source", "line", "record", nulls_last=True)
    )


_SAID = (
    "rule_id",
    "level",
    "rule_title",
    "rule_author",
    "rule_source",
    "vulnerability",
    "techniques",
)


def level_rank(finding: Finding) -> int:
    """Rank of a finding's level, for ordering."""
    return Level(finding.rule.level).rank

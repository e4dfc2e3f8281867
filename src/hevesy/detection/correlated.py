"""Correlation rules: what hits must carry for them, and the hits that they make of other hits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from hevesy.detection.hits import CORRELATED, HITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hevesy.detection.sigma_rules import SigmaRules
    from hevesy.detection.stages import Claim

__all__ = ["correlate_hits", "noted"]

_PLACE = ("input", "source", "line", "record", "offset")
"""What tells one event from another."""

_PIVOTS = 200
"""Values worth following that a match takes over from its events."""

_TOLD = 80
"""Characters of the last event that are repeated in what is said of a match."""


def noted(
    number: int, rules: SigmaRules, table: str, rows: pl.DataFrame, matches: pl.DataFrame
) -> pl.Series:
    """The column `CORRELATED` of the hits of some matches.

    Args:
        number: Which of the detector's rule sets it is.
        rules: The rule set.
        table: Name of the table of the rows.
        rows: The rows that matched, one a match.
        matches: Their `rule`s.
    """
    ruleset = rules.ruleset
    if not ruleset.correlations:
        return pl.Series(CORRELATED, [None] * matches.height, dtype=pl.String())
    values = ruleset.correlation_values(table, rows)
    fields = pl.struct(values.columns) if values.columns else pl.lit(None, dtype=pl.String())
    carried = values.with_columns(rule=matches["rule"]).select(
        pl.when(pl.col("rule").is_in(sorted(ruleset.correlated_rules)))
        .then(pl.struct(set=pl.lit(number), rule="rule", values=fields).struct.json_encode())
        .alias(CORRELATED)
    )
    return carried[CORRELATED]


def correlate_hits(hits: pl.DataFrame, sets: Sequence[SigmaRules]) -> pl.DataFrame:
    """Ask the correlation rules of all hits together.

    A match is a hit at the place of its last event. Rules that correlations refer to are not hits
    of their own, unless one of these says `generate: true`.

    Args:
        hits: `HITS`, with `CORRELATED` where some rule set has correlations.
        sets: The detector's rule sets.

    Returns:
        A frame of `HITS`.
    """
    if CORRELATED not in hits.columns or hits[CORRELATED].null_count() == hits.height:
        return hits.select(*HITS)
    numbered = _numbered(hits)
    carried = [
        {"row": row, **json.loads(text)}
        for row, text in numbered.select("row", CORRELATED).drop_nulls().iter_rows()
    ]
    silent: set[int] = set()
    made: list[dict[str, Any]] = []
    for number, rules in enumerate(sets):
        own = [one for one in carried if one["set"] == number]
        if not (own and rules.ruleset.correlations):
            continue
        silent.update(one["row"] for one in own if one["rule"] in rules.silent_rules)
        made += _matches(rules, own, numbered)
    kept = numbered.filter(~pl.col("row").is_in(sorted(silent))).select(*HITS)
    return pl.concat([kept, pl.DataFrame(made, schema=HITS)])


def _numbered(hits: pl.DataFrame) -> pl.DataFrame:
    """Hits with `row`, and `event`: a number for each place, which is the same for every rule."""
    places = hits.select(_PLACE).unique(maintain_order=True).with_row_index("event")
    return hits.with_row_index("row").join(
        places, on=_PLACE, how="left", nulls_equal=True, maintain_order="left"
    )


def _matches(
    rules: SigmaRules, carried: Sequence[dict[str, Any]], hits: pl.DataFrame
) -> Iterator[dict[str, Any]]:
    """The hits that the correlation rules of a set make."""
    ruleset = rules.ruleset
    rows = hits[[one["row"] for one in carried]]
    names = ruleset.correlation_fields
    values = (
        pl.DataFrame(
            [one["values"] or {} for one in carried], schema=dict.fromkeys(names, pl.String())
        )
        if names
        else pl.DataFrame()
    )
    events = rows.select("time", "event").with_columns(
        pl.Series("rule", [one["rule"] for one in carried], dtype=pl.UInt32()),
        *values.get_columns(),
    )
    found = ruleset.correlate(events)
    quiet = rules.silent_rules
    members = rows.unique("event", maintain_order=True)
    for (index, _), match in found.group_by("rule", "match", maintain_order=True):
        rule = int(str(index))
        if rule not in quiet:
            of_match = members.join(match.select("event"), on="event", how="semi")
            yield _hit(rules.claims[rule], of_match.sort("time", *_PLACE))


def _hit(claim: Claim, events: pl.DataFrame) -> dict[str, Any]:
    """A match as a hit: where its last event is, with the values of all."""
    last: dict[str, Any] = events.row(-1, named=True)
    pivots = events["pivots"].explode().drop_nulls().unique().sort().head(_PIVOTS)
    first = events["time"][0].strftime("%Y-%m-%d %H:%M:%S")
    last_detail = str(last["detail"] or "")[:_TOLD]
    return {name: last[name] for name in HITS} | {
        "rule_id": claim.rule.id,
        "stage": claim.stage.value,
        "outcome": claim.outcome.value,
        "anchor": claim.anchor,
        "own": claim.own,
        "why": claim.why,
        "detail": f"{claim.rule.title}: {events.height} events since {first}; last: {last_detail}",
        "pivots": pivots.to_list(),
    }

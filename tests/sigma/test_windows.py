"""Correlations agree with the plain reference on whatever rules and events are invented."""

from __future__ import annotations

import runpy
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hevesy.sigma import LogSource, Ruleset, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from collections.abc import Callable

# tests are no package, so the module beside this one is run rather than imported
correlate: Callable[[list[dict[str, Any]], list[dict[str, Any]]], list[Any]] = runpy.run_path(
    str(Path(__file__).with_name("reference_correlation.py"))
)["correlate"]

TAXONOMY = Taxonomy((TableMap("t", (LogSource(category="test"),)),))
START = datetime(2021, 3, 3, tzinfo=UTC)
BASE = ("a", "b", "c")
FIELDS = ("ip", "user", "size")
OPERATORS = ("lt", "lte", "gt", "gte", "eq", "neq")

compared = st.tuples(st.sampled_from(OPERATORS), st.integers(0, 5)).map(
    lambda pair: {pair[0]: pair[1]}
)
names = st.lists(st.sampled_from(BASE), min_size=1, max_size=3)
words = st.recursive(
    st.sampled_from(BASE),
    lambda inner: st.one_of(
        inner.map(lambda each: f"not ({each})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} and {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} or {pair[1]})"),
    ),
    max_leaves=4,
)
groups = st.sampled_from([[], ["ip"], ["user"], ["ip", "user"], ["who"]])
aliases = st.just({"who": {"a": "ip", "b": "user", "c": "user"}})
spans = st.integers(1, 6).map(lambda seconds: f"{seconds}s")


def _with_field(condition: dict[str, int], field: str) -> dict[str, Any]:
    return {**condition, "field": field}


kinds = st.one_of(
    st.fixed_dictionaries({"type": st.just("event_count"), "rules": names, "condition": compared}),
    st.fixed_dictionaries(
        {
            "type": st.just("value_count"),
            "rules": names,
            "condition": st.builds(_with_field, compared, st.sampled_from(FIELDS)),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["value_sum", "value_avg", "value_median"]),
            "rules": names,
            "condition": st.builds(_with_field, compared, st.just("size")),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("value_percentile"),
            "rules": names,
            "condition": st.builds(
                lambda condition, percentile: {
                    **condition,
                    "field": "size",
                    "percentile": percentile,
                },
                compared,
                st.integers(0, 100),
            ),
        }
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["temporal", "temporal_ordered"]), "rules": names}
    ),
    st.fixed_dictionaries({"type": st.just("temporal"), "rules": names, "condition": compared}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["temporal", "temporal_ordered"]), "condition": words}
    ),
)
correlations = st.builds(
    lambda said, group, span, alias: {
        **said,
        "group-by": group,
        "timespan": span,
        "aliases": alias,
    },
    kinds,
    groups,
    spans,
    aliases,
)
chains = st.none() | st.builds(
    lambda said, span: {**said, "timespan": span},
    st.sampled_from(
        [
            {"type": "temporal_ordered", "rules": ["first", "b"]},
            {"type": "temporal", "rules": ["c", "first"]},
            {"type": "event_count", "rules": ["first"], "condition": {"gte": 2}},
            {"type": "temporal", "condition": "first and not b"},
        ]
    ),
    spans,
)
events = st.lists(
    st.tuples(
        st.integers(0, 14),  # half seconds, so that ties are common
        st.sets(st.sampled_from(BASE), min_size=1),
        st.sampled_from(["x", "y", None]),
        st.sampled_from(["x", "z", None]),
        st.sampled_from(["1", "2.5", "-3", "no", None]),
    ),
    max_size=9,
)


def _load(folder: Path, found: list[dict[str, Any]]) -> Ruleset:
    base = [
        {
            "title": name,
            "name": name,
            "logsource": {"category": "test"},
            "detection": {"s": {"f": name}, "condition": "s"},
        }
        for name in BASE
    ]
    path = folder / "correlations.yml"
    path.write_text(yaml.safe_dump_all([*base, *found]), encoding="utf-8")
    return load([path], TAXONOMY)


def _compare(
    folder: Path,
    first: dict[str, Any],
    chain: dict[str, Any] | None,
    happened: list[tuple[Any, ...]],
    order: Any,  # noqa: ANN401  # hypothesis's random.Random
) -> None:
    found = [{"title": "first", "name": "first", "correlation": first}]
    if chain is not None:
        found.append({"title": "chain", "name": "chain", "correlation": chain})
    rules = _load(folder, found)
    if rules.refused:  # a condition that contradicts itself
        assert "never hold" in rules.refused[0].reason
        found = found[:0]
    index = {rule.name: number for number, rule in enumerate(rules.rules)}
    pairs = [
        {
            "name": name,
            "time": START + timedelta(seconds=half / 2),
            "event": number,
            **dict(zip(FIELDS, values, strict=True)),
        }
        for number, (half, matched, *values) in enumerate(happened)
        for name in sorted(matched)
    ]
    order.shuffle(pairs)
    schema: dict[str, Any] = {
        "rule": pl.UInt32,
        "time": pl.Datetime("us", "UTC"),
        "event": pl.UInt64,
    }
    schema |= dict.fromkeys(FIELDS, pl.String)
    frame = pl.DataFrame([{**pair, "rule": index[pair["name"]]} for pair in pairs], schema=schema)
    matches: dict[int, tuple[str, set[int]]] = {}
    for rule, match, event in rules.correlate(frame).iter_rows():
        matches.setdefault(match, (rules.rules[rule].name, set()))[1].add(event)
    expected = correlate(found, [{**pair, "events": frozenset({pair["event"]})} for pair in pairs])
    assert Counter((name, frozenset(numbers)) for name, numbers in matches.values()) == Counter(
        expected
    )


@settings(deadline=None, max_examples=80, suppress_health_check=[*HealthCheck])
@given(correlations, chains, events, st.randoms(use_true_random=False))
def test_correlations_agree_with_the_reference(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, Any],
    chain: dict[str, Any] | None,
    happened: list[tuple[Any, ...]],
    order: Any,  # noqa: ANN401  # hypothesis's random.Random
) -> None:
    """All kinds, with groups, aliases, chains, ties and any order of input: the same matches."""
    _compare(tmp_path_factory.getbasetemp(), first, chain, happened, order)


@pytest.mark.slow
@settings(deadline=None, max_examples=1500, suppress_health_check=[*HealthCheck])
@given(correlations, chains, events, st.randoms(use_true_random=False))
def test_correlations_agree_with_the_reference_at_length(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, Any],
    chain: dict[str, Any] | None,
    happened: list[tuple[Any, ...]],
    order: Any,  # noqa: ANN401  # hypothesis's random.Random
) -> None:
    """The same with many more inventions."""
    _compare(tmp_path_factory.getbasetemp(), first, chain, happened, order)

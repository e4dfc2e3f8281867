"""Engine and reference matcher agree on whatever rules and rows are invented."""

from __future__ import annotations

import contextlib
import re
import runpy
import sys
from datetime import UTC, datetime
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from hevesy.sigma import LogSource, Needle, Ruleset, TableMap, Taxonomy, load, scanning
from hevesy.sigma.folding import as_text
from hevesy.sigma.values import passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


# tests are no package, so the module beside this one is run rather than imported
matches: Callable[[SigmaRule, Mapping[str, Any]], bool] = runpy.run_path(
    str(Path(__file__).with_name("reference_matcher.py"))
)["matches"]

TAXONOMY = Taxonomy((TableMap("test", (LogSource(category="test"),)),))
SCHEMA: dict[str, Any] = {
    "text": pl.String,
    "other": pl.String,
    "Mixed Name": pl.String,
    "number": pl.Int64,
    "decimal": pl.Float64,
    "yes": pl.Boolean,
    "time": pl.Datetime("us", "UTC"),
    "many": pl.List(pl.String),
}
"""Columns of invented rows; rules also name `absent`, which no frame has."""

LETTERS = "abAB01 .-/\\*?%é Σςİ\u212aß\n\x1f\x00|"
texts = st.one_of(
    st.text(LETTERS, max_size=6),
    st.sampled_from(
        [
            *("", "10", "-3.5", "10.1.2.3", "::ffff:10.1.2.3", "fe80::1", "true", "2021-03-02"),
            *("2021-03-02T05:06:07Z", "2021-03-01 23:06:07.25-04:30"),
        ]
    ),
)
numbers = st.one_of(st.integers(-20, 30), st.sampled_from([0.5, -3.5, 10.0]))
times = st.datetimes(datetime(2020, 12, 25), datetime(2021, 4, 1), timezones=st.just(UTC))  # noqa: DTZ001  # bounds must be naive
rows = st.fixed_dictionaries(
    {
        "text": st.none() | texts,
        "other": st.none() | texts,
        "Mixed Name": st.none() | texts,
        "number": st.none() | st.integers(-20, 30),
        "decimal": st.none() | st.sampled_from([0.5, -3.5, 10.0, 7.0, nan]),
        "yes": st.none() | st.booleans(),
        "time": st.none() | times,
        "many": st.none() | st.lists(st.none() | texts, max_size=3),
    }
)

plain_fields = st.sampled_from([*SCHEMA, "absent"])
scalars = st.one_of(texts, numbers, st.booleans(), st.none())
text_modifiers = st.sampled_from(
    [
        *("contains", "startswith", "endswith", "cased", "windash|contains", "contains|all"),
        *("base64", "base64offset|contains", "wide", "utf16be|contains", "utf16|contains"),
        *(
            "contains|cased",
            "startswith|cased",
            "neq",
            "endswith|all",
            "wide|base64offset|contains",
        ),
    ]
)
regexes = st.sampled_from(
    [
        r"a+",
        r"^a",
        r"b$",
        r"\d{2}",
        r"[ab]+\.",
        r"(?i)AB",
        r"a(?=b)",
        r"(a)\1",
        r".",
        r"^$",
        r"\\",
        r"a|é",
        r"(?:a|b)$|^1",
        r"\bA\b",
        r"[^a]$",
        r"x*",
        r"ab0",
        r"(?i)bka",  # the sign of kelvin is a k to it
        r"A.*aab|bba",
        r"(?i)^ab+ba$",
        r"a.*[01]{1}.*\.",
        r"b.+(?:a0|/\?).*A",
        r"(?i)%.?a|ab.*K",
    ]
)


def _values(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return one | st.lists(one, min_size=1, max_size=3)


def _item(
    fields: st.SearchStrategy[str],
    modifiers: st.SearchStrategy[str],
    values: st.SearchStrategy[Any],
) -> st.SearchStrategy[tuple[str, Any]]:
    return st.tuples(st.tuples(fields, modifiers).map("|".join), values)


items = st.one_of(
    st.tuples(plain_fields, _values(scalars)),
    _item(plain_fields, text_modifiers, _values(texts)),
    _item(
        plain_fields, st.sampled_from(["re", "re|i", "re|m", "re|s", "re|i|s"]), _values(regexes)
    ),
    _item(
        plain_fields,
        st.just("cidr"),
        _values(
            st.sampled_from(
                [
                    *("10.0.0.0/8", "10.1.2.3/32", "fe80::/10", "0.0.0.0/0", "::/0"),
                    "::ffff:10.0.0.0/104",
                ]
            )
        ),
    ),
    _item(plain_fields, st.sampled_from(["lt", "lte", "gt", "gte"]), _values(numbers)),
    _item(
        plain_fields,
        st.sampled_from(["minute", "hour", "day", "week", "month", "year"]),
        _values(st.integers(0, 60) | st.just(2021)),
    ),
    _item(plain_fields, st.just("exists"), st.booleans()),
    _item(
        plain_fields,
        st.sampled_from(
            ["fieldref", "fieldref|startswith", "fieldref|endswith", "fieldref|contains"]
        ),
        plain_fields,
    ),
)
keywords = st.one_of(
    st.lists(st.one_of(texts.filter(bool), st.integers(0, 30)), min_size=1, max_size=3),
    st.lists(texts.filter(bool), min_size=1, max_size=2).map(lambda found: {"|all": found}),
    st.lists(texts.filter(bool), min_size=1, max_size=2).map(lambda found: {"|cased": found}),
    regexes.map(lambda pattern: {"|re": pattern}),
)
maps = st.lists(items, min_size=1, max_size=3).map(dict)
detections = st.one_of(maps, st.lists(maps, min_size=1, max_size=2), keywords)
conditions = st.recursive(
    st.sampled_from(
        ["one", "two", "other", "1 of sel_*", "all of sel_*", "1 of them", "all of them"]
    ),
    lambda inner: st.one_of(
        inner.map(lambda each: f"not ({each})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) and ({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}) or ({pair[1]})"),
    ),
    max_leaves=4,
)
NAMES = {"one": "sel_one", "two": "sel_two", "other": "other"}


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """A rule that pySigma takes."""
    detection = {name: draw(detections) for name in NAMES.values()}
    condition = draw(conditions)
    for short, name in NAMES.items():
        condition = " ".join(
            part if part.strip("()") != short else part.replace(short, name)
            for part in condition.split(" ")
        )
    return {
        "title": "invented",
        "logsource": {"category": "test"},
        "detection": {**detection, "condition": condition},
    }


MODES = ("few", "columns", "scan", "aho", "hot", "many", "slices")


@contextlib.contextmanager
def mode(name: str) -> Iterator[None]:
    """Make small frames take the way of large ones."""
    with contextlib.ExitStack() as stack:
        if name != "few":
            stack.enter_context(mock.patch("hevesy.sigma.values.FEW", -1))
            stack.enter_context(mock.patch("hevesy.sigma.fields._FEW", -1))
            stack.enter_context(mock.patch("hevesy.sigma.cells._FEW", -1))
            stack.enter_context(mock.patch("hevesy.sigma.folding._FEW", -1))
            stack.enter_context(mock.patch("hevesy.sigma.frames._TOGETHER", 1))
        if name in ("scan", "hot"):
            stack.enter_context(mock.patch("hevesy.sigma.scanning._FEW", -1))
            stack.enter_context(mock.patch("hevesy.sigma.cells._SETS", 1))
        if name in ("scan", "aho", "hot"):
            stack.enter_context(mock.patch("hevesy.sigma.fields._PLAIN", 0))
        if name == "hot":
            stack.enter_context(mock.patch("hevesy.sigma.fields._CALLBACKS", 0))
        if name in ("hot", "many"):
            stack.enter_context(mock.patch("hevesy.sigma.fields._SAMPLE", 1))
        if name == "slices":
            stack.enter_context(mock.patch("hevesy.sigma.matching._ROWS", 2))
        if name == "aho":
            stack.enter_context(mock.patch.dict(sys.modules, {"hyperscan": None}))
        yield


def _usable(rule: dict[str, Any]) -> SigmaRule | None:
    """The rule as pySigma reads it, if it does."""
    try:
        parsed = SigmaRule.from_dict(yaml.safe_load(yaml.safe_dump(rule)))
        for condition in parsed.detection.parsed_condition:
            _ = condition.parsed
    except (SigmaError, IndexError):
        return None
    return parsed


def _load(folder: Path, *found: dict[str, Any]) -> Ruleset:
    """Rules through a file, as users give them."""
    path = folder / "rules.yml"
    path.write_text(yaml.safe_dump_all(found, allow_unicode=True), encoding="utf-8")
    return load([path], TAXONOMY)


def _assert_sound(ruleset: Ruleset, table: list[dict[str, Any]], result: pl.DataFrame) -> None:
    """Each row that a rule matched holds one of its needles, and matches it by any columns."""
    needles = ruleset.needles("test")
    for rule, row in result.rows() if needles is not None else ():
        cells = [
            each
            for cell in table[row].values()
            for each in (cell if isinstance(cell, list) else [cell])
        ]
        texts_of_row = [as_text(pl.Series([each]))[0] for each in cells if each is not None]
        raw = "\n".join(texts_of_row).lower()
        asked = [needle for needle in needles or () if rule in needle.rules]
        assert not raw.isascii() or any(_holds(raw, needle) for needle in asked)
    frame = pl.DataFrame(table, schema=SCHEMA)
    for fields in ({"text"}, {"text", "number"}, set(SCHEMA)):
        columns = frame.select(name for name in frame.columns if name in fields)
        assert set(result.rows()) <= set(
            ruleset.relaxed("test", fields).match("test", columns).rows()
        )


def _holds(raw: str, needle: Needle) -> bool:
    if needle.expression:
        return re.search(needle.text, raw, re.IGNORECASE) is not None
    return needle.text in raw


def test_a_sample_compiles_no_database(tmp_path: Path) -> None:
    """What is too common is found by a sample first, so that patterns are compiled once."""
    rule = {
        "title": "invented",
        "logsource": {"category": "test"},
        "detection": {"s": {"text|contains": ["common", "rare", "never"]}, "condition": "s"},
    }
    frame = pl.DataFrame({"text": [f"common {'rare' * (n == 7)} {n}" for n in range(10_000)]})
    compiled = mock.Mock(wraps=scanning._hyperscan)  # what is counted
    with mode("hot"), mock.patch("hevesy.sigma.scanning._hyperscan", compiled):
        result = _load(tmp_path, rule).match("test", frame)
    assert result.height == 10_000
    assert compiled.call_count == 1
    assert sorted(compiled.call_args.args[0]) == [b"never", b"rare"]


def test_what_is_common_is_told_by_something_rarer(tmp_path: Path) -> None:
    """Of a pattern whose longest word is everywhere, another word says where it can match."""
    found = [
        {
            "title": "invented",
            "logsource": {"category": "test"},
            "detection": {"s": {f"text{modifier}": value}, "condition": "s"},
        }
        for modifier, value in (("|re", r"powershell.+\bnoexit"), ("", "*powershell*no?xit*"))
    ]
    frame = pl.DataFrame({"text": [f"PowerShell {n}" for n in range(10_000)]}).with_columns(
        pl.col("text").str.replace("l 77", "l noexit 77")
    )
    with mode("hot"), mock.patch("hevesy.sigma.fields.passing", wraps=passing) as tested:
        rules = _load(tmp_path, *found)
        result = rules.match("test", frame.with_columns(pl.col("text").str.to_lowercase()))
    assert result.height == 2 * 111
    assert {len(call.args[1]) for call in tested.call_args_list} == {111}


def test_what_is_common_is_tested_once_where_many_rules_ask(tmp_path: Path) -> None:
    """The cells of a few rows are tested by themselves until all would have cost as much."""
    found = [
        {
            "title": "invented",
            "logsource": {"category": "test"},
            "detection": {
                "s": {"other": f"value {number}", "text|contains": "common"},
                "condition": "s",
            },
        }
        for number in range(100)
    ]
    frame = pl.DataFrame({"number": range(20_000)}).select(
        text="common " + pl.col("number").cast(pl.String),
        other="value " + (pl.col("number") % 100).cast(pl.String),
    )
    with mock.patch("hevesy.sigma.fields.passing", wraps=passing) as tested:
        result = _load(tmp_path, *found).match("test", frame)
    sizes = [len(call.args[1]) for call in tested.call_args_list]
    assert result.height == 20_000
    assert sizes.count(20_000) == 1
    assert sum(sizes) < 40_000


def test_a_column_keeps_to_what_its_own_scan_looked_for(tmp_path: Path) -> None:
    """A later column with many values makes short literals worth a scan, not those before it."""
    found = [
        {
            "title": "invented",
            "logsource": {"category": "test"},
            "detection": {"s": [word], "condition": "s"},
        }
        for word in ("zq", "longer")
    ]
    few = ["nothing", "here zq", "nothing", "nothing"]
    frame = pl.DataFrame({"text": few, "other": [f"value {number}" for number in range(4)]})
    with mode("many"):
        result = _load(tmp_path, *found).match("test", frame)
    assert result.rows() == [(0, 1)]


TABLES = st.lists(rows, max_size=8)
RULES = st.lists(rules(), min_size=1, max_size=3)


@settings(deadline=None, max_examples=50, suppress_health_check=[*HealthCheck])
@given(RULES, TABLES, st.sampled_from(MODES))
def test_engine_agrees_with_the_reference(
    tmp_path_factory: pytest.TempPathFactory,
    found: list[dict[str, Any]],
    table: list[dict[str, Any]],
    name: str,
) -> None:
    """Rule for rule and row for row, on every way through the engine, the answers are the same."""
    _compare(tmp_path_factory.getbasetemp(), found, table, name)


@pytest.mark.slow
@settings(deadline=None, max_examples=3000, suppress_health_check=[*HealthCheck])
@given(RULES, TABLES, st.sampled_from(MODES))
def test_engine_agrees_with_the_reference_at_length(
    tmp_path_factory: pytest.TempPathFactory,
    found: list[dict[str, Any]],
    table: list[dict[str, Any]],
    name: str,
) -> None:
    """The same with many more inventions."""
    _compare(tmp_path_factory.getbasetemp(), found, table, name)


def _compare(
    folder: Path, found: list[dict[str, Any]], table: list[dict[str, Any]], name: str
) -> None:
    parsed = [(rule, usable) for rule in found if (usable := _usable(rule)) is not None]
    with mode(name):
        ruleset = _load(folder, *(rule for rule, _ in parsed))
        assert not ruleset.refused
        frame = pl.DataFrame(table, schema=SCHEMA)
        result = ruleset.match("test", frame)
    expected = [
        (number, index)
        for number, (_, rule) in enumerate(parsed)
        for index, row in enumerate(table)
        if matches(rule, row)
    ]
    assert result.rows() == expected
    _assert_sound(ruleset, table, result)
    assert dict(result.schema) == {"rule": pl.UInt32, "row": pl.UInt32}

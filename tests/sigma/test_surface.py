"""What of Sigma is supported: each part with a value that matches and one that does not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml

from hevesy.sigma import LogSource, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from collections.abc import Callable

TAXONOMY = Taxonomy((TableMap("t", (LogSource(category="test"),)),))

ITEMS: tuple[tuple[str, dict[str, Any], str | None, str | None], ...] = (
    ("plain value", {"f": "Ab"}, "aB", "abc"),
    ("`*` and `?`", {"f": "a*c?"}, "abbcd", "abc"),
    ("escapes", {"f": r"a\*\?\b"}, r"a*?\b", r"ax?\b"),
    ("list", {"f": ["a", "b"]}, "b", "c"),
    ("null", {"f": None}, None, ""),
    ("empty", {"f": ""}, "", "a"),
    ("number", {"f": 4688}, "4688", "04688"),
    ("`contains`", {"f|contains": "b"}, "abc", "ac"),
    ("`startswith`", {"f|startswith": "a"}, "ab", "ba"),
    ("`endswith`", {"f|endswith": "b"}, "ab", "ba"),
    ("`all`", {"f|contains|all": ["a", "b"]}, "ba", "a"),
    ("`all` with `windash`", {"f|windash|contains|all": [" -a", " -b"]}, "x /a -b", "x /a"),
    ("`cased`", {"f|cased": "Ab"}, "Ab", "ab"),
    ("`neq`", {"f|neq": "a"}, "b", "a"),
    ("`exists`", {"f|exists": True}, "", None),
    ("`re`", {"f|re": "^a+$"}, "aa", "AA"),
    ("`re` with `i`", {"f|re|i": "^a+$"}, "AA", "b"),
    ("`re` with `m`", {"f|re|m": "^b$"}, "a\nb", "ab"),
    ("`re` with `s`", {"f|re|s": "a.b"}, "a\nb", "ab"),
    ("`cidr` v4", {"f|cidr": "10.0.0.0/8"}, "10.1.2.3", "11.1.2.3"),
    ("`cidr` v6", {"f|cidr": "fe80::/10"}, "fe80::1", "::1"),
    ("`lt`", {"f|lt": 5}, "4.5", "5"),
    ("`lte`", {"f|lte": 5}, "5", "6"),
    ("`gt`", {"f|gt": 5}, "6", "5"),
    ("`gte`", {"f|gte": 5}, "5", "4"),
    ("`windash`", {"f|windash|contains": " -a"}, "x /a", "x a"),
    ("`base64`", {"f|base64": "abc"}, "YWJj", "abc"),
    ("`base64offset`", {"f|base64offset|contains": "abcdef"}, "eGFiY2RlZng=", "abcdef"),
    ("`wide`", {"f|wide|base64|contains": "ab"}, "YQBiAA==", "YWI="),
    ("`utf16be`", {"f|utf16be|base64|contains": "ab"}, "AGEAYg==", "YQBiAA=="),
    ("`utf16`", {"f|utf16|base64|contains": "ab"}, "77u/YQBiAA==", "YQBiAA=="),
    ("`fieldref`", {"f|fieldref": "g"}, "Same", "other"),
    ("`fieldref` with `startswith`", {"f|fieldref|startswith": "g"}, "same one", "the same"),
    ("`fieldref` with `contains`", {"f|fieldref|contains": "g"}, "the same one", "some"),
    ("`fieldref` with `endswith`", {"f|fieldref|endswith": "g"}, "the same", "same one"),
    ("`expand`", {"f|expand": "%names%"}, "given", "names"),
    ("`expand` with `all`", {"f|expand|contains|all": ["%names%", "!"]}, "given!", "given"),
    ("`hour`", {"f|hour": 5}, "2021-03-03T05:06:07Z", "2021-03-03T06:06:07Z"),
    ("`hour` with `lt`", {"f|hour|lt": 5}, "2021-03-03T04:06:07Z", "2021-03-03T05:06:07Z"),
    ("`minute`", {"f|minute": 6}, "2021-03-03T05:06:07Z", "2021-03-03T05:07:07Z"),
    ("`day`", {"f|day": 3}, "2021-03-03T05:06:07Z", "2021-03-04T05:06:07Z"),
    ("`week`", {"f|week": 9}, "2021-03-03T05:06:07Z", "2021-03-10T05:06:07Z"),
    ("`month`", {"f|month": 3}, "2021-03-03T05:06:07Z", "2021-04-03T05:06:07Z"),
    ("`year`", {"f|year": 2021}, "2021-03-03T05:06:07Z", "2020-03-03T05:06:07Z"),
)
"""Part of Sigma, a selection, a value of `f` that it matches and one that it does not."""

OTHERS = (
    (
        "rules and conditions, any of them",
        "test_matching.py::test_engine_agrees_with_the_reference",
    ),
    ("`1 of`, `all of`, patterns, `them`", "test_semantics.py::test_quantifiers"),
    ("keywords in every text column", "test_semantics.py::test_keywords_search_every_text_column"),
    ("`not` on missing fields", "test_semantics.py::test_not_on_missing_fields"),
    ("Sigma filters", "test_loading.py::test_filters"),
    ("collections: `global`, `repeat`, `reset`", "test_loading.py::test_collection_actions"),
    ("pipelines", "test_loading.py::test_pipelines"),
    (
        "correlations, all eight kinds",
        "test_windows.py::test_correlations_agree_with_the_reference",
    ),
    (
        "correlation conditions over rule names",
        "test_correlation.py::test_condition_over_rule_names",
    ),
    ("`aliases`, correlations of correlations", "test_correlation.py::test_aliases_and_chains"),
    (
        "pipelines, on correlations",
        "test_correlation.py::test_pipelines_rename_what_correlations_ask_for",
    ),
)
"""Parts that tests of their own show."""


@pytest.mark.parametrize(("part", "selection", "yes", "no"), ITEMS, ids=[each[0] for each in ITEMS])
def test_part(
    tmp_path: Path, part: str, selection: dict[str, Any], yes: str | None, no: str | None
) -> None:
    """Each part of Sigma that the page names does what it says."""
    path = tmp_path / "rule.yml"
    detection = {"selection": selection, "condition": "selection"}
    rule = {"title": part, "logsource": {"category": "test"}, "detection": detection}
    path.write_text(yaml.safe_dump(rule), encoding="utf-8")
    ruleset = load([path], TAXONOMY, placeholders={"names": ["given"]})
    assert not ruleset.refused
    frame = pl.DataFrame({"f": [yes, no], "g": ["same", "same"]}, schema_overrides={"f": pl.String})
    assert ruleset.match("t", frame).rows() == [(0, 0)]


def test_the_page_is_current(golden: Callable[[Path, str], None]) -> None:
    """`docs/sigma-surface.md` is made of this list, and the tests that it names exist."""
    here = Path(__file__).parent
    for _, test in OTHERS:
        file, name = test.split("::")
        assert f"def {name}(" in (here / file).read_text(encoding="utf-8")
    lines = [
        "# The supported surface of Sigma",
        "",
        "Made from `tests/sigma/test_surface.py`; every line is a test.",
        "",
        "| part | selection | matches | does not match |",
        "| --- | --- | --- | --- |",
        *(
            f"| {part} | `{_shown(selection)}` | `{_cell(yes)}` | `{_cell(no)}` |"
            for part, selection, yes, no in ITEMS
        ),
        "",
        "| part | shown by |",
        "| --- | --- |",
        *(f"| {part} | `{test}` |" for part, test in OTHERS),
        "",
    ]
    golden(here.parents[1] / "docs" / "sigma-surface.md", "\n".join(lines))


def _shown(selection: dict[str, Any]) -> str:
    """A selection as YAML, in one line."""
    text = yaml.safe_dump(selection, default_flow_style=True, width=1000).strip()
    return text.replace("|", "\\|")


def _cell(value: str | None) -> str:
    return "missing" if value is None else repr(value)

"""What each part of Sigma means, one readable rule and a few rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml

from hevesy.sigma import LogSource, Ruleset, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = Taxonomy((TableMap("t", (LogSource(category="test"),)),))


def ruleset(folder: Path, detection: str, **more: Any) -> Ruleset:  # noqa: ANN401  # options of `load`
    """A rule set of one rule with this detection."""
    text = f"title: a rule\nlogsource: {{category: test}}\ndetection:\n  {detection}\n"
    if "condition:" not in text:
        text += "  condition: s\n"
    path = folder / "rule.yml"
    path.write_text(text, encoding="utf-8")
    return load([path], TAXONOMY, **more)


def found(folder: Path, detection: str, column: list[Any], **columns: list[Any]) -> list[int]:
    """The rows of column `a` (and others) that a detection matches."""
    rules = ruleset(folder, detection)
    assert not rules.refused
    frame = pl.DataFrame({"a": column, **columns}, strict=False)
    return rules.match("t", frame)["row"].to_list()


@pytest.mark.parametrize(
    ("detection", "values", "expected"),
    [
        ("s: {a: Foo}", ["foo", "FOO", "food", None], [0, 1]),
        ("s: {a|contains: oO}", ["foo", "FOOD", "f"], [0, 1]),
        ("s: {a|startswith: fo}", ["FOO", "afo"], [0]),
        ("s: {a|endswith: .EXE}", ["c.exe", "c.exe2"], [0]),
        ("s: {a|cased: Foo}", ["Foo", "foo"], [0]),
        ("s: {a|contains|cased: Fo}", ["aFob", "afob"], [0]),
        ("s: {a: [x, y]}", ["x", "y", "z"], [0, 1]),
        ("s: {a|contains|all: [x, y]}", ["x-y", "x", "y x"], [0, 2]),
        ("s: {a: 'f*o?d'}", ["fo-d", "f..oad", "fod"], [0, 1]),
        (r"s: {a: 'f\*o'}", ["f*o", "fxo"], [0]),
        (r"s: {a: 'C:\\*\x'}", ["C:\\y\\x", "C:\\x"], [0]),
        ("s: {a: '*'}", ["", "x", None], [0, 1]),
        ("s: {a: ''}", ["", "x", None], [0]),
        ("s: {a: null}", ["", "x", None], [2]),
        ("s: {a|exists: true}", ["", None], [0]),
        ("s: {a|exists: false}", ["", None], [1]),
        ("s: {a|neq: x}", ["x", "y", None], [1, 2]),
        ("s: {a|contains|windash: ' -f '}", ["x -f y", "x /f y", "x –f y", "x f y"], [0, 1, 2]),  # noqa: RUF001  # the dash is meant
        ("s: {a|base64: foo}", ["Zm9v", "Zm9"], [0]),
        ("s: {a|base64offset|contains: foobar}", ["xxZm9vYmFy", "YWZvb2Jhcg=="], [0, 1]),
        ("s: {a|wide|base64offset|contains: ab}", ["YQBiA", "YWI="], [0]),
        ("s: {a|re: 'a+b$'}", ["xaab", "xAAB", "aabc", "aab\n"], [0, 3]),
        ("s: {a|re|i: 'a+b$'}", ["xAAB"], [0]),
        ("s: {a|re|m: '^b'}", ["a\nb", "ab"], [0]),
        ("s: {a|re|s: 'a.b'}", ["a\nb"], [0]),
        ("s: {a|re: 'a(?=b)'}", ["ab", "ac"], [0]),
        ("s: {a|cidr: 10.0.0.0/8}", ["10.1.2.3", "11.1.2.3", "::ffff:10.9.9.9", "10.1"], [0, 2]),
        ("s: {a|cidr: 'fe80::/10'}", ["fe80::1", "2001::1", "10.1.2.3"], [0]),
        ("s: {a|gt: 5}", ["6", "5", "x", "-6", None], [0]),
        ("s: {a|lte: 5}", [6, 5, -1, None], [1, 2]),
        ("s: {a|gte: 0.5}", [0.5, 0.25], [0]),
        ("s: {a: 4688}", ["4688", "04688", "46880"], [0]),
        ("s: {a: 4688}", [4688, 4689], [0]),
        ("s: {a: '4688'}", [4688, 4689], [0]),
        ("s: {a|startswith: '46'}", [4688, 5688], [0]),
        ("s: {a: 3}", [3.0, 3.5], [0]),
        ("s: {a: true}", [True, False], [0]),
        ("s: {a: 'true'}", [True, False], [0]),
        ("s: {a: false}", ["False", "0"], [0]),
        ("s: {a|hour: 5}", ["2021-03-03T05:06:07Z", "2021-03-03 06:00:00", "x"], [0]),
        ("s: {a|week: 9}", ["2021-03-03T05:06:07Z", "2021-03-10T05:06:07Z"], [0]),
        ("s: {a|year: 2021}", ["2021-03-03T05:06:07Z"], [0]),
        ("s: [{a: x}, {a: y}]", ["x", "y", "z"], [0, 1]),
        ("s: {a: É}", ["é", "e"], [0]),
        ("s: {a: k}", ["K", "\u212a"], [0]),
        ("s: {a: absent*}", [["x", "absent1"], ["x"], None], [0]),
    ],
)
def test_values(tmp_path: Path, detection: str, values: list[Any], expected: list[int]) -> None:
    """Each modifier and value type matches what the documentation says."""
    assert found(tmp_path, detection, values) == expected


def test_fieldref(tmp_path: Path) -> None:
    """A field is compared with another one of the same row, in all four ways, without case."""
    columns: dict[str, list[Any]] = {"b": ["ABC", "ab", "bc", "b", None]}
    values = ["abc"] * 5
    assert found(tmp_path, "s: {a|fieldref: b}", values, **columns) == [0]
    assert found(tmp_path, "s: {a|fieldref|startswith: b}", values, **columns) == [0, 1]
    assert found(tmp_path, "s: {a|fieldref|endswith: b}", values, **columns) == [0, 2]
    assert found(tmp_path, "s: {a|fieldref|contains: b}", values, **columns) == [0, 1, 2, 3]


def test_fieldref_of_lists(tmp_path: Path) -> None:
    """One value of a field is compared with one of the other."""
    columns: dict[str, list[Any]] = {"b": [["x", "Y"], ["q"], [], None]}
    assert found(tmp_path, "s: {a|fieldref: b}", [["y", "z"], ["z"], ["z"], ["z"]], **columns) == [
        0
    ]
    assert found(tmp_path, "s: {b|fieldref: a}", ["y", "z", "q", None], **columns) == [0]


def test_not_on_missing_fields(tmp_path: Path) -> None:
    """A test of a missing field is false, so its negation is true, for an absent column as well."""
    assert found(tmp_path, "s: {a: x}\n  condition: not s", ["x", None]) == [1]
    assert found(tmp_path, "s: {absent: x}\n  condition: not s", ["x", None]) == [0, 1]
    assert found(tmp_path, "s: {absent: null}", ["x", None]) == [0, 1]


def test_keywords_search_every_text_column(tmp_path: Path) -> None:
    """Unbound values are looked for anywhere in text columns, each possibly in another one."""
    rows: dict[str, list[Any]] = {"b": ["two", None, "one two"], "n": [1, 1, 1]}
    assert found(tmp_path, "s: [ONE]", ["xone", "x", "x"], **rows) == [0, 2]
    assert found(tmp_path, "s: {'|all': [one, two]}", ["xone", "one", "x"], **rows) == [0, 2]
    assert found(tmp_path, "s: {'|re': 'w.$'}", ["xone", "one", "x"], **rows) == [0, 2]
    assert found(tmp_path, "s: ['o*e t?o']", ["xone", "one", "x"], **rows) == [2]
    assert found(tmp_path, "s: [1]", ["x", "a1", "y"], **rows) == [1]
    assert found(tmp_path, "s: [one]\n  condition: not s", ["xone", "x", "x"], **rows) == [1]


def test_keywords_of_a_table(tmp_path: Path) -> None:
    """A table can say which columns keywords search."""
    path = tmp_path / "r.yml"
    path.write_text("title: t\nlogsource: {category: test}\ndetection: {s: [one], condition: s}\n")
    table = TableMap("t", (LogSource(category="test"),), keywords=("b",))
    rules = load([path], Taxonomy((table,)))
    frame = pl.DataFrame({"a": ["one", "x"], "b": ["x", "one"]})
    assert rules.match("t", frame).rows() == [(0, 1)]


def test_quantifiers(tmp_path: Path) -> None:
    """`1 of` and `all of` take patterns, and `them`."""
    names = "s_1: {a: x}\n  s_2: {b: y}\n  "
    rows: dict[str, list[Any]] = {"b": ["y", "n", "n"]}
    assert found(tmp_path, names + "condition: 1 of s_*", ["x", "x", "n"], **rows) == [0, 1]
    assert found(tmp_path, names + "condition: all of s_*", ["x", "x", "n"], **rows) == [0]
    assert found(tmp_path, names + "condition: not 1 of them", ["x", "x", "n"], **rows) == [2]


def test_columns_are_found_by_other_spellings(tmp_path: Path) -> None:
    """Case, blanks and underscores may differ where no column has the very name."""
    rules = ruleset(tmp_path, "s: {BackEndStatus: x, ThreatName: y}")
    frame = pl.DataFrame({"BackendStatus": ["x"], "Threat Name": ["y"]})
    assert rules.match("t", frame).height == 1
    frame = frame.with_columns(BackEndStatus=pl.lit("other"))
    assert rules.match("t", frame).height == 0


def test_placeholders(tmp_path: Path) -> None:
    """`expand` takes given values, and a rule without them is refused, not dropped."""
    detection = "s: {a|expand: '%admins%'}"
    refused = ruleset(tmp_path, detection).refused
    assert [each.kind for each in refused] == ["placeholder"]
    assert "%admins%" in refused[0].reason
    rules = ruleset(tmp_path, detection, placeholders={"admins": ["ann", "bob"]})
    frame = pl.DataFrame({"a": ["Ann", "bob", "eve"]})
    assert rules.match("t", frame)["row"].to_list() == [0, 1]


def test_values_of_a_placeholder_are_alternatives(tmp_path: Path) -> None:
    """Under `all` too, and in what another modifier makes of a value; one text is one value."""
    frame = pl.DataFrame({"a": ["-n ann x", "-n bob x", "/n ann x", "ann", "-n a x"]})

    def rows(detection: str, **given: Any) -> list[int]:  # noqa: ANN401  # also what is not asked for
        rules = ruleset(tmp_path, detection, placeholders=given)
        assert not rules.refused
        return rules.match("t", frame)["row"].to_list()

    both = ["ann", "bob"]
    assert rows("s: {a|expand|contains|all: ['%who%', x]}", who=both) == [0, 1, 2]
    assert rows("s: {a|windash|expand|contains: '-n %who%'}", who=both) == [0, 1, 2]
    assert rows("s: {a|re|expand: '^-n %who%'}", who=both) == [0, 1]
    assert rows("s: {a|expand|contains: ' %who% '}", who="ann") == [0, 2]
    assert rows("s: {'|expand': 'n %who% %what%'}", who=both, what=["x"]) == [0, 1, 2]
    refused = ruleset(tmp_path, "s: {a|expand: '%who%'}", placeholders={"who": []}).refused
    assert [each.kind for each in refused] == ["placeholder"]


def test_computed_fields(tmp_path: Path) -> None:
    """A concatenation writes its literals only before parts that hold something."""
    path = tmp_path / "r.yml"
    path.write_text(
        yaml.safe_dump(
            {
                "title": "t",
                "logsource": {"category": "webserver"},
                "detection": {"s": {"c-uri": ["/a?b", "/a", "?b"]}, "condition": "s"},
            }
        )
    )
    parts = ("stem", "'?'", "query")
    table = TableMap("web", (LogSource(category="webserver"),), {"c-uri": parts})
    rules = load([path], Taxonomy((table,)))
    frame = pl.DataFrame(
        {"stem": ["/a", "/a", "/a", "/x", None, None], "query": ["b", "-", "", "b", "b", None]}
    )
    assert rules.match("web", frame)["row"].to_list() == [0, 1, 2, 4]


def test_windows_rules_answer_to_sysmon_and_to_security_auditing(tmp_path: Path) -> None:
    """A category is looked for in every channel that records it, under that channel's names."""
    path = tmp_path / "r.yml"
    path.write_text(
        "title: t\nlogsource: {product: windows, category: process_creation}\n"
        "detection: {s: {Image|endswith: '\\whoami.exe'}, condition: s}\n"
    )
    rules = load([path], Taxonomy((TableMap("windows", windows=True),)))
    sysmon = "Microsoft-Windows-Sysmon/Operational"
    frame = pl.DataFrame(
        {
            "Channel": [sysmon, "Security", sysmon, "Security"],
            "EventID": [1, 4688, 11, 4624],
            "Image": ["C:\\whoami.exe", None, "C:\\whoami.exe", None],
            "NewProcessName": [None, "C:\\WHOAMI.exe", None, "C:\\whoami.exe"],
        }
    )
    assert rules.match("windows", frame).rows() == [(0, 0), (0, 1)]


def test_empty_frames(tmp_path: Path) -> None:
    """No rows, and no columns, give no matches and the same columns."""
    rules = ruleset(tmp_path, "s: {a: x}")
    for frame in (pl.DataFrame(), pl.DataFrame({"a": []}, schema={"a": pl.String})):
        assert rules.match("t", frame).columns == ["rule", "row"]
    assert rules.match("unknown table", pl.DataFrame({"a": ["x"]})).height == 0

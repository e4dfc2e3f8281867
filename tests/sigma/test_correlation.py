"""Correlations: each kind on a few events, and a sliding window that is one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
import yaml

from hevesy.sigma import LogSource, Ruleset, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from pathlib import Path

TAXONOMY = Taxonomy((TableMap("t", (LogSource(category="test"),)),))
START = datetime(2021, 3, 3, tzinfo=UTC)

Event = tuple[int, float, int, str]
"""Rule, seconds, event, value of the field `ip`."""


def ruleset(folder: Path, **correlation: object) -> Ruleset:
    """Rules a, b and c, and a correlation of them."""
    base = {"logsource": {"category": "test"}}
    rules: list[object] = [
        {"title": name, "name": name, **base, "detection": {"s": {"f": name}, "condition": "s"}}
        for name in "abc"
    ]
    said = {"timespan": "10s", "group-by": ["ip"], **correlation}
    path = folder / "rules.yml"
    path.write_text(
        yaml.safe_dump_all([*rules, {"title": "chain", "name": "chain", "correlation": said}])
    )
    return load([path], TAXONOMY)


def found(rules: Ruleset, *events: Event) -> list[list[int]]:
    """The events of each match of the last rule."""
    assert not rules.refused
    frame = pl.DataFrame(
        {
            "rule": [event[0] for event in events],
            "time": [START + timedelta(seconds=event[1]) for event in events],
            "event": [event[2] for event in events],
            "ip": [event[3] for event in events],
        }
    )
    result = rules.correlate(frame).filter(pl.col("rule") == len(rules.rules) - 1)
    matches = result.group_by("match", maintain_order=True).agg("event")
    return [list(each) for each in matches["event"]]


def test_event_count(tmp_path: Path) -> None:
    """N events within the time span, of one group; a run of overlapping windows is one match."""
    rules = ruleset(tmp_path, type="event_count", rules=["a"], condition={"gte": 3})
    times = [0, 9, 11, 19, 40]
    assert found(rules, *((0, time, n, "x") for n, time in enumerate(times))) == [[1, 2, 3]]
    assert found(rules, *((0, n, n, str(n)) for n in range(5))) == []
    assert found(rules, *((0, n * 4.0, n, "x") for n in range(9))) == [list(range(9))]


def test_window_slides(tmp_path: Path) -> None:
    """Events on both sides of any fixed border are in one window, its ends included."""
    rules = ruleset(tmp_path, type="event_count", rules=["a"], condition={"gte": 2})
    for offset in range(12):
        assert found(rules, (0, offset, 1, "x"), (0, offset + 10, 2, "x")) == [[1, 2]]
        assert found(rules, (0, offset, 1, "x"), (0, offset + 10.1, 2, "x")) == []


def test_value_count(tmp_path: Path) -> None:
    """Distinct values of a field are counted."""
    rules = ruleset(
        tmp_path,
        **{"type": "value_count", "rules": ["a"], "group-by": []},
        condition={"gte": 3, "field": "ip"},
    )
    assert found(rules, (0, 0, 0, "x"), (0, 1, 1, "x"), (0, 2, 2, "y"), (0, 3, 3, "y")) == []
    assert found(rules, (0, 0, 0, "x"), (0, 1, 1, "z"), (0, 2, 2, "y")) == [[0, 1, 2]]


def test_temporal(tmp_path: Path) -> None:
    """All rules within the time span, in any order."""
    rules = ruleset(tmp_path, type="temporal", rules=["a", "b"])
    assert found(rules, (1, 0, 0, "x"), (0, 5, 1, "x")) == [[0, 1]]
    assert found(rules, (1, 0, 0, "x"), (0, 5, 1, "y")) == []
    assert found(rules, (1, 0, 0, "x"), (1, 5, 1, "x")) == []


def test_temporal_ordered(tmp_path: Path) -> None:
    """All rules within the time span, in their order; input order does not matter."""
    rules = ruleset(tmp_path, type="temporal_ordered", rules=["a", "b", "c"])
    events: list[Event] = [(0, 0, 0, "x"), (1, 5, 1, "x"), (2, 9, 2, "x")]
    assert found(rules, *events) == found(rules, *reversed(events)) == [[0, 1, 2]]
    assert found(rules, (1, 0, 0, "x"), (0, 5, 1, "x"), (2, 9, 2, "x")) == []
    assert found(rules, (0, 0, 0, "x"), (1, 5, 1, "x"), (2, 11, 2, "x")) == []
    # a later begin makes it short enough
    late: list[Event] = [(0, 0, 0, "x"), (0, 3, 3, "x"), (1, 5, 1, "x"), (2, 11, 2, "x")]
    assert found(rules, *late) == [[1, 2, 3]]


def test_condition_over_rule_names(tmp_path: Path) -> None:
    """`a and not b`: an a without a b in the window that ends with it; alike for sequences."""
    rules = ruleset(tmp_path, type="temporal", condition="a and not b")
    assert rules.correlations[0].rules == (0, 1)
    assert found(rules, (0, 0, 0, "x"), (1, 5, 1, "x"), (0, 9, 2, "x")) == [[0]]
    assert found(rules, (1, 0, 0, "x"), (0, 11, 1, "x")) == [[1]]
    rules = ruleset(tmp_path, type="temporal_ordered", condition="a and c and not b")
    assert found(rules, (0, 0, 0, "x"), (2, 5, 1, "x")) == [[0, 1]]
    assert found(rules, (2, 0, 0, "x"), (0, 5, 1, "x")) == []
    assert found(rules, (0, 0, 0, "x"), (1, 3, 2, "x"), (2, 5, 1, "x")) == []


def test_conditions_that_never_hold_are_refused(tmp_path: Path) -> None:
    """A condition that contradicts itself is named, not silently kept."""
    rules = ruleset(tmp_path, type="temporal", condition="a and not a")
    assert ["never hold" in each.reason for each in rules.refused] == [True]


def test_matches_of_matches_are_counted_as_one_each(tmp_path: Path) -> None:
    """An `event_count` of correlations counts their matches, not the events of these."""
    rules = ruleset(tmp_path, type="event_count", rules=["a"], condition={"gte": 2})
    path = tmp_path / "more.yml"
    said = {"type": "event_count", "rules": ["chain"], "group-by": ["ip"], "timespan": "1h"}
    path.write_text(
        yaml.safe_dump({"title": "often", "correlation": {**said, "condition": {"gte": 2}}})
    )
    rules = load([tmp_path / "rules.yml", path], TAXONOMY)
    burst: list[Event] = [(0, 0, 0, "x"), (0, 1, 1, "x"), (0, 2, 2, "x")]
    assert found(rules, *burst) == []
    assert found(rules, *burst, (0, 100, 3, "x"), (0, 101, 4, "x")) == [[0, 1, 2, 3, 4]]


def test_windows_are_exact(tmp_path: Path) -> None:
    """What lies exactly a time span apart is inside, whatever a float would make of its times."""
    rules = ruleset(tmp_path, type="event_count", rules=["a"], condition={"gte": 2})
    for tenth in range(1, 100, 7):
        assert found(rules, (0, tenth / 10, 1, "x"), (0, 10 + tenth / 10, 2, "x")) == [[1, 2]]


def test_one_event_is_one_step(tmp_path: Path) -> None:
    """An event that matches two rules is one step only; an earlier event may be the other."""
    rules = ruleset(tmp_path, type="temporal_ordered", rules=["a", "b"])
    assert found(rules, (0, 5, 1, "x"), (1, 5, 1, "x")) == []
    assert found(rules, (0, 3, 0, "x"), (0, 5, 1, "x"), (1, 5, 1, "x")) == [[0, 1]]


@pytest.mark.parametrize(
    ("kind", "condition", "expected"),
    [
        ("value_sum", {"gte": 60}, True),
        ("value_sum", {"gt": 60}, False),
        ("value_avg", {"eq": 20}, True),
        ("value_median", {"eq": 20}, True),
        ("value_percentile", {"gte": 30, "percentile": 90}, True),
        ("value_percentile", {"gte": 30, "percentile": 50}, False),
    ],
)
def test_numbers(
    tmp_path: Path, kind: str, condition: dict[str, object], *, expected: bool
) -> None:
    """Sums, averages, medians and percentiles (nearest rank) over the window."""
    rules = ruleset(
        tmp_path,
        **{"type": kind, "rules": ["a"], "group-by": []},
        condition={**condition, "field": "ip"},
    )
    events: list[Event] = [(0, 0, 0, "10"), (0, 0, 1, "20"), (0, 0, 2, "30"), (0, 0, 3, "x")]
    assert bool(found(rules, *events)) is expected


def test_aliases_and_chains(tmp_path: Path) -> None:
    """Group-by names may be other fields for other rules, and correlations may be correlated."""
    base = {"logsource": {"category": "test"}}
    rules: list[object] = [
        {"title": n, "name": n, **base, "detection": {"s": {"f": n}, "condition": "s"}}
        for n in "ab"
    ]
    burst = {
        "type": "event_count",
        "rules": ["a"],
        "group-by": ["who"],
        "timespan": "10s",
        "condition": {"gte": 2},
        "aliases": {"who": {"a": "ip"}},
    }
    chain = {
        "type": "temporal_ordered",
        "rules": ["burst", "b"],
        "timespan": "1m",
        "group-by": ["who"],
        "aliases": {"who": {"b": "user"}},
    }
    path = tmp_path / "r.yml"
    path.write_text(
        yaml.safe_dump_all(
            [
                {"title": "chain", "correlation": chain},
                {"title": "burst", "name": "burst", "correlation": burst},
                *rules,
            ]
        )
    )
    loaded = load([path], TAXONOMY)
    assert not loaded.refused
    assert loaded.correlation_fields == ("ip", "user")
    events = pl.DataFrame(
        {
            "rule": [0, 0, 1],
            "time": [START, START + timedelta(seconds=1), START + timedelta(seconds=30)],
            "event": [7, 8, 9],
            "ip": ["x", "x", None],
            "user": [None, None, "x"],
        }
    )
    titles = [rule.title for rule in loaded.rules]
    result = loaded.correlate(events).rows()
    assert [(titles[rule], event) for rule, _, event in result] == [
        *(("burst", event) for event in (7, 8)),
        *(("chain", event) for event in (7, 8, 9)),
    ]
    again = Ruleset.loads(loaded.dumps())
    assert again.correlate(events).rows() == result


def test_a_rule_without_an_alias_has_the_name_itself(tmp_path: Path) -> None:
    """Where an alias names some of the rules, the others are grouped by the field of its name."""
    aliases = {"k": {"a": "src"}}
    said = {"type": "temporal", "rules": ["a", "b"], "group-by": ["k"], "aliases": aliases}
    rules = ruleset(tmp_path, **said)
    assert rules.correlation_fields == ("k", "src")
    events = pl.DataFrame(
        {
            "rule": [0, 1],
            "time": [START, START],
            "event": [1, 2],
            "src": ["x", "y"],
            "k": ["y", "x"],
        }
    )
    assert rules.correlate(events)["event"].to_list() == [1, 2]


def test_ids_are_the_same_in_any_case(tmp_path: Path) -> None:
    """A reference, and an alias, may write an id in capitals, as pySigma takes it."""
    written = "5F3A2B70-93B5-4C5E-8F7E-0D0E7D1C9A11"
    said = {"type": "event_count", "rules": [written], "condition": {"gte": 2}}
    ruleset(tmp_path, **said, aliases={"ip": {written: "ip"}})
    path = tmp_path / "rules.yml"
    path.write_text(path.read_text().replace("name: a", f"id: {written.lower()}"))
    assert not load([path], TAXONOMY).refused


def test_unresolved_references_are_refused(tmp_path: Path) -> None:
    """A correlation of a rule that is not in use is named, with that rule."""
    rules = ruleset(tmp_path, type="temporal", rules=["a", "nobody"])
    assert [each.kind for each in rules.refused] == ["syntax"]
    assert "nobody" in rules.refused[0].reason


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ({"rules": ["chain", "a"]}, "syntax", "refers to itself, by way of chain"),
        ({"aliases": {"ip": {"gone": "f"}}}, "syntax", "alias ip is of a rule not in use: gone"),
        (
            {
                "type": "value_percentile",
                "condition": {"gte": 1, "field": "ip", "percentile": 150},
            },
            "syntax",
            "from 0 to 100, not 150",
        ),
        (
            {"type": "temporal_ordered", "rules": ["a", "b", "c"], "condition": {"gte": 2}},
            "unsupported",
            "temporal_ordered of a number of its rules",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, said: dict[str, object], kind: str, reason: str
) -> None:
    """A circle, an alias of a rule that is not there, a percentile beyond all, a half sequence."""
    usual = {"type": "event_count", "rules": ["a"], "condition": {"gte": 2}}
    rules = ruleset(tmp_path, **{**usual, **said})
    assert [each.kind for each in rules.refused] == [kind]
    assert reason in rules.refused[0].reason


def test_numbers_in_conditions_are_not_cut_off(tmp_path: Path) -> None:
    """PySigma reads 2.1 as 2; and 2.1 in a rule is what `2.1` in a log is."""
    asked = {"type": "value_avg", "rules": ["a"], "group-by": []}
    events: list[Event] = [(0, 0, 0, "2"), (0, 1, 1, "2.2")]
    for compared, expected in (({"eq": 2.1}, [[0, 1]]), ({"gt": 2.5}, [])):
        rules = ruleset(tmp_path, **asked, condition={"field": "ip", **compared})
        assert found(rules, *events) == expected
    asked["type"] = "value_percentile"
    condition: dict[str, object] = {"field": "ip", "percentile": 99.9, "gte": 999.5}
    rules = ruleset(tmp_path, **asked, condition=condition)
    assert found(rules, *((0, 0, number, str(number + 1)) for number in range(1000))) == []


def test_a_rule_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    """`temporal` asks for all the rules there are in its list."""
    rules = ruleset(tmp_path, type="temporal", rules=["a", "b", "a"])
    assert found(rules, (0, 0, 0, "x"), (1, 1, 1, "x")) == [[0, 1]]


def test_names_of_several_rules_are_warned_of(tmp_path: Path) -> None:
    """Which of them a correlation then means is said."""
    ruleset(tmp_path, type="event_count", rules=["a"], condition={"gte": 2})
    path = tmp_path / "rules.yml"
    path.write_text(path.read_text().replace("name: b", "name: a"))
    (warning,) = load([path], TAXONOMY).rules[-1].warnings
    assert warning == "several rules are called 'a': the last of them is meant"


def test_pipelines_rename_what_correlations_ask_for(tmp_path: Path) -> None:
    """Group-by fields and those counted go through the user's pipelines, as those of rules do."""
    correlation = {"type": "value_count", "rules": ["a"], "condition": {"gte": 2, "field": "user"}}
    ruleset(tmp_path, **correlation)
    for category, fields in (("test", ("account", "address")), ("other", ("ip", "user"))):
        pipeline = tmp_path / "pipeline.yml"
        item = {
            "id": "names",
            "type": "field_name_mapping",
            "mapping": {"ip": "address", "user": "account"},
            "rule_conditions": [{"type": "logsource", "category": category}],
        }
        pipeline.write_text(yaml.safe_dump({"name": "p", "transformations": [item]}))
        rules = load([tmp_path / "rules.yml"], TAXONOMY, pipelines=[pipeline])
        assert rules.correlation_fields == fields
    failing: dict[str, object] = {"id": "no", "type": "rule_failure", "message": "not wanted"}
    failing["rule_conditions"] = [{"type": "is_sigma_correlation_rule"}]
    pipeline.write_text(yaml.safe_dump({"name": "p", "transformations": [failing]}))
    refused = load([tmp_path / "rules.yml"], TAXONOMY, pipelines=[pipeline]).refused
    assert [each.reason for each in refused] == ["not wanted"]


def test_values_are_found_under_the_names_of_each_log(tmp_path: Path) -> None:
    """What a correlation groups by is called otherwise in Security 4688 than in Sysmon."""
    rules = [
        {
            "title": "a",
            "name": "a",
            "logsource": {"product": "windows", "category": "process_creation"},
            "detection": {"s": {"CommandLine|contains": "invented"}, "condition": "s"},
        },
        {
            "title": "often",
            "correlation": {
                "type": "event_count",
                "rules": ["a"],
                "group-by": ["Image"],
                "timespan": "1m",
                "condition": {"gte": 2},
            },
        },
    ]
    path = tmp_path / "r.yml"
    path.write_text(yaml.safe_dump_all(rules))
    loaded = load([path], Taxonomy((TableMap("w", windows=True),)))
    assert not loaded.refused
    assert loaded.correlated_rules == loaded.silent_rules == frozenset({0})
    frame = pl.DataFrame({"Image": ["x.exe", None], "NewProcessName": [None, "y.exe"]})
    for each in (loaded, Ruleset.loads(loaded.dumps()), loaded.select(lambda _: True)):
        values = each.correlation_values("w", frame)
        assert values.to_dict(as_series=False) == {"Image": ["x.exe", "y.exe"]}

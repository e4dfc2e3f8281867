"""Collections of Sigma rules beside each other: what two of them have counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.detection import SigmaRules, first_of_each_id, load_rules

if TYPE_CHECKING:
    from pathlib import Path

RULE = """title: {title}
id: {number}1111111-1111-4111-8111-111111111111
name: {title}
logsource: {{category: webserver}}
detection: {{s: {{cs-method: POST}}, condition: s}}
"""
CORRELATION = """title: often
id: 91111111-1111-4111-8111-111111111111
correlation: {type: event_count, rules: [one], timespan: 1h, condition: {gte: 2}}
"""


def collection(folder: Path, name: str, *texts: str) -> SigmaRules:
    """A file of rules, loaded."""
    path = folder / name
    path.write_text("---\n".join(texts), encoding="utf-8")
    return load_rules(name, [path])


def titles(rules: SigmaRules) -> list[str]:
    """The rules in use."""
    return [rule.title for rule in rules.ruleset.rules]


def test_a_rule_of_an_earlier_collection_is_named(tmp_path: Path) -> None:
    """It is left out of the later one, and stands among the refused."""
    one, two = RULE.format(title="one", number=1), RULE.format(title="two", number=2)
    found = first_of_each_id(
        [collection(tmp_path, "a.yml", one), collection(tmp_path, "b.yml", two, one)]
    )
    assert [titles(each) for each in found] == [["one"], ["two"]]
    assert found[1].use.usable == 1
    place, reason = found[1].use.refused[0]
    assert place.endswith("b.yml:7")
    assert reason.startswith("duplicate: the same id as ")
    assert reason.endswith("a.yml:1")


def test_what_a_correlation_refers_to_stays(tmp_path: Path) -> None:
    """And goes with the correlation, so that it is not shown for itself all of a sudden."""
    one = RULE.format(title="one", number=1)
    first = collection(tmp_path, "a.yml", one)
    chained = collection(tmp_path, "b.yml", one, CORRELATION)
    found = first_of_each_id([first, chained, collection(tmp_path, "c.yml", one, CORRELATION)])
    assert [titles(each) for each in found] == [["one"], ["one", "often"], []]
    assert found[1].silent_rules == {0}
    louder = CORRELATION.replace("{type:", "{generate: true, type:")
    loud = collection(tmp_path, "e.yml", one, louder)
    assert loud.silent_rules == frozenset()
    assert first_of_each_id([first, loud])[1].silent_rules == {0}, "it is shown by the first"
    nameless = one.replace("id: 1", "custom: {}\n# ")
    again = collection(tmp_path, "d.yml", nameless, CORRELATION)
    assert titles(first_of_each_id([chained, again])[1]) == []

"""Of the rules that a user hands in, those are asked that he chose, and with his values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from hevesy.detection import RuleChoice, load_rules, read_placeholders
from hevesy.errors import ContentError
from hevesy.model import Level

if TYPE_CHECKING:
    from pathlib import Path


def rule(title: str, **said: object) -> dict[str, object]:
    """A rule of one test."""
    return {
        "title": title,
        "name": title,
        "logsource": {"category": "webserver"},
        "detection": {"s": {"cs-uri-query|contains": f"/{title}"}, "condition": "s"},
        **said,
    }


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Rules of different levels, statuses and tags, and a correlation of the least of them."""
    path = tmp_path / "rules.yml"
    chain = {"type": "temporal", "rules": ["low", "none"], "timespan": "1m"}
    path.write_text(
        yaml.safe_dump_all(
            [
                rule("low", level="low", status="test", tags=["attack.t1505.003"]),
                rule("none", tags=["cve.2021-26855"]),
                rule("high", level="high", status="stable", tags=["attack.T1505.003", "x.y"]),
                {"title": "chain", "level": "critical", "correlation": chain},
            ]
        )
    )
    return path


@pytest.mark.parametrize(
    ("choice", "titles"),
    [
        (RuleChoice(), ["low", "none", "high", "chain"]),
        # a correlation needs the events of its rules, which are not shown for themselves
        (RuleChoice(min_level=Level.HIGH), ["low", "none", "high", "chain"]),
        (RuleChoice(statuses=("stable",)), ["high"]),
        (RuleChoice(statuses=("stable", "test")), ["low", "high"]),
        (RuleChoice(include_tags=("attack.t1505*",)), ["low", "high"]),
        (RuleChoice(include_tags=("ATTACK.T1505.003",), exclude_tags=("x.*",)), ["low"]),
        (RuleChoice(exclude_tags=("attack.*",), min_level=Level.MEDIUM), ["low", "none", "chain"]),
    ],
)
def test_rules_are_chosen(rules: Path, choice: RuleChoice, titles: list[str]) -> None:
    """Level, status and tags narrow; what a chosen correlation refers to stays."""
    loaded = load_rules("given", [rules], choice=choice)

    assert [each.title for each in loaded.ruleset.rules] == titles
    assert (loaded.use.usable, loaded.use.left_out) == (len(titles), 4 - len(titles))
    assert len(loaded.claims) == len(titles)


def test_duplicates_and_refusals_are_named(tmp_path: Path) -> None:
    """Each with file, line and the kind of reason."""
    identity = "0f2c7a0e-0c3c-4a52-8a5f-9d3f4a1b0009"
    path = tmp_path / "rules.yml"
    path.write_text(
        yaml.safe_dump_all(
            [
                rule("one", id=identity),
                rule("two", id=identity),
                rule("three", logsource={"category": "nowhere"}),
                rule("four", detection={"s": {"cs-method|expand": "%verbs%"}, "condition": "s"}),
            ]
        )
    )

    refused = load_rules("given", [path]).use.refused

    assert [reason.split(":")[0] for _, reason in refused] == [
        "duplicate",
        "unmapped",
        "placeholder",
    ]
    assert all(place.startswith(f"{path}:") for place, _ in refused)
    choice = RuleChoice(placeholders={"verbs": ("PUT",)})
    assert len(load_rules("given", [path], choice=choice).use.refused) == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [("values.yml", "'%names%': [a, 1]\nother: b\n"), ("values.toml", "names=['a',1]\nother='b'")],
)
def test_placeholders_are_read(tmp_path: Path, name: str, text: str) -> None:
    """YAML and TOML: a name, and a value or a list of values."""
    path = tmp_path / name
    path.write_text(text)
    assert read_placeholders(path) == {"names": ("a", "1"), "other": ("b",)}


@pytest.mark.parametrize("text", ["- a", "name: {a: b}", "name: []", "name: [", "text"])
def test_wrong_placeholders_are_named(tmp_path: Path, text: str) -> None:
    """One sentence with the file."""
    path = tmp_path / "values.yml"
    path.write_text(text)
    with pytest.raises(ContentError, match=r"values\.yml"):
        read_placeholders(path)


def test_pipelines_are_applied(tmp_path: Path) -> None:
    """A pipeline of the user renames fields; one that cannot be read is named."""
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump(rule("one", detection={"s": {"Verb": "PUT"}, "condition": "s"})))
    pipeline = tmp_path / "pipeline.yml"
    renaming = {"id": "r", "type": "field_name_mapping", "mapping": {"Verb": "cs-method"}}
    pipeline.write_text(yaml.safe_dump({"name": "p", "transformations": [renaming]}))

    loaded = load_rules("given", [path], choice=RuleChoice(pipelines=(pipeline,)))

    assert [atom.field for atom in loaded.ruleset.plans["iis"].atoms] == ["cs-method"]
    pipeline.write_text("- no pipeline")
    with pytest.raises(ContentError, match=r"pipeline\.yml"):
        load_rules("given", [path], choice=RuleChoice(pipelines=(pipeline,)))

"""`hevesy rules`: what can be used, what not and why, what was not asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hevesy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

RULE = """
title: {title}
level: {level}
status: test
tags: [attack.t1505.003]
logsource: {{category: webserver}}
detection:
  selection: {{cs-method|expand: '%verbs%'}}
  condition: selection
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Two rules with a placeholder."""
    path = tmp_path / "rules.yml"
    found = (RULE.format(title=level, level=level) for level in ("low", "high"))
    path.write_text("---".join(found))
    return path


def run(*arguments: object) -> int:
    """Run a command in this process."""
    return main([str(argument) for argument in arguments])


def test_check_names_what_cannot_be_used(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A placeholder without values is a refusal, named with its rule's place; exit code 2."""
    assert run("rules", "check", rules) == 2
    said = capsys.readouterr().out
    assert f"{rules}:2: placeholder" in said
    assert "0 rules can be used, 2 cannot" in said


def test_check_counts_what_was_not_asked_for(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With values given and a least level, one rule is used, and one was not asked for."""
    given = tmp_path / "values.toml"
    given.write_text("verbs = ['PUT']")
    assert run("rules", "check", rules, "--min-level", "high", "--placeholders", given) == 0
    assert "1 rules can be used, 0 cannot, 1 were not asked for" in capsys.readouterr().out


def test_check_names_mistakes_that_cost_nothing_and_duplicates(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A level that there is not is told; of two paths, the second has no rule of its own."""
    text = RULE.format(title="t", level="dire").replace("|expand", "")
    text += "id: 5f3a2b70-93b5-4c5e-8f7e-0d0e7d1c9a11\n"
    rules.write_text(text)
    assert run("rules", "check", rules) == 0
    assert f"{rules}:2: can be used, but: 'dire' is not a valid" in capsys.readouterr().out
    other = tmp_path / "other.yml"
    other.write_text(text)
    assert run("rules", "check", rules, other) == 2
    said = capsys.readouterr().out
    assert f"{other}:2: duplicate: the same id as {rules}:2" in said
    assert f"{other}: 0 rules can be used, 1 cannot" in said


def test_list_shows_own_rules_whatever_is_chosen(
    rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Selection is of the user's rules only."""
    given = tmp_path / "values.yml"
    given.write_text("verbs: PUT")
    options = ("--rules", rules, "--placeholders", given, "--exclude-tag", "attack.*")
    assert run("rules", "list", "--json", *options) == 0
    sources = {json.loads(line)["source"] for line in capsys.readouterr().out.splitlines()}
    assert str(rules) not in sources
    assert "hevesy/proxylogon" in sources


@pytest.fixture(scope="module")
def case(benign_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case of an IIS log."""
    folder = tmp_path_factory.mktemp("coverage") / "case"
    assert run("assess", benign_log, "-o", folder, "-q", "--jobs", 1) == 0
    return folder


def test_coverage_names_rules_that_could_never_have_fired(
    case: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With an IIS log alone, rules for HttpProxy logs and Windows events never could."""
    assert run("rules", "coverage", case) == 0
    said = capsys.readouterr().out
    assert "no records of: Exchange HttpProxy log" in said
    assert "could fire:" in said.splitlines()[-1]


def test_coverage_as_json_has_all_rules(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a rule and server, those that could fire among them."""
    assert run("rules", "coverage", case, "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {row["state"] for row in rows} == {"could fire", "never"}
    assert all(row["why"] and row["title"] and row["logsource"] is not None for row in rows)


def test_coverage_rule_by_rule(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--each --all` names every rule in a line of its own."""
    assert run("rules", "coverage", case, "--each", "--all") == 0
    assert "hevesy/proxylogon" in capsys.readouterr().out


def test_check_names_rules_that_make_every_row_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that only says what a row must not hold can be used; what that costs is said."""
    path = tmp_path / "rules.yml"
    rule = "title: {}\nlogsource: {{category: webserver}}\ndetection:\n  s: {}\n  condition: {}\n"
    held = rule.format("held", "{cs-uri-stem|contains: /shell.aspx}", "s")
    unheld = rule.format("unheld", "{cs-uri-stem|contains: /owa/}", "not s")
    path.write_text(f"{held}---\n{unheld}")
    assert run("rules", "check", path) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{path}:7: can be used, but names no text that a row must hold")
    assert "every row of iis logs is parsed" in said[0]
    assert said[1:] == [f"{path}: 2 rules can be used, 0 cannot"]

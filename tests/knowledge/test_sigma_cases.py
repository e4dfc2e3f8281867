"""Every Sigma rule of hevesy against the lines that it must and must not match."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hevesy.detection.taxonomy import taxonomy
from hevesy.knowledge import load
from hevesy.knowledge.loading import FOLDER
from hevesy.model import Outcome, Source, Stage
from hevesy.records import parse
from hevesy.sigma import Rule, Ruleset
from hevesy.sigma import load as load_sigma

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
CASES = HERE / "cases"
KINDS = {"event": "event_json", "httpproxy_full": "httpproxy"}
EVENT = {"@timestamp": "2021-03-03T04:36:00.000Z", "Hostname": "MX01.example.test"}
ANCHORS = {"exploit", "write", "shell_placed", "shell_used", "execution"}
"""Stages of findings that a chain may rest on (design.md, section 7)."""


@dataclass(frozen=True)
class Line:
    """A line of a case: which header it stands under, and where it is from."""

    key: str
    text: str
    place: str
    says: str
    only: tuple[str, ...] = ()
    matched: set[str] = field(default_factory=set)


def _rule_files() -> list[Path]:
    return sorted(FOLDER.glob("threats/*/sigma/**/*.yml"))


def _name(file: Path | str) -> str:
    return Path(file).as_posix().split("/sigma/")[1].removesuffix(".yml")


def _text(key: str, value: Any) -> str:  # noqa: ANN401 - as YAML gives it
    return json.dumps(EVENT | value) if key == "event" else str(value)


def _lines_of(case: Mapping[str, Any], place: str, says: str) -> Iterator[Line]:
    for entry in case.get(says) or ():
        for key, value in entry.items():
            yield Line(key, _text(key, value), place, says)


def _all_lines() -> Iterator[Line]:
    for file in sorted(CASES.rglob("*.yml")):
        case = yaml.safe_load(file.read_text(encoding="utf-8"))
        name = file.relative_to(CASES).as_posix().removesuffix(".yml")
        yield from _lines_of(case, name, "match")
        yield from _lines_of(case, name, "silent")
    for entry in yaml.safe_load((HERE / "ordinary.yml").read_text(encoding="utf-8")):
        key = next(k for k in entry if k not in {"says", "only"})
        yield Line(key, _text(key, entry[key]), "ordinary", entry["says"], tuple(entry["only"]))


@cache
def _ruleset() -> Ruleset:
    return load_sigma([Path(one.folder) / "sigma" for one in load().threats], taxonomy())


@cache
def _lines() -> tuple[Line, ...]:
    """All lines, with the rules that match each: parsed and matched once a header."""
    headers = yaml.safe_load((HERE / "headers.yml").read_text(encoding="utf-8"))
    lines = tuple(_all_lines())
    for key in dict.fromkeys(line.key for line in lines):
        _match(headers[key], key, [line for line in lines if line.key == key])
    return lines


def _match(header: str, key: str, lines: list[Line]) -> None:
    first = header.count("\n") + 1
    content = header + "".join(line.text + "\n" for line in lines)
    kind = KINDS.get(key, key)
    source = Source("test", key, "", "test", "", kind, len(content), None, ())
    seen = 0
    for batch in parse(source, io.BytesIO(content.encode())):
        assert not batch.survey.damaged, batch.survey.damaged_samples
        numbers = batch.frame["record" if kind == "event_json" else "line"].to_list()
        seen += len(numbers)
        for rule, row in _ruleset().match(batch.table, batch.frame).iter_rows():
            lines[numbers[row] - first].matched.add(_name(_ruleset().rules[rule].file))
    assert seen == len(lines)


def _rules() -> list[Rule]:
    return list(_ruleset().rules)


@pytest.mark.parametrize("name", [_name(file) for file in _rule_files()])
def test_rule_matches_its_lines_and_no_others(name: str) -> None:
    """A rule has lines to match and lines on which to be silent, and keeps to them."""
    mine = [line for line in _lines() if line.place == name]
    assert [line for line in mine if line.says == "match"], f"no line that {name} must match"
    assert [line for line in mine if line.says == "silent"], f"no line on which {name} is silent"
    for line in mine:
        assert (name in line.matched) == (line.says == "match"), (line.says, line.text)


def test_ordinary_lines_match_what_they_say_and_nothing_else() -> None:
    """Lines of ordinary days, scanners and honest administrators: each known false positive."""
    for line in _lines():
        if line.place == "ordinary":
            assert line.matched == set(line.only), (line.says, line.text)


def test_every_case_belongs_to_a_rule() -> None:
    """A case whose rule was renamed or removed is found."""
    names = {
        file.relative_to(CASES).as_posix().removesuffix(".yml") for file in CASES.rglob("*.yml")
    }
    assert names == {_name(file) for file in _rule_files()}


def test_every_rule_can_be_used_and_has_no_mistake() -> None:
    """No rule is refused, and none has a warning: a bad date, an unknown tag."""
    assert not _ruleset().refused
    assert not [(rule.file, rule.warnings) for rule in _rules() if rule.warnings]


def test_ids_are_unique() -> None:
    """Two rules with one id would be one in every finding."""
    ids = [rule.id for rule in _rules()]
    assert len(ids) == len(set(ids)) == len(_rule_files())


def test_titles_are_unique() -> None:
    """A report names rules by title: two alike could not be told apart."""
    titles = [rule.title for rule in _rules()]
    assert len(titles) == len(set(titles))


def test_every_rule_says_what_its_findings_mean() -> None:
    """Stage, outcome, remedy and why are known words, and only what may be an anchor is one."""
    remedies = {key for threat in load().threats for key, _ in threat.remedies}
    for rule in _rules():
        custom = rule.custom
        assert Stage(custom["stage"]), rule.file
        assert Outcome(custom["outcome"]), rule.file
        assert custom["remedy"] in remedies, rule.file
        assert custom["why"].endswith("."), rule.file
        assert set(custom) <= {"stage", "outcome", "anchor", "remedy", "why"}, rule.file
        if custom.get("anchor"):
            assert (custom["outcome"], custom["stage"] in ANCHORS) == ("success", True), rule.file


def test_every_rule_is_written_as_the_house_writes_them() -> None:
    """Author, licence, level, description, references, false positives, technique: in each."""
    for rule in _rules():
        said = (rule.author, rule.licence, rule.status)
        assert said == ("hevesy", "Apache-2.0", "experimental"), rule.file
        told = (rule.description, rule.references, rule.falsepositives, rule.techniques)
        assert all(told), rule.file
        assert rule.level in {"informational", "low", "medium", "high", "critical"}, rule.file


def test_rules_of_a_vulnerability_name_one_of_the_threat() -> None:
    """A CVE tag is one of those that threat.toml lists, and each of those has rules."""
    known = {one.id for threat in load().threats for one in threat.vulnerabilities}
    assert {cve for rule in _rules() for cve in rule.cves} == known


@pytest.mark.parametrize("name", ["compiled", "request"])
def test_shipped_pages_of_owa_are_known_to_the_rules(name: str) -> None:
    """A page that the shipped-file table has is not called unshipped by a rule."""
    shipped = set(load().shipped["relative_path"])
    if name == "compiled":
        text = (FOLDER / "threats/proxylogon/sigma/shell/page_compiled.yml").read_text("utf-8")
        pages = {
            p.rsplit("/", 1)[1] for p in shipped if "/owa/" in p and p.endswith((".aspx", ".ashx"))
        }
        assert not [page for page in pages if f"\\{page}." not in text]
    else:
        text = (FOLDER / "threats/proxylogon/sigma/shell/request_for_unshipped_page.yml").read_text(
            "utf-8"
        )
        pages = {p.rsplit("/", 1)[1] for p in shipped if "/owa/auth/" in p and p.endswith(".aspx")}
        assert not [page for page in pages if page.removesuffix(".aspx") not in text]

"""Each invented attack line loses one trait at a time; the rules that rest on it fall silent."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import yaml

from hevesy.detection import SigmaRules, load_rules
from hevesy.knowledge import load
from hevesy.model import PlantedStep, Source
from hevesy.records import parse
from hevesy.simulator import attack_lines, load_scenario

HEADERS = yaml.safe_load((Path(__file__).parent / "headers.yml").read_text(encoding="utf-8"))
DEFAULT_FIELDS = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    "cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status"
)
IIS_FIELDS = {
    15: f"{DEFAULT_FIELDS} time-taken",
    17: f"{DEFAULT_FIELDS} sc-bytes cs-bytes time-taken",
    18: f"{DEFAULT_FIELDS} sc-bytes cs-bytes time-taken X-Forwarded-For",
}
"""By number of cells: servers differ in the fields that IIS writes."""
FILES = {"web_file", "compiled_page"}
"""Kinds that Sigma does not judge."""

Line = tuple[PlantedStep, str, dict[str, str]]


@cache
def lines() -> tuple[Line, ...]:
    """Every line that the shipped scenarios plant, of the kinds that Sigma rules judge."""
    found = {
        (step.kind, text): (step, text, traits)
        for name in ("proxylogon", "proxylogon-variants")
        for step, text, traits in attack_lines(load_scenario(name))
        if step.kind not in FILES
    }
    return tuple(found.values())


def header(kind: str, text: str) -> str:
    """What stands above a line of a kind."""
    if kind == "event_json":
        return ""
    if kind == "iis":
        return IIS_FIELDS[len(text.split())] + "\n"
    block = HEADERS["httpproxy_full" if kind == "httpproxy" else kind]
    return str(block).rstrip("\n") + "\n"


@cache
def rules() -> SigmaRules:
    """The rules of hevesy."""
    return load_rules("hevesy", [Path(load().threats[0].folder) / "sigma"], own=True)


@cache
def matching(kind: str, text: str) -> frozenset[str]:
    """Titles of hevesy's rules that match a raw line."""
    data = (header(kind, text) + text.rstrip("\n") + "\n").encode()
    source = Source("in", "x", "", "in", "", kind, len(data), None, ("x",))
    found: set[str] = set()
    for batch in parse(source, io.BytesIO(data)):
        assert not batch.survey.damaged, batch.survey.damaged_samples
        rows = rules().ruleset.match(batch.table, batch.frame)
        found.update(rules().claims[rule].rule.title for rule in rows["rule"].unique())
    return frozenset(found)


def judged() -> list[Line]:
    """Lines that rules match and that have traits to lose."""
    return [(s, text, traits) for s, text, traits in lines() if traits and matching(s.kind, text)]


def test_nearly_every_planted_line_is_matched_by_a_rule_of_its_own() -> None:
    """Requests to a shell are found because their page is known; all else by what it holds."""
    unmatched = {
        step.id.split("/")[0] for step, text, _ in lines() if not matching(step.kind, text)
    }

    assert all(name.startswith("shell-") for name in unmatched), unmatched
    assert len(judged()) > 50


def test_a_line_without_one_of_its_traits_silences_a_rule() -> None:
    """Every trait is required by a rule that matches, and every such rule requires a trait."""
    wrong = []
    for step, text, traits in judged():
        before = matching(step.kind, text)
        silenced = {
            trait: before - matching(step.kind, mutated) for trait, mutated in traits.items()
        }
        idle = [trait for trait, gone in silenced.items() if not gone]
        stubborn = before - frozenset().union(*silenced.values())
        wrong += [f"{step.id}: no rule of {sorted(before)} needs {trait}" for trait in idle]
        wrong += [f"{step.id}: {rule} needs none of {sorted(traits)}" for rule in sorted(stubborn)]

    assert not wrong, "\n".join(wrong)

"""Attack files: every step can be done, and every trait changes what is written."""

from __future__ import annotations

import base64
import json
import tomllib
from importlib import resources

import pytest

from hevesy.simulator import SCENARIOS, ScenarioError, attack_lines, load_scenario

TIMED = [name for name in SCENARIOS if name != "benchmark"]


def shipped(folder: str) -> dict[str, str]:
    """Text of every TOML file of a data folder of the simulator."""
    root = resources.files("hevesy.simulator") / folder
    return {file.name: file.read_text("utf-8") for file in root.iterdir() if file.is_file()}


@pytest.mark.parametrize("name", TIMED)
def test_a_dropped_trait_changes_the_line(name: str) -> None:
    """A mutation test can rely on it that each trait of a line is visible in that line."""
    lines = attack_lines(load_scenario(name))
    assert lines
    for step, line, without in lines:
        for trait, changed in without.items():
            assert changed != line, f"{step.id}: {trait}"


@pytest.mark.parametrize("name", TIMED)
def test_every_line_that_succeeds_has_a_trait(name: str) -> None:
    """What shows success must be testable by dropping something."""
    for step, _, without in attack_lines(load_scenario(name)):
        assert without or step.outcome != "success" or step.kind == "web_file", step.id


def test_no_payload_stands_in_the_package_in_plain_text() -> None:
    """Payload texts are base64, so that nothing in the package can run or alarm a scanner."""
    plain = "\n".join([*shipped("attacks").values(), *shipped("invented").values()]).lower()
    for word in ("eval(", "runat=", "minidump 6", "page_load", "aspx.exe"):
        assert word not in plain.replace("[step.traits.minidump]", "")


def test_the_active_part_of_every_page_is_a_comment() -> None:
    """A shell that is written to disk cannot run: its script stands in `<%-- --%>`."""
    payloads = tomllib.loads(shipped("invented")["payloads.toml"])
    pages = {name: base64.b64decode(text).decode() for name, text in payloads.items()}
    for name in ("shell_page", "second_page"):
        before, script = pages[name].split("<%--")
        assert "eval" in script.split("--%>")[0]
        assert "eval" not in before + script.split("--%>")[1]


def test_event_lines_are_json() -> None:
    """Every planted event, with and without each trait, is one JSON object on one line."""
    for name in TIMED:
        for step, line, without in attack_lines(load_scenario(name)):
            if step.kind == "event_json":
                for text in (line, *without.values()):
                    assert isinstance(json.loads(text), dict)
                    assert "\n" not in text
                    assert "@time@" not in text


def test_an_unknown_step_is_named() -> None:
    """A scenario that asks for a step that the attack file lacks says which ones there are."""
    scenario = load_scenario("proxylogon")
    server = scenario.servers[0]
    attack = server.attacks[0]
    import msgspec

    wrong = msgspec.structs.replace(attack, steps=("nothing",))
    changed = msgspec.structs.replace(
        scenario, servers=(msgspec.structs.replace(server, attacks=(wrong,)),)
    )
    with pytest.raises(ScenarioError, match="no step 'nothing'; there are ssrf-autodiscover"):
        attack_lines(changed)

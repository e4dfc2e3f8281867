"""Scenario files: the shipped ones load, a mistake is said in one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from hevesy.simulator import SCENARIOS, ScenarioError, load_scenario

GOOD = """
name = "small"
start = 2021-03-01
end = 2021-03-05
size = 1000

[[servers]]
name = "EX01"
address = "10.20.0.11"
build = "15.1.2106.2"
verdict = "probed"
"""


def write(folder: Path, text: str) -> Path:
    """A scenario file."""
    path = folder / "scenario.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_shipped_scenario_loads(name: str) -> None:
    """Every name of SCENARIOS is the name of a valid scenario."""
    assert load_scenario(name).name == name


def test_every_shipped_file_is_listed() -> None:
    """SCENARIOS lists what lies in the folder."""
    import hevesy.simulator.scenario as module

    folder = Path(module.__file__).parent / "scenarios"
    assert sorted(path.stem for path in folder.glob("*.toml")) == sorted(SCENARIOS)


def test_a_scenario_by_path(tmp_path: Path) -> None:
    """A scenario of the user's own is read from where it lies."""
    assert load_scenario(write(tmp_path, GOOD)).servers[0].traits.newline == "crlf"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "colour = 1\n", r"unknown field `colour` - at `\$.servers\[0\]`"),
        (GOOD.replace('"probed"', '"hacked"'), "'hacked'"),
        (GOOD + '[servers.traits]\nnewline = "cr"\n', "'cr'"),
        (GOOD.replace("2021-03-05", "2021-02-05"), "end 2021-02-05 lies before"),
        (GOOD.replace("15.1.2106.2", "15.1"), "build '15.1' of EX01"),
        (GOOD + "first = 2021-03-06\n", "first 2021-03-06 of EX01 lies after"),
        (GOOD + 'kinds = ["iis", "mail"]\n', "unknown kind 'mail' of EX01"),
        (GOOD + '[[servers.attacks]]\nuse = "scan"\n', "neither time nor rate"),
        (
            GOOD + '[[servers.attacks]]\nuse = "scan"\ntime = 2021-04-01T00:00:00Z\n',
            "outside the evidence",
        ),
        ("name = ", "scenario.toml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, said: str) -> None:
    """File and value of a mistake are said."""
    path = write(tmp_path, text)
    with pytest.raises(ScenarioError, match=said) as error:
        load_scenario(path)
    assert str(path) in str(error.value)


def test_a_missing_scenario_names_the_shipped_ones() -> None:
    """Whoever mistypes a name sees the right ones."""
    with pytest.raises(ScenarioError, match="benchmark, events, proxylogon, proxylogon-variants"):
        load_scenario("proxylogin")

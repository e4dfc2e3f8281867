"""Invents a triage collection with known truth; imports `hevesy.model` alone of hevesy."""

from __future__ import annotations

from hevesy.simulator.scenario import SCENARIOS, Scenario, ScenarioError, load_scenario
from hevesy.simulator.simulate import attack_lines, simulate
from hevesy.simulator.truth_file import read_truth

__all__ = [
    "SCENARIOS",
    "Scenario",
    "ScenarioError",
    "attack_lines",
    "load_scenario",
    "read_truth",
    "simulate",
]

"""Invents a triage collection with known truth; imports `hevesy.model` alone of hevesy."""

from __future__ import annotations

from hevesy.simulator.binary_value import ValueKind, file_time
from hevesy.simulator.evtx_event import EventShape, EvtxEvent, Field
from hevesy.simulator.evtx_file import write_evtx
from hevesy.simulator.scenario import SCENARIOS, Scenario, ScenarioError, load_scenario
from hevesy.simulator.simulate import attack_lines, simulate
from hevesy.simulator.truth_file import read_truth

__all__ = [
    "SCENARIOS",
    "EventShape",
    "EvtxEvent",
    "Field",
    "Scenario",
    "ScenarioError",
    "ValueKind",
    "attack_lines",
    "file_time",
    "load_scenario",
    "read_truth",
    "simulate",
    "write_evtx",
]

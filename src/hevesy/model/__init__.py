"""The nouns of hevesy, as frozen dataclasses; things counted in hundreds, never in millions."""

from __future__ import annotations

from hevesy.model.assessment import (
    SCHEMA,
    Action,
    Assessment,
    Coverage,
    Input,
    RiskWindow,
    RuleUse,
    Server,
    ServerAssessment,
    SourceState,
)
from hevesy.model.document import decode_assessment, encode, encode_assessment, json_schema
from hevesy.model.finding import Finding, RuleReference, Sample
from hevesy.model.incident import Chain, Incident, Step
from hevesy.model.ladders import Level, Outcome, Stage, Verdict
from hevesy.model.source import BuildSeen, DamagedRow, DayCount, Loss, Source, Survey
from hevesy.model.threat import Indicator, Threat, Vulnerability
from hevesy.model.truth import PlantedStep, ServerTruth, Truth

__all__ = [
    "SCHEMA",
    "Action",
    "Assessment",
    "BuildSeen",
    "Chain",
    "Coverage",
    "DamagedRow",
    "DayCount",
    "Finding",
    "Incident",
    "Indicator",
    "Input",
    "Level",
    "Loss",
    "Outcome",
    "PlantedStep",
    "RiskWindow",
    "RuleReference",
    "RuleUse",
    "Sample",
    "Server",
    "ServerAssessment",
    "ServerTruth",
    "Source",
    "SourceState",
    "Stage",
    "Step",
    "Survey",
    "Threat",
    "Truth",
    "Verdict",
    "Vulnerability",
    "decode_assessment",
    "encode",
    "encode_assessment",
    "json_schema",
]

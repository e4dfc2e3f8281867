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
from hevesy.model.exposure import (
    BuildEvidence,
    BuildPeriod,
    CveFacts,
    ExposedServer,
    Exposure,
    ExposureState,
    InstalledUpdate,
    Mitigation,
    OpenAnswer,
    PlanStep,
    ServerEvidence,
    Setting,
    SetupRun,
    VirtualDirectory,
)
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
    "BuildEvidence",
    "BuildPeriod",
    "BuildSeen",
    "Chain",
    "Coverage",
    "CveFacts",
    "DamagedRow",
    "DayCount",
    "ExposedServer",
    "Exposure",
    "ExposureState",
    "Finding",
    "Incident",
    "Indicator",
    "Input",
    "InstalledUpdate",
    "Level",
    "Loss",
    "Mitigation",
    "OpenAnswer",
    "Outcome",
    "PlanStep",
    "PlantedStep",
    "RiskWindow",
    "RuleReference",
    "RuleUse",
    "Sample",
    "Server",
    "ServerAssessment",
    "ServerEvidence",
    "ServerTruth",
    "Setting",
    "SetupRun",
    "Source",
    "SourceState",
    "Stage",
    "Step",
    "Survey",
    "Threat",
    "Truth",
    "Verdict",
    "VirtualDirectory",
    "Vulnerability",
    "decode_assessment",
    "encode",
    "encode_assessment",
    "json_schema",
]

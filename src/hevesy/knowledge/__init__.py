"""Data that others can read and extend, and the loaders that check it when it is read."""

from __future__ import annotations

from hevesy.knowledge.build_number import Build, parse_build, show_build
from hevesy.knowledge.exchange_builds import BuildTable, KnownBuild, Placement, product_title
from hevesy.knowledge.exchange_cves import Fix, month_of
from hevesy.knowledge.exchange_import import import_builds, import_kev
from hevesy.knowledge.exchange_knowledge import (
    ExchangeKnowledge,
    TableAge,
    load_exchange,
    table_ages,
    user_folder,
)
from hevesy.knowledge.exchange_measures import Condition, Measure
from hevesy.knowledge.indicators import read_indicators
from hevesy.knowledge.loading import Knowledge, load
from hevesy.knowledge.normal_form import (
    normalise_path,
    normalise_user_agent,
    user_agent_expression,
)

__all__ = [
    "Build",
    "BuildTable",
    "Condition",
    "ExchangeKnowledge",
    "Fix",
    "Knowledge",
    "KnownBuild",
    "Measure",
    "Placement",
    "TableAge",
    "import_builds",
    "import_kev",
    "load",
    "load_exchange",
    "month_of",
    "normalise_path",
    "normalise_user_agent",
    "parse_build",
    "product_title",
    "read_indicators",
    "show_build",
    "table_ages",
    "user_agent_expression",
    "user_folder",
]

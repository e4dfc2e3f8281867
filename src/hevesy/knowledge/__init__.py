"""Data that others can read and extend, and the loaders that check it when it is read."""

from __future__ import annotations

from hevesy.knowledge.indicators import read_indicators
from hevesy.knowledge.loading import Knowledge, load
from hevesy.knowledge.normal_form import (
    normalise_path,
    normalise_user_agent,
    user_agent_expression,
)

__all__ = [
    "Knowledge",
    "load",
    "normalise_path",
    "normalise_user_agent",
    "read_indicators",
    "user_agent_expression",
]

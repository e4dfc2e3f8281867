"""Builds + knowledge -> what is open on each server, since when, and how to close it."""

from __future__ import annotations

from hevesy.exposure.examine import examine
from hevesy.exposure.history import build_history, open_at

__all__ = ["build_history", "examine", "open_at"]

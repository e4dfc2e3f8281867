"""Builds + knowledge -> what is open on each server, since when, and how to close it."""

from __future__ import annotations

from hevesy.exposure.examine import examine
from hevesy.exposure.files import ExposureFile, file_kind, read_file
from hevesy.exposure.history import build_history, open_at
from hevesy.exposure.log_builds import evidence_of
from hevesy.exposure.reading import Reading, gather
from hevesy.exposure.web_config import read_web_configs

__all__ = [
    "ExposureFile",
    "Reading",
    "build_history",
    "evidence_of",
    "examine",
    "file_kind",
    "gather",
    "open_at",
    "read_file",
    "read_web_configs",
]

"""Reads and writes `truth.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hevesy.model import Truth
from hevesy.simulator.scenario import ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_truth", "write_truth"]


def write_truth(truth: Truth, path: Path) -> None:
    """Write the truth as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1) + b"\n")


def read_truth(path: Path) -> Truth:
    """Read what the simulator wrote.

    Raises:
        ScenarioError: the file is missing or no truth.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Truth)
    except (OSError, msgspec.DecodeError) as error:
        raise ScenarioError(f"no truth can be read there: {error}", str(path)) from error

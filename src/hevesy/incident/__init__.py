"""Findings and records -> chains, timeline: what happened, as far as the evidence shows it."""

from __future__ import annotations

from hevesy.incident.chains import is_attempt
from hevesy.incident.pivots import FOLLOWED, followed_pivots
from hevesy.incident.reconstruct import Reconstruction, reconstruct
from hevesy.incident.shells import SHELLS, confirm, known_shells
from hevesy.incident.touches import (
    SHELL_REQUEST,
    TOUCHES,
    shell_requests,
    touching,
    wanted_by,
)

__all__ = [
    "FOLLOWED",
    "SHELLS",
    "SHELL_REQUEST",
    "TOUCHES",
    "Reconstruction",
    "confirm",
    "followed_pivots",
    "is_attempt",
    "known_shells",
    "reconstruct",
    "shell_requests",
    "touching",
    "wanted_by",
]

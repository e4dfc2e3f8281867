"""The stages of a run; here files, the clock, processes and the screen come in."""

from __future__ import annotations

from hevesy.runner.assess import STAGES, Run, assess
from hevesy.runner.content import load_content, own_rules
from hevesy.runner.options import ClockOffset, Options

__all__ = ["STAGES", "ClockOffset", "Options", "Run", "assess", "load_content", "own_rules"]

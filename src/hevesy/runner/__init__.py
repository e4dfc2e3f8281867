"""The stages of a run; the only room that decides where files, clock, processes and screen come in."""

from __future__ import annotations

from hevesy.runner.assess import STAGES, Run, assess
from hevesy.runner.content import load_content, own_rules
from hevesy.runner.options import ClockOffset, Options

__all__ = ["STAGES", "ClockOffset", "Options", "Run", "assess", "load_content", "own_rules"]

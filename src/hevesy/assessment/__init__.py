"""Everything known -> the one Assessment: verdicts, coverage ledger, plan."""

from __future__ import annotations

from hevesy.assessment.assemble import Known, assemble
from hevesy.assessment.ledger import coverage_of, ledger_of

__all__ = ["Known", "assemble", "coverage_of", "ledger_of"]

"""Everything known -> the one Assessment: verdicts, coverage ledger, plan."""

from __future__ import annotations

from hevesy.assessment.assemble import Known, assemble
from hevesy.assessment.ledger import coverage_of, ledger_of
from hevesy.assessment.rule_coverage import RuleCoverage, rule_coverage

__all__ = ["Known", "RuleCoverage", "assemble", "coverage_of", "ledger_of", "rule_coverage"]

"""Everything known -> the one Assessment: verdicts, coverage ledger, plan."""

from __future__ import annotations

from hevesy.assessment.assemble import Known, assemble
from hevesy.assessment.ledger import coverage_of, ledger_of
from hevesy.assessment.openness import with_rows
from hevesy.assessment.rule_coverage import RuleCoverage, rule_coverage
from hevesy.assessment.shared_clients import shared_clients
from hevesy.assessment.unseen import Mention, unseen_servers

__all__ = [
    "Known",
    "Mention",
    "RuleCoverage",
    "assemble",
    "coverage_of",
    "ledger_of",
    "rule_coverage",
    "shared_clients",
    "unseen_servers",
    "with_rows",
]

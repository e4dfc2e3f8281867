"""The JSON report is the document of the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.model import decode_assessment
from hevesy.reports import write_json

if TYPE_CHECKING:
    from hevesy.model import Assessment


def test_it_reads_back(assessment: Assessment) -> None:
    """Nothing is left out of it."""
    assert decode_assessment(write_json(assessment).encode()) == assessment

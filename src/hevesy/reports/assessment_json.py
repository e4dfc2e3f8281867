"""The JSON report: the assessment as `assessment.json` holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hevesy.model import encode_assessment

if TYPE_CHECKING:
    from hevesy.model import Assessment

__all__ = ["write_json"]


def write_json(assessment: Assessment) -> str:
    """JSON that answers to `assessment.schema.json`; control characters are escaped by JSON."""
    return encode_assessment(assessment).decode("utf-8")

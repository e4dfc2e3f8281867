"""What a run measured can be read again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest import mock

import msgspec
import pytest

from benchmarks import record
from benchmarks.benchmark import Ratio, Result, Timing

if TYPE_CHECKING:
    from pathlib import Path

RESULT = Result(
    "one",
    {"rows": 3, "rate": 0.5, "rules": "own"},
    (Timing("ours", 1.0, 2.0),),
    (Ratio("r", 1, 1),),
)


def test_results_are_appended(tmp_path: Path) -> None:
    """Each run adds its lines; nothing of an earlier one is lost."""
    path = tmp_path / "results.jsonl"
    machine = record.Machine("cpu", 2, 1, "Linux", "3.11", {}, 0.0)
    with mock.patch.object(record, "machine", return_value=machine):
        first, second = record.append(path, RESULT), record.append(path, RESULT)
    assert record.read(path) == [first, second]
    assert first.result == RESULT
    assert first.time <= datetime.now(UTC)


def test_a_line_that_is_no_record_is_an_error(tmp_path: Path) -> None:
    """Figures are not drawn from half a file."""
    path = tmp_path / "results.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    with pytest.raises(msgspec.DecodeError):
        record.read(path)

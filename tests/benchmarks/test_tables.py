"""Tables say ratios, aims and differences in words."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.benchmark import Ratio, Result, Timing
from benchmarks.record import Machine, Record
from benchmarks.tables import result_text, results_markdown


def result(*, equal: bool | None = None) -> Result:
    """A result with one ratio that is kept and one that is not."""
    ratios = Ratio("ours : theirs", 0.005, 0.004, 1 / 150), Ratio("ours : disk", 2.0, 1.0, 1.5)
    timing = Timing("ours", 2.0, 1.0, 5 * 10**6, 8 * 10**6)
    return Result("one", {"rows": 1000000, "part": 0.5}, (timing,), ratios, equal, ("a note",))


def test_a_result_says_whether_it_keeps_its_aims() -> None:
    """Small ratios read as fractions; an aim is reached or not reached, by the clock."""
    text = result_text(result(equal=True))
    assert "rows 1,000,000, part 0.5" in text
    assert "1/200 by the clock, 1/250 in processor time (aim 1/150: reached)" in text
    assert "2 by the clock, 1 in processor time (aim 1.5: not reached)" in text
    assert "results are equal" in text
    assert "a note" in text
    assert "4" in text.splitlines()[2].split()  # MB a second


def test_results_that_differ_are_shouted() -> None:
    """A ratio between answers that differ must not be quoted."""
    assert "RESULTS ARE NOT EQUAL" in result_text(result(equal=False))
    assert "EQUAL" not in result_text(result())


def test_a_busy_machine_is_named() -> None:
    """Figures that were taken while other work ran say so."""
    when = datetime(2026, 1, 2, tzinfo=UTC)

    def page(load: float) -> str:
        machine = Machine("cpu", 2, 1 << 34, "Linux", "3.11", {"rg": "ripgrep 13.0.0"}, load)
        return results_markdown([Record(when, machine, result())])

    assert "only ratios mean something" in page(8.0)
    assert "only ratios mean something" not in page(0.5)
    assert "rg 13.0.0" in page(0.5)
    assert results_markdown([]) == "Nothing was measured.\n"

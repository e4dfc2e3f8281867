"""What a run says of its memory is what its processes hold for themselves."""

from __future__ import annotations

import psutil
import pytest

from hevesy.runner.memory import PeakMemory, _private_of


def test_memory_that_was_given_back_counts() -> None:
    """The peak is what was held at the most, not what is held at the end."""
    with PeakMemory() as peak:
        held = bytearray(80_000_000)
        held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
        peak._stop.wait(0.6)
        del held
    assert peak.bytes > 80_000_000


def test_the_cheap_count_is_about_the_exact_one() -> None:
    """Both leave out what is shared with others."""
    process = psutil.Process()
    exact = process.memory_full_info().uss
    assert _private_of(process) == pytest.approx(exact, rel=0.3)

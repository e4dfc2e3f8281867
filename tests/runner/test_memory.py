"""What a run says of its memory is what its processes hold for themselves."""

from __future__ import annotations

import psutil

from hevesy.runner.memory import PeakMemory, _private_of


def _held(size: int) -> bytearray:
    """Memory of which every page was written."""
    held = bytearray(size)
    held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
    return held


def test_memory_that_was_given_back_counts() -> None:
    """The peak is what was held at the most, not what is held at the end."""
    with PeakMemory() as peak:
        held = _held(80_000_000)
        peak._stop.wait(0.6)
        del held
    assert peak.bytes > 80_000_000


def test_the_cheap_count_is_never_more_than_the_exact_one() -> None:
    """It leaves out what is shared with others, and files that are mapped; what is held counts."""
    process = psutil.Process()
    before = _private_of(process)
    held = _held(80_000_000)
    after = _private_of(process)
    exact = process.memory_full_info().uss
    assert len(held) * 0.9 < after - before
    assert after < exact * 1.1

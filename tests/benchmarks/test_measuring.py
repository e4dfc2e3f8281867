"""Times and memory are those of the program that was asked for, or an error says why not."""

from __future__ import annotations

import os
import sys

import pytest

from benchmarks.benchmark import Timing
from benchmarks.measuring import CommandFailedError, command, in_turns, ratio


def test_a_command_is_measured() -> None:
    """Its processor time and its private memory count, those of this process do not."""
    busy = "sum(range(3_000_000)); import time; x = bytearray(30_000_000); time.sleep(0.3)"
    took = command("busy", [sys.executable, "-c", busy], os.environ, read=7)
    assert took.what == "busy"
    assert took.seconds > 0.3
    assert 0.01 < took.cpu < took.seconds
    assert took.memory > 30_000_000
    assert took.bytes == 7


def test_a_command_that_fails_is_no_figure() -> None:
    """A program that ended early is never quick; some exit codes mean success."""
    wrong = [
        sys.executable,
        "-c",
        "import sys; print('what went wrong', file=sys.stderr); sys.exit(3)",
    ]
    with pytest.raises(CommandFailedError, match="exit code 3: what went wrong"):
        command("wrong", wrong, os.environ)
    assert command("wrong", wrong, os.environ, accept=(0, 3)).seconds > 0


def test_medians_of_turns() -> None:
    """Each runs in turn, and one slow run moves no median; memory is the most that was seen."""
    order: list[str] = []
    times = {"a": iter([1.0, 50.0, 2.0]), "b": iter([3.0, 3.0, 3.0])}

    def run(name: str) -> Timing:
        order.append(name)
        seconds = next(times[name])
        return Timing(name, seconds, seconds, int(seconds))

    a, b = in_turns([lambda: run("a"), lambda: run("b")], 3)
    assert order == ["a", "b"] * 3
    assert (a.seconds, a.memory, b.seconds) == (2.0, 50, 3.0)
    assert ratio(a, b, 0.5).wall == pytest.approx(2 / 3)
    assert ratio(a, Timing("none", 0.0, 0.0)).wall > 1

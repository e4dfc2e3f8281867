"""Tests of `hevesy.runner.progress`."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from rich.console import Console

from hevesy.runner.assess import assess
from hevesy.runner.options import Options
from hevesy.runner.workers import Workshop, open_workshop

if TYPE_CHECKING:
    from pathlib import Path


def test_a_counter_that_is_never_given_back_stops_no_run(tmp_path: Path) -> None:
    """A worker may be killed while it counts; the bar and the next pass do not wait for it."""
    log = tmp_path / "u_ex210303.log"
    fields = "date time s-ip cs-method cs-uri-stem c-ip sc-status"
    row = "2021-03-03 10:00:00 10.0.0.1 GET /owa/ 10.0.0.2 200"
    log.write_text(f"#Software: Microsoft IIS\n#Fields: {fields}\n{row}\n", encoding="utf-8")
    options = Options((str(log),), tmp_path / "case")
    console = Console(file=io.StringIO(), force_terminal=True)
    held, done = threading.Event(), threading.Event()

    def hold(workshop: Workshop) -> None:
        with workshop.counter.get_lock():
            held.set()
            done.wait()

    def run(workshop: Workshop) -> int:
        return len(assess(options, console, workshop).assessment.servers)

    with open_workshop(options) as workshop, ThreadPoolExecutor(2) as threads:
        threads.submit(hold, workshop)
        held.wait()
        running = threads.submit(run, workshop)
        try:
            assert running.result(timeout=30) == 1
        finally:
            done.set()

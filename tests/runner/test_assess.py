"""The whole run against invented evidence, interrupted, and on what others recorded."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

import msgspec
import pytest

from hevesy.model import Outcome, Stage, Verdict
from hevesy.runner import Options, assess
from hevesy.runner.comparison import differences
from hevesy.simulator import load_scenario, simulate

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_planted_is_found_and_nothing_is_invented(tmp_path: Path) -> None:
    """A week of two servers, in a zip and a folder: verdicts, lines, outcomes as planted."""
    whole = load_scenario("proxylogon")
    scenario = msgspec.structs.replace(
        whole, start=date(2021, 3, 1), end=date(2021, 3, 9), servers=whole.servers[:2]
    )
    truth = simulate(scenario, tmp_path / "evidence", seed=3, size=2_000_000)

    done = assess(Options((str(tmp_path / "evidence"),), tmp_path / "case", jobs=2))

    assert differences(truth, done.assessment, done.tables.findings) == []
    assert done.numbers.rows == done.numbers.parsed + done.numbers.passed_over


def test_the_steps_of_a_recorded_attack_are_found_in_order(corpora: Path, tmp_path: Path) -> None:
    """ProxyLogon as OTRF recorded it: exploit, write, shell, compiled page, commands; no more."""
    options = Options((str(corpora / "otrf_proxylogon.zip"),), tmp_path / "case")

    assessment = assess(options).assessment

    (server,) = assessment.servers
    assert server.verdict is Verdict.POST_EXPLOITATION
    assert any("+18000" in note for note in server.clock_notes)
    ((chain,),) = [incident.chains for incident in assessment.incidents]
    stages = [(s.stage, s.outcome) for s in chain.steps]
    named = [
        "ecp/",
        "Set-OabVirtualDirectory",
        "ohyeah.aspx",
        "Remove-OabVirtualDirectory",
        "ohyeah.aspx.",
        "whoami",
        "New-OabVirtualDirectory",
    ]
    places = [
        next(i for i, step in enumerate(chain.steps) if word in step.text and step.text)
        for word in named
    ]
    assert places == sorted(places)
    assert (Stage.EXECUTION, Outcome.SUCCESS) in stages
    raw = " ".join(s.raw for f in assessment.findings for s in f.samples).lower()
    assert not [word for word in ("cvtres.exe", "netsh.exe", "cscript.exe") if word in raw]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_an_interrupted_run_leaves_no_case(tmp_path: Path) -> None:
    """Ctrl-C ends with exit code 130; neither a case nor half of one is left."""
    log = tmp_path / "u_ex210303.log"
    head = "#Fields: date time cs-method cs-uri-stem c-ip sc-status\n"
    log.write_text(head + "2021-03-03 04:05:06 GET /owa/ 203.0.113.9 200\n" * 2_000_000)
    command = [sys.executable, "-m", "hevesy", "assess", str(log), "-o", "case", "-q"]

    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)  # noqa: S603  # our own
    time.sleep(3)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)

    assert process.returncode == 130, error
    assert sorted(p.name for p in tmp_path.iterdir()) == ["u_ex210303.log"]

"""The whole run against invented evidence, interrupted, and on what others recorded."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from hevesy import case
from hevesy.model import Outcome, Stage, Verdict
from hevesy.reports import write_csv, write_text
from hevesy.runner.assess import assess
from hevesy.runner.comparison import differences
from hevesy.runner.options import Options
from hevesy.runner.worker import DETECTOR
from hevesy.simulator import load_scenario, simulate

if TYPE_CHECKING:
    from collections.abc import Callable

    from hevesy.model import Truth
    from hevesy.runner.assess import Run


GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truth, Run]:
    """A week of two servers, in a zip and a folder, and the run over it."""
    folder = tmp_path_factory.mktemp("week")
    whole = load_scenario("proxylogon")
    scenario = msgspec.structs.replace(
        whole, start=date(2021, 3, 1), end=date(2021, 3, 9), servers=whole.servers[:2]
    )
    truth = simulate(scenario, folder / "evidence", seed=3, size=2_000_000)
    return truth, assess(Options((str(folder / "evidence"),), folder / "case", jobs=2))


def test_everything_planted_is_found_and_nothing_is_invented(week: tuple[Truth, Run]) -> None:
    """Verdicts, lines, outcomes, and whether the server was open, as planted."""
    truth, done = week

    assert differences(truth, done.assessment, case.read(done.case).tables.findings) == []
    assert done.numbers.rows == done.numbers.parsed + done.numbers.passed_over


def test_a_server_that_was_patched_in_mid_log_is_told_before_and_after(
    week: tuple[Truth, Run], golden: Callable[[Path, str], None]
) -> None:
    """EX02 was probed on 3 March, patched on the 5th, probed again on the 8th and 9th."""
    _, done = week
    ex02 = next(one for one in done.assessment.servers if one.name == "EX02")
    old, new = ex02.history
    open_then, fixed_then = ex02.attacked

    assert (old.label, new.label) == ("CU19 (no SU)", "CU19 Mar21SU")
    assert "CVE-2021-26855" in new.closes
    assert (open_then.answer, fixed_then.answer) == ("yes", "no")
    assert open_then.last < old.last.time < new.first.time < fixed_then.first
    for span, build in ((open_then, old), (fixed_then, new)):
        assert span.before is not None
        assert span.after is not None
        assert span.before.build == span.after.build == build.build
        assert span.before.time <= span.first <= span.last <= span.after.time
        assert span.before.line
        assert span.after.line

    findings = case.read(done.case).tables.findings
    rows = findings.filter(server="EX02", vulnerability="CVE-2021-26855").sort("time")
    assert rows["open_then"].to_list() == sorted(rows["open_then"], reverse=True)  # yes, then no
    assert set(rows["open_then"]) == {"yes", "no"}
    assert rows["open_before"].str.contains("line ").all()
    csv = write_csv(rows)
    assert csv is not None
    assert "open_after" in csv.splitlines()[0]
    screen = io.StringIO()
    write_text(done.assessment, done.tables, file=screen, width=200)
    part = screen.getvalue().partition("Open when attacked")[2].partition("Numbers")[0]
    golden(GOLDEN / "open_when_attacked.txt", f"Open when attacked{part}")


def test_an_estate_behind_a_load_balancer(tmp_path: Path) -> None:
    """One address for everybody joins nobody; X-Forwarded-For does; a fourth server is unseen."""
    whole = load_scenario("balanced")
    scenario = msgspec.structs.replace(
        whole, start=date(2021, 3, 2), end=date(2021, 3, 9), servers=whole.servers[:2]
    )
    truth = simulate(scenario, tmp_path / "evidence", seed=5, size=1_000_000)

    assessment = assess(
        Options((str(tmp_path / "evidence"),), tmp_path / "case", jobs=2)
    ).assessment

    joined = {
        (chain.server, chain.anchored): [p for p in chain.pivots if p.startswith("ip:")]
        for incident in assessment.incidents
        for chain in incident.chains
    }
    assert {name: [] for name in joined if name[0] != "EX22"}.items() <= joined.items()
    assert joined["EX22", True] == ["ip:203.0.113.52"]
    assert joined["EX22", False] == ["ip:192.0.2.212"]
    assert all(len(incident.chains) == 1 for incident in assessment.incidents)
    (unseen,) = assessment.unseen
    assert (unseen.name, unseen.update) == ("EX24", "Exchange Server 2016 CU20")
    assert "EX24" not in {server.name for server in assessment.servers}
    assert [one.servers for one in assessment.actions if "nobody handed in" in one.title] == [
        ("EX24",)
    ]
    for server in truth.servers:
        (said,) = [one for one in assessment.servers if one.name == server.name]
        assert [one.address for one in said.shared_clients] == list(server.shared)


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
    """Ctrl-C ends with exit code 130; neither a case nor half of one is left.

    It comes when workers have just been told what to compare with, so while they read.
    """
    log = tmp_path / "u_ex210303.log"
    head = "#Fields: date time cs-method cs-uri-stem c-ip sc-status\n"
    log.write_text(head + "2021-03-03 04:05:06 GET /owa/ 203.0.113.9 200\n" * 2_000_000)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    environment = {**os.environ, "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "hevesy", "assess", str(log), "-o", "case", "-q"]

    process = subprocess.Popen(  # noqa: S603  # our own
        command, cwd=tmp_path, stderr=subprocess.PIPE, env=environment
    )
    until = time.monotonic() + 60
    while not list(scratch.glob(f"*/{DETECTOR}")) and time.monotonic() < until:
        assert process.poll() is None, "it ended before it began to read"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=30)

    assert process.returncode == 130, error
    assert sorted(p.name for p in tmp_path.iterdir()) == ["scratch", "u_ex210303.log"]
    assert not list(scratch.iterdir())

"""The main job as a user runs it: exit codes, hostile evidence, no network, the same bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hevesy.cli import main

HERE = Path(__file__).parent


def run(*arguments: str | Path | int) -> int:
    """Run a command in this process."""
    return main([str(argument) for argument in arguments])


def assessment(case: Path) -> dict[str, object]:
    """The document of a case."""
    found: dict[str, object] = json.loads((case / "assessment.json").read_bytes())
    return found


@pytest.fixture(scope="module")
def hostile_case(hostile_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case of the hostile collection; assessing it ends with exit code 3."""
    case = tmp_path_factory.mktemp("cases") / "hostile"
    assert run("assess", hostile_folder, "-o", case, "-q", "--jobs", 2) == 3
    return case


def test_hostile_evidence_is_named_and_the_run_goes_on(hostile_case: Path) -> None:
    """An empty and a locked zip, a member with `..`, a truncated EVTX: each with its reason."""
    losses = assessment(hostile_case)["losses"]
    assert isinstance(losses, list)
    said = {f"{loss['source']} {loss['state']} {loss['reason']}" for loss in losses}

    for name, word in (
        ("empty.zip", "empty"),
        ("locked.zip", "encrypted"),
        ("outside", ".."),
        ("Security.evtx", "cut"),
    ):
        assert any(name in line and word in line for line in said), (name, said)


def test_rows_around_broken_ones_are_read(hostile_case: Path) -> None:
    """NULs, a line of nine megabytes and a short row are damaged rows; their neighbours count."""
    sources = {Path(s["source"]).name: s for s in assessment(hostile_case)["sources"]}  # type: ignore[attr-defined]

    nul, long_line = sources["u_ex210304.log"], sources["u_ex210305.log"]
    assert nul["rows"] == nul["parsed"] + nul["passed_over"] + nul["damaged"]
    assert nul["damaged"] >= 2
    assert (long_line["rows"], long_line["damaged"]) == (3, 1)
    short = sources["u_ex210306.log"]
    assert short["parsed"] + short["passed_over"] == 1


def test_nothing_is_written_beside_the_evidence(hostile_folder: Path, hostile_case: Path) -> None:
    """The input is opened read-only, and no member of a zip leaves it."""
    assert hostile_case.is_dir()
    names = {p.name for p in hostile_folder.parent.rglob("*")}
    assert "outside.log" not in names
    assert not any(name.startswith("part-") for name in names)


def test_the_same_evidence_gives_the_same_bytes(benign_log: Path, tmp_path: Path) -> None:
    """Whatever the number of workers, only run.json and log.jsonl differ between two runs."""
    for name, jobs in (("one", 1), ("two", 2)):
        assert run("assess", benign_log, "-o", tmp_path / name, "-q", "--jobs", jobs) == 0
    names = {p.relative_to(tmp_path / "one") for p in (tmp_path / "one").rglob("*") if p.is_file()}

    different = {
        str(name)
        for name in names
        if (tmp_path / "one" / name).read_bytes() != (tmp_path / "two" / name).read_bytes()
    }

    assert different <= {"run.json", "log.jsonl"}


def test_an_assessment_uses_no_network(benign_log: Path, tmp_path: Path) -> None:
    """Neither the parent nor a worker asks for a socket: evidence never leaves the machine."""
    site = tmp_path / "site"
    site.mkdir()
    shutil.copy(HERE / "forbid_network.py", site / "sitecustomize.py")
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [
        sys.executable,
        "-m",
        "hevesy",
        "assess",
        str(benign_log),
        "-o",
        "case",
        "--jobs",
        "1",
    ]

    done = subprocess.run(  # noqa: S603  # our own command
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "NETWORK USED" not in done.stderr
    assert (tmp_path / "case" / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("absent.zip", "-o", "case"), "absent.zip"),
        (("-o", "case"), "no evidence was named"),
        (("notes.txt", "-o", "case"), "no usable input"),
        (("HealthChecker-EX01.json", "-o", "case"), "`hevesy exposure` reads what tells of builds"),
        (("u.log", "-o", "case", "--rules", "absent"), "absent"),
        (("u.log", "-o", "case", "--rules", "wrong.yml"), "wrong.yml"),
        (("u.log", "-o", "case", "--yara", "wrong.yar"), "wrong.yar"),
        (("u.log", "-o", "case", "--indicators", "wrong.csv"), "wrong.csv"),
        (("u.log", "-o", "occupied"), "occupied"),
    ],
)
def test_a_mistake_of_the_user_is_one_sentence_and_exit_2(
    arguments: tuple[str, ...],
    sentence: str,
    benign_log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The sentence shows the value that caused it; no case is written, no trace shown."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(benign_log, "u.log")
    Path("notes.txt").write_text("bought milk\n")
    Path("HealthChecker-EX01.json").write_text("{}")
    Path("wrong.yml").write_text("title: no detection\nlogsource:\n  category: webserver\n")
    Path("wrong.yar").write_text("rule x { condition: $nowhere }")
    Path("wrong.csv").write_text("colour,shape\nred,round\n")
    Path("occupied").mkdir()
    Path("occupied/thesis.doc").write_text("mine")

    code = run("assess", *arguments, "-q", "--jobs", "1")

    error = capsys.readouterr().err
    assert code == 2
    assert sentence in error
    assert len(error.strip().splitlines()) == 1, error
    assert not Path("case").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("assess", "x", "-o", "y", "--jobs", "0"),
        ("assess", "x", "-o", "y", "--since", "yesterday"),
        ("assess", "x", "-o", "y", "--clock", "EX01=5"),
        ("assess", "x", "-o", "y", "--fail-on", "grave"),
        ("assess", "x", "-o", "y", "--tlp", "PINK"),
        ("unknown",),
        (),
    ],
)
def test_an_unknown_value_of_an_option_is_a_sentence_and_exit_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """The value is shown, with what it should have been."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))

    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("hevesy: ")
    assert len(error.strip().splitlines()) == 1


def test_a_case_is_reported_queried_and_verified(
    benign_log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What one command writes, the others read."""
    case = tmp_path / "case"
    assert run("assess", benign_log, "-o", case, "--jobs", 1, "--json") == 0
    assert json.loads(capsys.readouterr().out)["schema"] == "hevesy.assessment/1"

    for name in ("text", "html", "json", "csv"):
        assert run("report", case, "--format", name) == 0
        assert capsys.readouterr().out

    assert run("query", case, "select sum(records) as n from ledger", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"n": 20}
    assert run("query", case, "drop table findings") == 2
    assert run("verify", case) == 0
    (case / "report.html").write_text("changed")
    assert run("verify", case) == 1


def test_server_names_evidence_of_its_own(benign_log: Path, tmp_path: Path) -> None:
    """`--server NAME=PATH` is enough: the path need not be named twice."""
    case = tmp_path / "case"

    assert run("assess", "--server", f"EX09={benign_log}", "-o", case, "-q", "--jobs", 1) == 0

    servers = assessment(case)["servers"]
    assert isinstance(servers, list)
    assert [server["name"] for server in servers] == ["EX09"]

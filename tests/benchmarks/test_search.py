"""The search that is compared with ripgrep counts the lines that ripgrep counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import search

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "#Fields: date time s-ip cs-method cs-uri-stem c-ip sc-status\n"
ROW = "2021-03-03 00:00:01 10.0.0.1 GET {} 192.0.2.1 200\n"


@pytest.fixture
def literals(tmp_path: Path) -> Path:
    """What is looked for."""
    path = tmp_path / "literals"
    path.write_text("/Evil\n(x=\n", encoding="utf-8")
    return path


def test_lines_are_counted_once_and_case_is_no_matter(tmp_path: Path, literals: Path) -> None:
    """However many literals a line holds."""
    pages = ["/owa/", "/evil/EVIL", "/a(X=/evil", "/owa/"]
    log = tmp_path / "u_ex210303.log"
    log.write_text(HEAD + "".join(map(ROW.format, pages)), encoding="utf-8")
    search.prepare(str(literals))
    assert search.held_lines(str(log)) == (str(log), 2)


def test_processes_print_as_ripgrep_does(
    tmp_path: Path, literals: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file without such lines is not named."""
    logs = [tmp_path / "u_ex210303.log", tmp_path / "u_ex210304.log"]
    for log, page in zip(logs, ("/evil", "/owa/"), strict=True):
        log.write_text(HEAD + ROW.format(page), encoding="utf-8")
    search.main(["1", str(literals), *map(str, logs)])
    assert capsys.readouterr().out == f"{logs[0]}:1\n"


def test_what_is_no_log_is_no_figure(tmp_path: Path, literals: Path) -> None:
    """A file that is not read would be quick."""
    other = tmp_path / "notes.txt"
    other.write_text("evil\n", encoding="utf-8")
    search.prepare(str(literals))
    with pytest.raises(ValueError, match=r"notes\.txt"):
        search.held_lines(str(other))

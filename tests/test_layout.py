"""The rules of the house that no linter knows: doors, visible tuples, twin tests, first lines."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import hevesy
from hevesy.cli.command import COMMANDS
from hevesy.runner.assess import STAGES

SOURCE = Path(hevesy.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(p for p in SOURCE.rglob("*.py") if p.name not in {"__init__.py", "__main__.py"})
FORBIDDEN = {"utils", "util", "helpers", "common", "misc", "base", "manager", "core"}


def test_every_command_is_visible() -> None:
    """A file of a command that is not in `COMMANDS` could never be run."""
    files = {
        path.stem
        for path in (SOURCE / "cli").glob("*.py")
        if "def add_to(" in path.read_text(encoding="utf-8")
    }

    assert files == {name for name, _ in COMMANDS}


def test_the_run_is_one_readable_tuple() -> None:
    """Every stage says in its docstring what it does."""
    assert all(stage.__doc__ for stage in STAGES)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_says_what_belongs_in_it(path: Path) -> None:
    """The first line of each module is a sentence; its name is no attic."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert said
    assert len(said.splitlines()[0]) > 20
    assert path.stem not in FORBIDDEN


def test_tests_mirror_the_source() -> None:
    """A test file stands where the module that it tests does."""
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    folders = {p.name for p in TESTS.iterdir() if p.is_dir() and any(p.glob("test_*.py"))}

    assert folders <= rooms | {"benchmarks"}  # a package beside the house


def test_every_test_says_which_rule_it_protects() -> None:
    """A test without a docstring is one that nobody dares to change."""
    silent = [
        f"{path.name}: {node.name}"
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]

    assert not silent


def test_no_library_that_is_heavy_is_imported_at_the_top() -> None:
    """`hevesy --version` must not wait for what it does not use."""
    heavy = re.compile(
        r"^(?:import|from) (duckdb|yara_x|evtx|hyperscan|jinja2|rich|sigma)\b", re.MULTILINE
    )
    found = {
        f"{path.relative_to(SOURCE)}: {match.group(1)}"
        for path in MODULES
        for match in heavy.finditer(path.read_text(encoding="utf-8"))
        if path.parent.name != "sigma"
    }

    assert not found

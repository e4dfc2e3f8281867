"""What several rooms' tests use: hits, findings, rules, a whole invented case, golden files."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

from hevesy.model import Assessment, Finding, Level, Outcome, RuleReference, Sample, Stage
from hevesy.tables import Tables

# Machines that run tests are shared: how long one example takes says nothing.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")

START = datetime(2021, 3, 3, 4, 0, tzinfo=UTC)

Build = Callable[..., Any]


@pytest.fixture
def corpora() -> Path:
    """Where corpora of others lie beside the checkout; a test that needs them skips without."""
    folder = Path(__file__).parents[2] / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("needs ../shared/corpora, which is not part of the project")
    return folder


@pytest.fixture
def make_rule() -> Build:
    """Builds what is said of a rule."""

    def make(rule_id: str = "rule-1", **changes: Any) -> RuleReference:  # noqa: ANN401  # any field
        values: dict[str, Any] = {
            "id": rule_id,
            "title": f"Title of {rule_id}",
            "author": "hevesy",
            "source": "hevesy/proxylogon",
            "licence": "Apache-2.0",
            "level": Level.HIGH,
        }
        return RuleReference(**values | changes)

    return make


@pytest.fixture
def make_hit() -> Build:
    """Builds one row of `HITS`; `minute` counts from 2021-03-03 04:00 UTC."""

    def make(minute: float = 0, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  # any column
        values: dict[str, Any] = {
            "time": START + timedelta(minutes=minute),
            "server": "EX01",
            "rule_id": "rule-1",
            "stage": Stage.EXPLOIT.value,
            "outcome": Outcome.SUCCESS.value,
            "anchor": True,
            "own": True,
            "why": "the line shows it",
            "detail": "what a person reads first",
            "kind": "iis",
            "line": 1,
            "record": None,
            "offset": None,
            "raw": "the line",
            "pivots": [],
            "input": "in",
            "source": "u_ex.log",
            "sha256": "00" * 32,
        }
        return values | changes

    return make


@pytest.fixture
def make_hits(make_hit: Build) -> Build:
    """Builds a frame of `HITS` from dictionaries of what differs."""
    from hevesy.detection import HITS

    def make(*rows: dict[str, Any]) -> pl.DataFrame:
        return pl.DataFrame([make_hit(**row) for row in rows], schema=HITS)

    return make


@pytest.fixture
def make_finding(make_rule: Build) -> Build:
    """Builds a finding; `minute` is when it begins, it lasts no time unless `last` is given."""

    def make(finding_id: str = "f1", minute: float = 0, **changes: Any) -> Finding:  # noqa: ANN401  # any field
        time = START + timedelta(minutes=minute)
        sample = Sample(time, "in", "u_ex.log", "00" * 32, 1, None, None, "the line", "detail")
        values: dict[str, Any] = {
            "id": finding_id,
            "server": "EX01",
            "rule": make_rule(f"rule-{finding_id}"),
            "stage": Stage.EXPLOIT,
            "outcome": Outcome.SUCCESS,
            "kind": "iis",
            "why": "the line shows it",
            "count": 1,
            "first": time,
            "last": time,
            "samples": (sample,),
            "pivots": (),
            "anchor": False,
            "own": True,
        }
        return Finding(**values | changes)

    return make


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes golden files anew instead of comparing with them."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compares a text with a golden file, or writes the file where `--update-golden` says so."""

    def compare(file: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: try --update-golden"

    return compare


@pytest.fixture(scope="session")
def invented() -> Any:  # noqa: ANN401  # a module that is no package's
    """The module that invents a case for reports and case folders."""
    spec = importlib.util.spec_from_file_location(
        "invented", Path(__file__).parent / "reports" / "invented.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def assessment(invented: Any) -> Assessment:  # noqa: ANN401  # see `invented`
    """An assessment with everything filled."""
    result = invented.invent_assessment()
    assert isinstance(result, Assessment)
    return result


@pytest.fixture(scope="session")
def tables(invented: Any, assessment: Assessment) -> Tables:  # noqa: ANN401  # see `invented`
    """The tables of `assessment`."""
    result = invented.invent_tables(assessment)
    assert isinstance(result, Tables)
    return result

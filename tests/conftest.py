"""Options and fixtures that tests of more than one room need."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hevesy.model import Assessment
from hevesy.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Callable

INVENTED = Path(__file__).parent / "reports" / "invented.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-golden` writes golden files anew instead of comparing with them."""
    parser.addoption("--update-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or write the file where `--update-golden` says so."""

    def compare(file: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: try --update-golden"

    return compare


@pytest.fixture(scope="session")
def invented() -> Any:  # noqa: ANN401  # a module that is no package's
    """The module that invents a case for reports and case folders."""
    spec = importlib.util.spec_from_file_location("invented", INVENTED)
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

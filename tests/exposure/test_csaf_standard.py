"""CSAF documents against OASIS's schema and mandatory tests, by @secvisogram/csaf-validator-lib.

The library is an npm package that the Makefile installs below `.venv`, as it does node; all
documents are checked by one run of node, which takes two seconds.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hevesy.exposure import examine
from hevesy.exposure.csaf_vex import csaf_vex
from hevesy.model import BuildEvidence, Mitigation, ServerEvidence

TODAY = dt.date(2026, 11, 24)
HERE = Path(__file__).parent / "csaf_validator"
INSTALLED = Path(__file__).parents[2] / ".venv" / "csaf-validator"
MANDATORY = 43
"""Tests of section 6.1 of the standard, all that the library has for CSAF 2.0."""

Results = dict[str, dict[str, Any]]
Make = Callable[..., ServerEvidence]


def _server(build: str, name: str, grade: str = "su_exact", **changes: Any) -> ServerEvidence:  # noqa: ANN401  # any field
    return ServerEvidence(name, (BuildEvidence(build, grade, "inventory", "i.csv"),), **changes)


def _estates() -> dict[str, list[ServerEvidence]]:
    rule = Mitigation("m", "A rule", ("CVE-2022-41040",), active=True, why="ok", source="w")
    void = Mitigation("v", "A rule", ("CVE-2022-41040",), active=False, why="off", source="w")
    mitigated = _server("15.1.2375.7", "MAIL", mitigations=(rule,))
    estates = {
        "open": [_server("15.1.2375.7", "A")],
        "fixed": [_server("15.2.2562.46", "A")],
        "mitigated": [mitigated],
        "void": [_server("15.1.2375.7", "B", mitigations=(void,))],
        "unknown update": [_server("15.1.2507.6", "C", "cu_only")],
        "unknown build": [_server("15.2.2562.50", "E")],
        "unknown version": [_server("15.3.1.1", "E")],
        "old": [_server("14.3.123.4", "O"), _server("15.0.1497.48", "D")],
        "no build": [ServerEvidence("F")],
    }
    names = iter("ABCDEFGHIJKLMNOP")
    several = [one for group in estates.values() for one in group]
    renamed = [ServerEvidence(next(names), one.builds) for one in several]
    return estates | {"several": [*renamed, mitigated]}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What the library says of each estate, by its name."""
    from hevesy.knowledge import load_exchange

    node = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
    if node is None:
        pytest.skip("needs node, which `make test` installs")
    if not (INSTALLED / "node_modules").is_dir():
        pytest.skip("needs the npm package that `make test` installs: .venv/csaf-validator")
    known = load_exchange()
    folder = tmp_path_factory.mktemp("csaf")
    files = {name: folder / f"{name.replace(' ', '_')}.json" for name in _estates()}
    for name, servers in _estates().items():
        files[name].write_bytes(csaf_vex(examine(servers, known, TODAY), known, TODAY))
    spoilt = _spoilt(json.loads(files["open"].read_bytes()))
    files["spoilt"] = folder / "spoilt.json"
    files["spoilt"].write_text(json.dumps(spoilt), encoding="utf-8")
    command = [node, str(HERE / "validate.mjs"), str(INSTALLED), *map(str, files.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # our own script
    assert done.returncode == 0, done.stderr
    return dict(zip(files, json.loads(done.stdout), strict=True))


def _spoilt(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a product that is affected and fixed at once."""
    for one in document["vulnerabilities"]:
        status = one["product_status"]
        if "known_affected" in status:
            status["fixed"] = status["known_affected"]
    return document


@pytest.mark.parametrize("name", list(_estates()))
def test_a_document_passes_the_schema_and_each_mandatory_test(name: str, results: Results) -> None:
    """Open, fixed, mitigated, unknown, without a build, several: valid, nothing passed over."""
    result = results[name]

    assert result["errors"] == []
    assert result["isValid"] is True
    assert "csaf_2_0_strict" in result["tests"]
    assert sum(one.startswith("mandatory") for one in result["tests"]) == MANDATORY


def test_the_validator_is_one_that_objects(results: Results) -> None:
    """A product that is affected and fixed at once is refused, so the others were looked at."""
    assert results["spoilt"]["isValid"] is False
    assert any("6_1_6" in error for error in results["spoilt"]["errors"])


def test_the_lock_names_no_registry() -> None:
    """Only versions and hashes are kept: whoever tests uses the registry that they have."""
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}

    assert packages
    assert all("integrity" in one and "resolved" not in one for one in packages.values())

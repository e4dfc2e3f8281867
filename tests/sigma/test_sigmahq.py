"""SigmaHQ's rules: all are in use but those that are named here, each with its reason."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hevesy.sigma import LogSource, TableMap, Taxonomy, load

if TYPE_CHECKING:
    from hevesy.sigma import Ruleset

pytestmark = pytest.mark.slow

WEB = TableMap("web", (LogSource(category="webserver"),))
TAXONOMY = Taxonomy((TableMap("windows", windows=True), WEB))


@pytest.fixture(scope="module")
def loaded() -> Ruleset:
    """All of SigmaHQ, for Windows events and web server logs."""
    path = Path(__file__).parents[3] / "shared" / "corpora" / "sigmahq_rules.zip"
    if not path.is_file():
        pytest.skip("needs SigmaHQ's rules beside the checkout, which are not part of the project")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    return load([path], TAXONOMY)


def test_every_windows_rule_is_mapped_or_named(loaded: Ruleset) -> None:
    """Of the log sources of Windows, one alone is left, and docs/sigma.md gives the reason."""
    unmapped = {
        str(each.logsource)
        for each in loaded.refused
        if each.kind == "unmapped" and each.logsource.product == "windows"
    }
    assert unmapped == {"product=windows, category=file_rename"}


def test_no_rule_is_refused_for_what_the_engine_lacks(loaded: Ruleset) -> None:
    """Refused are rules of other products, and those whose placeholders were given no values."""
    kinds = Counter(each.kind for each in loaded.refused)
    assert set(kinds) == {"unmapped", "placeholder"}
    assert len(loaded.rules) > 2900


def test_log_sources_left_unmapped_are_documented(loaded: Ruleset) -> None:
    """Each category without product that no table answers to stands in docs/sigma.md."""
    page = (Path(__file__).parents[2] / "docs" / "sigma.md").read_text(encoding="utf-8")
    for each in loaded.refused:
        source = each.logsource
        if each.kind == "unmapped" and source.category and not source.product:
            assert f"`{source.category}`" in page


def test_needs_are_known_of_every_rule(loaded: Ruleset) -> None:
    """Of each rule in use it is known which log it reads; of Windows, which channel."""
    found = loaded.needs
    for index, rule in enumerate(loaded.rules):
        assert found[index], rule.title
        for need in found[index]:
            whole = rule.logsource == LogSource(product="windows")
            assert need.table == "web" or whole or need.where, rule.title

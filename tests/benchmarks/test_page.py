"""The figures of a page are written anew, the words around them stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.page import PAGE, write_page

if TYPE_CHECKING:
    from pathlib import Path


def test_words_around_the_figures_stay(tmp_path: Path) -> None:
    """Twice written, the page holds the figures once."""
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text("utf-8"), encoding="utf-8")
    for _ in range(2):
        write_page([], page)
    text = page.read_text("utf-8")
    assert text.count("Nothing was measured.") == 1
    before = PAGE.read_text("utf-8").partition("<!-- figures")[0]
    assert text.startswith(before)
    assert text.rstrip().endswith("<!-- end -->")


def test_a_page_without_a_place_is_an_error(tmp_path: Path) -> None:
    """Nothing is written where the marks are missing."""
    page = tmp_path / "page.md"
    page.write_text("words", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for figures"):
        write_page([], page)
    assert page.read_text("utf-8") == "words"

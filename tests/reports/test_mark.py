"""The marks are those of TLP 2.0."""

from __future__ import annotations

from hevesy.reports import Mark
from hevesy.reports.words import word


def test_labels_and_colours_are_those_of_the_standard() -> None:
    """Four labels and the strict form, in the colours that FIRST names, on black."""
    assert {mark.value: word("mark", mark.value).colour for mark in Mark} == {
        "TLP:RED": "#ff2b2b",
        "TLP:AMBER+STRICT": "#ffc000",
        "TLP:AMBER": "#ffc000",
        "TLP:GREEN": "#33ff00",
        "TLP:CLEAR": "#ffffff",
    }

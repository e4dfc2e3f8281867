"""Every value of the model has its word, in one place."""

from __future__ import annotations

import pytest

from hevesy.exposure.deciding import ORIGINS
from hevesy.model import ExposureState, Level, Outcome, Stage, Verdict
from hevesy.reports import Mark
from hevesy.reports.words import glossary, label, plain_signs, sign, trusted_hosts, word


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("verdict", list(Verdict)),
        ("stage", list(Stage)),
        ("outcome", list(Outcome)),
        ("level", list(Level)),
        ("mark", list(Mark)),
        ("exposure", list(ExposureState)),
        ("origin", list(ORIGINS)),
        ("grade", ["su_exact", "cu_only"]),
        ("open", ["yes", "cannot_tell", "mitigated", "no"]),
    ],
)
def test_every_value_has_a_word(family: str, values: list[str]) -> None:
    """None is missing, none is left over, and the order is that of the ladder."""
    assert {entry.key for entry in glossary(family)} == set(values)
    if family in {"verdict", "stage", "exposure", "origin", "open"}:
        assert [entry.key for entry in glossary(family)] == values
    if family not in {"level", "origin", "grade"}:
        assert all(entry.meaning for entry in glossary(family))


def test_a_value_without_a_word_is_said_as_it_is() -> None:
    """A later version's state is shown, not dropped."""
    assert label("state", "half_read") == "half read"
    assert word("verdict", "odd").tone == "unknown"


def test_signs_have_a_plain_form() -> None:
    """What an old console cannot show has an ASCII letter instead."""
    assert sign("success").translate(plain_signs()) == "*"
    assert all(plain.isascii() and len(plain) == 1 for plain in plain_signs().values())


def test_hosts_are_plain_names() -> None:
    """A host that a report links to is written as a browser compares it."""
    assert all(host == host.lower().strip(".") for host in trusted_hosts())

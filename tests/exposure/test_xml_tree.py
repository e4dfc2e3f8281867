"""XML of evidence: lines are told, nothing outside is reached, nothing grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.errors import EvidenceError, EvidenceRefused
from hevesy.exposure.xml_tree import parse_xml


def test_elements_know_their_line_and_find_each_other() -> None:
    """A finding in a configuration file names the line it stands on."""
    root = parse_xml(b"<a>\n <B x='1'><c>text</c></B>\n</a>")

    found = root.find("b", "C")
    assert found is not None
    assert (found.text, found.line) == ("text", 2)
    assert [one.tag for one in root.walk()] == ["a", "B", "c"]
    assert root.children[0].get("X") == "1"
    assert root.find("b", "missing", "c") is None


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "<a>" * 500,
    ],
)
def test_what_could_reach_out_or_grow_is_refused(text: str) -> None:
    """An attacker's configuration file may ask the reader to fetch or to fill memory."""
    with pytest.raises(EvidenceRefused, match="line 1"):
        parse_xml(text.encode())


@pytest.mark.parametrize(
    ("text", "line"), [("<a>\n<b>\n</a>", 3), ("<a>\n", 2), ("", 1), ("<a>&x;</a>", 1)]
)
def test_what_is_no_xml_is_told_with_its_line(text: str, line: int) -> None:
    """A file cut short is one clear sentence with a line."""
    with pytest.raises(EvidenceError, match=f"line {line}: "):
        parse_xml(text.encode())


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """Broken evidence is one kind of error."""
    try:
        parse_xml(data)
    except EvidenceError as error:
        assert "line " in str(error)  # noqa: PT017  # either outcome is right

"""Text of files in the encodings Windows programs write."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.records.file_text import decode_text

TEXT = '<%@ Page Language="C#" %> grün'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("utf-16-be"),
    ],
)
def test_every_encoding_gives_the_same_text(data: bytes) -> None:
    """With and without a byte order mark."""
    assert decode_text(data) == TEXT


def test_bad_bytes_are_escaped() -> None:
    """A byte that is no text shows as an escape."""
    assert decode_text(b"a\xffb") == "a\\xffb"


@given(st.binary(max_size=100))
def test_any_bytes_are_text(data: bytes) -> None:
    """Nothing is raised."""
    assert isinstance(decode_text(data), str)

"""Names of members can do no harm, and show what they are."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from hevesy.evidence.names import hidden_path, plain_path, safe_parts, show

names = st.text(st.characters(codec=None), max_size=40) | st.text(
    "./\\:CX%~\x00a\udcff", max_size=12
)


@given(names, st.booleans())
def test_accepted_parts_never_lead_outside(
    name: str,
    backslash: bool,  # noqa: FBT001  # hypothesis gives it
) -> None:
    """Whatever the name: no exception, and parts that are accepted stay below their folder."""
    parts, problem = safe_parts(name, backslash=backslash)
    if not problem:
        assert parts
        assert not {"", ".", ".."} & set(parts)
        assert not any(
            "/" in part or (backslash and "\\x" not in part and "\\u" not in part and "\\" in part)
            for part in parts
        )
        assert not name.startswith("/")


@given(names)
def test_shown_text_is_plain(text: str) -> None:
    """It can be encoded, and holds nothing that moves or hides text on a screen."""
    shown = show(text)
    shown.encode()
    assert not any(ord(c) < 32 or 0x202A <= ord(c) <= 0x202E for c in shown)
    assert show(shown) == shown


@given(st.binary(min_size=1, max_size=30))
def test_a_path_of_any_bytes_is_kept(raw: bytes) -> None:
    """A path that is no UTF-8 is stored as text, and found again."""
    path = raw.decode("utf-8", "surrogateescape")
    text = plain_path(path)
    text.encode()
    assert hidden_path(text) == path
    assert os.fsencode(hidden_path(text)) == raw or os.name == "nt"


def test_what_is_escaped_can_be_read() -> None:
    """The forms of the escapes."""
    assert show("a\x00b\udcffc\u202ed") == r"a\x00b\xffc\u202ed"

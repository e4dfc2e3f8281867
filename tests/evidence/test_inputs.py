"""What may be handed in, and what is said where it may not."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from hevesy.errors import UsageError
from hevesy.evidence import catalog, open_evidence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_missing_path_is_one_clear_sentence(tmp_path: Path) -> None:
    """It shows the path; nothing is read."""
    with pytest.raises(UsageError, match=r"there is no file or folder .*nothing"):
        open_evidence([str(tmp_path / "nothing")])


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pipe")
def test_a_pipe_is_a_usage_error(tmp_path: Path) -> None:
    """A named pipe would block; `-` is the way for streams."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="handed in as `-`"):
        open_evidence([str(tmp_path / "pipe")])


def test_a_path_with_a_nul_is_a_usage_error() -> None:
    """It cannot exist, and shows what it is."""
    with pytest.raises(UsageError, match=r"no file or folder .*x00"):
        open_evidence(["a\x00b"])


def test_no_path_at_all_is_a_usage_error() -> None:
    """Something must be handed in."""
    with pytest.raises(UsageError, match="no evidence"):
        open_evidence([])


@pytest.mark.parametrize("name", ["EX01", "", "."])
def test_a_server_option_must_name_a_part_of_the_evidence(
    name: str, tmp_path: Path, folder: Callable[..., Path]
) -> None:
    """A typing mistake in `--server` must not pass in silence."""
    made = folder("x", {"a.log": b"a"})
    with pytest.raises(UsageError, match="--server"):
        open_evidence([str(made)], servers={name: str(tmp_path / "elsewhere")})
    with pytest.raises(UsageError, match="--server"):
        open_evidence([str(made)], servers={name: str(made / "missing")})


def test_inputs_of_one_name_are_told_apart(folder: Callable[..., Path]) -> None:
    """Two inputs called alike get as many parts as tell them apart."""
    one, two = folder("a/logs", {"x": b"1"}), folder("b/logs", {"x": b"2"})
    with open_evidence([str(two), str(one)]) as evidence:
        assert [handed.name for handed in evidence.inputs] == ["a/logs", "b/logs"]
        sources = list(catalog(evidence, lambda _, __: "log"))
    assert [(s.input, s.path) for s in sources] == [("a/logs", "x"), ("b/logs", "x")]


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    """It is no error here: whether anything is usable is decided above."""
    with open_evidence([str(tmp_path)]) as evidence:
        assert list(catalog(evidence, lambda _, __: "log")) == []
        assert evidence.losses() == ()

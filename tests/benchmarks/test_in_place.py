"""What is compared with inflating reads the same bytes, and says so where it cannot."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from benchmarks import in_place

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [b"a line of a log\n" * 50_000, b"another one\n"]


@pytest.fixture
def packed(tmp_path: Path) -> list[Path]:
    """A zip with both, and a gz with the first."""
    archive, alone = tmp_path / "a.zip", tmp_path / "a.log.gz"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for number, text in enumerate(TEXTS):
            file.writestr(f"{number}.log", text)
    alone.write_bytes(gzip.compress(TEXTS[0]))
    return [archive, alone]


def test_every_byte_is_hashed(packed: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """As of `benchmarks.inflate`."""
    in_place.main(["1", *map(str, packed)])
    wanted = sorted(hashlib.sha256(text).hexdigest() for text in [*TEXTS, TEXTS[0]])
    assert sorted(capsys.readouterr().out.split()) == wanted


def test_a_broken_archive_is_no_figure(packed: list[Path]) -> None:
    """What was not read took no time."""
    packed[0].write_bytes(packed[0].read_bytes()[:100])
    with pytest.raises(SystemExit, match=r"a\.zip"):
        in_place.main(["1", *map(str, packed)])

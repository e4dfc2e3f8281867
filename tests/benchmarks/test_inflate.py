"""The peer of archives does all of the work that it is compared by: every byte is hashed."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from typing import TYPE_CHECKING

from benchmarks.inflate import _pieces, hash_inflated

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b"a line of a log\n" * 50_000


def test_every_byte_is_hashed(tmp_path: Path) -> None:
    """The members of a zip, deflated or stored, and a gz."""
    archive, packed = tmp_path / "a.zip", tmp_path / "a.log.gz"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("folder/one.log", TEXT)
        file.writestr("two.log", TEXT[:100])
    packed.write_bytes(gzip.compress(TEXT))
    found = [hash_inflated(piece) for path in (archive, packed) for piece in _pieces(path)]
    assert found == [hashlib.sha256(text).hexdigest() for text in (TEXT, TEXT[:100], TEXT)]

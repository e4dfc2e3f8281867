"""The manifest names every file of a case with its hash, and no other."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hevesy.case.manifest import build, case_files, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.model import Assessment


def test_files_are_hashed_by_name(tmp_path: Path, assessment: Assessment) -> None:
    """Sorted, with forward slashes, without what is free to change."""
    (tmp_path / "records" / "iis").mkdir(parents=True)
    for name in ("report.html", "records/iis/0.parquet", "run.json", "decisions.toml"):
        (tmp_path / name).write_bytes(name.encode())
    manifest = build(tmp_path, assessment, {"rules": "2", "knowledge": "1"})

    assert [file.name for file in manifest.files] == ["records/iis/0.parquet", "report.html"]
    assert manifest.files[1].sha256 == hashlib.sha256(b"report.html").hexdigest()
    assert manifest.files[1].size == 11
    assert list(manifest.versions) == ["hevesy", "knowledge", "rules"]
    assert manifest.sources == assessment.sources


def test_no_link_is_followed(tmp_path: Path) -> None:
    """A case from elsewhere cannot have files of this machine hashed."""
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "case").mkdir()
    (tmp_path / "case" / "a").symlink_to(tmp_path / "secret")
    (tmp_path / "case" / "b").symlink_to(tmp_path, target_is_directory=True)

    assert list(case_files(tmp_path / "case")) == []


def test_a_large_file_is_hashed_in_parts(tmp_path: Path) -> None:
    """The hash is that of the whole, over the edge of a part."""
    data = b"ab" * (1 << 20) + b"c"
    (tmp_path / "f").write_bytes(data)

    assert sha256_of(tmp_path / "f") == hashlib.sha256(data).hexdigest()

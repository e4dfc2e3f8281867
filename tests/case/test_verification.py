"""What changed after the case was written is found, and only that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hevesy import case
from hevesy.case import Difference
from hevesy.model import Input

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.model import Assessment, SourceState
    from hevesy.tables import Tables


def sha256(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path, assessment: Assessment, tables: Tables) -> Path:
    """A case whose inputs are a file and a folder that lie beside it."""
    (tmp_path / "a.zip").write_bytes(b"zip")
    (tmp_path / "EX03" / "C").mkdir(parents=True)
    (tmp_path / "EX03" / "C" / "u_ex.log").write_bytes(b"log")
    source: SourceState = replace(
        assessment.sources[0], input="EX03", source="C/u_ex.log", sha256=sha256(b"log")
    )
    changed = replace(
        assessment,
        inputs=(Input("a.zip", 3, sha256(b"zip"), 1), Input("EX03", 3, "0" * 64, 1)),
        sources=(source, replace(source, source="C/x.zip!/y", sha256="1" * 64)),
    )
    run: dict[str, Any] = {
        "inputs": [["a.zip", str(tmp_path / "a.zip")], ["EX03", str(tmp_path / "EX03")], "junk"]
    }
    return case.write(tmp_path / "case", changed, tables, html="<p>", versions={}, run=run)


def test_an_untouched_case_verifies(folder: Path) -> None:
    """No difference, though decisions and the run are free to change."""
    (folder / "decisions.toml").write_text("")
    (folder / "log.jsonl").write_text("more")

    assert case.verify(folder) == ()


def test_every_kind_of_change_is_found(folder: Path) -> None:
    """Changed, missing and added files of the case are named."""
    (folder / "report.html").write_text("<p>nothing was found")
    (folder / "note.txt").write_text("")

    assert [(d.name, d.problem) for d in case.verify(folder)] == [
        ("report.html", "changed"),
        ("note.txt", "added"),
    ]
    (folder / "report.html").unlink()
    assert case.verify(folder)[0].problem == "missing"


def test_evidence_is_compared_where_it_still_lies(folder: Path, tmp_path: Path) -> None:
    """A file by its hash, a folder by the hashes of its plain sources; gone as a whole is fine."""
    (tmp_path / "a.zip").write_bytes(b"other")
    (tmp_path / "EX03" / "C" / "u_ex.log").write_bytes(b"tampered")

    assert case.verify(folder) == (
        Difference("input", "a.zip", "changed", sha256(b"zip"), sha256(b"other")),
        Difference("input", "EX03/C/u_ex.log", "changed", sha256(b"log"), sha256(b"tampered")),
    )
    (tmp_path / "a.zip").unlink()
    (tmp_path / "EX03" / "C" / "u_ex.log").unlink()
    assert [d.problem for d in case.verify(folder)] == ["missing"]


def test_a_manifest_cannot_name_files_outside(folder: Path, tmp_path: Path) -> None:
    """A case of someone else's making cannot have other files of this machine hashed."""
    (tmp_path / "secret").write_bytes(b"secret")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"].append({"name": "../secret", "size": 6, "sha256": sha256(b"secret")})
    manifest["sources"][0]["source"] = "../secret"
    (folder / "manifest.json").write_text(json.dumps(manifest))

    assert [(d.name, d.problem) for d in case.verify(folder)] == [("../secret", "missing")]

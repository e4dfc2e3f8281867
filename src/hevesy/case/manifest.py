"""The manifest of a case: hashes of what went in and of what came out, versions, options."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.case.layout import MANIFEST_SCHEMA, UNSEALED
from hevesy.model import Assessment, Input, RuleUse, SourceState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["FileHash", "Manifest", "build", "case_files", "sha256_of"]

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileHash:
    """One file of the case."""

    name: str
    """Relative to the case folder, parts joined by `/`."""
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Content of `manifest.json`."""

    inputs: tuple[Input, ...]
    sources: tuple[SourceState, ...]
    rules: tuple[RuleUse, ...]
    options: tuple[tuple[str, str], ...]
    as_of: str
    """ISO 8601 date."""
    versions: dict[str, str]
    """What worked on it, by name: `hevesy`, `knowledge`, `rules`, libraries: version or SHA-256."""
    files: tuple[FileHash, ...]
    """Every file of the case but those of `layout.UNSEALED`, by name."""
    schema: str = MANIFEST_SCHEMA


def build(folder: Path, assessment: Assessment, versions: Mapping[str, str]) -> Manifest:
    """Describe an assessment and the files that already lie in `folder`."""
    return Manifest(
        inputs=assessment.inputs,
        sources=assessment.sources,
        rules=assessment.rules,
        options=assessment.options,
        as_of=assessment.as_of.isoformat(),
        versions={"hevesy": assessment.version, **dict(sorted(versions.items()))},
        files=tuple(
            FileHash(name, path.stat().st_size, sha256_of(path))
            for name, path in case_files(folder)
            if name not in UNSEALED
        ),
    )


def case_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every regular file below a case folder with its name there, by name; no link is followed."""
    yield from sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hex.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()

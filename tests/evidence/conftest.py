"""Builders of small collections, and one way to list and read what they hold."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from hevesy.evidence import Limits, catalog, open_evidence, reach_many
from hevesy.model import Loss, Source

if TYPE_CHECKING:
    from pathlib import Path

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Listed:
    """What came of some inputs."""

    sources: tuple[Source, ...]
    losses: tuple[Loss, ...]
    content: dict[str, bytes]
    """By path; of sources that could be read to their end."""

    def windows(self) -> dict[str, str]:
        """Path -> Windows path."""
        return {source.path: source.windows_path for source in self.sources}

    def servers(self) -> dict[str, str]:
        """Path -> server."""
        return {source.path: source.server for source in self.sources}

    def reasons(self) -> dict[str, str]:
        """Lost path -> state and reason."""
        return {loss.source: f"{loss.state}: {loss.reason}" for loss in self.losses}


Lister = Callable[..., Listed]


@pytest.fixture
def listed() -> Lister:
    """List and read inputs; every source is of kind `log`."""

    def list_(
        *paths: Path | str, servers: Mapping[str, str] | None = None, limits: Limits | None = None
    ) -> Listed:
        named = [str(path) for path in paths]
        with open_evidence(named, servers=servers, limits=limits) as evidence:
            sources = tuple(catalog(evidence, lambda _, __: "log"))
            content = {}
            for source, reached in reach_many(sources):
                assert reached.failure is None
                content[source.path] = reached.stream.read()
            return Listed(sources, evidence.losses(), content)

    return list_


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[str, Files], Path]:
    """Write files below a folder of some name."""

    def write(name: str, files: Files) -> Path:
        root = tmp_path / name
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return root

    return write


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return buffer.getvalue()


def tarred(files: Files, mode: str = "w") -> bytes:
    """A tar of files, compressed with `w:gz` and its like."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]  # a str
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            info.mtime = 1_614_900_000
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture(name="zipped")
def zipped_fixture() -> Callable[..., bytes]:
    """`zipped`."""
    return zipped


@pytest.fixture(name="tarred")
def tarred_fixture() -> Callable[..., bytes]:
    """`tarred`."""
    return tarred

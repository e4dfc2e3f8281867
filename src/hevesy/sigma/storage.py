"""Cache entries on disk: written whole or not at all, read as they were written or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from functools import cache
from importlib import metadata
from pathlib import Path

__all__ = ["read_entry", "trim", "version", "write_entry"]

_DIGEST = hashlib.sha256().digest_size


def read_entry(path: Path) -> bytes | None:
    """What was kept under a name; None where there is nothing, or not what was written."""
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    digest, data = stored[:_DIGEST], stored[_DIGEST:]
    return data if hashlib.sha256(data).digest() == digest else None


def write_entry(path: Path, data: bytes, *, most: int) -> None:
    """Keep something all at once or, where that fails, not at all.

    Args:
        path: Its place. What stands before the first `-` of its name is its kind.
        data: What is kept.
        most: Entries of its kind that a folder holds; the oldest make room.
    """
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(hashlib.sha256(data).digest() + data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
    trim(path.parent, f"{path.name.split('-')[0]}-*.bin", most)


def trim(folder: Path, pattern: str, most: int) -> None:
    """Remove the oldest entries of a cache beyond so many; one that cannot be removed stays."""
    with contextlib.suppress(OSError):
        entries = list(folder.glob(pattern))
        if len(entries) <= most:
            return
        entries.sort(key=lambda each: each.stat().st_mtime)
        for each in entries[: len(entries) - most]:
            each.unlink(missing_ok=True)


@cache
def version(package: str) -> str:
    """The version of an installed package: what was kept by another may mean something else."""
    return metadata.version(package)

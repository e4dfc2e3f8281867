"""Cache entries on disk: written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["trim", "write_atomically"]


def write_atomically(path: Path, data: bytes) -> None:
    """Write a cache entry all at once or, where that fails, not at all."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)


def trim(folder: Path, pattern: str, most: int) -> None:
    """Remove the oldest entries of a cache beyond so many; one that cannot be removed stays."""
    with contextlib.suppress(OSError):
        entries = list(folder.glob(pattern))
        if len(entries) <= most:
            return
        entries.sort(key=lambda each: each.stat().st_mtime)
        for each in entries[: len(entries) - most]:
            each.unlink(missing_ok=True)

"""Templates of pages, compiled once and kept in the user's cache by all that they depend on."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import BytecodeCache
    from jinja2.bccache import Bucket

__all__ = ["template_cache"]

_ROOMS = ("reports", "tables", "model")
"""What filters are made of: jinja works out at once what a filter says of a constant."""
_DIGEST = hashlib.sha256().digest_size
_MOST = 100
"""Templates that are kept; the oldest make room."""


def template_cache(folder: Path | None = None) -> BytecodeCache:
    """Keeps compiled templates in a folder; one that cannot be read or written is done without.

    Compiling the report's takes a quarter of a second, reading them a hundredth of that. The folder
    must be as trustworthy as the installed package.

    Args:
        folder: None: below the user's cache.
    """
    import platformdirs
    from jinja2 import BytecodeCache

    where = folder or Path(platformdirs.user_cache_dir("hevesy", appauthor=False)) / "templates"

    class Kept(BytecodeCache):
        def load_bytecode(self, bucket: Bucket) -> None:
            with contextlib.suppress(OSError):
                stored = _path(where, bucket).read_bytes()
                if hashlib.sha256(stored[_DIGEST:]).digest() == stored[:_DIGEST]:
                    bucket.bytecode_from_string(stored[_DIGEST:])

        def dump_bytecode(self, bucket: Bucket) -> None:
            data = bucket.bytecode_to_string()
            with contextlib.suppress(OSError):
                _write(_path(where, bucket), hashlib.sha256(data).digest() + data)

    return Kept()


def _path(folder: Path, bucket: Bucket) -> Path:
    key = hashlib.sha256(f"{_made_of()} {bucket.key} {bucket.checksum}".encode()).hexdigest()
    return folder / f"{key[:40]}.bin"


@cache
def _made_of() -> str:
    """The versions and the code that a compiled template depends on."""
    digest = hashlib.sha256(metadata.version("jinja2").encode())
    house = Path(__file__).parents[1]
    for room in _ROOMS:
        for file in sorted((house / room).glob("*.*")):
            digest.update(f"{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Write an entry whole or not at all, and keep the folder small."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
    Path(name).replace(path)
    entries = sorted(path.parent.glob("*.bin"), key=lambda each: each.stat().st_mtime)
    for each in entries[:-_MOST]:
        each.unlink(missing_ok=True)

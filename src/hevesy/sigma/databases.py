"""Pattern databases of hyperscan: compiled once, kept on disk by what they are made of."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import struct
from importlib.metadata import version
from typing import TYPE_CHECKING

from hevesy.sigma.storage import trim, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

    import hyperscan

__all__ = ["database_of"]

_KEPT = 40
"""From so many patterns on, compiling takes longer than reading a file."""
_FILES = 300
"""Files of databases in a cache; the oldest make room."""


def database_of(patterns: list[bytes], cache: Path | None) -> hyperscan.Database:
    """The database that finds each pattern, by its place in the list.

    Args:
        patterns: Literals, compared byte for byte.
        cache: Folder of databases; one that cannot be read there is compiled anew.
    """
    import hyperscan

    path = None
    if cache is not None and len(patterns) >= _KEPT:
        path = cache / f"patterns-{_key(patterns)}.bin"
        with contextlib.suppress(OSError, hyperscan.error):
            return _read(path.read_bytes())
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    count = len(patterns)
    database.compile(
        expressions=patterns, ids=range(count), elements=count, flags=[0] * count, literal=True
    )
    if path is not None:
        data = hyperscan.dumpb(database)
        write_atomically(path, hashlib.sha256(data).digest() + data)
        trim(path.parent, "patterns-*.bin", _FILES)
    return database


def _read(stored: bytes) -> hyperscan.Database:
    """A stored database.

    Raises:
        OSError: The bytes are not those that were written.
        hyperscan.error: They are of another version or processor.
    """
    import hyperscan

    # hyperscan trusts what lies within: damage would be undefined behaviour
    digest, data = stored[:32], stored[32:]
    if hashlib.sha256(data).digest() != digest:
        raise OSError("damaged")
    return hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)


def _key(patterns: list[bytes]) -> str:
    """Everything that a database depends on; lengths keep patterns apart."""
    digest = hashlib.sha256(
        f"{version('hyperscan')} {platform.machine()} {platform.system()}".encode()
    )
    for pattern in patterns:
        digest.update(struct.pack("<I", len(pattern)))
        digest.update(pattern)
    return digest.hexdigest()[:40]

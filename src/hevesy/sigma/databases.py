"""Pattern databases of hyperscan: compiled once, kept on disk by what they are made of."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import struct
from typing import TYPE_CHECKING

from hevesy.sigma.storage import read_entry, version, write_entry

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
        # hyperscan trusts what lies within: damage, which `read_entry` sees, would be fatal
        known = read_entry(path)
        if known is not None:
            with contextlib.suppress(hyperscan.error):  # of another version or processor
                return hyperscan.loadb(known, hyperscan.HS_MODE_BLOCK)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    count = len(patterns)
    database.compile(
        expressions=patterns, ids=range(count), elements=count, flags=[0] * count, literal=True
    )
    if path is not None:
        write_entry(path, hyperscan.dumpb(database), most=_FILES)
    return database


def _key(patterns: list[bytes]) -> str:
    """Everything that a database depends on; lengths keep patterns apart."""
    count = len(patterns)
    made_by = f"{version('hyperscan')} {platform.machine()} {platform.system()} {count} "
    digest = hashlib.sha256(made_by.encode())
    digest.update(struct.pack(f"<{count}I", *map(len, patterns)))
    digest.update(b"".join(patterns))
    return digest.hexdigest()[:40]

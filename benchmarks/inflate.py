"""`python -m benchmarks.inflate JOBS FILE...`: inflates zip and gz with isal, and hashes it all.

The peer of `archives`: what must be done to read an archive in place, and nothing more.
"""

from __future__ import annotations

import hashlib
import mmap
import multiprocessing
import struct
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["hash_inflated", "main"]

_CHUNK = 1 << 18
_RAW, _GZIP = -15, 31
_LOCAL_HEADER = 30


def main(arguments: list[str]) -> None:
    """Print the SHA-256 of what is in each archive's members, in processes."""
    jobs, *files = arguments
    pieces = [piece for file in files for piece in _pieces(Path(file))]
    with multiprocessing.get_context("spawn").Pool(int(jobs)) as pool:
        for digest in pool.imap_unordered(hash_inflated, pieces, chunksize=4):
            print(digest)  # a command


def _pieces(file: Path) -> Iterable[tuple[str, int, int, int]]:
    """Where compressed bytes lie: file, offset, length, and how they are wrapped."""
    if file.suffix == ".gz":
        yield str(file), 0, file.stat().st_size, _GZIP
        return
    with zipfile.ZipFile(file) as archive, file.open("rb") as raw:
        for member in archive.infolist():
            raw.seek(member.header_offset)
            name, extra = struct.unpack("<26xHH", raw.read(_LOCAL_HEADER))
            start = member.header_offset + _LOCAL_HEADER + name + extra
            yield str(file), start, member.compress_size, _RAW


def hash_inflated(piece: tuple[str, int, int, int]) -> str:
    """SHA-256 of what a piece inflates to."""
    from isal import isal_zlib

    name, start, length, wrapping = piece
    inflate = isal_zlib.decompressobj(wbits=wrapping)
    digest = hashlib.sha256()
    with (
        Path(name).open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
    ):
        for at in range(start, start + length, _CHUNK):
            digest.update(inflate.decompress(mapped[at : min(at + _CHUNK, start + length)]))
    digest.update(inflate.flush())
    return digest.hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python -m benchmarks.in_place JOBS PATH...`: hashes what lies in archives, read in place.

How `hevesy.evidence` reaches it, by itself: listed, within its limits, checksums looked at. The
side of ours beside `benchmarks.inflate`.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hevesy.model import Source

__all__ = ["hashes", "main"]

_BLOCK = 1 << 20
_BUFFER: list[bytearray] = []
"""One, of this process."""


def main(arguments: list[str]) -> None:
    """Print the SHA-256 of everything that some paths hold, in processes."""
    from hevesy.evidence import catalog, groups, open_evidence
    from hevesy.records import recognise

    jobs, *paths = arguments
    spawned = multiprocessing.get_context("spawn")
    with (
        spawned.Pool(int(jobs)) as pool,
        tempfile.TemporaryDirectory() as scratch,
        open_evidence(paths, scratch=Path(scratch)) as evidence,
    ):
        found = groups(catalog(evidence, recognise))
        found.sort(key=lambda sources: -sum(source.size for source in sources))
        for digests in pool.imap_unordered(hashes, found, chunksize=4):
            print(*digests, sep="\n")  # a command
        for loss in evidence.losses():
            raise SystemExit(f"{loss.source}: {loss.reason}")


def hashes(sources: Sequence[Source]) -> list[str]:
    """SHA-256 of each of some sources.

    Raises:
        EvidenceError: One is broken.
    """
    from hevesy.evidence import reach_many

    if not _BUFFER:
        _BUFFER.append(bytearray(_BLOCK))
    digests = []
    for _, reached in reach_many(sources):
        while reached.stream.readinto(_BUFFER[0]):  # type: ignore[attr-defined]  # a BufferedReader
            pass
        reached.finish()
        if reached.failure is not None:
            raise reached.failure
        digests.append(reached.sha256)
    return digests


if __name__ == "__main__":
    main(sys.argv[1:])

"""`python -m benchmarks.search JOBS LITERALS FILE...`: lines of logs that hold a literal, counted.

What passes rows over in `hevesy assess`, by itself: the side of ours beside `rg -c -i -F -f`.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hevesy.records import Sieve

__all__ = ["held_lines", "main", "prepare"]

_HEAD = 64 * 1024
_SIEVES: dict[str, Sieve | None] = {}
"""By kind, of this process."""


def main(arguments: list[str]) -> None:
    """Print how many lines of each file hold a literal, in processes; files without are left out.

    As ripgrep prints it: `path:count`.
    """
    from hevesy.runner.workers import settle_memory

    jobs, literals, *files = arguments
    settle_memory()  # as the workers of a run have it
    largest_first = sorted(files, key=lambda file: (-Path(file).stat().st_size, file))
    spawned = multiprocessing.get_context("spawn")
    with spawned.Pool(int(jobs), prepare, (literals,)) as pool:
        for file, count in pool.imap_unordered(held_lines, largest_first, chunksize=2):
            if count:
                print(f"{file}:{count}")  # a command


def prepare(literals: str) -> None:
    """Compile the literals of a file, one a line, in this process."""
    from hevesy.records import Needle, Wanted, sieve

    texts = Path(literals).read_text(encoding="utf-8").splitlines()
    wanted = Wanted(tuple(map(Needle, texts)), counted=False)
    _SIEVES.update({kind: sieve(kind, wanted) for kind in ("iis", "httpproxy")})


def held_lines(file: str) -> tuple[str, int]:
    """A file, and how many of its lines hold a literal.

    Raises:
        ValueError: It is no log of IIS or HttpProxy.
    """
    from hevesy.records import Rest, recognise

    with Path(file).open("rb", buffering=0) as stream:
        head = stream.read(_HEAD)
        stream.seek(0)
        passing = _SIEVES.get(recognise(head, file.lower()))
        if passing is None:
            raise ValueError(f"{file}: neither a log of IIS nor of HttpProxy")
        found = 0
        for item in passing.read(stream):
            found += len(item.raw) if isinstance(item, Rest) else item.frame.height
    return file, found


if __name__ == "__main__":
    main(sys.argv[1:])

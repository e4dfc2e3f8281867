"""A large EVTX is read in pieces, by whichever workers are free, and put together again.

The pieces are the same however many workers there are: so is the case. One of them is the hash of
the whole file, which is made once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from hevesy.model import Loss, Source
from hevesy.records import Stretch, add_up, stretches
from hevesy.runner.result import ReadResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["HASH", "Piece", "pieces_of", "put_together"]

HASH = -1
"""Number of the piece that is the hash of the whole file."""

_CHUNKS = 512
"""Of a piece: 32 MiB, some ten thousands of records."""
_HASHED_AT_ONCE = 8
"""How many times as many bytes are hashed as are read, in the same time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a source that is read by itself."""

    source: Source
    number: int
    stretch: Stretch | None
    """None: no chunk is read, the file is hashed."""
    size: int
    """Bytes that are as much work."""


def pieces_of(source: Source) -> tuple[Piece, ...]:
    """The pieces in which a source is read; none where it is read as a whole."""
    parts = stretches(source.size, _CHUNKS)
    if source.kind != "evtx" or source.locator[1:] or len(parts) == 1:
        return ()
    read = (Piece(source, n, stretch, size) for n, (size, stretch) in enumerate(parts))
    return (Piece(source, HASH, None, source.size // _HASHED_AT_ONCE), *read)


def put_together(
    results: Iterable[ReadResult], undone: Mapping[Piece, str]
) -> tuple[list[ReadResult], list[Loss]]:
    """One result a source, where pieces of it were read.

    Args:
        results: Of pieces and of whole sources.
        undone: Pieces that could not be read, and why.

    Returns:
        Results, and losses of sources that have none: where a file has no hash, nothing that was
        read of it counts.
    """
    whole: list[ReadResult] = []
    pieces: dict[tuple[str, str], list[ReadResult]] = {}
    reasons: dict[tuple[str, str], list[str]] = {}
    for result in results:
        if result.piece is None:
            whole.append(result)
        else:
            pieces.setdefault((result.source.input, result.source.path), []).append(result)
    for piece in sorted(undone, key=lambda one: one.number):
        said = reasons.setdefault((piece.source.input, piece.source.path), [])
        said.append(f"{_name(piece)}: {undone[piece]}")
    losses: list[Loss] = []
    for key in sorted(pieces.keys() | reasons.keys()):
        said = reasons.get(key, [])
        read = sorted(pieces.get(key, []), key=_number)
        if len(read) > 1 and _number(read[0]) == HASH and read[0].survey.sha256:
            whole.append(_joined(read, said))
        else:
            said += [result.loss.reason for result in read if result.loss]
            state = "quarantined" if key in reasons else "unreadable"
            losses.append(Loss(*key, state, "; ".join(dict.fromkeys(said))))
    return whole, losses


def _number(result: ReadResult) -> int:
    return result.piece.number if result.piece else HASH


def _name(piece: Piece) -> str:
    if piece.stretch is None:
        return "hash"
    end = "the last" if piece.stretch.last else str(piece.stretch.end - 1)
    return f"chunks {piece.stretch.first} to {end}"


def _joined(read: list[ReadResult], said: list[str]) -> ReadResult:
    """The result of a source, of its hash and of its pieces in their order."""
    sealed = read[0].survey
    parts = [result.piece for result in read if result.piece]
    survey = add_up(survey for part in parts for survey in part.surveys)
    said += [result.loss.reason for result in read if result.loss]
    if len({stamp for part in parts for stamp in part.stamps}) > 1:
        said.append("it changed while it was read")
    signs = {name: sign for result in reversed(read) for name, sign in result.signs}
    source = read[0].source
    reason = "; ".join(dict.fromkeys(said))
    for path in (path for result in read for path in result.parts):
        hits = pl.read_ipc(path.read_bytes())
        sha256 = pl.lit(sealed.sha256, dtype=hits.schema["sha256"])
        hits.with_columns(sha256=sha256).write_ipc(path, compression="zstd")
    return ReadResult(
        source,
        replace(survey, sha256=sealed.sha256, size=sealed.size),
        parts=tuple(path for result in read for path in result.parts),
        signs=tuple(sorted(signs.items())),
        loss=Loss(source.input, source.path, "partial", reason) if reason else None,
    )

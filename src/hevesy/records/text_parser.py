"""The parser of a text log kind, made of what the kind says of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from hevesy.model import Source, Survey
from hevesy.records.batch import Batch, Parser
from hevesy.records.rest import Rest, read_rests
from hevesy.records.sieve import Sieve
from hevesy.tables import PROVENANCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hevesy.records.text_log import TextLog
    from hevesy.records.wanted import Wanted

__all__ = ["parse_text_log", "text_parser"]


def parse_text_log(log: TextLog, stream: BinaryIO, wanted: Wanted | None) -> Iterator[Batch]:
    """Batches of a text log, one a block of lines; never raises for what the bytes are.

    Args:
        log: the kind.
        stream: the bytes, from their start.
        wanted: with it, rows that it does not want may be absent from the frames; the surveys are
            the same but for `parsed` and `passed_over`.

    Yields:
        Batches, at least one.
    """
    seen = False
    for item in Sieve(log, wanted).read(stream):
        seen = True
        yield from read_rests(log, [item]) if isinstance(item, Rest) else [item]
    if not seen:
        yield Batch(log.table.name, pl.DataFrame(schema=PROVENANCE), Survey())


def text_parser(log: TextLog, recognise: Callable[[bytes, str], bool]) -> Parser:
    """The parser of a text log kind."""

    def parse(_: Source, stream: BinaryIO, wanted: Wanted | None) -> Iterator[Batch]:
        return parse_text_log(log, stream, wanted)

    return Parser(log.kind, recognise, parse, text=log)

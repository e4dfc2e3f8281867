"""Bytes -> tables: one file a log kind, holding how it is recognised and parsed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from hevesy.records import (
    compiled_page,
    config_file,
    ecp_activity,
    ecp_server,
    event_json,
    evtx,
    httpproxy,
    iis_w3c,
    oab_generator,
    script_file,
    web_file,
)
from hevesy.records.batch import Batch, Parser, add_up
from hevesy.records.compiled_page import CompiledPage, read_compiled
from hevesy.records.recognition import recognise_among
from hevesy.records.together import SMALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hevesy.model import Source, Survey

__all__ = [
    "PARSERS",
    "SMALL",
    "Batch",
    "CompiledPage",
    "Parser",
    "add_up",
    "parse",
    "parse_together",
    "parser_for",
    "read_compiled",
    "recognise",
    "survey",
]

PARSERS: tuple[Parser, ...] = (
    evtx.PARSER,
    event_json.PARSER,
    httpproxy.PARSER,
    ecp_server.PARSER,
    ecp_activity.PARSER,
    oab_generator.PARSER,
    iis_w3c.PARSER,
    compiled_page.PARSER,
    config_file.PARSER,
    web_file.PARSER,
    script_file.PARSER,
)
"""Every kind that is read. The order decides where two would know a file: logs, by their content,
before files, by their place."""


def recognise(head: bytes, path: str) -> str:
    """What a file is: by its content first, by its path second.

    Args:
        head: its first 64 KiB.
        path: where it lies in its collection, parts joined by `/`, in any case.

    Returns:
        A key of `hevesy.tables.KINDS`; `later:<what>` for a kind of `hevesy.tables.later_kinds`;
        `other` for a file that is no log and lies in no web root; else `unknown`.
    """
    return recognise_among(PARSERS, head, path)


def parser_for(kind: str) -> Parser | None:
    """The parser of a kind; None for a kind that is not read (`later:...`, `other`, `unknown`)."""
    return next((parser for parser in PARSERS if parser.kind == kind), None)


def parse(
    source: Source, stream: BinaryIO, literals: tuple[str, ...] | None = None
) -> Iterator[Batch]:
    """Read a source, batch by batch, by its `kind`; a kind without rows yields nothing.

    Args:
        source: what is read; its `kind` names the parser.
        stream: its bytes, from their start; seekable where the parser says so.
        literals: with them, rows that hold none of them may be passed over (and are counted).
    """
    parser = parser_for(source.kind)
    if parser is None or parser.parse is None:
        return iter(())
    return parser.parse(source, stream, literals)


def parse_together(
    sources: Sequence[Source], contents: Sequence[bytes], literals: tuple[str, ...] | None = None
) -> list[list[Batch]]:
    """Read small sources of one kind, which is much quicker than one by one; else like `parse`.

    Args:
        sources: what is read, all of one `kind`.
        contents: the bytes of each, at most `SMALL` where its kind is read together at all.
        literals: as for `parse`.

    Returns:
        The batches of each source.
    """
    parser = parser_for(sources[0].kind) if sources else None
    if parser is None or parser.together is None:
        found: list[Batch | None] = [None] * len(sources)
    else:
        found = parser.together(contents, literals)
    return [
        [batch] if batch is not None else list(parse(source, io.BytesIO(data), literals))
        for source, data, batch in zip(sources, contents, found, strict=True)
    ]


def survey(source: Source, stream: BinaryIO) -> Survey:
    """Read every byte of a source for the ledger alone: no row is kept."""
    return add_up(batch.survey for batch in parse(source, stream, ()))

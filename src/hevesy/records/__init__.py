"""Bytes -> tables: one file a log kind, holding how it is recognised and parsed."""

from __future__ import annotations

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
from hevesy.records.evtx import Stretch, parse_stretch, stretches
from hevesy.records.evtx_pool import EvtxPool, Pooled
from hevesy.records.recognition import recognise_among
from hevesy.records.rest import Rest
from hevesy.records.rest import read_rests as rests_of
from hevesy.records.sieve import Sieve
from hevesy.records.wanted import ALWAYS, Needle, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hevesy.model import Source, Survey

__all__ = [
    "ALWAYS",
    "PARSERS",
    "Batch",
    "CompiledPage",
    "EvtxPool",
    "Needle",
    "Parser",
    "Pooled",
    "Rest",
    "Sieve",
    "Stretch",
    "Wanted",
    "add_up",
    "parse",
    "parse_stretch",
    "parser_for",
    "read_compiled",
    "read_rests",
    "recognise",
    "sieve",
    "stretches",
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


def parse(source: Source, stream: BinaryIO, wanted: Wanted | None = None) -> Iterator[Batch]:
    """Read a source, batch by batch, by its `kind`; a kind without rows yields nothing.

    Args:
        source: what is read; its `kind` names the parser.
        stream: its bytes, from their start; seekable where the parser says so.
        wanted: with it, rows that it does not want may be passed over (and are counted).
    """
    parser = parser_for(source.kind)
    if parser is None or parser.parse is None:
        return iter(())
    return parser.parse(source, stream, wanted)


def sieve(kind: str, wanted: Wanted | None) -> Sieve | None:
    """What passes over the rows of a text log kind that nobody wants; None for other kinds."""
    parser = parser_for(kind)
    return None if parser is None or parser.text is None else Sieve(parser.text, wanted)


def read_rests(kind: str, rests: Sequence[Rest]) -> list[Batch]:
    """What sieves left of text logs of one kind, read together: a batch of each.

    Many small logs are read in this way much quicker than one by one.
    """
    parser = parser_for(kind)
    return [] if parser is None or parser.text is None else rests_of(parser.text, rests)


def survey(source: Source, stream: BinaryIO) -> Survey:
    """Read every byte of a source for the ledger alone."""
    return add_up(batch.survey for batch in parse(source, stream, Wanted(())))

"""Passes rows of text logs over: what nobody wants is counted from its bytes, and not read.

Every line is found, its time read, its shape proved; days, builds and servers are counted as if
each row had been read. Lines that hold a needle, or that are in any way out of the ordinary, are a
`Rest`: they are read like any other row.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import polars as pl

from hevesy.records.byte_rows import ByteRows, line_text, lines_as_rows, rows_of
from hevesy.records.headers import BLANK, Context, after_comment
from hevesy.records.lines import (
    BLOCK_BYTES,
    BOM,
    LINE_LIMIT,
    ByteBlock,
    byte_blocks,
    has_mark,
    line_ends,
    lines_of,
)
from hevesy.records.passed_rows import other_servers, passed_rows, with_sample
from hevesy.records.rest import Passed, Rest
from hevesy.records.row_form import Form, form_of
from hevesy.records.text_log import Reading, batch_of, layout_of, valued
from hevesy.records.wanted import ALWAYS, Needle, Search, Wanted, search_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from hevesy.records.batch import Batch
    from hevesy.records.text_log import TextLog

__all__ = ["Sieve"]

_ODD = 0.3
"""Share of odd lines, or of wanted ones, from which on a block is quicker read as a whole."""
_KEPT, _KEPT_CHARACTERS = 20_000, 32 << 20
"""Lines of a rest that are kept waiting, and characters of them: lines may be long."""
_WHOLE = 8
"""Blocks after one of them until it is tried again whether rows can be passed over."""
_FIRST = 64
"""Rows that are looked at first for one that says what the server is."""
_KEYS = 100_000
"""Sets of cells whose answer is remembered."""
_HASH, _LINE_FEED = b"#\n"
_ASCII = 128
_NOTHING = np.empty(0, np.int64)


@dataclass(slots=True)
class _Source:
    """One source on its way through the sieve."""

    reading: Reading
    waiting: list[Rest] = field(default_factory=list)
    kept: int = 0
    characters: int = 0
    """Of the lines that wait."""
    line: int = 1
    """Number of the next line."""
    whole: int = 0
    """Blocks that are read as a whole, since the one before had to be."""
    seen: set[str] = field(default_factory=set)
    """Servers of which a row that says what they are has been kept."""

    def let_go(self) -> list[Rest]:
        """What waits, which waits no more."""
        waiting, self.waiting, self.kept, self.characters = self.waiting, [], 0, 0
        return waiting


class Sieve:
    """One log kind and what is wanted of it, for any number of sources."""

    def __init__(self, log: TextLog, wanted: Wanted | None) -> None:
        """Compile what is searched for.

        Args:
            log: the kind.
            wanted: None: every row.
        """
        self._log = log
        self._possible = wanted.possible if wanted else None
        self._columns = wanted.columns if wanted else ()
        self._counted = wanted is None or wanted.counted
        self._foreign = wanted.foreign if wanted else frozenset()
        always = _always(log) if self._counted else _heads(log)
        self._needles = (*_needed(wanted.needles), *always) if wanted else ()
        self._own = len(self._needles) - len(always)
        """Number of the first needle that is not one of those wanted."""
        self._search = search_for(self._needles) if wanted and log.sift else None
        self._forms: dict[str, Form | None] = {}

    def read(self, stream: BinaryIO, *, small: bool = False) -> Iterator[Batch | Rest]:
        """Batches of what has to be read at once, and rests that may be read with others'.

        Args:
            stream: the bytes, from their start.
            small: whether there are so few that all their rows may wait for others'.
        """
        settle = self._log.settle() if self._log.settle else None
        source = _Source(Reading(self._log, settle=settle))
        for block in byte_blocks(stream):
            rest = None if self._counted else self._look(source, block)
            if rest is None and not source.whole:
                rest = self._sift(source, block)
                source.whole = _WHOLE if rest is None and source.line > 1 else 0
            source.whole = max(0, source.whole - 1)
            if rest is None and small and block.offset < BLOCK_BYTES:
                rest = self._whole(source, block)
            if rest is None:
                yield from source.let_go()
                for lines in lines_of(block, source.line):
                    yield batch_of(source.reading, lines)
                source.line += line_ends(block)
                continue
            if not (rest.raw or rest.passed):
                continue
            source.waiting.append(rest)
            source.kept += len(rest.raw)
            source.characters += rest.characters
            if source.kept >= _KEPT or source.characters >= _KEPT_CHARACTERS:
                yield from source.let_go()
        yield from source.waiting

    def _look(self, source: _Source, block: ByteBlock) -> Rest | None:
        """The lines of a block that hold a needle, and no word of the others.

        None where more has to be known of it.
        """
        if self._search is None or _extraordinary(block):
            return None
        head = _head(self._log, source, block)
        data = block.data
        if self._form(head.context.fields) is None or head.size == len(data):
            return None
        numbers, ends = self._search(data)
        heads = [end for number, end in zip(numbers, ends, strict=True) if number >= self._own]
        if any(end > head.size for end in heads):
            return None
        held = [end - 1 - head.size for end in ends if end > head.size]
        if held or not data.isascii():
            rows = lines_as_rows(data, head.size)
            if _has_long(rows):
                return None
            read = rows.plain
            read[np.searchsorted(rows.ends, held)] = True
            read[np.searchsorted(rows.ends, np.flatnonzero(rows.array >= _ASCII))] = True
            return _rest(source, head, block, rows, read, ())
        source.reading.context, source.line = head.context, source.line + line_ends(block)
        return Rest(head.context, block.size, _NOTHING, _NOTHING, [])

    def _sift(self, source: _Source, block: ByteBlock) -> Rest | None:
        """What is left of a block; None where it has to be read as a whole."""
        if self._search is None or _extraordinary(block):
            return None
        head = _head(self._log, source, block)
        form = self._form(head.context.fields)
        if form is None or head.size == len(block.data):
            return None
        rows, times = rows_of(block.data, form.shape, head.size)
        odd = np.flatnonzero(~rows.plain)
        if _many(len(odd), rows) or _has_long(rows) or self._interrupted(rows, odd):
            return None
        cells = self._constants(rows, form)
        read = None if cells is None else self._wanted_lines(rows, form, self._search)
        if cells is None or read is None:
            return None
        self._show(source, rows, form, read, cells.get(self._log.server, ""))
        passed = passed_rows(times, ~read, cells, head.line)
        passed += other_servers(rows, times, form, ~read, cells, head.line)
        rest = _rest(source, head, block, rows, read, passed)
        return with_sample(rest, rows, form, ~read) if block.offset == 0 else rest

    def _whole(self, source: _Source, block: ByteBlock) -> Rest | None:
        """All lines of a block; None where more than their text is to be known of them."""
        if _extraordinary(block):
            return None
        head = _head(self._log, source, block)
        layout = layout_of(self._log, head.context.fields or "")
        settled = self._log.settle is None or "date" in layout.names
        if head.context.fields is None or head.size == len(block.data) or not settled:
            return None
        rows = lines_as_rows(block.data, head.size)
        if _has_long(rows) or self._interrupted(rows, np.arange(len(rows.starts))):
            return None
        return _rest(source, head, block, rows, ~rows.plain, ())

    def _form(self, fields: str | None) -> Form | None:
        """What is known of the rows under a list of columns; None where none may be passed over."""
        if fields is None:
            return None
        if fields not in self._forms:
            if len(self._forms) > _KEYS:
                self._forms.clear()
            form = form_of(self._log, self._columns, fields)
            foreign = form is None or not self._foreign.isdisjoint(form.layout.names)
            self._forms[fields] = None if foreign else form
        return self._forms[fields]

    def _interrupted(self, rows: ByteRows, odd: NDArray[np.int64]) -> bool:
        """Whether one of some lines is a header, after which rows may look otherwise."""
        begins = rows.starts[odd]
        if (rows.array[np.minimum(begins, len(rows.array) - 1)] == _HASH).any():
            return True
        bare = tuple(start.encode() for start in self._log.bare_starts)
        return bool(bare) and any(
            rows.data[start : start + _FIRST].lower().startswith(bare)
            for start in (begins + rows.base).tolist()
        )

    def _constants(self, rows: ByteRows, form: Form) -> dict[str, str] | None:
        """Cells that all plain rows share; a row with others is plain no more."""
        if not rows.plain.any():
            return {}
        first = np.flatnonzero(rows.plain)[:1]
        values: dict[str, str] = {}
        for column, last in form.constant:
            (value,) = rows.cells(first, column, last)
            names = form.layout.names[column : last + 1]
            values |= zip(names, value.decode().split(form.layout.separator), strict=True)
            others = rows.others(column, value, last)
            if others is not None:
                np.logical_and(rows.plain, ~others, out=rows.plain)
        return None if _many(int((~rows.plain).sum()), rows) else values

    def _wanted_lines(self, rows: ByteRows, form: Form, search: Search) -> NDArray[np.bool_] | None:
        """Which lines have to be read; None where they are too many."""
        read = ~rows.plain
        numbers, ends = search(rows.data)
        if not numbers:
            return read
        asked: dict[int, int] = {}
        lines = np.searchsorted(rows.ends, np.asarray(ends, np.int64) - (1 + rows.base))
        asks = [needle.asked for needle in self._needles]
        for number, line in zip(numbers, lines.tolist(), strict=True):
            asked[line] = asked.get(line, 0) | asks[number]
        held = np.fromiter(asked, np.int64, len(asked))
        held = held[~read[held]]
        if self._possible is not None and form.judged:
            held = self._judged(rows, form, held, asked)
        if _many(len(held), rows):
            return None
        read[held] = True
        return read

    def _judged(
        self, rows: ByteRows, form: Form, lines: NDArray[np.int64], asked: Mapping[int, int]
    ) -> NDArray[np.int64]:
        """Of some lines those that may match what asked for them."""
        cells = [rows.cells(lines, column) for column in form.judged]
        keys = list(zip(*cells, strict=True))
        answers = form.answers
        new = [key for key in set(keys) if key not in answers]
        if new:
            if len(answers) > _KEYS:
                answers.clear()
                new = list(set(keys))
            answers.update(zip(new, self._ask(form, new), strict=True))
        pairs = zip(lines.tolist(), keys, strict=True)
        held = [line for line, key in pairs if asked[line] & (answers[key] | ALWAYS)]
        return np.array(held, np.int64)

    def _ask(self, form: Form, keys: list[tuple[bytes, ...]]) -> Sequence[int]:
        assert self._possible is not None  # noqa: S101  # asked for by the caller
        cells = {
            form.layout.names[column]: [key[at].decode() for key in keys]
            for at, column in enumerate(form.judged)
        }
        return self._possible(valued(self._log, pl.DataFrame(cells)))

    def _show(
        self, source: _Source, rows: ByteRows, form: Form, read: NDArray[np.bool_], server: str
    ) -> None:
        """Keep the first row of each server in a source that says what the server is."""
        sift = self._log.sift
        witness = self._log.witness(form.layout.names) if self._log.witness else None
        if server in source.seen or witness is None or sift is None:
            return
        columns = [form.layout.names.index(name) for name in sift.shown]
        plain = np.flatnonzero(rows.plain)
        begin, count = 0, _FIRST
        while begin < len(plain):
            some = plain[begin : begin + count]
            cells = {
                form.layout.names[column]: [cell.decode() for cell in rows.cells(some, column)]
                for column in columns
            }
            shows = pl.DataFrame(cells).select(witness.fill_null(value=False)).to_series()
            if len(found := shows.arg_true()):
                read[some[found[0]]] = True
                source.seen.add(server)
                return
            begin, count = begin + count, count * 2


def _always(log: TextLog) -> tuple[Needle, ...]:
    """What tells rows that are read whoever wants them: they say more of others than themselves."""
    return tuple(map(Needle, log.sift.always)) if log.sift else ()


def _heads(log: TextLog) -> tuple[Needle, ...]:
    """What tells a header line, after which rows may look otherwise."""
    return (Needle("\n#"), *(Needle(f"\n{start}") for start in log.bare_starts))


def _needed(needles: tuple[Needle, ...]) -> tuple[Needle, ...]:
    """Needles without those that are found only where another one of the same askers is."""
    literals = [each for each in needles if not each.expression]
    return tuple(
        each
        for each in needles
        if each.expression
        or not any(
            other is not each
            and other.text.lower() in each.text.lower()
            and not each.asked & ~other.asked
            and (other.text.lower() != each.text.lower() or other.asked != each.asked)
            for other in literals
        )
    )


def _many(count: int, rows: ByteRows) -> bool:
    """Whether so many lines are to be read that they are quicker read with all others."""
    return count > _FIRST and count > _ODD * len(rows.starts)


def _has_long(rows: ByteRows) -> bool:
    """Whether a line may be too long to be read; a byte that is not UTF-8 becomes four signs."""
    return len(rows.data) > LINE_LIMIT and int((rows.ends - rows.starts).max()) > LINE_LIMIT // 4


def _extraordinary(block: ByteBlock) -> bool:
    """Whether something about a block has to be told beside its rows."""
    data = block.data
    if block.wide or block.endless is not None or not data or b"\0" in data:
        return True
    # A mark that is not the first thing of a log: two logs were joined.
    return not data.isascii() and has_mark(data, 0 if block.offset else 1)


@dataclass(frozen=True, slots=True)
class _Head:
    """Header lines at the start of a block, and what holds after them."""

    context: Context
    size: int
    """Bytes of them."""
    line: int
    """Number of the first line after them."""


def _head(log: TextLog, source: _Source, block: ByteBlock) -> _Head:
    data, context, line = block.data, source.reading.context, source.line
    at = len(BOM) if block.offset == 0 and data.startswith(BOM) else 0
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        text = line_text(data[at : end - (data[end - 1] == _LINE_FEED)])
        if text.startswith("#"):
            context = after_comment(context, text)
        elif text.lower().startswith(log.bare_starts):
            context = replace(context, fields=text)
        elif text.strip(BLANK):
            break
        at, line = end, line + 1
    return _Head(context, at, line)


def _rest(
    source: _Source,
    head: _Head,
    block: ByteBlock,
    rows: ByteRows,
    read: NDArray[np.bool_],
    passed: tuple[Passed, ...],
) -> Rest:
    """The lines that are to be read; the source goes on after the block."""
    source.reading.context = head.context
    source.line = head.line + len(rows.starts)
    lines = np.flatnonzero(read)
    return Rest(
        context=head.context,
        size=block.size,
        line=lines + head.line,
        offset=rows.starts[lines] + (block.offset + head.size),
        raw=rows.text(lines),
        passed=passed,
    )

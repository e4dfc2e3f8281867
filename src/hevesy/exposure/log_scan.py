r"""Builds that a whole log shows, each with its first and last line, without making a table of it.

Exchange's text logs say their build in up to three places: `#Version: 15.01.2176.009` above the
rows, the four version columns of HttpProxy, `S:BLD=15.1.2176.9` in ECP's EventData. A server can be
patched within a log, so all of it is read; but builds change seldom, and a search for the next row
that does *not* carry the build of the one before it passes over the others as fast as bytes are
compared. HttpProxy rows also name the server that a request was passed on to, and its version as a
number (`FEAuth=BEVersion-1942063431`). Where IIS or HttpProxy answered 200 for a script below
`/owa/auth/15.1.2375/`, that folder was there: the cumulative update was installed then or before.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from hevesy.exposure.log_builds import back_end_build
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildSeen, TargetSeen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

__all__ = ["LIMIT", "LogScan", "is_exchange_log", "scan_log"]

LIMIT = 8 << 30
"""Bytes of one log that are read; Exchange begins a new one after an hour, a day, or 10 MB."""
_PIECE = 4 << 20
_LINE = 8 << 20
"""A longer line is no row."""
_BUILDS, _TARGETS = 64, 256
"""Of one log that are kept; a real one shows one or two builds, and a few servers."""
_TRIES = 10_000
"""Rows that are looked at for one value: what names it may be forged in all of them."""
_BACK = 64
_DOTS = 3
_SAMPLE = 20
"""Rows of each block of which the server's name is taken."""

_BOM = b"\xef\xbb\xbf"
_SOFTWARE = re.compile(rb"(?:^|\n)#Software: Microsoft Exchange")
_HEADER = re.compile(rb"\n(?:#(Version|Fields): ([^\r\n]*)|((?:DateTime|TimeStamp),[^\r\n]*))")
_ROW = re.compile(rb"\n(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?)Z?[, ]")
"""Of Exchange, with commas, and of IIS, with blanks."""
_BLD = re.compile(rb"S:BLD=([0-9.]{7,20})")
_VERSION = re.compile(rb",(15\.\d\d\.\d{3,5}\.\d{3,4})[,\r\n]")
_BACK_END = re.compile(rb"FEAuth=BEVersion-(\d{6,12})")
_URL = re.compile(
    rb"/owa/(?:auth/|prem/)?(15\.\d{1,2}\.\d{3,5}(?:\.\d{1,4})?)/"
    rb"[^ ,?\r\n]{1,200}\.(?:js|css|png|gif)"
)
_OK = (b",200,", b" 200 ")
_HOST = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
_FORGED = (b"serverinfo~", b"x-beresource", b"x-anonresource")
"""In a row whose back end the client named itself."""
_GRADES = {
    "header_version": "su_exact",
    "columns": "su_exact",
    "S:BLD": "su_exact",
    "back_end": "cu_only",
    "url": "cu_only",
}
_NUMBERS = (b"majorversion", b"minorversion", b"buildversion", b"revisionversion")


@dataclass(frozen=True, slots=True)
class LogScan:
    """What one log says of builds and servers."""

    builds: tuple[BuildSeen, ...]
    names: tuple[tuple[str, int], ...]
    """Names of the server that wrote it, as some rows carry them, and in how many of those."""
    targets: tuple[TargetSeen, ...]
    whole: bool
    """Whether all of it was read; else it is longer than `LIMIT`."""


def is_exchange_log(head: bytes) -> bool:
    """Whether a file begins as a text log of Exchange, of any kind."""
    return _SOFTWARE.search(head[:8192].removeprefix(_BOM)) is not None


def scan_log(stream: BinaryIO, head: bytes = b"") -> LogScan:
    """Read a log to its end.

    Args:
        stream: its bytes; what cannot be read raises as reading it does.
        head: what was read of it already.
    """
    scan = _Scan()
    rest, size = head.removeprefix(_BOM), len(head)
    while piece := stream.read(min(_PIECE, LIMIT - size)):
        size += len(piece)
        data = (rest + piece).removeprefix(_BOM) if size == len(piece) else rest + piece
        cut = data.rfind(b"\n") + 1
        if cut:
            scan.block(b"\n" + data[:cut])
        rest = data[cut:] if len(data) - cut <= _LINE else b""
    if rest:
        scan.block(b"\n" + rest.rstrip(b"\n") + b"\n")
    return scan.told(whole=size < LIMIT or not stream.read(1))


@dataclass(slots=True)
class _Seen:
    """When something is seen in a log, and on which lines."""

    first: datetime
    last: datetime
    line: int
    last_line: int

    def add(self, moment: datetime, line: int) -> None:
        """One more line that shows it."""
        self.first = min(self.first, moment)
        self.last = max(self.last, moment)
        self.line = min(self.line, line)
        self.last_line = max(self.last_line, line)


@dataclass(slots=True)
class _Scan:
    """What was seen so far; blocks begin with a line feed, so that each row has one before it."""

    builds: dict[tuple[str, str], _Seen] = field(default_factory=dict)
    targets: dict[tuple[str, str], _Seen] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)
    columns: tuple[bytes, ...] = ()
    version: str = ""
    lines: int = 0
    """Before this block."""
    counted: tuple[int, int] = (0, 0)
    """A place in this block, and how many line feeds stand before it: the next is near."""

    def told(self, *, whole: bool) -> LogScan:
        """Everything, in an order of its own."""
        return LogScan(
            builds=tuple(
                BuildSeen(build, _GRADES[origin], origin, s.first, s.last, s.line, s.last_line)
                for (build, origin), s in sorted(self.builds.items())
            ),
            names=tuple(sorted(self.names.items())),
            targets=tuple(
                TargetSeen(name, build, s.first, s.last, s.line)
                for (name, build), s in sorted(self.targets.items())
            ),
            whole=whole,
        )

    def block(self, data: bytes) -> None:
        """Whole lines of the log."""
        start = 0
        for header in _HEADER.finditer(data):
            self._rows(data, start, header.start() + 1)
            self._header(header)
            start = header.end()
        self._rows(data, start, len(data))
        self.lines += data.count(b"\n") - 1
        self.counted = (0, 0)

    def _header(self, header: re.Match[bytes]) -> None:
        word, value, bare = header.groups()
        if word == b"Version":
            build = parse_build(value.decode("ascii", "replace"))
            self.version = show_build(build) if build else ""
        else:
            names = (value or bare).split(b"," if b"," in (value or bare) else b" ")
            self.columns = tuple(name.strip().lower() for name in names)

    def _rows(self, data: bytes, start: int, end: int) -> None:
        """Rows that stand below one header; `end` is one past the line feed after the last."""
        first = _ROW.search(data, start, end)
        if first is None:
            return
        begin = first.start()
        if self.version:
            self._see(self.builds, (self.version, "header_version"), data, begin)
            self._see_last((self.version, "header_version"), data, begin, end - 1)
        self._take_names(data, begin, end)
        if self._place(*_NUMBERS) is not None:
            self._take_columns(data, begin, end)
        if b"eventdata" in self.columns:
            self._take_event_data(data, begin, end)
        if self._place(b"targetserver", b"targetserverversion") is not None:
            self._take_targets(data, begin, end)
            self._take_back_ends(data, begin, end)
        if b"urlstem" in self.columns or b"cs-uri-stem" in self.columns:
            self._take_urls(data, begin, end)

    def _place(self, *names: bytes) -> int | None:
        """Where columns stand beside each other, in this order."""
        if names[0] not in self.columns:
            return None
        place = self.columns.index(names[0])
        return place if self.columns[place : place + len(names)] == names else None

    def _take_names(self, data: bytes, begin: int, end: int) -> None:
        column = next((c for c in (b"serverhostname", b"servername") if c in self.columns), None)
        if column is None:
            return
        place = self.columns.index(column)
        rows = data[begin + 1 : min(end, begin + 64 * 1024)].split(b"\n", _SAMPLE)[:_SAMPLE]
        for cells in (row.split(b",", place + 1) for row in rows):
            if len(cells) > place + 1 and _HOST.fullmatch(cells[place]):
                self.names[cells[place].decode("ascii")] += 1

    def _take_columns(self, data: bytes, begin: int, end: int) -> None:
        """The build of the first row, and of each that has another than the one before it."""
        place = self._place(*_NUMBERS) or 0
        build, position, low = "", begin, begin
        while hit := _deviating(place, build).search(data, position, end):
            position = hit.end()
            # A row that was cut short must not lend the cells of the one below it.
            line = data[hit.start() + 1 : hit.start() + 1024].partition(b"\n")[0]
            cells = line.rstrip(b"\r").split(b",", place + 4)[place:]
            number = parse_build(b".".join(cells[:4]).decode("ascii", "replace"))
            if not _ROW.match(data, hit.start()):
                number = None
            if build:
                self._see_last((build, "columns"), data, low, hit.start())
            low = hit.start() if number else hit.end()
            if number is None:
                continue
            build = show_build(number)
            self._see(self.builds, (build, "columns"), data, hit.start())
        if build:
            self._see_last((build, "columns"), data, low, end - 1)

    def _take_event_data(self, data: bytes, begin: int, end: int) -> None:
        """The last `S:BLD=` of a row is its own; what stands before it may be of the client."""
        for text in set(_BLD.findall(data, begin, end)):
            number = parse_build(text.decode("ascii"))
            if number is None:
                continue
            needle = b"S:BLD=" + text
            for row in _ends(data, needle, begin, end, _is_own_build(data, text)):
                self._see(self.builds, (show_build(number), "S:BLD"), data, row)

    def _take_targets(self, data: bytes, begin: int, end: int) -> None:
        """Servers and builds to which rows say that they were passed on."""
        place = self._place(b"targetserver", b"targetserverversion") or 0
        own = {_short(name) for name in self.names} | {"LOCALHOST"}
        for version in set(_VERSION.findall(data, begin, end)):
            number = parse_build(version.decode("ascii"))
            parts = data[begin:end].split(b"," + version)[:-1]
            for name in {part[part.rfind(b",") + 1 :] for part in parts}:
                shown = name.decode("ascii", "replace").lower()
                if number is None or not _HOST.fullmatch(name) or _short(shown) in own:
                    continue
                pair = (name, version)
                for row in _ends(
                    data, b"," + b",".join(pair), begin, end, _is_honest(data, place, pair)
                ):
                    self._see(self.targets, (shown, show_build(number)), data, row)

    def _take_back_ends(self, data: bytes, begin: int, end: int) -> None:
        """The back end's version as a number: of the server itself, or of another."""
        place = self._place(b"targetserver", b"targetserverversion") or 0
        own = {_short(name) for name in self.names} | {"LOCALHOST", ""}
        for text in set(_BACK_END.findall(data, begin, end)):
            build = back_end_build(int(text))
            if build is None:
                continue
            for row in _ends(data, b"BEVersion-" + text, begin, end, _is_asked(data)):
                cells = data[row + 1 : data.find(b"\n", row + 1)].split(b",", place + 1)
                host = cells[place].decode("ascii", "replace").lower() if len(cells) > place else ""
                if _short(host) in own:
                    self._see(self.builds, (show_build(build), "back_end"), data, row)
                elif _HOST.fullmatch(host.encode()):
                    self._see(self.targets, (host, show_build(build)), data, row)

    def _take_urls(self, data: bytes, begin: int, end: int) -> None:
        """Versions in the addresses of scripts that were answered."""
        for text in set(_URL.findall(data, begin, end)):
            number = parse_build(
                f"{text.decode('ascii')}.0" if text.count(b".") < _DOTS else text.decode("ascii")
            )
            if number is None:
                continue
            for row in _ends(data, b"/" + text + b"/", begin, end, _is_answered(data)):
                self._see(self.builds, (show_build(number), "url"), data, row)

    def _see(
        self, seen: dict[tuple[str, str], _Seen], key: tuple[str, str], data: bytes, row: int
    ) -> None:
        match = _ROW.match(data, row)
        moment = _moment(match[1]) if match else None
        if moment is None:
            return
        line = self._line(data, row + 1)
        if key in seen:
            seen[key].add(moment, line)
        elif len(seen) < (_BUILDS if seen is self.builds else _TARGETS):
            seen[key] = _Seen(moment, moment, line, line)

    def _line(self, data: bytes, place: int) -> int:
        """The line (1-based) that begins at a place."""
        before, number = self.counted
        if place >= before:
            number += data.count(b"\n", before, place)
        else:
            number -= data.count(b"\n", place, before)
        self.counted = (place, number)
        return self.lines + number

    def _see_last(self, key: tuple[str, str], data: bytes, begin: int, end: int) -> None:
        """The last row before a place; lines that are none are passed over."""
        for _ in range(_BACK):
            end = data.rfind(b"\n", begin, end)
            if end < 0:
                return
            if _ROW.match(data, end):
                self._see(self.builds, key, data, end)
                return


def _short(name: str) -> str:
    return name.split(".", maxsplit=1)[0].upper()


@cache
def _deviating(place: int, build: str) -> re.Pattern[bytes]:
    """Finds rows that do not carry a build in their version columns."""
    other = rf"(?!(?:[^,\r\n]*,){{{place}}}{build.replace('.', ',')},)" if build else ""
    return re.compile(rf"\n(?=\d{{4}}-){other}".encode())


def _ends(
    data: bytes, needle: bytes, begin: int, end: int, is_own: Callable[[int, int], bool]
) -> Iterator[int]:
    """Where the first and the last row begin that hold something and are accepted."""
    for find in (data.find, data.rfind):
        start, stop = begin, end
        for _ in range(_TRIES):
            place = find(needle, start, stop)
            if place < 0:
                break
            row, after = data.rfind(b"\n", 0, place), data.find(b"\n", place)
            if is_own(row, after):
                yield row
                break
            start, stop = (after, stop) if find == data.find else (start, row + 1)


def _is_own_build(data: bytes, text: bytes) -> Callable[[int, int], bool]:
    def is_own(row: int, after: int) -> bool:
        last = _BLD.match(data, data.rfind(b"S:BLD=", row, after))
        return last is not None and last[1] == text and _ROW.match(data, row) is not None

    return is_own


def _is_asked(data: bytes) -> Callable[[int, int], bool]:
    """Rows in which no client named the back end."""

    def is_asked(row: int, after: int) -> bool:
        lower = data[row:after].lower()
        return not any(mark in lower for mark in _FORGED)

    return is_asked


def _is_answered(data: bytes) -> Callable[[int, int], bool]:
    """Rows whose request was answered with 200."""

    def is_answered(row: int, after: int) -> bool:
        return any(mark in data[row : after + 1] for mark in _OK)

    return is_answered


def _is_honest(data: bytes, place: int, pair: tuple[bytes, bytes]) -> Callable[[int, int], bool]:
    """Rows that name a server where it belongs, and in which no client named the back end."""

    def is_honest(row: int, after: int) -> bool:
        text = data[row + 1 : after]
        cells = text.rstrip(b"\r").split(b",", place + 2)
        named = tuple(cells[place : place + 2]) == pair
        return named and not any(mark in text.lower() for mark in _FORGED)

    return is_honest


def _moment(text: bytes) -> datetime | None:
    try:
        return datetime.fromisoformat(text.decode("ascii")).replace(tzinfo=UTC)
    except ValueError:
        return None

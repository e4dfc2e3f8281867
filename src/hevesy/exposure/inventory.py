"""An inventory as CSV: a name and a build for each server, whatever tool wrote it.

Columns, in any case and order: `name` (or `server`, `hostname`, `computername`, `fqdn`) and `build`
(or `version`, `admindisplayversion`, `exchangebuild`, `fileversion`); others are passed over. What
`Get-ExchangeServer | Export-Csv` writes is such a file, with a `#TYPE` line in front.
"""

from __future__ import annotations

import csv
import io

from hevesy.errors import EvidenceError
from hevesy.exposure.reading import Reading, short_name
from hevesy.knowledge import parse_build, show_build
from hevesy.model import BuildEvidence, ServerEvidence

__all__ = ["decode_text", "is_inventory", "read_inventory"]

_NAMES = ("name", "server", "servername", "hostname", "host", "computername", "fqdn", "identity")
_BUILDS = ("build", "exchangebuild", "fileversion", "version", "admindisplayversion")
_DIRECTORY = "admindisplayversion"
"""What Active Directory holds: it follows cumulative updates and never a security update."""
_DIRECTORY_TEXT = "Version "
"""How its values begin, `Version 15.1 (Build 2176.2)`, whatever column somebody put them in."""
_FIELD = 4096
_WITH_UPDATES = 15
"""From this major number on, a security update shows in the last part, which is never 0."""
_ENCODINGS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


def is_inventory(head: bytes) -> bool:
    """Whether a file's first line names a server column and a build column."""
    text = decode_text(head)
    lines = [line for line in text.splitlines() if not line.startswith("#TYPE")]
    if not lines:
        return False
    names = _header(next(csv.reader([lines[0]], delimiter=_delimiter(lines[0])), []))
    return _pick(names, _NAMES) is not None and _pick(names, _BUILDS) is not None


def read_inventory(data: bytes, place: str, server: str = "") -> Reading:
    """Servers and builds of an inventory; a bad row is named and the others are read.

    Args:
        data: the file.
        place: how a person finds it.
        server: not used: an inventory names its servers.
    """
    del server
    rows = _Rows(decode_text(data), place)
    try:
        found = list(rows)
    except EvidenceError as error:
        return Reading(problems=(*rows.problems, str(error)))
    return Reading(tuple(found), tuple(rows.problems))


def decode_text(data: bytes) -> str:
    """Text of a file by its byte-order mark; UTF-8 without one, other bytes shown as such."""
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "backslashreplace")


class _Rows:
    """The rows of an inventory; what is wrong with the others."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place
        self.problems: list[str] = []

    def __iter__(self) -> _Rows:
        lines = io.StringIO(self._text, newline="")
        first = lines.readline()
        self._before = 1 if first.startswith("#TYPE") else 0
        header = lines.readline() if self._before else first
        self._reader = csv.reader(lines, delimiter=_delimiter(header))
        self._before += 1
        names = _header(next(csv.reader([header], delimiter=_delimiter(header)), []))
        self._name = self._column(names, _NAMES, "name")
        self._build = self._column(names, _BUILDS, "build")
        self._from_directory = names[self._build] == _DIRECTORY
        return self

    def __next__(self) -> ServerEvidence:
        while True:
            try:
                cells = next(self._reader)
            except csv.Error as error:
                raise EvidenceError(f"{self._here()}: {error}") from error
            if not any(cell.strip() for cell in cells):
                continue
            if server := self._server(cells):
                return server

    def _column(self, names: list[str], wanted: tuple[str, ...], title: str) -> int:
        position = _pick(names, wanted)
        if position is None:
            known = ", ".join(wanted)
            shown = ", ".join(names) or "nothing"
            raise EvidenceError(
                f"{self._place}:{self._before}: no column {title} (one of {known}); it has {shown}"
            )
        return position

    def _server(self, cells: list[str]) -> ServerEvidence | None:
        if len(cells) <= max(self._name, self._build):
            self.problems.append(f"{self._here()}: the row has {len(cells)} cells, too few")
            return None
        name, text = cells[self._name].strip()[:_FIELD], cells[self._build].strip()[:_FIELD]
        build = parse_build(text)
        if not name or build is None:
            what = f"no Exchange build: {text!r}" if name else "the row names no server"
            self.problems.append(f"{self._here()}: {what}")
            return None
        shown = show_build(build)
        # Active Directory tells no security update, nor does a number whose last part is none.
        from_directory = self._from_directory or text.startswith(_DIRECTORY_TEXT)
        rounded = build[0] == _WITH_UPDATES and build[3] == 0
        grade = "cu_only" if from_directory or rounded else "su_exact"
        evidence = BuildEvidence(
            build=shown,
            grade=grade,
            origin="server_list" if from_directory else "inventory",
            source=self._place,
            line=self._before + self._reader.line_num,
            text="" if text == shown else text,
        )
        short = short_name(name)
        aliases = () if name.upper() == short else (name,)
        return ServerEvidence(short, (evidence,), aliases=aliases)

    def _here(self) -> str:
        return f"{self._place}:{self._before + self._reader.line_num}"


def _header(cells: list[str]) -> list[str]:
    return [
        cell.strip().strip("\ufeff").lower().replace(" ", "").replace("_", "") for cell in cells
    ]


def _pick(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(one) for one in wanted if one in names), None)


def _delimiter(header: str) -> str:
    """The separator that a header has most of; a German Excel writes semicolons."""
    return max(",;\t", key=header.count)

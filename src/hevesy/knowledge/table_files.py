"""CSV data files, header and values checked; a mistake names file, line and value."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import TYPE_CHECKING

from hevesy.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["check_date", "check_sha256", "read_rows", "read_text"]


def read_text(path: Path) -> str:
    """Text of a content file, with or without a byte-order mark.

    Raises:
        ContentError: The file cannot be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ContentError(f"cannot be read: {error.strerror or error}", str(path)) from error
    except UnicodeDecodeError as error:
        raise ContentError(f"is not UTF-8 at byte {error.start}", str(path)) from error


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a table with the line each ends on; the header must be exactly `columns`.

    Raises:
        ContentError: Another header, or a row with more or fewer cells.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""))
    header = next(reader, [])
    if header != list(columns):
        raise ContentError(f"header is {header}, not {list(columns)}", str(path), 1)
    for cells in reader:
        if len(cells) != len(columns):
            message = f"row has {len(cells)} cells, not {len(columns)}"
            raise ContentError(message, str(path), reader.line_num)
        yield reader.line_num, dict(zip(columns, cells, strict=True))


def check_sha256(text: str, path: Path, line: int) -> str:
    """The hash in lower case.

    Raises:
        ContentError: It is not 64 hex digits.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise ContentError(f"sha256 is not 64 hex digits: {text!r}", str(path), line)
    return text.lower()


def check_date(text: str, path: Path, line: int | None) -> dt.date:
    """A date written as YYYY-MM-DD.

    Raises:
        ContentError: It is not.
    """
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise ContentError(f"date is not YYYY-MM-DD: {text!r}", str(path), line) from error

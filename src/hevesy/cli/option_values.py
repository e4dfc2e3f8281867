"""Values of options: each reads one text, or says in a sentence what it should have been."""

from __future__ import annotations

import argparse
import re
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from hevesy.errors import UsageError
from hevesy.runner.options import ClockOffset

__all__ = [
    "add_common",
    "clock",
    "day",
    "moment",
    "named",
    "named_path",
    "positive",
    "tlp",
    "web_address",
]

_CLOCK = re.compile(
    r"(?P<host>[^=:]+)(?P<windows>:windows)?=(?P<sign>[+-])(?P<amount>\d+)(?P<unit>[hms])"
)
_PLAIN = re.compile(r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")
_UNITS = {"h": 3600, "m": 60, "s": 1}

TLP = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
"""Marks of TLP 2.0."""


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what every command that works on evidence has."""
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress, no last screen")
    parser.add_argument(
        "-v", "--verbose", action="count", default=0, help="say more on stderr; twice, still more"
    )


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number above 0, not {text!r}")
    return int(text)


def day(text: str) -> date:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a date as YYYY-MM-DD, not {text!r}") from error


def moment(text: str) -> datetime:
    """A time as ISO 8601; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"a time as 2021-03-03T04:05:06Z, not {text!r}") from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def tlp(text: str) -> str:
    """A mark of TLP 2.0, with or without `TLP:`."""
    mark = text.upper().removeprefix("TLP:")
    if mark not in TLP:
        raise argparse.ArgumentTypeError(f"one of {', '.join(TLP)}, not {text!r}")
    return mark


def named(text: str) -> str:
    """A name that is not blank."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a name, not a blank")
    return text


def web_address(text: str) -> str:
    """An address of the web, as a CSAF document needs it."""
    parts = urlsplit(text) if _PLAIN.fullmatch(text) else urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise argparse.ArgumentTypeError(f"an address as https://example.org, not {text!r}")
    return text


def clock(text: str) -> ClockOffset:
    """`HOST=+5h`, or `HOST:windows=-30m` for Windows events only."""
    found = _CLOCK.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"HOST=+5h or HOST:windows=-30m, not {text!r}")
    seconds = int(found["sign"] + found["amount"]) * _UNITS[found["unit"]]
    return ClockOffset(found["host"].split(".")[0].upper(), seconds, bool(found["windows"]))


def named_path(text: str) -> tuple[str, str]:
    """`NAME=PATH`."""
    name, sign, path = text.partition("=")
    if not (sign and name and path):
        raise argparse.ArgumentTypeError(f"NAME=PATH, not {text!r}")
    return name, path


def existing(text: str) -> Path:
    """A path that exists.

    Raises:
        UsageError: It does not.
    """
    path = Path(text)
    if not path.exists():
        raise UsageError(f"there is no file or folder {text!r}")
    return path

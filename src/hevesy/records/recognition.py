"""What the head of a file says of its kind: its first lines, its `#Log-type:`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from hevesy.tables import later_kinds

if TYPE_CHECKING:
    from hevesy.records.batch import Parser

__all__ = ["head_lines", "is_page", "log_type", "recognise_among"]

_LINES = 200
_LOG_ENDINGS = (".log", ".evtx", ".evt", ".etl", ".jsonl", ".ndjson", ".dmp")
_LOG_PLACES = (
    "/logging/", "/logfiles/", "/transportroles/logs/", "/winevt/", "/exchangesetuplogs/",
)  # fmt: skip
_PAGES = (
    *(".aspx", ".ashx", ".asmx", ".ascx", ".asax", ".asp", ".asa", ".cer", ".cshtml", ".svc"),
    *(".master", ".soap", ".rem", ".php", ".jsp", ".js", ".htm", ".html", ".config", ".compiled"),
    *(".ps1", ".bat", ".cmd", ".vbs", ".dll", ".exe"),
)


@lru_cache(maxsize=1)  # each parser asks for those of the same file
def head_lines(head: bytes) -> tuple[str, ...]:
    """The first lines of a file, lower case, without BOM and blanks around; blank ones left out."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = head.decode("utf-16", errors="replace")
    else:
        text = head.decode("utf-8-sig", errors="replace")
    lines = (line.strip(" \t\r\0\ufeff").lower() for line in text.split("\n", _LINES)[:_LINES])
    return tuple(line for line in lines if line)


def log_type(head: bytes) -> str:
    """What `#Log-type:` says in the first lines, lower case; empty where it is not there."""
    for line in head_lines(head):
        if line.startswith("#log-type:"):
            return line.removeprefix("#log-type:").strip()
    return ""


def is_page(path: str) -> bool:
    """Whether a file is one that a server or shell would run, whatever its first lines pretend.

    A page that begins like a log would otherwise be taken for one, and never be scanned.
    """
    return path.endswith(_PAGES)


def recognise_among(parsers: tuple[Parser, ...], head: bytes, path: str) -> str:
    """See `hevesy.records.recognise`."""
    path = "/" + path.replace("\\", "/").lower().lstrip("/")
    page = is_page(path)
    if not page:
        for parser in parsers:
            if parser.parse is not None and parser.recognise(head, ""):
                return parser.kind
        if later := _later_by_content(head):
            return f"later:{later}"
    # A page that begins like a log is a page: the line end keeps it from being taken for a log.
    shown = b"\n" + head if page else head
    for parser in parsers:
        if not (page and parser.parse is not None) and parser.recognise(shown, path):
            return parser.kind
    for kind in later_kinds().values():
        if any(fnmatchcase(path, pattern) for pattern in kind.paths):
            return f"later:{kind.what}"
    log_expected = path.endswith(_LOG_ENDINGS) or any(place in path for place in _LOG_PLACES)
    return "unknown" if log_expected or _has_log_header(head) else "other"


def _later_by_content(head: bytes) -> str:
    kind_of_log = log_type(head)
    beginning = "\n".join(head_lines(head))
    for kind in later_kinds().values():
        if kind_of_log:
            if kind_of_log in kind.log_types:
                return kind.what
        elif head.startswith(kind.magics) or any(text in beginning for text in kind.contents):
            return kind.what
    return ""


def _has_log_header(head: bytes) -> bool:
    return any(line.startswith(("#fields:", "#log-type:")) for line in head_lines(head))

r"""Messages: each Exchange server that passed one on wrote its build into a Received header.

Format: RFC 5322, section 3.6.7: `Received: from A by B with Microsoft SMTP Server (...) id
15.2.2562.37; Mon, 1 Jun 2026 10:00:00 +0000`. The id is the build of B, to the security update.
Only headers above that of the first foreign server are sure; whoever sent a message can write any
below. So of a message the uppermost run of Exchange servers is taken.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from hevesy.exposure.inventory import decode_text
from hevesy.exposure.log_builds import received_builds
from hevesy.exposure.reading import Reading, short_name
from hevesy.model import ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["is_message", "read_message"]

_SMTP = re.compile(rb"(?:^|\n)Received:.{0,400}?with Microsoft SMTP Server", re.DOTALL)
_BY = re.compile(r"\bby ([A-Za-z0-9][A-Za-z0-9.-]{0,252})")
_DATE = re.compile(
    r";\s*(?:[A-Z][a-z]{2},\s*)?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) "
    r"(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEAD = 256 << 10
_NAME = "received:"


def is_message(head: bytes) -> bool:
    """Whether a file has a Received header that Exchange wrote."""
    return _SMTP.search(head.replace(b"\r\n", b"\n")) is not None


def read_message(data: bytes, place: str) -> Reading:
    """The servers whose Received headers stand above any foreign one.

    Args:
        data: the message; its headers stand at its beginning.
        place: how a person finds it.
    """
    found = []
    for line, header in _received(decode_text(data[:_HEAD])):
        builds = received_builds(header, place, line)
        host = _BY.search(header)
        if not builds or host is None:
            break
        moment = _moment(header)
        name = host[1]
        dated = tuple(replace(one, first=moment, last=moment) for one in builds[:1])
        aliases = (name,) if "." in name else ()
        found.append(ServerEvidence(short_name(name), dated, aliases=aliases))
    return Reading(tuple(found))


def _received(text: str) -> Iterator[tuple[int, str]]:
    """Received headers with their first lines, folded ones made one, until the headers end."""
    line, header = 0, ""
    for number, row in enumerate(text.splitlines(), start=1):
        if row[:1] in {" ", "\t"} and header:
            header += f" {row.strip()}"
            continue
        if header:
            yield line, header
            header = ""
        if not row.strip():
            return
        if row.lower().startswith(_NAME):
            line, header = number, row
    if header:
        yield line, header


def _moment(header: str) -> datetime | None:
    match = _DATE.search(header)
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[n]) for n in (1, 3, 4, 5, 6))
    away = timedelta(hours=int(match[8]), minutes=int(match[9]))
    try:
        zone = timezone(-away if match[7] == "-" else away)
        month = _MONTHS.index(match[2]) + 1
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

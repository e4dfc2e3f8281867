r"""Logs of the Exchange Emergency Mitigation Service: which mitigation was applied, and when.

Format: `<ex>\Logging\MitigationService`, an Exchange text log whose rows begin with their time and
hold `S:LogLevel=Information;S:Message=...`. Rows of a service that starts, fetches and fails were
read on public pages, none of one that applies a mitigation: a row counts where its message names a
mitigation (`M1`, `M1.1`) and says that it was applied, in whatever order, and no failure.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hevesy.exposure.inventory import decode_text
from hevesy.exposure.reading import Reading
from hevesy.model import Mitigation, ServerEvidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hevesy.knowledge import ExchangeKnowledge, Measure

__all__ = ["is_mitigation_log", "read_mitigation_log"]

_FOLDER = "/mitigationservice/"
_TYPE = re.compile(rb"#Log-type: *Mitigation", re.IGNORECASE)
_ROW = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?)Z?,(.*S:Message=.*)")
_NAMED = re.compile(r"\b(M\d+(?:\.\d+)*)\b")
_APPLIED = re.compile(r"\bappl(?:ied|ying)\b", re.IGNORECASE)
_NOT = re.compile(
    r"\b(?:not|no|fail\w*|error|exception|block\w*|skip\w*|remov\w*|roll\w*)\b", re.IGNORECASE
)


def is_mitigation_log(head: bytes, path: str) -> bool:
    """Whether a file is such a log, by its folder or its header."""
    where = f"/{path}".replace("\\", "/").lower()
    return (_FOLDER in where and where.endswith(".log")) or _TYPE.search(head) is not None


def read_mitigation_log(
    data: bytes, place: str, known: ExchangeKnowledge, server: str = ""
) -> Reading:
    """The measures that a log says were applied, each with the first line that says so.

    Args:
        data: the file.
        place: how a person finds it.
        known: the tables.
        server: whose it is.
    """
    found: dict[str, Mitigation] = {}
    for line, moment, message in _rows(decode_text(data)):
        if not _APPLIED.search(message) or _NOT.search(message):
            continue
        for measure in known.measures:
            name = next((one for one in _NAMED.findall(message) if _is_of(one, measure)), "")
            if name and measure.name not in found:
                found[measure.name] = Mitigation(
                    measure.name,
                    measure.title,
                    measure.cves,
                    active=True,
                    why=f"the Emergency Mitigation Service applied {name}",
                    source=place,
                    line=line,
                    since=moment,
                    since_from="log_line",
                )
    if not found:
        return Reading()
    return Reading((ServerEvidence(server, mitigations=tuple(found.values())),))


def _rows(text: str) -> Iterator[tuple[int, datetime, str]]:
    for line, row in enumerate(text.splitlines(), start=1):
        if match := _ROW.match(row):
            try:
                moment = datetime.fromisoformat(match[1]).replace(tzinfo=UTC)
            except ValueError:
                continue
            yield line, moment, match[2].partition("S:Message=")[2]


def _is_of(name: str, measure: Measure) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in measure.applied)

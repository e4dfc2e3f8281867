"""What a report says first: how many servers, what became of them, over which time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from hevesy.model import Assessment, Verdict

__all__ = ["Headline", "draw_headline"]

COMPROMISED = frozenset(
    {Verdict.POST_EXPLOITATION, Verdict.SHELL_USED, Verdict.SHELL_PLACED, Verdict.EXPLOITED}
)


@dataclass(frozen=True, slots=True)
class Headline:
    """The first sentences of a report."""

    lead: str
    rest: str
    """About the servers that the lead does not speak of; may be empty."""
    first: datetime | None
    """Earliest record of any server, UTC."""
    last: datetime | None


def draw_headline(assessment: Assessment) -> Headline:
    """Say in two sentences what the verdicts of all servers come to."""
    verdicts = Counter(server.verdict for server in assessment.servers if server.verdict)
    total = verdicts.total()
    compromised = sum(verdicts[verdict] for verdict in COMPROMISED)
    unknown = verdicts[Verdict.CANNOT_TELL]
    rest = _rest(verdicts, total)
    if not total:
        lead, rest = "The evidence shows no Exchange server.", ""
    elif compromised:
        lead = f"{_of(compromised, total)} {_was(compromised)} compromised."
    elif unknown == total:
        lead = f"The evidence cannot tell whether {_the(total)} {_was(total)} compromised."
        rest = ""
    else:
        lead = f"No sign that {_an(total)} was compromised."
    times = [
        time
        for server in assessment.servers
        for lane in server.coverage
        for time in (lane.first, lane.last)
        if time is not None
    ]
    return Headline(lead, rest, min(times, default=None), max(times, default=None))


def _rest(verdicts: Counter[Verdict], total: int) -> str:
    probed, no_trace = verdicts[Verdict.PROBED], verdicts[Verdict.NO_TRACE]
    unknown = verdicts[Verdict.CANNOT_TELL]
    parts = []
    if probed:
        who = "It" if total == 1 else f"{probed}"
        parts.append(f"{who} {_was(probed)} probed without a sign of success")
    if no_trace:
        who = "It" if total == 1 else f"{no_trace}"
        parts.append(f"{who} {'shows' if no_trace == 1 else 'show'} no trace of a known attack")
    if unknown:
        parts.append(f"of {unknown} the evidence cannot tell")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else ""


def _of(count: int, total: int) -> str:
    if total == 1:
        return "The Exchange server"
    return (
        f"All {total} Exchange servers"
        if count == total
        else f"{count} of {total} Exchange servers"
    )


def _the(total: int) -> str:
    return "the Exchange server" if total == 1 else f"the {total} Exchange servers"


def _an(total: int) -> str:
    return "the Exchange server" if total == 1 else f"any of the {total} Exchange servers"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"

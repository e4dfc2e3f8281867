"""The one verdict of a server: the first rung of the ladder that holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.incident import is_attempt
from hevesy.model import Chain, Coverage, Finding, Outcome, RiskWindow, Stage, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Judgement", "judge"]

_RUNGS: dict[Stage, Verdict] = {
    Stage.EXPLOIT: Verdict.EXPLOITED,
    Stage.WRITE: Verdict.EXPLOITED,
    Stage.SHELL_PLACED: Verdict.SHELL_PLACED,
    Stage.SHELL_USED: Verdict.SHELL_USED,
    Stage.EXECUTION: Verdict.POST_EXPLOITATION,
    Stage.CREDENTIALS: Verdict.POST_EXPLOITATION,
    Stage.COLLECTION: Verdict.POST_EXPLOITATION,
    Stage.EXFILTRATION: Verdict.POST_EXPLOITATION,
    Stage.PERSISTENCE: Verdict.POST_EXPLOITATION,
    Stage.IMPACT: Verdict.POST_EXPLOITATION,
}

_SAYS: dict[Verdict, str] = {
    Verdict.POST_EXPLOITATION: "the attackers acted on the server after they got in",
    Verdict.SHELL_USED: "a web shell was placed and used",
    Verdict.SHELL_PLACED: "a web shell was placed; no use of it is seen",
    Verdict.EXPLOITED: "a vulnerability was exploited; no web shell is seen",
    Verdict.PROBED: "attacks were attempted; none is seen to have succeeded",
    Verdict.NO_TRACE: "no trace of an attack in logs that cover the window of risk",
    Verdict.CANNOT_TELL: "no trace of an attack, but the evidence does not reach far enough to say",
}

_NO_RULE = (
    "no trace of an attack that the rules know, but the server was, or may have been, open to "
    "others that were exploited then"
)
"""Why the evidence is enough, and an all-clear is not said all the same."""

# For each rung, sets of log kinds of which one must be there for that rung to be seen.
_SEEN_BY: dict[Verdict, tuple[tuple[str, tuple[str, ...]], ...]] = {
    Verdict.POST_EXPLOITATION: (
        (
            "processes started on the server (Sysmon, or Security with process auditing)",
            ("windows:Microsoft-Windows-Sysmon/Operational", "windows:Security"),
        ),
        ("cmdlets run on the server", ("windows:MSExchange Management",)),
    ),
    Verdict.SHELL_USED: (("requests that reached the web server", ("iis",)),),
    Verdict.SHELL_PLACED: (
        (
            "files in the web roots",
            ("web_file", "windows:Microsoft-Windows-Sysmon/Operational"),
        ),
    ),
    Verdict.EXPLOITED: (
        ("requests passed on by the front end", ("httpproxy",)),
        ("cmdlets run through the control panel", ("ecp_server",)),
    ),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and what stands beside it."""

    verdict: Verdict
    at_least: bool
    at_least_why: tuple[str, ...]
    why: str
    not_excluded: tuple[str, ...]


def judge(
    chains: Sequence[Chain],
    findings: Mapping[str, Finding],
    coverage: Sequence[Coverage],
    windows: Sequence[RiskWindow],
    unjudged: Sequence[str] = (),
) -> Judgement:
    """The verdict of one server that runs or ran Exchange.

    Args:
        chains: Its chains.
        findings: All its findings, by id.
        coverage: What its evidence covers.
        windows: Its windows of risk.
        unjudged: What it was open to, was exploited at the time, and no rule knows; sentences.
    """
    succeeded = [
        findings[f]
        for chain in chains
        if chain.anchored
        for f in chain.findings
        if findings[f].own and findings[f].outcome is Outcome.SUCCESS and f not in chain.by_time
    ]
    attempts = [f for f in findings.values() if is_attempt(f)]
    verdict = _verdict(succeeded, attempts, windows, unjudged)
    notes = [window.note for window in windows if window.note]
    blind = _blind(verdict, coverage)
    return Judgement(
        verdict=verdict,
        at_least=bool(blind) and verdict is not Verdict.CANNOT_TELL,
        at_least_why=tuple(blind),
        why=_why(verdict, succeeded, attempts, notes)
        if verdict is not Verdict.CANNOT_TELL or not _covered(windows)
        else _NO_RULE,
        not_excluded=(
            *_not_excluded(verdict, findings, chains, windows, coverage),
            *unjudged,
        ),
    )


def _verdict(
    succeeded: Sequence[Finding],
    attempts: Sequence[Finding],
    windows: Sequence[RiskWindow],
    unjudged: Sequence[str],
) -> Verdict:
    rungs = [_RUNGS[f.stage] for f in succeeded if f.stage in _RUNGS]
    if rungs:
        return min(rungs, key=lambda rung: rung.rank)
    if attempts:
        return Verdict.PROBED
    return Verdict.NO_TRACE if _covered(windows) and not unjudged else Verdict.CANNOT_TELL


def _covered(windows: Sequence[RiskWindow]) -> bool:
    return bool(windows) and all(window.covered for window in windows)


def _blind(verdict: Verdict, coverage: Sequence[Coverage]) -> list[str]:
    """Log kinds that would show a graver rung, and are not in the evidence."""
    present = {c.kind for c in coverage}
    return [
        f"{what}: not in the evidence"
        for rung, needs in _SEEN_BY.items()
        if rung.rank < verdict.rank or (rung is verdict is Verdict.POST_EXPLOITATION)
        for what, kinds in needs
        if rung.rank < verdict.rank and not present & set(kinds)
    ]


def _why(
    verdict: Verdict,
    succeeded: Sequence[Finding],
    attempts: Sequence[Finding],
    notes: Sequence[str],
) -> str:
    text = _SAYS[verdict]
    if verdict is Verdict.NO_TRACE and notes:
        return f"no trace of an attack, and {notes[0]}"
    if verdict is Verdict.PROBED:
        total = sum(f.count for f in attempts)
        titles = _titles(attempts)
        return f"{text}: {total:,} records, {titles}"
    if verdict in {Verdict.NO_TRACE, Verdict.CANNOT_TELL}:
        return text
    deciding = [f for f in succeeded if _RUNGS.get(f.stage) is verdict]
    return f"{text}: {_titles(deciding)}"


def _titles(findings: Sequence[Finding]) -> str:
    ordered = sorted(findings, key=lambda f: (-f.rule.level.rank, f.stage.rank, str(f.first)))
    titles = list(dict.fromkeys(f.rule.title for f in ordered))
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""  # noqa: PLR2004  # three fit a line
    return "; ".join(titles[:3]) + more


def _not_excluded(
    verdict: Verdict,
    findings: Mapping[str, Finding],
    chains: Sequence[Chain],
    windows: Sequence[RiskWindow],
    coverage: Sequence[Coverage],
) -> list[str]:
    found = list(dict.fromkeys(reason for window in windows for reason in window.missing))
    chained = {f for chain in chains for f in chain.findings}
    apart = [f for f in findings.values() if f.id not in chained]
    leads = [f for f in apart if f.own]
    if leads:
        number = f"{len(leads)} finding{'s' if len(leads) > 1 else ''} of hevesy's rules"
        found.append(f"what is unexplained: {number} in no chain ({_titles(leads)})")
    damaged = sum(c.damaged for c in coverage)
    if damaged:
        found.append(f"{damaged:,} rows are damaged and were not compared with any rule")
    if verdict is Verdict.NO_TRACE:
        found.append("attacks that leave no line in the logs named in the ledger")
    return found

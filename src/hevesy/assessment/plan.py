"""What to do now: the remedies of what was found, what to collect, what to check; in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hevesy.model import (
    Action,
    Finding,
    Loss,
    Outcome,
    ServerAssessment,
    Threat,
    UnseenServer,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["plan"]

_ORDER = (
    "isolate-and-rebuild",
    "preserve-evidence",
    "remove-web-shell",
    "reset-credentials",
    "patch-now",
)
"""Remedies that come first, in this order; the others follow by the level of what asks for them."""

_GRAVE = (
    Verdict.POST_EXPLOITATION,
    Verdict.SHELL_USED,
    Verdict.SHELL_PLACED,
    Verdict.EXPLOITED,
)


_OF_WINDOWS = ("requests ", "cmdlets run through")

_CHECK = (
    "First find out whether this is explained: an administrator, a test, a tool of the house. "
    "If it is not:\n\n"
)


@dataclass(slots=True)
class _Asked:
    servers: set[str]
    findings: list[Finding]


def plan(
    servers: Sequence[ServerAssessment],
    findings: Sequence[Finding],
    threats: Sequence[Threat],
    losses: Sequence[Loss],
    unseen: Sequence[UnseenServer] = (),
) -> tuple[Action, ...]:
    """The ordered plan.

    Args:
        servers: With their verdicts.
        findings: All; those that name a remedy ask for it.
        threats: Whose `remedy.md` holds the texts.
        losses: What was not read; what must be handed in again.
        unseen: Servers that others' logs mention, and of which nothing was handed in.
    """
    texts = _readable({key: text for threat in threats for key, text in threat.remedies})
    asked = _asked(servers, findings)
    keys = sorted((k for k in asked if k in texts), key=lambda k: _rank(k, asked[k]))
    actions = [_remedy(key, texts[key], asked[key]) for key in keys]
    actions += _collect(servers)
    actions += _collect_unseen(unseen)
    grave = sorted({loss.server for loss in losses if loss.grave} - {""})
    if any(loss.grave for loss in losses):
        count = sum(loss.grave for loss in losses)
        text = "Hand in again what could not be read; each is named with its reason under Losses."
        actions.append(
            Action(
                0,
                "Hand in again what was lost",
                text,
                tuple(grave),
                f"{count} not read",
                kind="collect",
            )
        )
    return tuple(
        Action(i, a.title, a.text, a.servers, a.why, a.findings, a.kind)
        for i, a in enumerate(actions, 1)
    )


def _readable(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts, with the title of a step where one refers to another by its key."""
    titles = {key: text.partition("\n")[0].strip("#* ") for key, text in texts.items()}
    found = dict(texts)
    for key, title in titles.items():
        found = {k: text.replace(f"`{key}`", f"“{title}”") for k, text in found.items()}
    return found


def _asked(servers: Sequence[ServerAssessment], findings: Sequence[Finding]) -> dict[str, _Asked]:
    asked: dict[str, _Asked] = {}
    for finding in findings:
        if finding.rule.remedy and finding.own:
            one = asked.setdefault(finding.rule.remedy, _Asked(set(), []))
            one.servers.add(finding.server)
            one.findings.append(finding)
    for server in servers:
        if server.verdict in _GRAVE:
            for key in ("isolate-and-rebuild", "preserve-evidence", "patch-now"):
                asked.setdefault(key, _Asked(set(), [])).servers.add(server.name)
    return asked


def _rank(key: str, asked: _Asked) -> tuple[int, int, int, str]:
    first = _ORDER.index(key) if key in _ORDER else len(_ORDER)
    succeeded = any(f.outcome is Outcome.SUCCESS for f in asked.findings)
    level = max((f.rule.level.rank for f in asked.findings), default=0)
    return (first, 0 if succeeded else 1, -level, key)


def _remedy(key: str, text: str, asked: _Asked) -> Action:
    title, _, body = text.partition("\n")
    titles = list(dict.fromkeys(f.rule.title for f in asked.findings))
    why = "; ".join(titles[:3]) or "somebody else was able to act on this server"
    ids = tuple(f.id for f in asked.findings)[:50]
    unexplained = bool(asked.findings) and not any(f.incident for f in asked.findings)
    return Action(
        order=0,
        title=title.strip("#* ") or key,
        text=(_CHECK if unexplained else "") + body.strip(),
        servers=tuple(sorted(asked.servers)),
        why=why,
        findings=ids,
        kind="check" if unexplained else "remedy",
    )


def _collect(servers: Sequence[ServerAssessment]) -> list[Action]:
    wanted: dict[str, list[str]] = {}
    for server in servers:
        if server.verdict is None:
            continue
        reasons = {reason for window in server.windows for reason in window.missing}
        # The kinds of a window are named there already, with how far they reach.
        others = {why for why in server.at_least_why if not why.startswith(_OF_WINDOWS)}
        for reason in sorted(reasons | others):
            wanted.setdefault(reason, []).append(server.name)
    by_servers: Mapping[tuple[str, ...], list[str]] = _inverted(wanted)
    return [
        Action(
            0,
            "Collect what the evidence lacks",
            "\n".join(f"- {reason}" for reason in reasons)
            + "\n\nLook in backups, shadow copies and central log stores before they age out.",
            names,
            "a verdict can say no more than the evidence reaches",
            kind="collect",
        )
        for names, reasons in sorted(by_servers.items())
    ]


def _collect_unseen(unseen: Sequence[UnseenServer]) -> list[Action]:
    if not unseen:
        return []
    wanted = dict.fromkeys(line for server in unseen for line in server.collect)
    return [
        Action(
            0,
            "Collect from the servers that nobody handed in",
            "Logs of other servers passed requests on to them; nothing can be said of them.\n\n"
            + "\n".join(f"- {line}" for line in wanted),
            tuple(server.name for server in unseen),
            "they are in the same organization, and get no verdict without evidence of their own",
            kind="collect",
        )
    ]


def _inverted(wanted: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    for reason, names in wanted.items():
        found.setdefault(tuple(sorted(names)), []).append(reason)
    return found

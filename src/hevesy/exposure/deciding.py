"""Which of several sources tells the build that a server has now, and which contradict it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hevesy.knowledge import Build, parse_build
from hevesy.model import BuildEvidence

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ORIGINS", "Decision", "decide"]

ORIGINS: tuple[str, ...] = (
    "exsetup",
    "registry_update",
    "registry",
    "healthchecker",
    "probe",
    "inventory",
    "S:BLD",
    "columns",
    "header_version",
    "received",
    "setup_log",
    "server_list",
    "back_end",
    "target_server",
    "folder",
    "url",
)
"""Origins of builds, the most trustworthy first. ExSetup.exe is what HealthChecker itself reads; a
client can write any number into a URL."""

_SNAPSHOTS = frozenset(
    {
        "exsetup",
        "registry_update",
        "registry",
        "healthchecker",
        "probe",
        "inventory",
        "server_list",
    }
)
"""What speaks of the moment of collection, and not of a line in a log."""
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Decision:
    """The builds that a server may have now."""

    evidence: BuildEvidence | None
    """What decided; None where there is none."""
    build: Build | None
    exact: bool
    rivals: tuple[Build, ...]
    """Builds that other sources of the same grade give for now; each contradicts `build`."""
    conflicts: tuple[str, ...]


def decide(evidence: Sequence[BuildEvidence]) -> Decision:
    """The build that a server has now.

    A source that tells the security update goes before one that does not; what speaks of the
    moment of collection before the last line of a log, unless that line shows a higher build.

    Args:
        evidence: of one server; what carries no build is passed over.
    """
    exact = [one for one in evidence if one.grade == "su_exact" and parse_build(one.build)]
    rest = [one for one in evidence if one.grade != "su_exact" and parse_build(one.build)]
    chosen = _now(exact) or _now(rest)
    if chosen is None:
        return Decision(None, None, exact=False, rivals=(), conflicts=())
    build = _build(chosen)
    others = [one for one in (exact or rest) if _contradicts(one, chosen)]
    conflicts = [_sentence(one, chosen) for one in others]
    if exact:
        conflicts += [
            _sentence(one, chosen)
            for one in rest
            if one.origin in _SNAPSHOTS and _build(one)[:3] != build[:3]
        ]
    rivals = tuple(sorted({_build(one) for one in others} - {build}))
    return Decision(chosen, build, bool(exact), rivals, tuple(dict.fromkeys(conflicts)))


def _now(evidence: Sequence[BuildEvidence]) -> BuildEvidence | None:
    snapshots = [one for one in evidence if one.origin in _SNAPSHOTS]
    pool = snapshots or [one for one in evidence if one.origin not in {"folder", "url"}] or evidence
    if not pool:
        return None
    if snapshots:
        return min(pool, key=lambda one: (_rank(one), -_stamp(one), _build(one), one.source))
    return max(pool, key=lambda one: (one.last or _NEVER, -_rank(one), _build(one), one.source))


def _contradicts(one: BuildEvidence, chosen: BuildEvidence) -> bool:
    """Whether both cannot be true of the same moment; an older log line can, before an update."""
    parts = 4 if chosen.grade == "su_exact" else 3
    if _build(one)[:parts] == _build(chosen)[:parts]:
        return False
    if one.origin in _SNAPSHOTS:
        dated = one.last is not None and chosen.last is not None
        return not (dated and chosen.origin in _SNAPSHOTS and _stamp(one) < _stamp(chosen))
    if chosen.origin in _SNAPSHOTS:
        return _build(one) > _build(chosen) and one.origin not in {"folder", "url"}
    return one.last is not None and one.last == chosen.last


def _sentence(one: BuildEvidence, chosen: BuildEvidence) -> str:
    return f"{_told(chosen)}, but {_told(one)}"


def _told(one: BuildEvidence) -> str:
    line = f":{one.line}" if one.line is not None else ""
    return f"{one.source}{line} says {one.build} ({one.origin})"


def _build(one: BuildEvidence) -> Build:
    build = parse_build(one.build)
    if build is None:
        raise ValueError(one.build)
    return build


def _rank(one: BuildEvidence) -> int:
    return ORIGINS.index(one.origin) if one.origin in ORIGINS else len(ORIGINS)


def _stamp(one: BuildEvidence) -> float:
    return one.last.timestamp() if one.last else 0.0

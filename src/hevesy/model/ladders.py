"""The ordered words of the house: stage, outcome, level, verdict. Order is meaning."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Level", "Outcome", "Stage", "Verdict"]


class Stage(StrEnum):
    """How far along an intrusion a finding stands, earliest first (design.md, section 7)."""

    PROBE = "probe"
    EXPLOIT = "exploit"
    WRITE = "write"
    SHELL_PLACED = "shell_placed"
    SHELL_USED = "shell_used"
    EXECUTION = "execution"
    CREDENTIALS = "credentials"
    COLLECTION = "collection"
    EXFILTRATION = "exfiltration"
    PERSISTENCE = "persistence"
    IMPACT = "impact"

    @property
    def rank(self) -> int:
        """Position on the ladder, 0 is the earliest."""
        return list(Stage).index(self)


class Outcome(StrEnum):
    """Whether what a finding shows came to pass; `unknown` counts as `attempt` for a verdict."""

    ATTEMPT = "attempt"
    UNKNOWN = "unknown"
    SUCCESS = "success"

    @property
    def rank(self) -> int:
        """Position on the ladder, 0 is the weakest."""
        return list(Outcome).index(self)


class Level(StrEnum):
    """Sigma's levels, weakest first."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Position on the ladder, 0 is the weakest."""
        return list(Level).index(self)


class Verdict(StrEnum):
    """The one verdict of a server, gravest first; the first that holds is said."""

    POST_EXPLOITATION = "post_exploitation"
    SHELL_USED = "shell_used"
    SHELL_PLACED = "shell_placed"
    EXPLOITED = "exploited"
    PROBED = "probed"
    NO_TRACE = "no_trace"
    CANNOT_TELL = "cannot_tell"

    @property
    def rank(self) -> int:
        """Position on the ladder, 0 is the gravest."""
        return list(Verdict).index(self)

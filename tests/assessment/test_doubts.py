"""What takes an all-clear away: lost files, damaged files, a narrowed time, a missing protocol."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hevesy.assessment.doubts import doubts_of
from hevesy.knowledge import load
from hevesy.model import Loss, SourceState

THREAT = load().threats[0]
EVERYWHERE = (None, None)


def state(source: str, kind: str = "iis", **changes: Any) -> SourceState:  # noqa: ANN401  # any field
    """A source of EX01 that was read."""
    values: dict[str, Any] = {
        "input": "in",
        "source": source,
        "windows_path": "",
        "server": "EX01",
        "kind": kind,
        "size": 1,
        "sha256": "",
        "modified": None,
        "rows": 10,
        "parsed": 10,
        "passed_over": 0,
        "damaged": 0,
        "damaged_samples": (),
        "state": "read",
    }
    return SourceState(**values | changes)


def test_a_log_that_was_lost_is_a_doubt_and_a_page_is_none() -> None:
    """An attacker only has to damage the telling file; a broken picture tells nothing."""
    sources = [state("u_ex.log"), state("x.aspx", "web_file")]
    losses = [
        Loss("in", "u_ex.log", "unreadable", "it is cut short", "EX01"),
        Loss("in", "x.aspx", "partial", "too large", "EX01"),
        Loss("in", "other.log", "unreadable", "it is cut short", "EX02"),
    ]

    assert doubts_of("EX01", THREAT, sources, losses, EVERYWHERE) == ("u_ex.log: it is cut short",)


def test_an_archive_that_was_lost_whole_is_a_doubt_for_every_server() -> None:
    """Nobody knows what was in it."""
    loss = Loss("logs.zip", "", "refused", "it is encrypted")

    assert doubts_of("EX01", THREAT, [], [loss], EVERYWHERE) == ("logs.zip: it is encrypted",)


def test_a_log_that_is_mostly_damage_is_a_doubt() -> None:
    """A few broken rows are normal; a file of them is not."""
    broken = state("u_ex.log", damaged=796, rows=800, parsed=4)

    assert "796 of 800" in doubts_of("EX01", THREAT, [broken], [], EVERYWHERE)[0]
    assert doubts_of("EX01", THREAT, [state("u_ex.log", damaged=2)], [], EVERYWHERE) == ()


def test_a_narrowed_time_is_a_doubt() -> None:
    """What was not compared with rules cannot be called clean."""
    since = datetime(2022, 1, 1, tzinfo=UTC)

    assert "--since" in doubts_of("EX01", THREAT, [], [], (since, None))[0]


def test_a_protocol_that_is_missing_among_others_is_a_doubt() -> None:
    """ProxyLogon came through Ecp; a collection of the Eas logs alone does not show it."""
    path = r"C:\Exchange\V15\Logging\HttpProxy\%s\HttpProxy_1.LOG"
    eas = state("a", "httpproxy", windows_path=path % "Eas")
    rest = [state(p, "httpproxy", windows_path=path % p) for p in ("Ecp", "Owa")]

    assert len(doubts_of("EX01", THREAT, [eas], [], EVERYWHERE)) == 2
    assert doubts_of("EX01", THREAT, [eas, *rest], [], EVERYWHERE) == ()

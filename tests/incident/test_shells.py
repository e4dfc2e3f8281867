"""Known shells decide what was left open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hevesy.incident import confirm, known_shells

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., Any]

WRITTEN = r"file:c:\program files\microsoft\exchange server\v15\frontend\httpproxy\owa\auth\a.aspx"
PLACED = {"stage": "shell_placed", "pivots": [WRITTEN]}


def test_a_written_file_gives_the_url_of_the_shell(make_hits: Build) -> None:
    """A file below HttpProxy is served below the virtual directory of the same name."""
    shells = known_shells(make_hits(PLACED))

    assert shells["page"].to_list() == ["/owa/auth/a.aspx"]
    assert shells["server"].to_list() == ["EX01"]


def test_a_lead_makes_no_known_shell(make_hits: Build) -> None:
    """A page whose content nobody knows is a lead; it must not confirm others."""
    assert known_shells(make_hits(PLACED | {"outcome": "unknown"})).is_empty()
    assert known_shells(make_hits(PLACED | {"own": False})).is_empty()


def test_a_compiled_page_confirms_the_use_of_a_known_shell(make_hits: Build) -> None:
    """ASP.NET compiles a page when it is first asked for: the shell was used."""
    compiled = (
        r"file:c:\windows\microsoft.net\framework64\v4.0.30319\temporary asp.net files"
        r"\owa\1\2\a.aspx.4bb8b3f6.compiled"
    )
    use = {"stage": "shell_used", "outcome": "unknown", "anchor": False, "pivots": [compiled]}
    hits = make_hits(PLACED, use)

    confirmed = confirm(hits, known_shells(hits))

    assert confirmed["outcome"].to_list() == ["success", "success"]
    assert confirmed["anchor"].to_list() == [True, True]
    assert "known to be a web shell" in confirmed["why"][1]


def test_a_page_that_is_no_shell_stays_open(make_hits: Build) -> None:
    """Another page, or the same on another server, is confirmed by nothing."""
    use = {"stage": "shell_used", "outcome": "unknown", "pivots": ["page:/owa/auth/b.aspx"]}
    elsewhere = use | {"pivots": ["page:/owa/auth/a.aspx"], "server": "EX02"}
    hits = make_hits(PLACED, use, elsewhere)

    confirmed = confirm(hits, known_shells(hits))

    assert confirmed["outcome"].to_list() == ["success", "unknown", "unknown"]

"""Indicators are compared where a value of their type may stand, and never say more than that."""

from __future__ import annotations

from typing import Any

import polars as pl

from hevesy.detection import IndicatorRules
from hevesy.model import Indicator, Outcome, Stage


def indicator(kind: str, value: str, **changes: Any) -> Indicator:  # noqa: ANN401  # any field
    """An indicator."""
    fields = {"context": "seen", "source": "a report", "actor": "", "weight": "strong"}
    return Indicator(type=kind, value=value, original=value, **fields | changes)


def test_an_address_is_compared_whole() -> None:
    """`1.2.3.4` must not match `1.2.3.40`."""
    rules = IndicatorRules((indicator("ipv4", "192.0.2.4"),))
    frame = pl.DataFrame({"c-ip": ["192.0.2.40", "192.0.2.4", None]})

    assert rules.match("iis", frame).rows() == [(0, 1)]


def test_a_user_agent_matches_in_the_form_of_each_log() -> None:
    """IIS writes `+` for a blank, HttpProxy a blank for a comma."""
    agent = "mozilla/5.0 (khtml like gecko) chrome/69"
    rules = IndicatorRules((indicator("user_agent", agent),))
    iis = pl.DataFrame({"cs(User-Agent)": ["Mozilla/5.0+(KHTML,+like+Gecko)+Chrome/69"]})
    proxy = pl.DataFrame({"UserAgent": ["Mozilla/5.0 (KHTML  like Gecko) Chrome/69"]})

    assert rules.match("iis", iis).height == 1
    assert rules.match("httpproxy", proxy).height == 1


def test_a_path_is_found_in_a_command_line_without_case() -> None:
    """Windows paths have no case, and stand inside commands."""
    rules = IndicatorRules((indicator("file_path", r"c:\windows\temp\lsass.dmp"),))
    frame = pl.DataFrame({"CommandLine": [r"del C:\Windows\Temp\LSASS.dmp", "dir"]})

    assert rules.match("windows", frame).rows() == [(0, 0)]


def test_a_hash_is_found_among_sysmons_hashes() -> None:
    """Sysmon writes all hashes of an image in one field."""
    sha = "ab" * 32
    rules = IndicatorRules((indicator("sha256", sha),))
    frame = pl.DataFrame({"Hashes": [f"SHA1=00,SHA256={sha.upper()}", None]})

    assert rules.match("windows", frame).rows() == [(0, 0)]


def test_a_match_in_a_log_is_unknown_and_moves_no_verdict() -> None:
    """An address in a list may have been leased to anybody."""
    (claim,) = IndicatorRules((indicator("ipv4", "192.0.2.4"),)).claims

    assert claim.outcome is Outcome.UNKNOWN
    assert not claim.own


def test_a_web_file_that_is_a_reported_shell_was_placed() -> None:
    """The one exception: by its hash the file is the shell, wherever it came from."""
    sha = "ab" * 32
    rules = IndicatorRules((indicator("sha256", sha),), own=1)
    users = IndicatorRules((indicator("sha256", sha),))

    (web,) = rules.of_file({"sha256": sha}, r"C:\inetpub\wwwroot\a.aspx", web=True)
    (elsewhere,) = rules.of_file({"sha256": sha}, r"C:\temp\a.aspx", web=False)

    assert (web.stage, web.outcome, web.anchor) == (Stage.SHELL_PLACED, Outcome.SUCCESS, True)
    assert elsewhere.outcome is Outcome.UNKNOWN
    (theirs,) = users.of_file({"sha256": sha}, r"C:\inetpub\wwwroot\a.aspx", web=True)
    assert theirs.outcome is Outcome.UNKNOWN

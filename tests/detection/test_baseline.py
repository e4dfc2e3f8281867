"""Names, places and hashes of web files: leads, never proof."""

from __future__ import annotations

import polars as pl
import pytest

from hevesy.detection.baseline import Baseline, page_of
from hevesy.model import Outcome, Source

SHIPPED = "ab" * 32
OTHER = "cd" * 32
BASELINE = Baseline(
    pl.DataFrame(
        {"relative_path": ["frontend/httpproxy/owa/auth/logon.aspx"], "sha256": [SHIPPED]}
    ),
    pl.DataFrame(
        {"name": ["OutlookEN.aspx", "a.aspx"], "note": ["", "generic name: weak without path"]}
    ),
)
AUTH = r"E:\Exchange\V15\FrontEnd\HttpProxy\owa\auth"


def web_file(path: str) -> Source:
    """A file in a web root."""
    return Source("in", "x", path, "in", "", "web_file", 1, None, ("x",))


@pytest.mark.parametrize(
    ("path", "sha256", "rule"),
    [
        (rf"{AUTH}\logon.aspx", SHIPPED, None),
        (rf"{AUTH}\logon.aspx", OTHER, "baseline:changed-page"),
        (rf"{AUTH}\OutlookEN.aspx", OTHER, "baseline:shell-name"),
        (rf"{AUTH}\a.aspx", OTHER, "baseline:unshipped-page"),
        (rf"{AUTH}\picture.png", OTHER, None),
        (r"C:\inetpub\wwwroot\aspnet_client\x.aspx", OTHER, "baseline:page-in-aspnet-client"),
        (r"C:\inetpub\wwwroot\aspnet_client\system_web\4_0\x.js", OTHER, None),
        (r"C:\inetpub\wwwroot\shop\cart.aspx", OTHER, None),
    ],
)
def test_the_strongest_lead_of_a_file(path: str, sha256: str, rule: str | None) -> None:
    """A shipped hash is silent anywhere; a name alone decides only in Exchange's own folders."""
    claim = BASELINE.of_file(web_file(path), sha256)

    assert (claim.rule.id if claim else None) == rule


def test_no_lead_claims_success() -> None:
    """Neither name nor place nor a strange hash shows that a page is a shell."""
    claim = BASELINE.of_file(web_file(rf"{AUTH}\OutlookEN.aspx"), OTHER)

    assert claim is not None
    assert claim.outcome is Outcome.UNKNOWN
    assert not claim.anchor


def test_a_compiled_page_that_is_shipped_is_silent() -> None:
    """Every logon compiles logon.aspx; that is no lead."""
    assert BASELINE.of_page("/owa/auth/logon.aspx") is None
    assert BASELINE.of_page("/owa/auth/a.aspx") is not None


@pytest.mark.parametrize(
    ("path", "page"),
    [
        (r"C:\inetpub\wwwroot\aspnet_client\A.aspx", "/aspnet_client/a.aspx"),
        (rf"{AUTH}\Current\a.aspx", "/owa/auth/current/a.aspx"),
        (r"D:\V15\ClientAccess\ecp\x.aspx", "/ecp/x.aspx"),
        ("EX01/owa/auth/a.aspx", "/owa/auth/a.aspx"),
        (r"C:\Windows\notepad.exe", ""),
        ("", ""),
    ],
)
def test_the_url_of_a_file(path: str, page: str) -> None:
    """Where IIS serves a file decides which requests in a log were for it."""
    assert page_of(path) == page

"""URL Rewrite rules that stop known attacks, and everything that makes them void."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.web_config import read_web_configs
from hevesy.knowledge import ExchangeKnowledge, load_exchange

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.model import Mitigation

ROOT = "C:\\inetpub\\wwwroot\\web.config"
OWA = "C:\\Exchange\\FrontEnd\\HttpProxy\\owa\\web.config"
BACK = "C:\\Exchange\\ClientAccess\\owa\\web.config"
NOT_SHELL = "(?=.*autodiscover)(?=.*powershell)"


def rule(
    name: str = "PowerShell - inbound",
    pattern: str = NOT_SHELL,
    given: str = "{UrlDecode:{REQUEST_URI}}",
    attributes: str = 'stopProcessing="true"',
    action: str = "AbortRequest",
) -> str:
    """One rewrite rule."""
    return (
        f'<rule name="{name}" {attributes}><match url=".*" /><conditions>'
        f'<add input="{given}" pattern="{pattern}" /></conditions>'
        f'<action type="{action}" /></rule>'
    )


COOKIES = (
    rule(
        "X-AnonResource-Backend Abort - inbound",
        "(.*)X-AnonResource-Backend(.*)",
        "{HTTP_COOKIE}",
        'patternSyntax="Regular Expressions"',
    ),
    rule(
        "X-BEResource Abort - inbound",
        "(.*)X-BEResource=(.+)/(.+)~(.+)",
        "{HTTP_COOKIE}",
    ),
)


def config(*rules: str) -> bytes:
    """A web.config with rewrite rules."""
    return (
        "<configuration><system.webServer><rewrite>\n<rules>"
        f"{''.join(rules)}</rules></rewrite></system.webServer></configuration>"
    ).encode()


def judge(known: ExchangeKnowledge, *files: tuple[bytes, str]) -> tuple[Mitigation, ...]:
    """The mitigations of these files."""
    reading = read_web_configs([(data, path, path) for data, path in files], known, "EX01")
    assert not reading.problems
    return reading.servers[0].mitigations if reading.servers else ()


def test_the_rules_of_both_mitigation_tools_hold(known: ExchangeKnowledge) -> None:
    """EOMT's two and EOMTv2's one, whatever their names, at the root of the site."""
    (cookies,) = judge(known, (config(*COOKIES), ROOT))
    (shell,) = judge(known, (config(rule("EEMS M1.1 PowerShell - inbound")), ROOT))
    (own,) = judge(known, (config(rule("our own rule")), ROOT))

    assert (cookies.active, cookies.cves) == (True, ("CVE-2021-26855",))
    assert (shell.active, shell.cves) == (True, ("CVE-2022-41040",))
    assert own.active
    assert (shell.source, shell.line) == (ROOT, 2)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (rule(attributes='enabled="false" stopProcessing="true"'), "it is disabled"),
        (rule(attributes='patternSyntax="Wildcard" stopProcessing="true"'), "is Wildcard"),
        (rule(action="None"), "it blocks nothing"),
        (rule(given="{REQUEST_URI}"), "tests {REQUEST_URI} instead"),
        (rule(pattern=r".*autodiscover\.json.*\@.*Powershell.*"), "early one"),
        (rule().replace('url=".*"', 'url="^x"'), "it looks at '^x' only"),
        (rule().replace("<add ", '<add negate="true" '), "negated"),
        (rule().replace("<add ", '<add input="{QUERY_STRING}" pattern="x" /><add '), "narrow it"),
        (rule(attributes="") + rule("other", "other"), "stopProcessing"),
        (rule(pattern="something else"), "no rule tests"),
        (rule() + "<clear />", "clears it again"),
    ],
)
def test_what_makes_a_rule_void_is_told(changed: str, why: str, known: ExchangeKnowledge) -> None:
    """A rule that is there and stops nothing is worse than none: somebody relies on it."""
    (mitigation,) = judge(known, (config(changed), ROOT))

    assert not mitigation.active
    assert why in mitigation.why


@pytest.mark.parametrize(
    ("undoing", "path", "active"),
    [
        ("<clear />", OWA, False),
        ('<remove name="powershell - inbound" />', OWA, False),
        ('<remove name="another" />', OWA, True),
        ("<clear />", BACK, True),
    ],
)
def test_files_below_can_undo_what_they_inherit(
    undoing: str, path: str, active: object, known: ExchangeKnowledge
) -> None:
    """One `<clear/>` in a front-end directory opens that door; the back end is another site."""
    (mitigation,) = judge(known, (config(rule()), ROOT), (config(undoing), path))

    assert mitigation.active is active
    assert active or path in mitigation.why


def test_one_of_two_rules_is_not_enough(known: ExchangeKnowledge) -> None:
    """Each of the two cookies leads in by itself."""
    (mitigation,) = judge(known, (config(COOKIES[0]), ROOT))

    assert not mitigation.active
    assert "X-BEResource" in mitigation.why


def test_a_rule_elsewhere_protects_nothing(known: ExchangeKnowledge) -> None:
    """It must stand at the root of the Default Web Site, from which the others inherit."""
    (mitigation,) = judge(known, (config(rule()), OWA))

    assert not mitigation.active
    assert "not in the web.config of the Default Web Site" in mitigation.why


def test_an_emergency_mitigation_is_known_by_its_name(known: ExchangeKnowledge) -> None:
    """Where what it tests is not published, its name alone tells it."""
    outbound = config('<rule name="EEMS M2.1.2 OWA CSP" />').replace(b"rules>", b"outboundRules>")
    (mitigation,) = judge(known, (outbound, ROOT))

    assert (mitigation.cves, mitigation.active) == (("CVE-2026-42897",), True)


def test_ordinary_files_hold_no_mitigation(known: ExchangeKnowledge) -> None:
    """Redirects and headers are nothing of that kind."""
    redirect = rule("to https", "^OFF$", "{HTTPS}", action="Redirect")

    assert judge(known, (config(redirect), ROOT)) == ()


_KNOWN = load_exchange()


@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    """Evidence may be anything."""
    files = [(data, "web.config", ROOT), (config(rule()) + data, "x", OWA)]
    problems = read_web_configs(files, _KNOWN).problems
    assert all(said.startswith(("web.config", "x")) for said in problems)


def test_microsofts_own_test_files(corpora: Path, known: ExchangeKnowledge) -> None:
    """The file that has the rules is no XML (an element is not closed); the others have none."""
    folder = "Diagnostics/HealthChecker/Tests/DataCollection/E19/Exchange/IIS"
    with zipfile.ZipFile(corpora / "exchange_configs_and_setup_logs.zip") as archive:
        names = {
            name.split("DataCollection/E19/Exchange/IIS/")[-1]: name
            for name in archive.namelist()
            if folder in name
        }
        readings = {
            name: read_web_configs([(archive.read(names[name]), name, ROOT)], known)
            for name in (
                "DefaultWebSite_web.config",
                "DefaultWebSite_web1.config",
                "DefaultWebSite_web2.config",
            )
        }

    assert readings["DefaultWebSite_web1.config"].problems == (
        "DefaultWebSite_web1.config: cannot be read: line 42: mismatched tag",
    )
    for name in ("DefaultWebSite_web.config", "DefaultWebSite_web2.config"):
        assert readings[name].problems == ()
        assert readings[name].servers == ()

"""Extended Protection of each virtual directory, against what Microsoft asks of it."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hevesy.exposure.application_host import read_application_host
from hevesy.knowledge import ExchangeKnowledge, load_exchange

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.exposure.reading import Reading
    from hevesy.model import VirtualDirectory

_FOLDER = "Diagnostics/HealthChecker/Tests/DataCollection"
_FRONT, _BACK = "Default Web Site", "Exchange Back End"

# Directory, what the front end has, what the back end has; read from the files by hand.
_FIRST = [
    ("API", "Require", "Require"),
    ("Autodiscover", "None", "None"),
    ("ECP", "Require", "Require"),
    ("EWS", "Allow", "Require"),
    ("Microsoft-Server-ActiveSync", "Allow", "Require"),
    ("Microsoft-Server-ActiveSync/Proxy", "Require", "Require"),
    ("OAB", "Require", "Require"),
    ("Powershell", "Require", "Require"),
    ("OWA", "Require", "Require"),
    ("RPC", "Require", "Require"),
    ("MAPI", "Require", ""),
    ("PushNotifications", "", "Require"),
    ("RPCWithCert", "", "Require"),
    ("MAPI/emsmdb", "", "Require"),
    ("MAPI/nspi", "", "Require"),
]
# As the first, but for the proxy of ActiveSync, which inherits, and PowerShell's back end.
_SECOND = [
    (name, "Allow", "Require")
    if name == "Microsoft-Server-ActiveSync/Proxy"
    else (name, front, "None" if name == "Powershell" else back)
    for name, front, back in _FIRST
]


def location(path: str, token: str = "", more: str = "") -> str:
    """One location of a configuration."""
    protection = f'<extendedProtection tokenChecking="{token}" />' if token else ""
    return (
        f'<location path="{path}"><system.webServer><security>{more}<authentication>'
        f'<windowsAuthentication enabled="true">{protection}</windowsAuthentication>'
        "</authentication></security></system.webServer></location>"
    )


def read(known: ExchangeKnowledge, *locations: str, rest: str = "") -> Reading:
    """A configuration of these locations."""
    text = f"<configuration>{rest}{''.join(locations)}</configuration>"
    return read_application_host(text.encode(), "applicationHost.config", known, "EX01")


def directory(reading: Reading, path: str) -> VirtualDirectory:
    """One directory of a reading."""
    return next(one for one in reading.servers[0].directories if one.path == path)


def test_a_value_is_inherited_from_the_location_above(known: ExchangeKnowledge) -> None:
    """What a location does not say, its parent says; then the server; then it is None."""
    above = location(f"{_FRONT}/Microsoft-Server-ActiveSync", "Require")
    reading = read(known, above, location(f"{_FRONT}/Microsoft-Server-ActiveSync/Proxy"))
    proxy = directory(reading, f"{_FRONT}/Microsoft-Server-ActiveSync/Proxy")

    assert (proxy.found, proxy.secure) == ("Require", True)
    assert directory(read(known, location(f"{_FRONT}/OWA")), f"{_FRONT}/OWA").found == "None"
    whole = location("", "Require").replace(' path=""', "").replace("location", "whole")
    inner = whole.removeprefix("<whole>").removesuffix("</whole>")
    owa = directory(read(known, location(f"{_FRONT}/OWA"), rest=inner), f"{_FRONT}/OWA")
    assert (owa.found, owa.why) == ("Require", "inherited from the server")


def test_less_than_asked_is_open_and_more_is_secure(known: ExchangeKnowledge) -> None:
    """Allow where Require is asked is not enough; Require where Allow is asked is, and is told."""
    reading = read(known, location(f"{_FRONT}/OWA", "allow"), location(f"{_FRONT}/EWS", "Require"))
    owa, ews = directory(reading, f"{_FRONT}/OWA"), directory(reading, f"{_FRONT}/EWS")

    assert (owa.found, owa.secure, owa.why) == ("Allow", False, "Allow where Require is asked")
    assert ews.secure
    assert "more than is asked" in ews.why
    (setting,) = reading.servers[0].settings
    assert not setting.met
    assert "Default Web Site/OWA" in setting.why


@pytest.mark.parametrize(
    ("token", "words"), [("Allow", "is less than asked on Default"), ("None", "is off on every")]
)
def test_what_is_weaker_than_asked_is_not_called_off(
    token: str, words: str, known: ExchangeKnowledge
) -> None:
    """Allow on each directory that asks for Require is less than asked; off is None everywhere."""
    reading = read(known, location(f"{_FRONT}/OWA", token), location(f"{_FRONT}/ECP", token))

    (setting,) = reading.servers[0].settings
    assert not setting.met
    assert words in setting.why


def test_a_directory_that_is_not_there_needs_nothing(known: ExchangeKnowledge) -> None:
    """Exchange 2013 has no API directory, and one of its roles lacks a site."""
    reading = read(known, location(f"{_FRONT}/OWA", "Require"))

    assert directory(reading, f"{_FRONT}/API").found == ""
    assert {one.path.split("/")[0] for one in reading.servers[0].directories} == {_FRONT}
    assert reading.servers[0].settings[0].met


def test_listed_addresses_are_accepted_on_one_directory_alone(known: ExchangeKnowledge) -> None:
    """Microsoft takes a list of addresses instead for the back end of EWS, and nowhere else."""
    only = '<ipSecurity allowUnlisted="false" />'
    reading = read(
        known, location(f"{_BACK}/EWS", "None", only), location(f"{_BACK}/OWA", "None", only)
    )

    assert directory(reading, f"{_BACK}/EWS").secure
    assert not directory(reading, f"{_BACK}/OWA").secure


def test_stopped_pools_are_mitigations(known: ExchangeKnowledge) -> None:
    """ExchangeMitigations.ps1 stops the pools of ECP and OAB."""
    pool = '<add name="MSExchangeECPAppPool" autoStart="false" />'
    rest = f"<system.applicationHost><applicationPools>{pool}</applicationPools>"
    reading = read(known, location(f"{_FRONT}/OWA"), rest=f"{rest}</system.applicationHost>")

    (mitigation,) = reading.servers[0].mitigations
    assert (mitigation.name, mitigation.cves) == ("ecp_pool_stopped", ("CVE-2021-27065",))


def test_a_file_that_is_no_xml_is_named(known: ExchangeKnowledge) -> None:
    """File and line, and nothing is said of the server."""
    reading = read_application_host(b"<configuration>\n<a></b>", "a.config", known)

    assert not reading.servers
    assert reading.problems == ("a.config: cannot be read: line 2: mismatched tag",)


_KNOWN = load_exchange()


@given(st.text(max_size=60), st.text(max_size=20))
def test_no_values_raise(path: str, token: str) -> None:
    """An attacker may write anything into a path or a token."""
    from xml.sax.saxutils import quoteattr

    text = location("PATH", "TOKEN").replace('"PATH"', quoteattr(path))
    text = text.replace('"TOKEN"', quoteattr(token))
    reading = read(_KNOWN, text, location(f"{_FRONT}/OWA", "x"))
    assert bool(reading.servers) != bool(reading.problems), "it is read, or it is said why not"


def test_microsofts_own_test_files(corpora: Path, known: ExchangeKnowledge) -> None:
    """Absent in the two plain files, as listed by hand in the others, one is no XML."""
    with zipfile.ZipFile(corpora / "exchange_configs_and_setup_logs.zip") as archive:
        names = {name.split(f"{_FOLDER}/")[-1]: name for name in archive.namelist()}

        def of(name: str) -> Reading:
            data = archive.read(names[f"{name}.config"])
            return read_application_host(data, name, known)

        plain = [of("E16/Exchange/IIS/applicationHost"), of("E19/Exchange/IIS/applicationHost")]
        first = of("E19/Exchange/IIS/applicationHost1")
        second = of("E19/Exchange/IIS/applicationHost2")
        bad = of("E19/Exchange/IIS/BadApplicationHost")

    for reading in plain:
        assert {one.found for one in reading.servers[0].directories} == {"None"}
        setting, cache = reading.servers[0].settings
        assert (cache.name, cache.met, "cachtokn.dll" in cache.why) == (
            "token_cache_module",
            None,
            True,
        )
        assert setting.why == "Extended Protection is off on every virtual directory"
    for reading, by_hand in ((first, _FIRST), (second, _SECOND)):
        found = {one.path: one.found for one in reading.servers[0].directories}
        assert found == {
            f"{site}/{name}": token
            for name, front, back in by_hand
            for site, token in ((_FRONT, front), (_BACK, back))
            if token
        }
    assert first.servers[0].settings[0].met
    insecure = [one.path for one in second.servers[0].directories if not one.secure]
    assert insecure == ["Exchange Back End/Powershell"]
    assert not bad.servers
    assert "cannot be read: line 128: mismatched tag" in bad.problems[0]

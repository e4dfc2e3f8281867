"""Objects of Exchange's cmdlets, known by their type and not by their file's name."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from hevesy.exposure.exchange_objects import read_objects
from hevesy.exposure.settled import settled

if TYPE_CHECKING:
    from pathlib import Path

    from hevesy.exposure.reading import Reading
    from hevesy.knowledge import ExchangeKnowledge


def objects(*inner: tuple[str, str]) -> bytes:
    """A CliXML export: type and properties of each object."""
    body = "".join(
        f'<Obj RefId="{n}"><TN RefId="{n}"><T>{kind}</T></TN><Props>{text}</Props></Obj>\n'
        for n, (kind, text) in enumerate(inner)
    )
    return f"<Objs>\n{body}</Objs>".encode()


SERVER = "Microsoft.Exchange.Data.Directory.Management.ExchangeServer"
OVERRIDE = "Microsoft.Exchange.Data.ConfigurationSettings.SettingOverride"


def server_properties(extra: str = "") -> str:
    """What Get-ExchangeServer says."""
    version = (
        '<Obj N="AdminDisplayVersion" RefId="90"><ToString>Version 15.1 (Build 2375.7)</ToString>'
        "</Obj>"
    )
    return f'<S N="Name">EX01</S><S N="Fqdn">ex01.example.org</S>{version}{extra}'


def override(parameter: str, component: str = "OAuth") -> str:
    """One setting override."""
    section = "AppIdBasedAudienceValidation"
    return (
        f'<S N="ComponentName">{component}</S><S N="SectionName">{section}</S>'
        f'<Obj N="Parameters" RefId="80"><LST><S>{parameter}</S></LST></Obj>'
    )


def test_a_server_list_tells_the_cumulative_update(known: ExchangeKnowledge) -> None:
    """Name, full name, and a build that never proves a security update."""
    (server,) = read_objects(objects((SERVER, server_properties())), "s.xml", known).servers

    assert (server.name, server.aliases) == ("EX01", ("ex01.example.org",))
    (build,) = server.builds
    assert (build.build, build.grade, build.origin) == ("15.1.2375.7", "cu_only", "server_list")
    assert build.line == 2


@pytest.mark.parametrize(
    ("extra", "active"),
    [
        ('<Obj N="MitigationsApplied" RefId="70"><LST><S>M1.1</S></LST></Obj>', True),
        ('<S N="MitigationsApplied">{M1}</S><S N="MitigationsBlocked">{M1}</S>', False),
        ('<S N="MitigationsApplied">{M1.1}</S><S N="MitigationsBlocked">{M1.1}</S>', False),
    ],
)
def test_emergency_mitigations_that_were_applied(
    extra: str, active: object, known: ExchangeKnowledge
) -> None:
    """M1 stops CVE-2022-41040; one that is blocked does not."""
    data = objects((SERVER, server_properties(extra)))
    (mitigation,) = read_objects(data, "s.xml", known).servers[0].mitigations

    assert mitigation.cves == ("CVE-2022-41040",)
    assert mitigation.active is active


@pytest.mark.parametrize(
    ("parameter", "component", "met"),
    [
        ("Enabled=false", "OAuth", False),
        ("Enabled=true", "OAuth", True),
        ("Enabled=false", "X", True),
    ],
)
def test_setting_overrides_undo_fixes(
    parameter: str, component: str, met: object, known: ExchangeKnowledge
) -> None:
    """An override of the right component that is false; all other conditions are met."""
    data = objects((OVERRIDE, override(parameter, component)))
    (server,) = read_objects(data, "o.xml", known, "EX01").servers

    settings = {one.name: one.met for one in server.settings}
    assert settings["override_app_id_audience"] is met
    assert settings["override_cat_token"]
    assert settings["serialized_data_signing"]


def test_what_cannot_be_read_is_named(known: ExchangeKnowledge) -> None:
    """A file cut short is one sentence with its line."""
    reading = read_objects(objects((SERVER, server_properties()))[:-20], "s.xml", known)

    assert reading.problems == (
        "s.xml: cannot be read: line 2: ends too early, <Props> of line 2 is not closed",
    )


def _corpus(corpora: Path, known: ExchangeKnowledge, name: str) -> Reading:
    path = f"Diagnostics/HealthChecker/Tests/DataCollection/{name}"
    with zipfile.ZipFile(corpora / "exchange_configs_and_setup_logs.zip") as archive:
        full = next(one for one in archive.namelist() if one.endswith(path))
        return read_objects(archive.read(full), name, known)


@pytest.mark.parametrize(
    ("folder", "name", "build"),
    [("E16", "SOLO-E16A", "15.1.2375.7"), ("E19", "SOLO-E19A", "15.2.986.5")],
)
def test_servers_of_microsofts_tests(
    folder: str, name: str, build: str, corpora: Path, known: ExchangeKnowledge
) -> None:
    """The two servers are found with their builds, from ExSetup.exe and from the directory."""
    (setup,) = _corpus(corpora, known, f"{folder}/Exchange/ExSetup.xml").servers
    (server,) = _corpus(corpora, known, f"{folder}/Exchange/GetExchangeServer.xml").servers

    assert [(one.build, one.grade) for one in setup.builds] == [(build, "su_exact")]
    assert (server.name, [(one.build, one.grade) for one in server.builds]) == (
        name,
        [(build, "cu_only")],
    )


def test_settings_of_microsofts_tests(corpora: Path, known: ExchangeKnowledge) -> None:
    """Download Domains are off on the 2016 server; on in a scenario of 2019, with OWA's hosts."""
    off = _corpus(corpora, known, "E16/Exchange/GetOrganizationConfig.xml").servers[0]
    on = _corpus(corpora, known, "E19/Exchange/GetOrganizationConfig1.xml").servers[0]
    other = _corpus(corpora, known, "E19/Exchange/ExSetup1.xml").servers[0]

    assert off.settings[0].met is False
    assert on.settings[0].met is None
    assert other.builds[0].build == "15.2.1118.25"
    hosts = [
        _corpus(corpora, known, f"E19/Exchange/GetOwaVirtualDirectory{n}.xml").servers[0]
        for n in ("", "1", "2")
    ]
    whys = [settled((*on.settings, *one.settings))[0]["download_domains"].why for one in hosts]
    said = [why.removeprefix("EnableDownloadDomains is on, and ") for why in whys]
    assert said == [  # what Microsoft's own tests expect of scenarios 1 and 2
        "the OWA virtual directory has no ExternalDownloadHostName",
        "ExternalDownloadHostName of the OWA virtual directory is that of OWA itself",
        "the OWA virtual directory has no InternalDownloadHostName",
    ]
    hybrid = _corpus(corpora, known, "E19/Exchange/GetHybridConfiguration.xml").servers[0]
    assert [(one.name, one.met) for one in hybrid.settings] == [("hybrid_application", None)]

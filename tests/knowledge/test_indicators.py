"""Indicators from the files that people hand round."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from hevesy.errors import ContentError
from hevesy.knowledge import read_indicators

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "msrc_and_partner_iocs.zip"


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _pairs(path: Path) -> list[tuple[str, str]]:
    return [(one.type, one.value) for one in read_indicators(path)]


def test_columns_of_azure_sentinel_are_known(tmp_path: Path) -> None:
    """MSTIC's feed calls them Indicator and IndicatorType, has empty cells and repeats paths."""
    text = (
        "DateAdded,FirstSeen,Indicator,IndicatorType,TLP\n"
        f"2021-03-10,2021-03-05T10:07:29Z,{'A' * 64},sha256,White\n"
        r"2021-03-09,,C:\inetpub\wwwroot\aspnet_client\Shell.aspx,filepath,White" + "\n"
        r"2021-03-09,,c:\INETPUB\wwwroot\aspnet_client\shell.aspx,filepath,White" + "\n"
        "2021-03-09,,,filepath,White\n"
    )
    assert _pairs(_write(tmp_path, "feed.csv", text)) == [
        ("sha256", "a" * 64),
        ("file_path", r"c:\inetpub\wwwroot\aspnet_client\shell.aspx"),
    ]


def test_columns_of_volexity_are_known(tmp_path: Path) -> None:
    """Volexity's file has value, type and notes, and calls an address ipaddress."""
    path = _write(tmp_path, "i.csv", 'value,type,notes\n192.0.2.7,ipaddress,"seen, twice"\n')
    (one,) = read_indicators(path)
    assert (one.type, one.value, one.context, one.line) == ("ipv4", "192.0.2.7", "seen, twice", 2)
    assert (one.source, one.weight) == ("i.csv", "medium")


def test_lists_and_tables_are_read(tmp_path: Path) -> None:
    """ESET hands out one hash a line, and AsciiDoc tables with defanged values in backticks."""
    lines = _write(tmp_path, "samples.sha1", "# samples\n" + "b" * 40 + "\n\n" + "c" * 40 + "\n")
    assert _pairs(lines) == [("sha1", "b" * 40), ("sha1", "c" * 40)]
    table = _write(
        tmp_path,
        "README.adoc",
        "|===\n|Address |Details\n|`34.90.207[.]23` |C&C server\n|`yolkish[.]com` |other\n|===\n",
    )
    assert _pairs(table) == [("ipv4", "34.90.207.23"), ("domain", "yolkish.com")]
    assert read_indicators(table)[0].context == "C&C server"


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("user_agent_iis", "antSword/v2.1", ("user_agent", "antsword/v2.1")),
        ("User-Agent", "A+(b,+c)", ("user_agent", "a (b c)")),
        ("filename", "Evil.aspx", ("path_fragment", "\\evil.aspx")),
        ("filepath", r"%WINDIR%\Temp\x.bat", ("path_fragment", r"\temp\x.bat")),
        ("path", r"\\HOST\C$\a", ("file_path", r"\\host\c$\a")),
        ("url", "hxxp://cdn.example[.]net/p?a", ("domain", "cdn.example.net")),
        ("url", "http://192.0.2.9:8080/p", ("ipv4", "192.0.2.9")),
        ("ip", "192.0.2.9:443", ("ipv4", "192.0.2.9")),
        ("hash", "D" * 32, ("md5", "d" * 32)),
        ("hostname", "MX.Example.org.", ("domain", "mx.example.org")),
        ("email-addr", "A@Example.org", ("email", "a@example.org")),
        ("", "2001:DB8::9", ("ipv6", "2001:db8::9")),
    ],
)
def test_values_are_normalised(
    tmp_path: Path, kind: str, value: str, expected: tuple[str, str]
) -> None:
    """Each kind of value has one form, in which it is compared."""
    path = _write(tmp_path, "i.csv", f'type,value\n{kind},"{value}"\n')
    assert _pairs(path) == [expected]


def test_network_is_its_addresses(tmp_path: Path) -> None:
    """Small networks are written out; a large one is refused, not silently ignored."""
    assert len(_pairs(_write(tmp_path, "a.csv", "value,type\n192.0.2.0/30,ip\n"))) == 4
    with pytest.raises(ContentError, match=r"b\.csv:2: is no ip: '10\.0\.0\.0/8'"):
        read_indicators(_write(tmp_path, "b.csv", "value,type\n10.0.0.0/8,ip\n"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "type,value\nsha256,abc\n", r"a\.csv:2: is no sha256: 'abc'"),
        ("a.csv", "type,value\nip,1.2.3.400\n", r"a\.csv:2: is no ip: '1\.2\.3\.400'"),
        ("a.csv", "type,value\nport,443\n", r"a\.csv:2: type 'port' is not known: '443'"),
        ("a.csv", "name,colour\nx,red\n", r"a\.csv:1: no column of values"),
        ("a.txt", "what is this\n", r"a\.txt:1: its form does not tell its type"),
        ("a.json", "{", r"a\.json: is not JSON"),
        ("a.json", "{}", r"a\.json: is neither a STIX 2\.1 bundle nor a MISP event"),
    ],
)
def test_a_mistake_names_file_line_and_value(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    """Whoever wrote the file can find what is wrong in it."""
    with pytest.raises(ContentError, match=message):
        read_indicators(_write(tmp_path, name, text))


def test_missing_file_and_other_encodings_are_named(tmp_path: Path) -> None:
    """A file that is not there or is no UTF-8 is a mistake of the user, not of the evidence."""
    with pytest.raises(ContentError, match="cannot be read"):
        read_indicators(tmp_path / "none.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes(b"value,type\n\xfc,string\n")
    with pytest.raises(ContentError, match="is not UTF-8 at byte 11"):
        read_indicators(path)


def test_stix_bundle_is_read(tmp_path: Path) -> None:
    """Every comparison of every indicator's pattern is one indicator."""
    bundle = {
        "type": "bundle",
        "objects": [
            {"type": "identity", "name": "x"},
            {
                "type": "indicator",
                "name": "loader",
                "pattern": f"[file:hashes.'SHA-256' = '{'e' * 64}' OR file:name = 'a\\\\b.exe']",
            },
            {"type": "indicator", "pattern": "[ipv4-addr:value = '192.0.2.7']"},
        ],
    }
    path = _write(tmp_path, "b.json", json.dumps(bundle))
    assert _pairs(path) == [
        ("sha256", "e" * 64),
        ("path_fragment", r"\a\b.exe"),
        ("ipv4", "192.0.2.7"),
    ]
    assert read_indicators(path)[0].context == "loader"


def test_misp_event_is_read(tmp_path: Path) -> None:
    """Attributes for detection are taken, composites split, those that tell a story left out."""
    event = {
        "Event": {
            "info": "story",
            "Attribute": [
                {"type": "ip-dst", "value": "192.0.2.7", "to_ids": True},
                {"type": "ip-dst", "value": "192.0.2.8", "to_ids": False},
                {"type": "comment", "value": "words", "to_ids": True},
            ],
            "Object": [{"Attribute": [{"type": "filename|md5", "value": "a.exe|" + "f" * 32}]}],
        }
    }
    assert _pairs(_write(tmp_path, "e.json", json.dumps({"response": [event]}))) == [
        ("ipv4", "192.0.2.7"),
        ("path_fragment", "\\a.exe"),
        ("md5", "f" * 32),
    ]


def test_published_feeds_are_read_whole(tmp_path: Path) -> None:
    """Every value of the feeds of Microsoft, Volexity and ESET is read, repeated ones once."""
    if not CORPUS.exists():
        pytest.skip("shared corpora are not here")
    counts: dict[str, Counter[str]] = {}
    with zipfile.ZipFile(CORPUS) as members:
        for name in members.namelist():
            if name.lower().endswith((".csv", ".adoc", ".md5", ".sha1", ".sha256")):
                path = tmp_path / Path(name).name
                path.write_bytes(members.read(name))
                counts[path.name] = Counter(one.type for one in read_indicators(path))
    assert counts["MSTICIoCs-ExchangeServerVulnerabilitiesDisclosedMarch2021.csv"] == {
        "sha256": 14,
        "file_path": 42,
    }
    assert counts["indicators.csv"] == {"ipv4": 13}
    assert counts["README.adoc"] == {"sha1": 23, "domain": 10, "ipv4": 7}
    assert [counts[f"samples.{kind}"] for kind in ("md5", "sha1", "sha256")] == [
        {"md5": 23},
        {"sha1": 23},
        {"sha256": 23},
    ]

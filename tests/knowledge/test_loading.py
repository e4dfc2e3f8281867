"""Everything that hevesy knows is read and checked."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import polars as pl
import pytest

from hevesy.errors import ContentError
from hevesy.knowledge import Knowledge, load, normalise_path
from hevesy.knowledge.loading import FOLDER
from hevesy.tables import KINDS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What ships with hevesy."""
    return load()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The data in a folder where it can be spoiled."""
    target = tmp_path / "knowledge"
    shutil.copytree(FOLDER, target, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return target


def _spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_shipped_files_are_those_of_the_twelve_sets(known: Knowledge) -> None:
    """Nothing of the list of shipped pages was lost on the way into the project."""
    sets = known.shipped.group_by("product", "cu").len()
    assert (known.shipped.height, sets.height) == (9227, 12)
    assert known.shipped["relative_path"].str.contains(r"[A-Z\\]").sum() == 0
    assert known.shipped["sha256"].str.contains(r"^[0-9a-f]{64}$").all()


def test_no_indicator_is_a_shipped_page(known: Knowledge) -> None:
    """A path that Exchange ships would accuse every server."""
    shipped = set(known.shipped["relative_path"])
    for one in known.indicators:
        if one.type == "file_path":
            assert one.value.partition("\\v15\\")[2].replace("\\", "/") not in shipped


def test_no_known_hash_is_a_shipped_page(known: Knowledge) -> None:
    """A hash that Exchange ships would accuse every server."""
    assert not set(known.shipped["sha256"]) & {one.value for one in known.indicators}


def test_indicators_are_in_their_form(known: Knowledge) -> None:
    """Each value is in the form in which it is compared, and says where it is from."""
    assert len(known.indicators) == 188
    for one in known.indicators:
        assert one.source
        assert one.weight in {"strong", "medium", "weak"}
        if one.type == "file_path":
            assert one.value == normalise_path(one.value)


def test_timeout_logout_is_shipped_in_one_place_only(known: Knowledge) -> None:
    """Its name is that of a web shell everywhere else; the misprint Logoff is nowhere shipped."""
    paths = set(known.shipped["relative_path"])
    assert [p for p in paths if "timeoutlogo" in p] == [
        "frontend/httpproxy/ecp/auth/timeoutlogout.aspx"
    ]
    row = known.shell_names.row(by_predicate=pl.col("name") == "timeoutlogout.aspx", named=True)
    assert row["legitimate"] == [r"<ex>\frontend\httpproxy\ecp\auth"]


def test_legitimate_names_are_shipped(known: Knowledge) -> None:
    """Where the table of shell names says that a shipped file has the name, it has."""
    paths = set(known.shipped["relative_path"])
    for name, folders in known.shell_names.select("name", "legitimate").iter_rows():
        for folder in folders:
            assert f"{folder}\\{name}".removeprefix("<ex>\\").replace("\\", "/") in paths


def test_threat_is_whole(known: Knowledge) -> None:
    """ProxyLogon has its four vulnerabilities, known log kinds, a dated first use and remedies."""
    (threat,) = known.threats
    assert threat.name == "proxylogon"
    assert [one.id for one in threat.vulnerabilities] == [
        "CVE-2021-26855", "CVE-2021-26857", "CVE-2021-26858", "CVE-2021-27065",
    ]  # fmt: skip
    kinds = {*threat.window_kinds, *(k for one in threat.vulnerabilities for k in one.kinds)}
    assert {k for k in kinds if not k.startswith("windows:")} <= set(KINDS)
    assert threat.first_exploited == dt.datetime(2021, 1, 3, tzinfo=dt.UTC)
    assert "Volexity" in threat.first_exploited_source
    assert {"patch-now", "note-attempts", "review-indicator", "check-web-file"} <= {
        key for key, _ in threat.remedies
    }


def test_date_is_the_newest_of_the_tables(known: Knowledge) -> None:
    """A case says how old its knowledge is by the tables' own date."""
    assert known.as_of == dt.date(2026, 11, 24)


def test_digest_is_of_the_content(copy: Path) -> None:
    """Line ends and code do not change it, any other byte does."""
    before = load(copy).digest
    file = copy / "threats" / "proxylogon" / "threat.toml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    (copy / "a.py").write_text("")
    assert load(copy).digest == before
    _spoil(file, "ProxyLogon:", "ProxyLogon;")
    assert load(copy).digest != before


SHIPPED = "exchange/shipped_web_files.csv"
NAMES = "exchange/webshell_names.csv"
INDICATORS = "threats/proxylogon/indicators.csv"
THREAT = "threats/proxylogon/threat.toml"
REMEDY = "threats/proxylogon/remedy.md"


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (SHIPPED, "relative_path,", "path,", r"files\.csv:1: header is \['path'"),
        (SHIPPED, ",5e132f71", ",xe132f71", r"files\.csv:2: sha256 is not 64 hex"),
        (NAMES, "0QWYSEXe.aspx,", "", r"names\.csv:2: row has 5 cells, not 6"),
        (NAMES, "0QWYSEXe.aspx,", ",", r"names\.csv:2: row has no name"),
        (INDICATORS, "sha256,8e90", "sha256,8", r"indicators\.csv:2: is no sha256"),
        (INDICATORS, ",strong,2021-03-10", ",strong,10.3.2021", r"2: date is not .* '10\.3\.2021'"),
        (INDICATORS, ",strong,", ",certain,", r"2: weight is not one of .*'certain'"),
        (
            THREAT,
            "exploited = 2021-01-03",
            "exploited = 'once'",
            r"exploited is 'once', not a date",
        ),
        (THREAT, "title =", "titel =", r"threat\.toml: title is None, not a str"),
        (THREAT, "title =", "title", r"threat\.toml: is not TOML"),
        (REMEDY, "## patch-now", "## note-attempts", r"remedy 'note-attempts' stands twice"),
        (REMEDY, "**Close the way in**", "Close", r"'patch-now' does not start with its title"),
        ("tables.toml", "webshell_names", "shell_names", r"does not describe exchange/webshell_n"),
        ("tables.toml", "= 2026-11-24", "= 'today'", r"date is not YYYY-MM-DD: 'today'"),
    ],
)
def test_a_mistake_names_file_line_and_value(
    copy: Path, name: str, old: str, new: str, message: str
) -> None:
    """Whoever changes a table finds a mistake at once, with its place."""
    _spoil(copy / name, old, new)
    with pytest.raises(ContentError, match=message):
        load(copy)

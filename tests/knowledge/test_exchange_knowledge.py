"""Tables of Exchange's versions: loaded, joined, checked against each other, their age told."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pytest

from hevesy.errors import ContentError
from hevesy.knowledge import ExchangeKnowledge, load_exchange, month_of, table_ages
from hevesy.knowledge.loading import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 24)


@pytest.fixture(scope="module")
def known() -> ExchangeKnowledge:
    """What ships with hevesy."""
    return load_exchange()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The data in a folder where it can be spoiled."""
    target = tmp_path / "knowledge"
    target.mkdir()
    shutil.copy(FOLDER / "tables.toml", target)
    shutil.copytree(FOLDER / "exchange", target / "exchange")
    return target


def spoil(file: Path, old: str, new: str) -> None:
    """Change one thing in a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_everything_exploited_is_dated_with_its_source(known: ExchangeKnowledge) -> None:
    """Every vulnerability in KEV has a first use; where nobody dates it, it says so."""
    exploited = [one for one in known.facts.values() if one.kev_added]

    assert len(exploited) == 19
    assert all(one.first_exploited and one.first_exploited_source for one in exploited)
    ssrf, undated = known.facts["CVE-2021-26855"], known.facts["CVE-2018-8581"]
    assert ssrf.first_exploited == dt.date(2021, 1, 3)
    assert known.facts["CVE-2021-42321"].first_exploited == dt.date(2021, 11, 9)
    assert known.facts["CVE-2024-21410"].first_exploited == dt.date(2024, 2, 14)
    assert (undated.first_exploited, undated.kev_added) == (dt.date(2022, 3, 3),) * 2
    assert "stands in for a first use that nobody dates" in undated.first_exploited_source
    for one in exploited:
        assert one.first_exploited
        assert one.kev_added
        assert one.first_exploited <= one.kev_added


def test_each_fact_has_its_source_and_date(known: ExchangeKnowledge) -> None:
    """A row that nobody can trace is none."""
    fixes = [fix for several in known.fixes.values() for fix in several]

    assert len(known.fixes) == len(known.facts) == 153
    assert all(fix.source and fix.date for fix in fixes)
    assert all(row.source and row.date for row in known.builds.rows)
    assert known.kev_date == dt.date(2025, 8, 25)
    assert [fix.cve for fix in fixes if fix.standing == "contradicted"] == [
        "CVE-2021-26858",
        "CVE-2021-26858",
        "CVE-2021-26858",
        "CVE-2021-42321",
    ]


def test_every_condition_and_mitigation_is_used(known: ExchangeKnowledge) -> None:
    """An entry that nothing refers to is a typing error in one of the two."""
    needed = {fix.needs for several in known.fixes.values() for fix in several if fix.needs}
    covered = {cve for measure in known.measures for cve in measure.cves}

    assert needed == {one.name for one in known.conditions.values() if not one.defence}
    assert covered <= set(known.facts)
    assert {kind.kind for kind in known.conditions.values()} <= {
        "extended_protection",
        "hybrid",
        "schema",
        "setting",
    }


def test_tables_tell_their_age(tmp_path: Path) -> None:
    """`hevesy data check` needs each table's date, and which are old."""
    ages = {age.file: age for age in table_ages(TODAY, own=tmp_path)}

    assert ages["exchange/kev.csv"].days == 456
    assert ages["exchange/kev.csv"].stale
    assert not ages["exchange/fixes.csv"].stale
    assert not any(age.imported for age in ages.values())


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("builds.csv", "15.1.2375.7,", "15.1.x,", "is no Exchange build"),
        ("builds.csv", "product,cu", "product,cu2", "header is"),
        ("fixes.csv", "15.1.1591.17", "15.1.1591.99", "no build 15.1.1591.99 of Exchange2016 CU11"),
        ("fixes.csv", "CVE-2018-0924,", "CVE-18-0924,", "is no CVE or ADV id"),
        ("fixes.csv", ",build,,", ",buil,,", "kind is not one of"),
        ("fixes.csv", "extended_protection,", "extended,", "needs no known condition"),
        ("fixes.csv", "15.0.1473.5,", ",", "needs a first_fixed_build"),
        ("vulnerabilities.csv", "ADV190018,,,,2019-06\n", "", "does not name ADV190018"),
        ("vulnerabilities.csv", "critical", "awful", "severity is not one of"),
        ("kev.csv", "2022-03-03", "2022-3", "date is not YYYY-MM-DD"),
        ("exploitation.csv", "2021-01-03", "early 2021", "date is not YYYY-MM-DD"),
        ("extended_protection.csv", "OAB,Allow", "OAB,Perhaps", "is not None, Allow or Require"),
        ("conditions.toml", "title = ", "titel = ", "[extended_protection] has no title"),
        ("mitigations.toml", "cves = ", "cve = ", "[url_rewrite_26855] has no list cves"),
    ],
)
def test_a_mistake_in_a_table_is_told(
    file: str, old: str, new: str, words: str, copy: Path
) -> None:
    """File, line and value; never a wrong judgement in silence."""
    spoil(copy / "exchange" / file, old, new)

    with pytest.raises(ContentError) as error:
        load_exchange(copy)
    assert words in str(error.value)
    assert file in str(error.value)


def test_the_digest_is_of_the_data(copy: Path, known: ExchangeKnowledge) -> None:
    """Another table, another digest; line ends of Windows change nothing."""
    assert load_exchange(copy).digest == known.digest
    path = copy / "exchange" / "builds.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_exchange(copy).digest == known.digest
    spoil(copy / "exchange" / "exploitation.csv", "2021-01-03", "2021-01-04")
    assert load_exchange(copy).digest != known.digest


def test_months_stand_in_the_names_of_updates() -> None:
    """`Mar21SU` is of March 2021; a rollup says no month."""
    assert month_of("Mar21SU") == (2021, 3)
    assert month_of("Nov24SUv2") == (2024, 11)
    assert month_of("May26HU") == (2026, 5)
    assert month_of("RU32") is None

"""Every YARA rule of hevesy against inert samples that it must know, and ordinary pages."""

from __future__ import annotations

import base64
import re
import zipfile
from functools import cache
from pathlib import Path

import pytest
import yara_x

from hevesy.knowledge import load
from hevesy.knowledge.loading import FOLDER
from hevesy.model import Outcome, Stage

HERE = Path(__file__).parent
CORPORA = HERE.parents[2] / "shared" / "corpora"
FILES = sorted(FOLDER.glob("threats/*/yara/*.yar"))
SAMPLES = sorted((HERE / "samples").glob("*.b64"))
PAGES = sorted((HERE / "ordinary_pages").iterdir())
META = {
    "id", "title", "description", "why", "author", "licence", "date", "level", "stage", "outcome",
    "remedy", "technique",
}  # fmt: skip


@cache
def _rules() -> yara_x.Rules:
    compiler = yara_x.Compiler(relaxed_re_syntax=True)
    for file in FILES:
        compiler.new_namespace(file.name)
        compiler.add_source(file.read_text(encoding="utf-8"), origin=file.name)
    assert not compiler.warnings()
    return compiler.build()


def _matches(content: bytes) -> set[str]:
    return {rule.identifier for rule in yara_x.Scanner(_rules()).scan(content).matching_rules}


def _sample(file: Path) -> bytes:
    return base64.b64decode(file.read_text(encoding="ascii"))


def _metadata() -> dict[str, dict[str, object]]:
    return {rule.identifier: dict(rule.metadata) for rule in _rules() if rule.metadata}


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_sample_is_known(file: Path) -> None:
    """A sample is known to the rule that its name begins with."""
    assert file.name.split(".")[0] in _matches(_sample(file))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_ordinary_page_is_left_alone(file: Path) -> None:
    """No rule matches a page that does what pages do."""
    assert _matches(file.read_bytes()) == set()


def test_every_rule_has_a_sample() -> None:
    """A rule that nothing shows to work is none."""
    assert {file.name.split(".")[0] for file in SAMPLES} == set(_metadata())


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-8-sig"])
def test_encoding_of_a_page_hides_nothing(encoding: str) -> None:
    """IIS runs pages in UTF-16 too, and Exchange writes some files so."""
    for file in SAMPLES:
        name = file.name.split(".")[0]
        if name.startswith(("page_eval", "page_starts", "page_writes", "virtual_directory")):
            assert name in _matches(_sample(file).decode("latin-1").encode(encoding)), file.name


def test_case_hides_nothing() -> None:
    """VBScript does not tell case apart, and so shells are written in any."""
    for file in SAMPLES:
        if file.suffixes[0] in {".classic", ".session", ".wscript"}:
            swapped = _sample(file).swapcase()
            assert file.name.split(".")[0] in _matches(swapped), file.name


def test_text_around_hides_nothing() -> None:
    """A shell that was appended to an ordinary page is found."""
    page = (HERE / "ordinary_pages" / "sign_in.aspx").read_bytes()
    for file in SAMPLES:
        if file.name.startswith("page_"):
            assert file.name.split(".")[0] in _matches(page + _sample(file)), file.name


def test_samples_are_inert() -> None:
    """No sample would run: the server sees a comment, or text that is no program."""
    for file in SAMPLES:
        text = _sample(file).decode("latin-1")
        code = re.sub(r"<%--.*?--%>|/\*.*?\*/", "", text, flags=re.DOTALL)
        assert (
            not re.search(r"(?i)eval|execute|request|process", code) or b"MZ" in _sample(file)[:2]
        )


def test_every_rule_says_what_its_findings_mean() -> None:
    """Stage, outcome, remedy and the rest stand in each rule, in known words; ids are unique."""
    remedies = {key for threat in load().threats for key, _ in threat.remedies}
    found = _metadata()
    for name, meta in found.items():
        assert set(meta) == META, name
        assert Stage(str(meta["stage"])) in {Stage.SHELL_PLACED, Stage.SHELL_USED}, name
        assert Outcome(str(meta["outcome"])), name
        assert meta["remedy"] in remedies, name
        assert (meta["author"], meta["licence"]) == ("hevesy", "Apache-2.0"), name
        assert re.fullmatch(r"T\d{4}(\.\d{3})?(, T\d{4}(\.\d{3})?)*", str(meta["technique"])), name
    assert len({meta["id"] for meta in found.values()}) == len(found)


def test_configurations_of_real_servers_are_left_alone() -> None:
    """IIS and Exchange configuration files of Microsoft's own tests match no rule."""
    archive = CORPORA / "exchange_configs_and_setup_logs.zip"
    if not archive.exists():
        pytest.skip("shared corpora are not here")
    with zipfile.ZipFile(archive) as members:
        names = [name for name in members.namelist() if name.lower().endswith(".config")]
        assert names
        for name in names:
            assert _matches(members.read(name)) == set(), name

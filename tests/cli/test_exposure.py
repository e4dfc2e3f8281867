"""`hevesy exposure` and `hevesy data`: files to a table, exit codes, a sentence a mistake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hevesy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

INVENTORY = "name,build\nEX01,15.1.2375.7\nEX02,15.2.2562.46\n"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Imports of whoever runs the tests are left alone."""
    folder = tmp_path / "own"
    monkeypatch.setattr("hevesy.knowledge.user_folder", lambda: folder)
    return folder


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """Two servers."""
    file = tmp_path / "inventory.csv"
    file.write_text(INVENTORY, encoding="utf-8")
    return file


def test_a_table_of_servers(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Most open first; what to install; how old the tables are."""
    code = main(["exposure", str(inventory)])

    out, err = capsys.readouterr()
    assert code == 0
    rows = out.splitlines()
    assert rows[0].split()[:2] == ["server", "build"]
    assert rows[1].startswith("EX01    15.1.2375.7")
    assert "out of support since 2025-10-14" in out
    assert "  supported until 2035-12-31\n" in out
    assert "  open, in KEV: CVE-2024-21410, CVE-2021-42321, " in out
    assert "KEV catalogue of 2025-08-25" in out
    assert "exchange/kev.csv is 456 days old" in err


def test_every_vulnerability_and_the_plan(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --list, what is open and why, and the steps in order."""
    main(["exposure", str(inventory), "--list"])

    out = capsys.readouterr().out
    assert "open: CVE-2021-42321 KEV high" in out
    assert out.index("  1. Install Exchange Server 2016 CU23 (") < out.index("  2. Install")
    assert "setting that was not read: Download Domains (1 vulnerability). What would" in out
    assert "What would tell it: Get-OrganizationConfig (EnableDownloadDomains)" in out


def test_a_case_is_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The builds that it kept, with their times; by newer tables than those it was made with."""
    logs = tmp_path / "EX07" / "Logging" / "HttpProxy" / "Owa"
    logs.mkdir(parents=True)
    (logs / "HttpProxy_2021031010-1.LOG").write_text(
        "#Software: Microsoft Exchange Server\n#Version: 15.01.2176.009\n"
        "#Log-type: HttpProxy Logs\n"
        "#Fields: DateTime,RequestId,Protocol,ServerHostName,HttpStatus\n"
        "2021-03-10T10:00:01.000Z,a,Owa,EX07,200\n",
        encoding="utf-8",
    )
    case = tmp_path / "case"
    assert main(["assess", str(tmp_path / "EX07"), "-o", str(case), "-q", "--jobs", "1"]) == 0
    capsys.readouterr()

    assert main(["exposure", str(case), "--format", "json"]) == 0
    (server,) = json.loads(capsys.readouterr().out)["servers"]
    assert (server["name"], server["build"]) == ("EX07", "15.1.2176.9")
    assert server["evidence"][0]["first"].startswith("2021-03-10T10:00:01")

    assert main(["exposure", str(case)]) == 0
    assert "  build as a line of 2021-03-10 10:00 UTC shows it" in capsys.readouterr().out


_BLOCKED = """<configuration><system.webServer><rewrite><rules>
<rule name="PowerShell - inbound" stopProcessing="true"><match url=".*" /><conditions>
<add input="{UrlDecode:{REQUEST_URI}}" pattern="(?=.*autodiscover)(?=.*powershell)" />
</conditions><action type="AbortRequest" /></rule>
</rules></rewrite></system.webServer></configuration>
"""


_CHECKED = """{"HealthCheckerExchangeServer": {"ServerName": "EX07", "ExchangeInformation":
{"BuildInformation": {"ExchangeSetup": {"FileVersion": "15.01.2375.012"}}}}}
"""
_FRONT_END = """#Software: Microsoft Exchange Server
#Version: 15.01.2375.007
#Log-type: HttpProxy Logs
#Fields: DateTime,RequestId,Protocol,ServerHostName,TargetServer,TargetServerVersion
2023-01-10T10:00:01.000Z,a,Owa,EX07,ex08.example.org,15.01.2375.000
"""


@pytest.fixture
def collected(tmp_path: Path) -> tuple[Path, Path]:
    """A collection with a log, a mitigation and HealthChecker's output, and the case of it."""
    web = tmp_path / "EX07" / "C" / "inetpub" / "wwwroot"
    logs = tmp_path / "EX07" / "C" / "Logging" / "HttpProxy" / "Owa"
    web.mkdir(parents=True)
    logs.mkdir(parents=True)
    (web / "web.config").write_text(_BLOCKED, encoding="utf-8")
    (logs / "HttpProxy_2023011010-1.LOG").write_text(_FRONT_END, encoding="utf-8")
    (tmp_path / "EX07" / "HealthChecker-EX07-1.json").write_text(_CHECKED, encoding="utf-8")
    case = tmp_path / "case"
    assert main(["assess", str(tmp_path / "EX07"), "-o", str(case), "-q", "--jobs", "1"]) == 0
    return tmp_path / "EX07", case


def test_a_case_says_of_its_server_what_the_evidence_says(
    collected: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Builds of files, mitigations and settings are kept: both are judged alike."""
    said = []
    for source in collected:
        capsys.readouterr()
        assert main(["exposure", str(source), "--format", "json"]) == 0
        servers = json.loads(capsys.readouterr().out)["servers"]
        said.append(
            {one["name"]: (one["build"], one["unseen"], one["exposures"]) for one in servers}
        )

    for direct, kept in zip(said[0].items(), said[1].items(), strict=True):
        assert direct[0] == kept[0]
        assert direct[1][:2] == kept[1][:2]
        states = [{o["cve"]["id"]: o["state"] for o in side[1][2]} for side in (direct, kept)]
        assert states[0] == states[1]
    assert said[1]["EX07"][0] == "15.1.2375.12"
    assert said[1]["EX08"][1] is True


def test_what_is_mitigated_is_in_the_report(collected: tuple[Path, Path]) -> None:
    """Neither left out nor excluded, with the file that it rests on and the age of the tables."""
    _, case = collected
    (server,) = json.loads((case / "assessment.json").read_text("utf-8"))["servers"]
    page = (case / "report.html").read_text("utf-8")

    states = {one["cve"]["id"]: one["state"] for one in server["exposures"]}
    assert states["CVE-2022-41040"] == "mitigated"
    assert any(one.startswith("CVE-2022-41040: it is mitigated") for one in server["not_excluded"])
    assert ("15.1.2375.12", "healthchecker") in {
        (one["build"], one["origin"]) for one in server["builds"]
    }
    assert "rule &#39;PowerShell - inbound&#39; stands" in page
    assert "Exchange in CISA&#39;s catalogue of Known Exploited Vulnerabilities" in page


def test_a_server_of_which_no_log_was_collected_has_its_exposure(
    tmp_path: Path,
) -> None:
    """HealthChecker's output alone tells that it runs Exchange, and what is open on it."""
    web = tmp_path / "EX07" / "C" / "inetpub" / "wwwroot"
    web.mkdir(parents=True)
    (web / "web.config").write_text(_BLOCKED, encoding="utf-8")
    (tmp_path / "EX07" / "HealthChecker-EX07-1.json").write_text(_CHECKED, encoding="utf-8")
    case = tmp_path / "case"
    assert main(["assess", str(tmp_path / "EX07"), "-o", str(case), "-q", "--jobs", "1"]) == 0

    (server,) = json.loads((case / "assessment.json").read_text("utf-8"))["servers"]
    assert (server["name"], server["exchange"], server["verdict"]) == ("EX07", True, "cannot_tell")
    assert server["why_exchange"] == "its build is told by healthchecker"
    assert server["update"] == "Exchange Server 2016 CU22 Oct21SU"
    assert any(one["state"] == "open" for one in server["exposures"])


def test_a_case_that_is_cut_stops_no_other(
    collected: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named, and the others are judged."""
    _, case = collected
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "assessment.json").write_bytes((case / "assessment.json").read_bytes()[:99])
    capsys.readouterr()

    assert main(["exposure", str(tmp_path / "cut"), str(case)]) == 3
    out, err = capsys.readouterr()
    assert "EX07" in out
    assert "cut/assessment.json cannot be read" in err.replace("\\", "/")


@pytest.mark.parametrize("name", ["csv", "html", "json", "csaf", "text"])
def test_every_format_goes_to_a_file(
    name: str, inventory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same bytes each time, and nothing on stdout."""
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        assert main(["exposure", str(inventory), "--format", name, "-o", str(file)]) == 0

    assert capsys.readouterr().out == ""
    assert files[0].read_bytes() == files[1].read_bytes()
    assert b"EX01" in files[0].read_bytes()
    if name in {"json", "csaf"}:
        json.loads(files[0].read_text(encoding="utf-8"))


def test_the_page_names_what_was_not_read_and_how_old_the_tables_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same sentences as on stderr, on the page that is handed on."""
    file = tmp_path / "i.csv"
    file.write_text(INVENTORY + "EX03,15.1.x\n", encoding="utf-8")

    assert main(["exposure", str(file), "--format", "html", "--tlp", "RED"]) == 3
    page = capsys.readouterr().out
    assert "i.csv:4: no Exchange build: &#39;15.1.x&#39;" in page
    assert "TLP:RED" in page
    assert "<td>2025-08-25</td>" in page


def test_a_bad_row_is_one_sentence_and_the_others_are_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 3: done, but not all of it could be read."""
    file = tmp_path / "i.csv"
    file.write_text(INVENTORY + "EX03,15.1.x\n=cmd|x,15.1.2375.7\n", encoding="utf-8")
    code = main(["exposure", str(file), "--format", "csv"])

    out, err = capsys.readouterr()
    assert code == 3
    assert "i.csv:4: no Exchange build: '15.1.x'" in err
    assert "EX01,CVE-2021-42321,open" in out
    assert "\n'=CMD|X," in out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,model\nEX01,x\n", "no usable input: i.csv:1: no column build"),
        ("name,build\nEX01,15.1.x\n", "i.csv:2: no Exchange build: '15.1.x'"),
    ],
)
def test_nothing_usable_is_a_mistake_of_the_user(
    text: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and what was looked for."""
    file = tmp_path / "i.csv"
    file.write_text(text, encoding="utf-8")

    assert main(["exposure", str(file)]) == 2
    assert words in capsys.readouterr().err


CUT = """<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">
  <Obj RefId="0"><MS>
    <Obj N="HealthCheckerExchangeServer" RefId="1"><MS>
      <S N="ServerName">EX09</S>
      <Obj N="ExchangeInf"""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("list.csv", "name,model\nEX07,Dell\n", "list.csv:1: no column build (one of build, "),
        (
            "list.csv",
            "model,build\nDell,15.1.2375.7\n",
            "list.csv:1: no column name (one of name, ",
        ),
        ("list.csv", "name,build\nEX07,15.1.x\n", "list.csv:2: no Exchange build: '15.1.x'"),
        ("HealthChecker-EX09-1.xml", CUT, "HealthChecker-EX09-1.xml: cannot be read: line 5: "),
        ("HealthChecker-EX09-1.json", '{"a": [', "1.json: cannot be read: line 1: "),
        ("notes.txt", "hello", "notes.txt: tells no build of Exchange and no setting of it"),
        ("web.config", "<configuration>", "web.config: cannot be read: line 1: ends too early"),
    ],
)
def test_bad_input_is_one_sentence_with_file_and_line(
    name: str,
    text: str,
    words: str,
    tmp_path: Path,
    inventory: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 3 and the other servers judged; by itself, exit 2 and the same sentence."""
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")

    assert main(["exposure", str(inventory), str(file)]) == 3
    out, err = capsys.readouterr()
    assert "EX01" in out
    assert "EX02" in out
    said = [line for line in err.splitlines() if "days old" not in line]
    assert len(said) == 1
    assert words in said[0]
    assert main(["exposure", str(file)]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("build", "words"),
    [
        ("15.2.2562.99", "unknown build, newer than SE RTM Aug26SU"),
        ("15.1.2507.73", "unknown build, newer than 2016 CU23 Aug26SU"),
        ("15.1.2200.1", "unknown build, between 2016 CU19 May21SU and 2016 CU20"),
        ("15.3.100.1", "unknown build"),
    ],
)
def test_a_build_that_no_table_knows_is_never_fixed(
    build: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is placed between its neighbours; what is not open is unknown, or never affected it."""
    file = tmp_path / "i.csv"
    file.write_text(f"name,build\nEX01,{build}\n", encoding="utf-8")

    assert main(["exposure", str(file)]) == 0
    assert words in capsys.readouterr().out
    main(["exposure", str(file), "--format", "json"])
    (server,) = json.loads(capsys.readouterr().out)["servers"]
    states = {one["state"] for one in server["exposures"]}
    assert states
    assert "fixed" not in states


def test_two_sources_that_contradict_each_other_are_both_shown(
    tmp_path: Path, inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With file and line of each; what they disagree on is unknown."""
    file = tmp_path / "other.csv"
    file.write_text("name,build\nEX01,15.1.2507.72\n", encoding="utf-8")

    assert main(["exposure", str(inventory), str(file)]) == 0
    out = capsys.readouterr().out
    conflict = (
        "conflict: inventory.csv:2 says 15.1.2375.7 (inventory), "
        "but other.csv:2 says 15.1.2507.72 (inventory)"
    )
    assert conflict in out


def test_nothing_is_sent_without_a_yes(capsys: pytest.CaptureFixture[str]) -> None:
    """An address needs --yes; http is refused."""
    assert main(["exposure", "https://mail.example.invalid"]) == 2
    assert "--yes is needed" in capsys.readouterr().err
    assert main(["exposure", "http://mail.example.invalid", "--yes"]) == 2
    assert "begins with https://" in capsys.readouterr().err


def test_addresses_may_stand_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One a line, with remarks; a file of other text is none of these."""
    file = tmp_path / "ours.txt"
    file.write_text(
        "# ours\nhttps://a.example.invalid\n\n https://b.example.invalid \n", encoding="utf-8"
    )
    assert main(["exposure", str(file)]) == 2
    asked = capsys.readouterr().err
    assert "--yes is needed" in asked
    assert "https://a.example.invalid, https://b.example.invalid" in asked
    file.write_text("https://a.example.invalid\nhello to all\n", encoding="utf-8")
    assert main(["exposure", str(file)]) == 2
    assert "ours.txt: tells no build of Exchange" in capsys.readouterr().err


def test_a_line_that_is_no_address_stops_no_other_source(
    tmp_path: Path, inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named with file and line; nothing is sent to it."""
    file = tmp_path / "ours.txt"
    file.write_text("mail.example.org\nhttps://127.0.0.1:1\nhttps://[::1\n", encoding="utf-8")

    assert main(["exposure", str(file), str(inventory), "--yes"]) == 3
    out, err = capsys.readouterr()
    assert "15.1.2375.7" in out
    assert "ours.txt:1: an address begins with https:// and names a host" in err
    assert "ours.txt:3: an address begins with https://" in err
    assert "hevesy: https://127.0.0.1:1: " in err


def test_a_place_that_cannot_be_written_is_one_sentence(
    inventory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is not there ends no run with a traceback."""
    place = tmp_path / "missing" / "page.html"
    assert main(["exposure", str(inventory), "--format", "html", "-o", str(place)]) == 2
    assert "hevesy: cannot write " in capsys.readouterr().err


def test_evidence_is_not_written_over(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`-o` with the name of a source is a slip of the hand, not a wish."""
    before = inventory.read_bytes()

    assert main(["exposure", str(inventory), "--format", "csv", "-o", str(inventory)]) == 2
    assert "is a source" in capsys.readouterr().err
    assert inventory.read_bytes() == before


def test_a_setup_that_failed_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It shows no build of the server; its version and end are told all the same."""
    file = tmp_path / "ExchangeSetup.log"
    file.write_text(
        "[12/01/2022 00:49:12.0073] [0] Starting Microsoft Exchange Server 2019 Setup\n"
        "[12/01/2022 00:49:12.0088] [0] Setup version: 15.2.922.7.\n"
        "[12/01/2022 00:49:13.0088] [0] The installation mode is set to: 'Install'.\n"
        "[12/01/2022 00:50:12.0088] [0] The Exchange Server setup operation didn't complete.\n",
        encoding="utf-8",
    )

    assert main(["exposure", str(file), "--list"]) == 0
    out = capsys.readouterr().out
    assert "no build found" in out
    assert "  setup: 15.2.922.7 Install, 2022-12-01 00:49 UTC, failed" in out


def test_who_can_install_nothing_is_told_to_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exchange 2013 with its last update: out of support, and that there is a way."""
    file = tmp_path / "inventory.csv"
    file.write_text("name,build\nEX01,15.0.1497.48\n", encoding="utf-8")
    main(["exposure", str(file)])
    assert "  move to Exchange Server SE: Exchange Server 2013 is" in capsys.readouterr().out


def test_a_table_that_does_not_fit_is_not_taken(
    own: Path, tmp_path: Path, inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One update with two builds would stop every later run: what was there stays."""
    header = "product,cu,update,build,released,supported_until\n"
    good = "ExchangeSE,RTM,Nov26SU,15.2.2562.60,2026-11-10,2035-12-31\n"
    file = tmp_path / "builds.csv"
    file.write_text(header + good, encoding="utf-8")
    assert main(["data", "import", str(file)]) == 0
    before = (own / "builds.csv").read_bytes()

    file.write_text(header + good + good.replace(".60", ".61"), encoding="utf-8")
    capsys.readouterr()
    assert main(["data", "import", str(file)]) == 2
    assert f"{file} was not taken, since it does not fit" in capsys.readouterr().err
    assert (own / "builds.csv").read_bytes() == before
    assert main(["exposure", str(inventory)]) == 0


def test_a_build_of_an_old_line_has_its_date(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message of two years ago does not say what the server has today."""
    file = tmp_path / "mail.eml"
    file.write_text(
        "Received: from a.example.org (10.0.0.7) by ex08.example.org (10.0.0.8) with Microsoft "
        "SMTP Server id 15.2.1544.11; Tue, 5 Nov 2024 10:00:00 +0200\nSubject: x\n\nhi\n",
        encoding="utf-8",
    )
    assert main(["exposure", str(file)]) == 0
    assert "  build as a line of 2024-11-05 08:00 UTC shows it" in capsys.readouterr().out


def test_a_csaf_document_names_who_says_it(
    inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The organization that publishes it, where it is given."""
    options = ["--publisher", "Example Corp", "--publisher-url", "https://example.org"]
    assert main(["exposure", str(inventory), "--format", "csaf", "--tlp", "CLEAR", *options]) == 0
    document = json.loads(capsys.readouterr().out)["document"]

    assert document["publisher"] == {
        "category": "user",
        "name": "Example Corp",
        "namespace": "https://example.org",
    }
    assert document["distribution"]["tlp"]["label"] == "WHITE"


@pytest.mark.parametrize("option", [("--publisher", " "), ("--publisher-url", "example.org")])
def test_a_publisher_that_csaf_does_not_allow_is_refused(
    option: tuple[str, str], inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A blank name, or a namespace that is no address, would make a document that is not valid."""
    with pytest.raises(SystemExit) as raised:
        main(["exposure", str(inventory), "--format", "csaf", *option])

    assert raised.value.code == 2
    assert option[0] in capsys.readouterr().err


def test_tables_tell_their_age_and_newer_ones_are_taken(
    own: Path, tmp_path: Path, inventory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`data check` lists them; an imported build is known from then on."""
    file = tmp_path / "builds.csv"
    file.write_text(
        "product,cu,update,build,released,supported_until,kb,date\n"
        "ExchangeSE,RTM,Nov26SU,15.2.2562.60,2026-11-10,2035-12-31,KB5140000,2026-11-11\n",
        encoding="utf-8",
    )

    assert main(["data", "import", str(file)]) == 0
    assert "1 build was taken into" in capsys.readouterr().err
    assert (own / "builds.csv").exists()
    assert main(["data", "check", "--as-of", "2026-11-24"]) == 0
    listed = capsys.readouterr().out
    assert "exchange/kev.csv" in listed
    assert "Imported: builds.csv" in listed
    main(["exposure", str(inventory)])
    out, err = capsys.readouterr()
    assert "install RTM Nov26SU (15.2.2562.60, KB5140000)" in out
    assert "kev.csv" in err
    assert "builds.csv is" not in err
    file.write_text("product\n", encoding="utf-8")
    assert main(["data", "import", str(file)]) == 2

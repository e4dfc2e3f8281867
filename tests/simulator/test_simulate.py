"""Invented collections: same seed same bytes, the truth holds, files read as the formats say.

Everything is read again with the standard library alone, so that no parser of hevesy can share a
mistake with the simulator.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import struct
import tarfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hevesy.model import Truth
from hevesy.simulator import (
    Scenario,
    ScenarioError,
    attack_lines,
    load_scenario,
    read_truth,
    simulate,
)
from hevesy.simulator.scenario import Server, Traits

SIZE = 200_000


def cut(name: str, first: date, last: date, **changes: object) -> Scenario:
    """A shipped scenario over a few days, attacks outside them left out."""
    scenario = load_scenario(name)
    servers = tuple(
        msgspec.structs.replace(
            server,
            first=None,
            attacks=tuple(
                attack
                for attack in server.attacks
                if attack.time is None or first <= attack.time.date() <= last
            ),
        )
        for server in scenario.servers
    )
    return msgspec.structs.replace(scenario, start=first, end=last, servers=servers, **changes)


@dataclass(frozen=True)
class Made:
    """A finished simulation and the bytes of every file by server and path."""

    scenario: Scenario
    truth: Truth
    output: Path
    files: dict[str, dict[str, bytes]]


def read_files(output: Path, server: Server) -> dict[str, bytes]:
    """Every file of a server's collection by its path in it."""
    path = output / f"{server.name}.{server.container}"
    if server.container == "zip":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}
    if server.container.startswith("tar"):
        with tarfile.open(path) as tar:
            members = {member.name: tar.extractfile(member) for member in tar}
            return {name: file.read() for name, file in members.items() if file is not None}
    root = output / server.name
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def make(folder: Path, scenario: Scenario, seed: int = 1, size: int = SIZE) -> Made:
    """Simulate and read everything back."""
    output = folder / "evidence"
    truth = simulate(scenario, output, seed=seed, size=size)
    files = {server.name: read_files(output, server) for server in scenario.servers}
    return Made(scenario, truth, output, files)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The demo, over the days of its chain."""
    scenario = cut("proxylogon", date(2021, 3, 3), date(2021, 3, 4), users=30)
    return make(tmp_path_factory.mktemp("demo"), scenario)


@pytest.fixture(scope="module")
def variants(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The variants, over the days of their attacks."""
    scenario = cut("proxylogon-variants", date(2021, 2, 26), date(2021, 3, 4), users=10)
    return make(tmp_path_factory.mktemp("variants"), scenario)


def small(**traits: object) -> Scenario:
    """One server, one day, the whole chain, with some traits set."""
    scenario = cut("proxylogon", date(2021, 3, 3), date(2021, 3, 4))
    server = msgspec.structs.replace(
        scenario.servers[0],
        container="folder",
        layout="rooted",
        traits=msgspec.convert(traits, Traits),
    )
    return msgspec.structs.replace(scenario, servers=(server,), users=8)


def lines_of(data: bytes) -> list[str]:
    """Lines as a text editor counts them."""
    return data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")


def digest(folder: Path) -> str:
    """One hash over every file's name and bytes."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Scenario, seed and size decide every byte, archives and truth included."""
    scenario = cut("proxylogon", date(2021, 3, 3), date(2021, 3, 4), users=10)
    archives = (scenario.servers[0], scenario.servers[2])
    scenario = msgspec.structs.replace(scenario, servers=archives)
    digests = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        simulate(scenario, tmp_path / folder / "evidence", seed=seed, size=60_000)
        digests.append(digest(tmp_path / folder))
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("which", ["demo", "variants"])
def test_the_truth_points_at_the_planted_lines(which: str, request: pytest.FixtureRequest) -> None:
    """Each step's source holds, at the step's line, the line that was planted."""
    made: Made = request.getfixturevalue(which)
    lines = {(step.server, step.id): line for step, line, _ in attack_lines(made.scenario, seed=1)}
    steps = [step for server in made.truth.servers for step in server.steps]
    assert len(steps) == len(lines)
    for step in steps:
        data = made.files[step.server][step.source]
        planted = lines[step.server, step.id]
        if step.line is None:
            assert data.decode() == planted
        else:
            assert lines_of(data)[step.line - 1] == planted


def test_the_truth_can_be_read_again(demo: Made) -> None:
    """`truth.json` lies beside the collection and gives back what `simulate` returned."""
    path = demo.output.parent / "truth.json"
    assert read_truth(path) == demo.truth
    assert not list(demo.output.rglob("truth.json"))
    with pytest.raises(ScenarioError, match="no truth"):
        read_truth(demo.output / "absent.json")


def test_verdicts_are_those_of_the_scenario(demo: Made) -> None:
    """The truth says what a run must say of each server; a clean server has no steps."""
    verdicts = {server.name: server.verdict.value for server in demo.truth.servers}
    assert verdicts == {"EX01": "post_exploitation", "EX02": "probed", "EX03": "no_trace"}
    steps = {server.name: len(server.steps) for server in demo.truth.servers}
    assert steps["EX03"] == 0 < steps["EX02"] < steps["EX01"]
    stages = {step.stage.value for step in demo.truth.servers[0].steps}
    assert stages >= {"exploit", "write", "shell_placed", "shell_used", "execution"}
    assert stages >= {"credentials", "collection", "exfiltration"}


def test_rows_and_bytes_are_counted(demo: Made) -> None:
    """Truth's numbers are those of an independent count."""
    rows = size = 0
    for files in demo.files.values():
        for path, data in files.items():
            size += len(data)
            if path.endswith((".log", ".LOG", ".json")):
                kept = [line for line in lines_of(data) if line and not line.startswith("#")]
                rows += len([line for line in kept if not line.startswith("DateTime,")])
            for place in range(4096, len(data) if path.endswith(".evtx") else 0, 65_536):
                first, last = struct.unpack_from("<QQ", data, place + 8)
                rows += last - first + 1
    assert (demo.truth.rows, demo.truth.size) == (rows, size)


def httpproxy(files: dict[str, bytes]) -> dict[str, list[dict[str, str]]]:
    """Rows of every HttpProxy file by path, read with `csv` by the names of `#Fields`."""
    found = {}
    for path, data in files.items():
        if "/HttpProxy_" not in path:
            continue
        names: list[str] = []
        rows = []
        for cells in csv.reader(line for line in lines_of(data) if line):
            if cells[0].startswith("#Fields: "):
                names = [cells[0].removeprefix("#Fields: "), *cells[1:]]
            elif not cells[0].startswith("#") and cells[0] != "DateTime":
                assert len(cells) == len(names)
                rows.append(dict(zip(names, cells, strict=True)))
        found[path] = rows
    return found


def iis(files: dict[str, bytes], site: str = "W3SVC1") -> list[dict[str, str]]:
    """Rows of every IIS log of a site, by the names of `#Fields`."""
    rows = []
    for path, data in files.items():
        if f"/{site}/" not in path:
            continue
        names: list[str] = []
        for line in lines_of(data):
            if line.startswith("#Fields: "):
                names = line.removeprefix("#Fields: ").split()
            elif line and not line.startswith("#"):
                cells = line.split(" ")
                assert len(cells) == len(names)
                rows.append(dict(zip(names, cells, strict=True)))
    return rows


@pytest.mark.parametrize("which", ["demo", "variants"])
def test_httpproxy_rows_are_well_formed_and_in_order(
    which: str, request: pytest.FixtureRequest
) -> None:
    """Every row has a cell a column, a time in order, a protocol of its folder, no quote."""
    made: Made = request.getfixturevalue(which)
    for files in made.files.values():
        for path, rows in httpproxy(files).items():
            times = [row["DateTime"] for row in rows]
            assert times == sorted(times)
            assert {row["Protocol"] for row in rows} == {path.split("/")[-2]}
            for row in rows:
                begin = row["GenericInfo"].split("BeginRequest=")[1].split(";")[0]
                took = datetime.fromisoformat(row["DateTime"]) - datetime.fromisoformat(begin)
                assert took == timedelta(milliseconds=int(row["TotalRequestTime"]))
                assert row["BackEndStatus"] in {"", row["HttpStatus"]}


def test_request_ids_join_the_front_end_logs(demo: Made) -> None:
    """`cafeReqId` of an IIS row equals RequestId of the HttpProxy row of the same request."""
    for files in demo.files.values():
        proxied = {row["RequestId"]: row for rows in httpproxy(files).values() for row in rows}
        joined = 0
        for row in iis(files):
            query = row["cs-uri-query"]
            if "cafeReqId=" not in query:
                continue
            other = proxied.pop(query.split("cafeReqId=")[1].split(";")[0])
            assert other["UrlStem"] == row["cs-uri-stem"]
            assert other["HttpStatus"] == row["sc-status"]
            assert other["DateTime"].startswith(f"{row['date']}T{row['time']}")
            agent = row["cs(User-Agent)"]
            shown = "" if agent == "-" else agent.replace("+", " ").replace(",", " ")
            assert other["UserAgent"].replace("+", " ") == shown
            joined += 1
        assert joined
        assert not proxied


def test_event_lines_are_json_of_the_dialect(variants: Made) -> None:
    """Each dialect keeps time, channel and computer where its readers look for them."""
    for server in variants.scenario.servers:
        for path, data in variants.files[server.name].items():
            if not path.endswith(".json"):
                continue
            for line in filter(None, lines_of(data)):
                event = json.loads(line)
                if server.traits.events == "nested":
                    system = event["Event"]["System"]
                    stamp, host = system["TimeCreated"]["#attributes"], system["Computer"]
                    when = stamp["SystemTime"]
                elif server.traits.events == "winlogbeat":
                    when, host = event["@timestamp"], event["winlog"]["computer_name"]
                else:
                    when, host = event["TimeCreated"], event["Hostname"]
                assert datetime.fromisoformat(when).tzinfo == UTC
                assert host.startswith(server.name.lower())


def test_an_output_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Nothing is ever written among files of the user's."""
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(ScenarioError, match="not empty"):
        simulate(small(), tmp_path)


def one(made: Made, part: str) -> bytes:
    """The first file whose path holds some text."""
    files = made.files["EX01"]
    return next(files[path] for path in sorted(files) if part in path)


HEADER = "DateTime,RequestId,"
BOM = b"\xef\xbb\xbf"
ECP = "Logging/ECP/Server"
OWA = "HttpProxy/Owa"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Traits as they are by default."""
    return make(tmp_path_factory.mktemp("plain"), small())


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Every trait the other way round."""
    traits: dict[str, object] = {
        "bare_header": False,
        "bom": False,
        "newline": "lf",
        "restart": True,
        "hourly": True,
        "columns": "early",
        "iis_fields": "forwarded",
        "anchor_port": False,
        "anchor_public": True,
        "routing_cookie": "X-AnonResource-Backend-Cookie",
        "ecp_time_column": "MyTimeStamp",
        "oab_header": "camel",
        "oab_quote": "",
        "cmdlet_message": False,
        "events_offset_hours": -5,
    }
    return make(tmp_path_factory.mktemp("other"), small(**traits))


def test_bare_header_mark_and_line_ends(plain: Made, other: Made) -> None:
    """HttpProxy files begin with a bare header line and a byte order mark, or with neither."""
    assert one(plain, OWA).startswith(BOM + HEADER.encode())
    assert one(other, OWA).startswith(b"#Software")
    assert one(plain, ECP).startswith(BOM)
    assert one(other, ECP).startswith(b"#Software")
    for part in (OWA, ECP, "W3SVC1", "events/Security"):
        assert one(plain, part).count(b"\r\n") == one(plain, part).count(b"\n")
        assert b"\r\n" not in one(other, part)


def test_the_header_stands_again_after_a_restart(plain: Made, other: Made) -> None:
    """With the trait, a file that spans noon holds its header block twice."""

    def most(made: Made, part: str) -> int:
        files = made.files["EX01"]
        return max(files[path].count(b"#Fields") for path in files if part in path)

    assert most(plain, "W3SVC1") == most(plain, ECP) == 1
    assert most(other, "W3SVC1") == most(other, "Logging/ECP/Activity") == 2


def test_files_of_a_day_or_an_hour(plain: Made, other: Made) -> None:
    """HttpProxy files hold a day, or an hour each, as their names say."""
    assert {path[-14:-6] for path in httpproxy(plain.files["EX01"])} <= {"21030300", "21030400"}
    for path, rows in httpproxy(other.files["EX01"]).items():
        hour = path[-8:-6]
        assert {row["DateTime"][11:13] for row in rows} == {hour}


def test_columns_of_early_builds(plain: Made, other: Made) -> None:
    """Early builds lack UrlHost and RoutingType, and have an empty name after TargetServer."""
    new = next(iter(httpproxy(plain.files["EX01"]).values()))[0]
    old = next(iter(httpproxy(other.files["EX01"]).values()))[0]
    assert {"UrlHost", "RoutingType"} <= set(new)
    assert not {"UrlHost", "RoutingType"} & set(old)
    names = list(old)
    assert names[names.index("TargetServer") + 1] == ""


def anchors(made: Made) -> list[dict[str, str]]:
    """HttpProxy rows whose anchor names a server."""
    rows = [row for rows in httpproxy(made.files["EX01"]).values() for row in rows]
    return [row for row in rows if row["AnchorMailbox"].startswith("ServerInfo~a]")]


def test_anchor_port_host_and_cookie(plain: Made, other: Made) -> None:
    """Forged requests name `:444` and the server's own name, or the public one without port."""
    assert anchors(plain)
    assert anchors(other)
    for row in anchors(plain):
        assert row["AnchorMailbox"].startswith("ServerInfo~a]@ex01.corp.example:444/")
        assert row["RoutingHint"] == "X-BEResource-Cookie"
    for row in anchors(other):
        assert row["AnchorMailbox"].startswith("ServerInfo~a]@mail.corp.example/")
        assert row["RoutingHint"] == "X-AnonResource-Backend-Cookie"


def test_iis_fields_and_load_balancer(plain: Made, other: Made) -> None:
    """With the trait, strangers come from the balancer, their own address in the last field."""
    assert "sc-bytes" in iis(plain.files["EX01"])[0]
    attacker = [row for row in iis(plain.files["EX01"]) if row["cs-uri-stem"] == "/ecp/y.js"]
    assert {row["c-ip"] for row in attacker} == {"203.0.113.77"}
    behind = [row for row in iis(other.files["EX01"]) if row["cs-uri-stem"] == "/ecp/y.js"]
    assert {row["c-ip"] for row in behind} == {"10.20.0.5"}
    assert {row["X-Forwarded-For"] for row in behind} == {"203.0.113.77"}
    assert {row["ClientIpAddress"] for row in anchors(other)} == {"10.20.0.5"}


def test_column_names_of_ecp_and_oab(plain: Made, other: Made) -> None:
    """The ECP Activity log's first column and the OAB log's columns can be had both ways."""
    assert b"#Fields: TimeStamp," in one(plain, "ECP/Activity")
    assert b"#Fields: MyTimeStamp," in one(other, "ECP/Activity")
    assert b"Timestamp,RecordType,TraceId" in one(plain, "OABGenerator")
    assert b"timestamp,recordType,traceId" in one(other, "OABGenerator")


def events(made: Made, channel: str) -> list[dict[str, Any]]:
    """Events of a channel."""
    return [json.loads(line) for line in lines_of(one(made, f"events/{channel}")) if line]


def test_cmdlet_messages_rendered_or_not(plain: Made, other: Made, tmp_path: Path) -> None:
    """MSExchange Management events hold a message, spelt either way, or positional data alone."""
    rendered = [event["Message"] for event in events(plain, "MSExchange Management")]
    assert any(text.startswith("Cmdlet suceeded. Cmdlet Set-OabVirtual") for text in rendered)
    bare = events(other, "MSExchange Management")
    assert not any("Message" in event for event in bare)
    assert any(event["Data"][0] == "Set-OabVirtualDirectory" for event in bare)
    spelt = make(tmp_path, small(cmdlet_spelling="succeeded"), size=20_000)
    assert b"Cmdlet succeeded. Cmdlet" in one(spelt, "events/MSExchange Management")
    assert b"suceeded" not in one(spelt, "events/MSExchange Management")


def test_local_time_labelled_utc(plain: Made, other: Made) -> None:
    """With an offset, events state a wrong time as UTC, and Sysmon's UtcTime stays true."""
    for made, hours in ((plain, 0), (other, -5)):
        for event in events(made, "Microsoft-Windows-Sysmon"):
            stated = datetime.fromisoformat(event["TimeCreated"])
            true = datetime.fromisoformat(event["UtcTime"]).replace(tzinfo=UTC)
            assert (stated - true).total_seconds() == hours * 3600
    steps = other.truth.servers[0].steps
    assert min(step.time for step in steps) == datetime(2021, 3, 3, 4, 51, 17, 204_000, UTC)


@pytest.mark.parametrize("quote", ["'", '"', ""])
def test_oab_path_quotes(tmp_path: Path, quote: str) -> None:
    """The path in the OABGenerator's message is quoted in any of three ways."""
    made = make(tmp_path, small(oab_quote=quote), size=400_000)
    text = b"".join(data for path, data in made.files["EX01"].items() if "OABGen" in path)
    assert f"temporary file {quote}C:\\Program Files".encode() in text


def test_ecp_rows_keep_quotes_as_the_format_says(demo: Made) -> None:
    """The ECP datum that holds quotes is one CSV cell, its pair in single quotes."""
    step = next(step for step in demo.truth.servers[0].steps if step.id == "ecp-set-url")
    assert step.line is not None
    row = lines_of(demo.files["EX01"][step.source])[step.line - 1]
    cells = next(csv.reader(io.StringIO(row)))
    assert len(cells) == 4
    assert "'S:CMD=Set-OabVirtualDirectory.ExternalUrl=''http://f/<" in cells[3]
    assert cells[3].endswith("S:ACID=")


def test_size_scales_the_traffic(tmp_path: Path) -> None:
    """`size` is met within a third where headers and fixed rows do not dominate."""
    scenario = cut("benchmark", date(2021, 3, 1), date(2021, 3, 3))
    made = make(tmp_path, scenario, size=2_000_000)
    assert 1_300_000 < made.truth.size < 2_700_000


def test_attack_lines_at_a_rate(tmp_path: Path) -> None:
    """Without a time, an attack's requests are strewn over the evidence at its rate."""
    scenario = cut("benchmark", date(2021, 3, 1), date(2021, 3, 3))
    server = scenario.servers[0]
    attack = msgspec.structs.replace(server.attacks[0], rate=0.01)
    scenario = msgspec.structs.replace(
        scenario, servers=(msgspec.structs.replace(server, attacks=(attack,)),)
    )
    made = make(tmp_path, scenario, size=1_000_000)
    rows = sum(len(rows) for rows in httpproxy(made.files["EX01"]).values())
    planted = [step for step in made.truth.servers[0].steps if step.kind == "httpproxy"]
    assert 0.005 < len(planted) / rows < 0.02
    for step in planted:
        assert step.line is not None
        assert "ServerInfo~a]@" in lines_of(made.files["EX01"][step.source])[step.line - 1]


def test_background_traffic_is_believable(plain: Made) -> None:
    """Users, probes, strangers and administrators are all there, more by day than by night."""
    rows = [row for rows in httpproxy(plain.files["EX01"]).values() for row in rows]
    assert {row["ClientIpAddress"] for row in rows} >= {"127.0.0.1", "::1"}
    users = [row["AuthenticatedUser"] for row in rows]
    assert any(user.startswith("CORP\\HealthMailbox") for user in users)
    assert len({user for user in users if "." in user}) >= 5
    worked = [int(row["DateTime"][11:13]) for row in rows if "." in row["AuthenticatedUser"]]
    assert sum(7 <= hour < 18 for hour in worked) > sum(worked_at < 6 for worked_at in worked)
    assert any("KHTML  like Gecko" in row["UserAgent"] for row in rows)
    assert {row["HttpStatus"] for row in rows} >= {"200", "302", "401"}

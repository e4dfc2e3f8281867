"""An invented case for the tests of reports and case: three Exchange servers and one other."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from hevesy.model import (
    Action,
    Assessment,
    BuildLine,
    BuildSeen,
    BuildSpan,
    Chain,
    Coverage,
    CveFacts,
    DamagedRow,
    Exposure,
    ExposureState,
    Finding,
    Incident,
    Input,
    Level,
    Loss,
    OpenSpan,
    Outcome,
    PlanStep,
    RiskWindow,
    RuleReference,
    RuleUse,
    Sample,
    ServerAssessment,
    SharedClient,
    SourceState,
    Stage,
    Step,
    UnseenServer,
    Verdict,
)
from hevesy.tables import FINDINGS, LEDGER, TIMELINE, Tables

__all__ = ["invent_assessment", "invent_tables"]

RISK_START = datetime(2021, 1, 3, tzinfo=UTC)
ATTACK = datetime(2021, 3, 2, 23, 41, 7, 120_000, tzinfo=UTC)
HASHES = {name: f"{index:x}" * 64 for index, name in enumerate("abcdefghijk", 1)}

STEPS: list[dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("steps.toml").read_text(encoding="utf-8")
)["step"]
STRAY: list[dict[str, Any]] = [
    {
        "minutes": -9000,
        "stage": "exfiltration",
        "outcome": "success",
        "level": "medium",
        "kind": "evtx",
        "title": "Mail forwarded to an address outside",
        "vulnerability": "",
        "technique": "T1114.003",
        "text": "a rule forwards mail of one mailbox to an outside address",
        "raw": "Set-Mailbox -ForwardingSmtpAddress smtp:someone@example.net",
    },
    {
        "minutes": 400,
        "stage": "execution",
        "outcome": "unknown",
        "level": "low",
        "kind": "evtx",
        "title": "Encoded PowerShell command",
        "vulnerability": "",
        "technique": "T1059.001",
        "text": "powershell.exe was started with an encoded command",
        "raw": "powershell -enc [cut]",
    },
]

EXPOSURE = Exposure(
    cve=CveFacts("CVE-2021-26855", title="SSRF", severity="critical", kev_added=date(2021, 11, 3)),
    state=ExposureState.OPEN,
    why="15.1.2106.2 is below 15.1.2106.13, fixed by Mar21SU",
    first_fixed_build="15.1.2106.13",
    remedy="install KB5000871",
    rests_on=("header_version in HttpProxy_2021030300-1.LOG",),
)
UPDATE_PLAN = (
    PlanStep(
        1,
        "su",
        "Install Mar21SU",
        "Install Mar21SU, released 2021-03-02. Run the .msp elevated.",
        ("CVE-2021-26855",),
    ),
    PlanStep(2, "check", "Check the settings", "- One setting.\n- Another setting."),
    PlanStep(3, "retire", "Move to Exchange Server SE", "2016 is out of support."),
)
PATCHED = datetime(2021, 3, 4, 22, 5, tzinfo=UTC)
"""Last line of EX02's old build."""


def build_line(build: str, name: str, time: datetime, line: int) -> BuildLine:
    """A line of EX02's ECP log."""
    return BuildLine(build, name, time, f"EX02-triage.zip/ECP/ECPServer{time:%Y%m%d}-1.LOG", line)


OLD = "15.1.2106.2", "Exchange Server 2016 CU18"
NEW = "15.1.2106.13", "Exchange Server 2016 CU18 Mar21SU"
HISTORY = (
    BuildSpan(
        *OLD,
        "CU18 (no SU)",
        "su_exact",
        build_line(*OLD, datetime(2021, 1, 1, 0, 4, tzinfo=UTC), 7),
        build_line(*OLD, PATCHED, 902),
        63,
        open=("CVE-2021-26855", "CVE-2021-27065"),
    ),
    BuildSpan(
        *NEW,
        "CU18 Mar21SU",
        "su_exact",
        build_line(*NEW, PATCHED + timedelta(hours=3), 7),
        build_line(*NEW, datetime(2021, 3, 12, 23, tzinfo=UTC), 480),
        9,
        closes=("CVE-2021-26855", "CVE-2021-27065"),
    ),
)


def open_span(*, after_fix: bool, count: int, succeeded: int = 0) -> OpenSpan:
    """Attacks on EX02, before or after it was patched."""
    build = HISTORY[after_fix]
    first = PATCHED + timedelta(days=2) if after_fix else ATTACK
    return OpenSpan(
        cve="CVE-2021-26855",
        answer="no" if after_fix else "yes",
        first=first,
        last=first + timedelta(hours=5),
        count=count,
        succeeded=succeeded,
        why=(
            "15.1.2106.13 is at or above 15.1.2106.13, fixed by Mar21SU"
            if after_fix
            else "15.1.2106.2 is below 15.1.2106.13, fixed by Mar21SU"
        ),
        before=build_line(build.build, build.name, first - timedelta(hours=1), 40),
        after=build_line(build.build, build.name, first + timedelta(hours=6), 99),
    )


ATTACKED = (
    open_span(after_fix=False, count=100_000),
    open_span(after_fix=True, count=4_233, succeeded=1),
)
UNSEEN = UnseenServer(
    name="EX09",
    aliases=("ex09.example.org",),
    update="Exchange Server 2016 CU20",
    builds=(
        BuildLine(
            "15.1.2242.0",
            "Exchange Server 2016 CU20",
            datetime(2021, 3, 11, tzinfo=UTC),
            "EX01-triage.zip/HttpProxy/Owa/HttpProxy_2021031100-1.LOG",
            12,
        ),
    ),
    first=datetime(2021, 2, 10, tzinfo=UTC),
    last=datetime(2021, 3, 11, 23, 15, tzinfo=UTC),
    seen_from=("EX01", "EX02"),
    collect=("the Exchange logs and the IIS logs", "Bin\\ExSetup.exe: its exact build"),
)
BALANCER = SharedClient("10.1.0.5", 1_204_000, 0.93, 240, 61, forwarded=True)


def invent_assessment(*, more: int = 0) -> Assessment:
    """Everything filled; with `more`, that many further findings of one scanner on EX02."""
    attack = [_finding("EX01", step, incident="i-1", place=n) for n, step in enumerate(STEPS)]
    probed = replace(
        _finding("EX02", STEPS[0], incident="i-1", place=20, count=104_233),
        open_then="yes",
        open_why="100,000 records: the server was open to it; 4,233 records: it was not open to it",
        open_spans=ATTACKED,
    )
    stray = _stray_findings()
    scans = [
        _finding("EX02", STEPS[0], incident="", place=100 + n, count=n + 1) for n in range(more)
    ]
    findings = (*attack, probed, *stray, *scans)
    return Assessment(
        as_of=date(2026, 11, 1),
        inputs=(
            Input("EX01-triage.zip", 214_748_364, HASHES["a"], 212),
            Input("EX02-triage.zip", 98_112_004, HASHES["b"], 120),
            Input("EX03", 178_000_112, HASHES["c"], 190),
        ),
        servers=_servers(),
        incidents=(_incident(attack, probed),),
        findings=tuple(sorted(findings, key=lambda f: (f.first or RISK_START, f.server, f.id))),
        actions=_actions(attack),
        losses=_losses(),
        sources=_sources(),
        rules=(
            RuleUse("hevesy/proxylogon", 31, (), ("hevesy",)),
            RuleUse(
                "sigma-windows.zip",
                2311,
                (("rules/windows/broken.yml:12", "the modifier 'expand' needs a placeholder"),),
                ("Florian Roth (Nextron Systems)", "Thomas Patzke"),
            ),
        ),
        limits=(
            "Every byte of every source was read once; nothing was written beside the evidence.",
            "Only the log kinds named under coverage were read; memory and disk images were not.",
            "An attacker with the rights of the system can remove log lines without a trace.",
        ),
        options=(("as-of", "2026-11-01"), ("rules", "sigma-windows.zip")),
        unseen=(UNSEEN,),
        version="0.1.0",
    )


def invent_tables(assessment: Assessment) -> Tables:
    """Tables that fit the assessment: a row a sample, a row a step, a row a day."""
    findings = [
        {
            "id": finding.id,
            "server": finding.server,
            "time": sample.time,
            "stage": finding.stage.value,
            "outcome": finding.outcome.value,
            "level": finding.rule.level.value,
            "rule_id": finding.rule.id,
            "rule_title": finding.rule.title,
            "rule_author": finding.rule.author,
            "rule_source": finding.rule.source,
            "vulnerability": finding.rule.vulnerability,
            "techniques": list(finding.rule.techniques),
            "kind": finding.kind,
            "input": sample.input,
            "source": sample.source,
            "sha256": sample.sha256,
            "line": sample.line,
            "record": sample.record,
            "offset": sample.offset,
            "raw": sample.raw,
            "why": finding.why,
            "incident": finding.incident,
            "pivots": list(finding.pivots),
            "anchor": finding.anchor,
            "open_then": finding.open_then,
            "open_why": finding.open_why,
            "open_before": "15.1.2106.2 at 2021-03-02 22:41:07: ECPServer.LOG line 40"
            if finding.open_then
            else "",
            "open_after": "",
        }
        for finding in assessment.findings
        for sample in finding.samples
    ]
    timeline = [
        {
            **{name: row[name] for name in TIMELINE if name in row},
            "finding": row["id"],
            "text": row["why"],
        }
        for row in findings
        if row["incident"]
    ]
    ledger = [
        {
            "server": server.name,
            "kind": lane.kind,
            "day": day,
            "records": count,
            "first": datetime(day.year, day.month, day.day, tzinfo=UTC),
            "last": datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC),
            "sources": 1,
        }
        for server in assessment.servers
        for lane in server.coverage
        for day, count in lane.days
    ]
    return Tables(
        pl.DataFrame(findings, schema=FINDINGS),
        pl.DataFrame(timeline, schema=TIMELINE),
        pl.DataFrame(ledger, schema=LEDGER),
    )


def _finding(  # one parameter a way in which findings differ
    server: str,
    step: dict[str, Any],
    *,
    place: int,
    incident: str = "",
    count: int = 1,
    own: bool = True,
) -> Finding:
    time = ATTACK + timedelta(minutes=step["minutes"])
    stage = Stage(step["stage"])
    samples = tuple(
        Sample(
            time=time + timedelta(seconds=37 * number),
            input=f"{server}-triage.zip",
            source=f"C/inetpub/logs/LogFiles/W3SVC1/{step['kind']}_{number}.log",
            sha256=HASHES["d"],
            line=4000 + place + number,
            record=None,
            offset=182_113 + 300 * place,
            raw=step["raw"],
            detail=step["text"],
        )
        for number in range(min(count, 3))
    )
    return Finding(
        id=f"{place + 1:016x}",
        server=server,
        rule=RuleReference(
            id=f"4f2c{place:04x}-0000-4000-8000-000000000000",
            title=step["title"],
            author="hevesy" if own else "Florian Roth (Nextron Systems)",
            source="hevesy/proxylogon" if own else "sigma-windows.zip",
            licence="Apache-2.0" if own else "DRL 1.1",
            level=Level(step["level"]),
            techniques=(step["technique"],),
            vulnerability=step["vulnerability"],
            description=f"{step['title']}. Seen since January 2021.",
            false_positives=("A scanner of the owner",),
            references=("https://attack.mitre.org/techniques/T1190/",),
            remedy="web_shell",
        ),
        stage=stage,
        outcome=Outcome(step["outcome"]),
        kind=step["kind"],
        why=f"{step['text']}.",
        count=count,
        first=time,
        last=time + timedelta(minutes=count - 1),
        samples=samples,
        pivots=("ip:198.51.100.23", "page:/aspnet_client/supp0rt.aspx"),
        anchor=stage not in {Stage.PROBE, Stage.CREDENTIALS},
        own=own,
        incident=incident,
    )


def _stray_findings() -> tuple[Finding, ...]:
    return (
        _finding("EX03", STRAY[0], place=40),
        _finding("DC01", STRAY[1], place=41, own=False),
    )


def _incident(attack: list[Finding], probed: Finding) -> Incident:
    return Incident(
        id="i-1",
        title="ProxyLogon, from request forgery to mailbox export",
        threat="proxylogon",
        first=attack[0].first,
        last=attack[-1].last,
        chains=(_chain("c-1", attack), _chain("c-2", [probed])),
    )


def _chain(name: str, findings: list[Finding]) -> Chain:
    return Chain(
        id=name,
        server=findings[0].server,
        first=findings[0].first,
        last=findings[-1].last,
        anchored=len(findings) > 1,
        reached=findings[-1].stage,
        steps=tuple(
            Step(f.first, f.stage, f.outcome, f.why.rstrip("."), f.id, f.count) for f in findings
        ),
        pivots=("ip:198.51.100.23", "ip:203.0.113.77", "page:/aspnet_client/supp0rt.aspx"),
        findings=tuple(f.id for f in findings),
    )


def _coverage(kind: str, title: str, first: date, last: date, skip: tuple[date, ...]) -> Coverage:
    days = []
    day = first
    while day <= last:
        if day not in skip:
            days.append((day, 40_000 + 1_000 * (day.toordinal() * 7919 % 61)))
        day += timedelta(days=1)
    return Coverage(
        kind=kind,
        title=title,
        first=datetime(first.year, first.month, first.day, 0, 0, 4, tzinfo=UTC),
        last=datetime(last.year, last.month, last.day, 23, 59, 41, tzinfo=UTC),
        records=sum(count for _, count in days),
        damaged=3 if kind == "iis" else 0,
        sources=len(days),
        days=tuple(days),
        gaps=((skip[0], skip[-1]),) if skip else (),
        shows="every request that reached the web server",
    )


def _servers() -> tuple[ServerAssessment, ...]:
    start, end = date(2021, 1, 1), date(2021, 3, 12)
    gap = tuple(date(2021, 2, day) for day in range(9, 14))
    iis = _coverage("iis", "IIS web server log", start, end, ())
    proxy = _coverage("httpproxy", "Exchange HttpProxy log", date(2021, 2, 10), end, gap)
    full_proxy = _coverage("httpproxy", "Exchange HttpProxy log", start, end, ())
    ecp = _coverage("ecp_server", "Exchange ECP Server log", date(2021, 2, 24), end, ())
    sysmon = _coverage(
        "windows:Sysmon", "Windows events: Sysmon", date(2021, 3, 1), date(2021, 3, 5), ()
    )
    return (
        _server("EX01", Verdict.POST_EXPLOITATION, (iis, proxy, ecp, sysmon)),
        _server("EX02", Verdict.PROBED, (iis, proxy)),
        _server("EX03", Verdict.NO_TRACE, (iis, full_proxy)),
        _server("DC01", None, (sysmon,)),
    )


WHY = {
    Verdict.POST_EXPLOITATION: "a web shell was used, the memory of LSASS was written to a file, "
    "and a mailbox was exported",
    Verdict.PROBED: "104,233 requests tried the request forgery, none was answered in a way that "
    "shows success",
    Verdict.NO_TRACE: "the logs cover the window of risk, and nothing in them matches a known "
    "attack",
    None: "it does not run Exchange; its findings are listed, no verdict is given",
}


def _server(name: str, verdict: Verdict | None, coverage: tuple[Coverage, ...]) -> ServerAssessment:
    lacking = verdict in {Verdict.PROBED, Verdict.POST_EXPLOITATION}
    covered = not lacking
    window = RiskWindow(
        "proxylogon",
        RISK_START,
        "Volexity, 2021-03-02",
        None,
        covered,
        () if covered else ("HttpProxy: nothing before 2021-02-14",),
    )
    return ServerAssessment(
        name=name,
        aliases=(f"{name.lower()}.example.org", f"{name}-triage.zip"),
        exchange=verdict is not None,
        why_exchange="HttpProxy logs" if verdict else "",
        verdict=verdict,
        at_least=lacking,
        at_least_why=("no Windows events: commands run through a shell would not be seen",)
        if lacking
        else (),
        why=WHY[verdict],
        not_excluded=("use of a stolen account from a later day on",) if verdict else (),
        coverage=coverage,
        windows=(window,) if verdict else (),
        builds=(
            BuildSeen(
                "15.1.2106.2",
                "su_exact",
                "header_version",
                RISK_START,
                datetime(2021, 3, 12, tzinfo=UTC),
                1,
            ),
        )
        if verdict
        else (),
        exposures=(EXPOSURE,) if lacking else (),
        update="Exchange Server 2016 CU18" if lacking else "",
        support="out of support since 2025-10-14" if lacking else "",
        update_plan=UPDATE_PLAN if lacking else (),
        conflicts=("the registry says 15.1.2106.2, ExSetup.exe 15.1.2106.13",) if lacking else (),
        clock_notes=("EX02: the clock was 5 hours ahead, corrected",) if name == "EX02" else (),
        history=HISTORY if name == "EX02" else HISTORY[:1] if name == "EX01" else (),
        attacked=ATTACKED if name == "EX02" else ATTACKED[:1] if name == "EX01" else (),
        questions=("CVE-2021-26855: 1 record says that it succeeded against a fixed build",)
        if name == "EX02"
        else (),
        shared_clients=(BALANCER,) if name == "EX03" else (),
    )


def _actions(attack: list[Finding]) -> tuple[Action, ...]:
    return (
        Action(
            1,
            "Take EX01 off the network, keep it running",
            "Keep its **memory**: an image of it holds what no log does.\n\n"
            "1. Disconnect it at the switch.\n2. Take a memory image.\n3. Only then, a disk image.",
            ("EX01",),
            "a web shell was used on it",
            tuple(finding.id for finding in attack[4:6]),
        ),
        Action(
            2,
            "Set the passwords of every account that was logged on to EX01 anew",
            "The memory of LSASS was written to `C:\\windows\\temp\\lsass.dmp`. "
            "Start with accounts of administrators; set *krbtgt* twice.",
            ("EX01",),
            "credentials were dumped",
            (attack[6].id,),
        ),
        Action(
            3,
            "Install the security update of March 2021 or later",
            "See [the guidance of Microsoft](https://learn.microsoft.com/exchange/) first.",
            ("EX01", "EX02"),
            "they were open when they were attacked",
        ),
        Action(
            4,
            "Collect the Windows events of EX02",
            "`Security`, `System`, `MSExchange Management` from 2021-01-03 on.",
            ("EX02",),
            "its verdict is a lower bound",
            kind="collect",
        ),
    )


def _losses() -> tuple[Loss, ...]:
    return (
        Loss(
            "EX01-triage.zip",
            "C/Windows/System32/winevt/Logs/Security.evtx",
            "partial",
            "the file ends in the middle of chunk 12",
            "EX01",
            4,
        ),
        Loss("EX02-triage.zip", "C/../../etc/passwd", "refused", "the member leaves the archive"),
        Loss(
            "EX01-triage.zip",
            "C/inetpub/logs/LogFiles/W3SVC1/u_ex210301.log",
            "damaged_rows",
            "3 rows have fewer fields than their header",
            "EX01",
            3,
        ),
        Loss("EX03", "C/Users/x/NTUSER.DAT", "not_parsed_yet", "registry hives are not read yet"),
    )


def _sources() -> tuple[SourceState, ...]:
    return tuple(
        SourceState(
            input="EX01-triage.zip",
            source=f"C/inetpub/logs/LogFiles/W3SVC1/u_ex21030{day}.log",
            windows_path=f"C:\\inetpub\\logs\\LogFiles\\W3SVC1\\u_ex21030{day}.log",
            server="EX01",
            kind="iis",
            size=5_000_000 + day,
            sha256=f"{day:x}" * 64,
            modified=datetime(2021, 3, day, 23, 59, tzinfo=UTC),
            rows=40_000,
            parsed=3_000,
            passed_over=36_997 if day == 1 else 37_000,
            damaged=3 if day == 1 else 0,
            damaged_samples=(DamagedRow(17, "12 fields, not 15", "2021-03-01 00:00"),)
            if day == 1
            else (),
            state="read",
        )
        for day in range(1, 7)
    )

"""Exposure as CSAF 2.0 VEX: what the mandatory tests ask of the structure, checked here."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hevesy.exposure import examine
from hevesy.exposure.csaf_vex import csaf_vex
from hevesy.model import Mitigation, ServerEvidence, Setting

if TYPE_CHECKING:
    from hevesy.knowledge import ExchangeKnowledge

TODAY = dt.date(2026, 11, 24)
Make = Callable[..., ServerEvidence]


def document(servers: list[ServerEvidence], known: ExchangeKnowledge) -> dict[str, Any]:
    """The document of these servers, read back."""
    read = json.loads(csaf_vex(examine(servers, known, TODAY), known, TODAY))
    assert isinstance(read, dict)
    return read


def ids(branch: dict[str, Any]) -> list[str]:
    """Product ids of a tree."""
    own = [branch["product"]["product_id"]] if "product" in branch else []
    return own + [one for child in branch.get("branches", []) for one in ids(child)]


def vulnerability(read: dict[str, Any], cve: str) -> dict[str, Any]:
    """One vulnerability of a document."""
    found = [one for one in read["vulnerabilities"] if one.get("cve") == cve]
    assert len(found) == 1
    assert isinstance(found[0], dict)
    return found[0]


def estate(make_server: Make) -> list[ServerEvidence]:
    """Servers that are open, mitigated, fixed, old, unknown, and one without a build."""
    rule = Mitigation("m", "A rule", ("CVE-2022-41040",), active=True, why="ok", source="w")
    return [
        make_server("15.1.2375.7", "A"),
        make_server("15.1.2375.7", "B", mitigations=(rule,)),
        make_server("15.1.2507.72", "C"),
        make_server("15.0.1497.48", "D"),
        make_server("15.2.2562.50", "E"),
        ServerEvidence("F"),
    ]


def test_why_a_product_is_not_affected_is_told_by_its_flag(
    make_server: Make, known: ExchangeKnowledge
) -> None:
    """Outside a hybrid organization the code is there and out of use; another product lacks it."""
    alone = Setting(
        "hybrid_application", met=True, why="the organization is not hybrid", source="h"
    )
    read = document([make_server("15.1.2507.44", "A", settings=(alone,))], known)

    hybrid, old = vulnerability(read, "CVE-2025-53786"), vulnerability(read, "CVE-2020-17144")
    assert [one["label"] for one in hybrid["flags"]] == ["vulnerable_code_not_in_execute_path"]
    assert [one["label"] for one in old["flags"]] == ["vulnerable_code_not_present"]


def test_states_become_the_words_of_vex(make_server: Make, known: ExchangeKnowledge) -> None:
    """Open and mitigated are affected, with what to do; unknown is under investigation."""
    read = document(estate(make_server), known)
    shell, signing = vulnerability(read, "CVE-2022-41040"), vulnerability(read, "CVE-2023-36439")

    assert shell["product_status"] == {
        "fixed": ["EXCHANGE-00003", "EXCHANGE-00004"],
        "known_affected": ["EXCHANGE-00001", "EXCHANGE-00002"],
        "known_not_affected": ["EXCHANGE-00005"],
        "under_investigation": ["EXCHANGE-00006"],
    }
    categories = {one["category"]: one["product_ids"] for one in shell["remediations"]}
    assert categories == {
        "mitigation": ["EXCHANGE-00002"],
        "none_available": ["EXCHANGE-00006"],
        "vendor_fix": ["EXCHANGE-00001", "EXCHANGE-00002"],
    }
    investigated = ["EXCHANGE-00003", "EXCHANGE-00004", "EXCHANGE-00006"]
    assert signing["product_status"]["under_investigation"] == investigated
    said = [note["text"] for note in read["document"]["notes"]]
    assert "No build is known of F: nothing could be compared." in said


def test_what_the_profile_demands_is_there(make_server: Make, known: ExchangeKnowledge) -> None:
    """Ids defined once and used only where defined, one status each, actions and impacts."""
    read = document(estate(make_server), known)
    defined = [one for branch in read["product_tree"]["branches"] for one in ids(branch)]

    assert len(defined) == len(set(defined)) == 6
    assert read["document"]["category"] == "csaf_vex"
    for one in read["vulnerabilities"]:
        several = [product for status in one["product_status"].values() for product in status]
        assert len(several) == len(set(several))
        assert set(several) <= set(defined)
        assert one["notes"]
        assert "cve" in one or "ids" in one
        acted = {p for fix in one.get("remediations", []) for p in fix["product_ids"]}
        status = one["product_status"]
        investigated = {*status.get("known_affected", []), *status.get("under_investigation", [])}
        assert investigated == acted
        flagged = {p for flag in one.get("flags", []) for p in flag["product_ids"]}
        assert set(one["product_status"].get("known_not_affected", [])) == flagged
    moment = read["document"]["tracking"]["current_release_date"]
    assert moment == "2026-11-24T00:00:00Z"


def test_it_is_the_same_bytes_in_any_order(make_server: Make, known: ExchangeKnowledge) -> None:
    """The order in which servers were handed in is nowhere in it."""
    servers = estate(make_server)
    one = csaf_vex(examine(servers, known, TODAY), known, TODAY)

    assert one == csaf_vex(examine(servers[::-1], known, TODAY), known, TODAY)

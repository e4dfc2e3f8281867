"""Exposed servers as a CSAF 2.0 document of the profile VEX, the same bytes for the same input.

Format: OASIS, Common Security Advisory Framework 2.0: section 3 for the fields, 4.5 for the profile
VEX, 6.1 for the mandatory tests. Every server is a product: the build of Exchange it runs. Open is
`known_affected` with a vendor fix, mitigated `known_affected` with a mitigation, unknown and
unsupported `under_investigation`, fixed `fixed`, not affected `known_not_affected` with a flag. Of
a server whose build nobody knows, everything is under investigation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hevesy import __version__
from hevesy.model import Exposure, ExposureState
from hevesy.model.document import encode

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import ExposedServer

__all__ = ["csaf_vex"]

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_ADVISORY = "Microsoft Security Advisory"
_NAMESPACE = "https://hevesy.invalid"
"""A name that belongs to nobody (RFC 2606): the publisher is whoever runs hevesy."""
_WITHOUT_CODE = "vulnerable_code_not_present"
_OUT_OF_USE = "vulnerable_code_not_in_execute_path"
_NO_BUILD = "build not known"
_COLLECT = "Find out its build: Bin\\ExSetup.exe, a HealthChecker file, or Get-ExchangeServer"
_ACTED_ON = frozenset(
    {
        ExposureState.OPEN,
        ExposureState.MITIGATED,
        ExposureState.UNKNOWN,
        ExposureState.UNSUPPORTED,
    }
)
"""States of which the document says what to do."""
_EXPLAINED = frozenset(
    {ExposureState.NOT_AFFECTED, ExposureState.UNKNOWN, ExposureState.UNSUPPORTED}
)
_STATUS = {
    ExposureState.OPEN: "known_affected",
    ExposureState.MITIGATED: "known_affected",
    ExposureState.UNKNOWN: "under_investigation",
    ExposureState.UNSUPPORTED: "under_investigation",
    ExposureState.FIXED: "fixed",
    ExposureState.NOT_AFFECTED: "known_not_affected",
}


def csaf_vex(
    servers: Sequence[ExposedServer],
    known: ExchangeKnowledge,
    today: dt.date,
    publisher: str = "hevesy",
    namespace: str = _NAMESPACE,
    tlp: str = "AMBER",
) -> bytes:
    """The document.

    Args:
        servers: as `examine` gives them, one or more; those without a build are named in a note.
        known: the tables.
        today: date of the document.
        publisher: who says it.
        namespace: an address of the publisher.
        tlp: mark of the document, a label of CSAF 2.0: `RED`, `AMBER`, `GREEN`, `WHITE`.
    """
    judged = sorted(servers, key=lambda one: one.name)
    products = _product_ids(judged)
    not_told = [one.name for one in judged if not one.build]
    return encode(
        {
            "document": _document(known, today, (publisher, namespace, tlp), not_told),
            "product_tree": {"branches": [_vendor(judged, products)]},
            "vulnerabilities": _vulnerabilities(judged, products, known),
        }
    )


def _product_ids(servers: Sequence[ExposedServer]) -> dict[str, str]:
    """A product id for each server, by name; each once."""
    return {server.name: f"EXCHANGE-{number:05d}" for number, server in enumerate(servers, 1)}


def _document(
    known: ExchangeKnowledge,
    today: dt.date,
    marks: tuple[str, str, str],
    not_told: Sequence[str],
) -> dict[str, Any]:
    publisher, namespace, tlp = marks
    moment = f"{today.isoformat()}T00:00:00Z"
    text = (
        f"Judged from builds and settings on {today.isoformat()}, by builds known to "
        f"{max(row.date for row in known.builds.rows).isoformat()} and the KEV catalogue of "
        f"{known.kev_date.isoformat()}."
    )
    notes = [{"category": "summary", "title": "How this was judged", "text": text}]
    if not_told:
        text = f"No build is known of {', '.join(not_told)}: nothing could be compared."
        notes.append({"category": "other", "title": "Servers without a build", "text": text})
    return {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "title": "Exposure of Microsoft Exchange servers",
        "lang": "en",
        "distribution": {"tlp": {"label": tlp}},
        "publisher": {"category": "user", "name": publisher, "namespace": namespace},
        "notes": notes,
        "tracking": {
            "id": f"hevesy-exposure-{today.isoformat()}",
            "status": "final",
            "version": "1",
            "initial_release_date": moment,
            "current_release_date": moment,
            "revision_history": [{"date": moment, "number": "1", "summary": "As judged."}],
            "generator": {
                "date": moment,
                "engine": {"name": "hevesy", "version": __version__},
            },
        },
    }


def _vendor(servers: Sequence[ExposedServer], products: dict[str, str]) -> dict[str, Any]:
    """The tree: Microsoft, product, build, server."""
    tree: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for server in servers:
        product = {
            "name": f"{server.update} ({server.build or _NO_BUILD}) on {server.name}",
            "product_id": products[server.name],
        }
        leaf = {"category": "product_name", "name": server.name, "product": product}
        title = server.product or "Microsoft Exchange, version not known"
        tree.setdefault(title, {}).setdefault(server.build or _NO_BUILD, []).append(leaf)
    return {
        "category": "vendor",
        "name": "Microsoft",
        "branches": [
            {
                "category": "product_family",
                "name": title,
                "branches": [
                    {"category": "product_version", "name": build, "branches": leaves}
                    for build, leaves in sorted(builds.items())
                ],
            }
            for title, builds in sorted(tree.items())
        ],
    }


def _vulnerabilities(
    servers: Sequence[ExposedServer], products: dict[str, str], known: ExchangeKnowledge
) -> list[dict[str, Any]]:
    by_cve: dict[str, list[tuple[str, Exposure]]] = {}
    not_told = [
        Exposure(facts, ExposureState.UNKNOWN, "no build of it is known", remedy=_COLLECT)
        for _, facts in sorted(known.facts.items())
    ]
    for server in servers:
        for one in server.exposures if server.build else not_told:
            by_cve.setdefault(one.cve.id, []).append((products[server.name], one))
    return [_vulnerability(cve, pairs) for cve, pairs in sorted(by_cve.items())]


def _vulnerability(cve: str, pairs: Sequence[tuple[str, Exposure]]) -> dict[str, Any]:
    facts = pairs[0][1].cve
    found: dict[str, Any] = {"notes": [_note(pairs[0][1])]}
    if _CVE.fullmatch(cve):
        found["cve"] = cve
    else:
        found["ids"] = [{"system_name": _ADVISORY, "text": cve}]
    if facts.title:
        found["title"] = facts.title
    status: dict[str, list[str]] = {}
    for product, one in pairs:
        status.setdefault(_STATUS[one.state], []).append(product)
    found["product_status"] = {name: sorted(several) for name, several in sorted(status.items())}
    if remediations := _remediations(pairs):
        found["remediations"] = remediations
    if flags := _flags(pairs):
        found["flags"] = flags
    if threats := _threats(pairs):
        found["threats"] = threats
    return found


def _flags(pairs: Sequence[tuple[str, Exposure]]) -> list[dict[str, Any]]:
    """Why a product is not affected: it lacks the code, or its settings leave it out of use."""
    found: dict[str, list[str]] = {}
    for product, one in pairs:
        if _STATUS[one.state] == "known_not_affected":
            label = _OUT_OF_USE if one.needs else _WITHOUT_CODE
            found.setdefault(label, []).append(product)
    return [
        {"label": label, "product_ids": sorted(several)} for label, several in sorted(found.items())
    ]


def _note(one: Exposure) -> dict[str, str]:
    text = one.cve.title or f"{one.cve.id} of Microsoft Exchange Server"
    if one.cve.kev_added:
        text += (
            f". In CISA's list of exploited vulnerabilities since {one.cve.kev_added.isoformat()}"
        )
    return {"category": "description", "title": "What it is", "text": f"{text}."}


def _remediations(pairs: Sequence[tuple[str, Exposure]]) -> list[dict[str, Any]]:
    """What to do, the same sentence once for all servers that it holds for."""
    found: dict[tuple[str, str], list[str]] = {}
    for product, one in pairs:
        if one.state is ExposureState.MITIGATED:
            found.setdefault(("mitigation", one.why), []).append(product)
        if one.state in _ACTED_ON:
            remedy = one.remedy or "Move to a supported version of Exchange"
            found.setdefault((_category(one), remedy), []).append(product)
    return [
        {"category": category, "details": details, "product_ids": sorted(several)}
        for (category, details), several in sorted(found.items())
    ]


def _category(one: Exposure) -> str:
    """A setting that somebody must change is a workaround, an update is a fix of the vendor."""
    if one.remedy == _COLLECT:
        return "none_available"
    return "workaround" if one.needs and not one.first_fixed_build else "vendor_fix"


def _threats(pairs: Sequence[tuple[str, Exposure]]) -> list[dict[str, Any]]:
    """Why the others are as they are: one impact statement for each reason."""
    found: dict[str, list[str]] = {}
    for product, one in pairs:
        if one.state in _EXPLAINED:
            found.setdefault(one.why, []).append(product)
    return [
        {"category": "impact", "details": why, "product_ids": sorted(several)}
        for why, several in sorted(found.items())
    ]

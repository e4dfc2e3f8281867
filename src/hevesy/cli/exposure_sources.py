"""What the sources named to `hevesy exposure` say: files, cases, addresses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hevesy.exposure import Reading
    from hevesy.knowledge import ExchangeKnowledge

__all__ = ["read_sources"]

_LIST = 1 << 20
"""Of a list of addresses that is read."""


def read_sources(
    arguments: argparse.Namespace, known: ExchangeKnowledge
) -> tuple[list[Reading], list[str]]:
    """What all sources say, and what could not be reached.

    Args:
        arguments: `sources`, `server`, `yes` and `any_certificate` of the command line.
        known: the tables.

    Raises:
        UsageError: An address is none, or nobody said that it may be asked.
    """
    from hevesy.exposure.probe import check_address, is_address

    sources = [one for source in arguments.sources for one in _listed(source)]
    addresses = [one for one in sources if is_address(one)]
    for address in addresses:
        check_address(address)
    paths = [one for one in sources if not is_address(one)]
    if addresses and not arguments.yes:
        raise UsageError(
            f"--yes is needed to send one GET to each of {', '.join(addresses)}; "
            "name your own servers only"
        )
    cases = [one for one in paths if (Path(one) / "assessment.json").is_file()]
    files = [one for one in paths if one not in cases]
    found = [_from_case(Path(one)) for one in cases]
    lost: list[str] = []
    if files:
        several, lost = _from_files(files, dict(arguments.server), known)
        found += several
    found += [_from_address(one, any_certificate=arguments.any_certificate) for one in addresses]
    return found, lost


def _listed(source: str) -> list[str]:
    """The addresses of a text file that holds nothing else; any other source as it is."""
    from hevesy.exposure.probe import is_address

    path = Path(source)
    if is_address(source) or path.suffix.lower() != ".txt" or not path.is_file():
        return [source]
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        text = file.read(_LIST)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if lines and all(is_address(line) for line in lines) else [source]


def _from_files(
    paths: Sequence[str], servers: dict[str, str], known: ExchangeKnowledge
) -> tuple[list[Reading], list[str]]:
    import tempfile

    from hevesy.evidence import open_evidence
    from hevesy.exposure import Reading
    from hevesy.exposure.estate import read_estate

    with tempfile.TemporaryDirectory(prefix="hevesy-") as folder:
        scratch = Path(folder)
        evidence = open_evidence(paths, servers=servers, scratch=scratch)
        estate = read_estate(evidence, known, scratch)
    lost = [f"{one.input}: {one.source}: {one.reason}" for one in estate.losses]
    return [Reading(estate.servers, estate.problems)], lost


def _from_case(folder: Path) -> Reading:
    """What a case kept of its servers: builds, updates, settings and mitigations."""
    from hevesy import case
    from hevesy.exposure import Reading, evidence_of
    from hevesy.model import ServerEvidence

    assessment = case.read(folder).assessment
    return Reading(
        tuple(
            ServerEvidence(
                one.name,
                evidence_of(one.builds, folder.name),
                updates=one.installed,
                settings=one.settings,
                mitigations=one.mitigations,
                aliases=tuple(one.aliases),
            )
            for one in assessment.servers
            if one.exchange
        )
    )


def _from_address(address: str, *, any_certificate: bool) -> Reading:
    from hevesy.exposure import Reading
    from hevesy.exposure.probe import ask, reading_of

    try:
        return reading_of(address, ask(address, any_certificate=any_certificate))
    except OSError as error:
        return Reading(problems=(f"{address}: {error}",))

"""What the sources named to `hevesy exposure` say: files, cases, addresses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hevesy.errors import CaseError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from hevesy.exposure import Reading
    from hevesy.knowledge import ExchangeKnowledge
    from hevesy.model import ServerAssessment, ServerEvidence, UnseenServer

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

    sources: list[str] = []
    lost: list[str] = []
    for source in arguments.sources:
        if is_address(source):
            check_address(source)
        listed, wrong = _listed(source)
        sources += listed
        lost += wrong
    addresses = [one for one in sources if is_address(one)]
    paths = [one for one in sources if not is_address(one)]
    if addresses and not arguments.yes:
        raise UsageError(
            f"--yes is needed to send one GET to each of {', '.join(addresses)}; "
            "name your own servers only"
        )
    cases = [one for one in paths if (Path(one) / "assessment.json").is_file()]
    files = [one for one in paths if one not in cases]
    found = [_from_case(Path(one)) for one in cases]
    if files:
        several, unread = _from_files(files, dict(arguments.server), known)
        found += several
        lost += unread
    found += [_from_address(one, any_certificate=arguments.any_certificate) for one in addresses]
    return found, lost


def _listed(source: str) -> tuple[list[str], list[str]]:
    """The addresses of a text file with one a line, and its lines that are none.

    Blank lines and those that begin with # are passed over. Any other source stands for itself.
    """
    from hevesy.exposure.probe import check_address, is_address

    path = Path(source)
    if is_address(source) or path.suffix.lower() != ".txt" or not path.is_file():
        return [source], []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = [line.strip() for line in file.read(_LIST).splitlines()]
    named = [(number, line) for number, line in enumerate(lines, 1) if line and line[0] != "#"]
    if not any(is_address(line) for _, line in named) or any(" " in line for _, line in named):
        return [source], []
    found: list[str] = []
    wrong: list[str] = []
    for number, line in named:
        try:
            check_address(line)
        except UsageError as error:
            wrong.append(f"{path.name}:{number}: {error}")
        else:
            found.append(line)
    return found, wrong


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
    """What a case kept of its servers, and of those that their logs mention."""
    from hevesy import case
    from hevesy.exposure import Reading

    try:
        assessment = case.read(folder).assessment
    except CaseError as error:
        return Reading(problems=(str(error),))
    own = [_kept(one, folder.name) for one in assessment.servers if one.exchange]
    return Reading((*own, *(_mentioned(one) for one in assessment.unseen)))


def _kept(server: ServerAssessment, place: str) -> ServerEvidence:
    from hevesy.exposure import evidence_of
    from hevesy.model import ServerEvidence

    return ServerEvidence(
        server.name,
        evidence_of(server.builds, place),
        updates=server.installed,
        settings=server.settings,
        mitigations=server.mitigations,
        aliases=server.aliases,
    )


def _mentioned(server: UnseenServer) -> ServerEvidence:
    from hevesy.model import BuildEvidence, ServerEvidence

    builds = tuple(
        BuildEvidence(
            one.build, "cu_only", "target_server", one.source, one.line, one.time, one.time
        )
        for one in server.builds
    )
    return ServerEvidence(server.name, builds, aliases=server.aliases, seen_from=server.seen_from)


def _from_address(address: str, *, any_certificate: bool) -> Reading:
    from hevesy.exposure import Reading
    from hevesy.exposure.probe import ask, reading_of

    try:
        return reading_of(address, ask(address, any_certificate=any_certificate))
    except OSError as error:
        return Reading(problems=(f"{address}: {error}",))

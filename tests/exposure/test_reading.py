"""Readings of one server come together, whatever files they are of."""

from __future__ import annotations

from hevesy.exposure.reading import Reading, gather, short_name
from hevesy.model import BuildEvidence, InstalledUpdate, ServerEvidence


def test_one_server_of_several_files_is_one() -> None:
    """Builds, settings and updates add up; the same twice is once."""
    build = BuildEvidence("15.1.2375.7", "su_exact", "exsetup", "a")
    other = BuildEvidence("15.1.2375.7", "cu_only", "server_list", "b")
    update = InstalledUpdate("KB1", "KB1", "c")
    servers, problems = gather(
        [
            Reading((ServerEvidence("B"),), ("one",)),
            Reading((ServerEvidence("A", (build,)), ServerEvidence("A", (build, other)))),
            Reading((ServerEvidence("A", updates=(update,)),), ("two",)),
        ]
    )

    assert [server.name for server in servers] == ["A", "B"]
    assert servers[0].builds == (build, other)
    assert servers[0].updates == (update,)
    assert servers[1].updates is None
    assert problems == ("one", "two")


def test_what_was_handed_in_is_not_unseen() -> None:
    """A server that others' logs mention loses that mark with anything of its own."""
    mentioned = ServerEvidence("A", seen_from=("B",))
    twice = ServerEvidence("A", seen_from=("C",))

    assert gather([Reading((mentioned, twice))])[0][0].seen_from == ("B", "C")
    assert gather([Reading((mentioned, ServerEvidence("A")))])[0][0].seen_from == ()
    assert short_name(" mail01.example.org ") == "MAIL01"

"""What is measured on is made once, outside the checkout, and missing corpora are no error."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from benchmarks.inputs import Inputs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_commands_run_as_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Caches lie in the scratch folder, what Python compiles is kept as in an installation.

    What polars said in this process of its allocator is nothing to the others.
    """
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("_RJEM_MALLOC_CONF", "dirty_decay_ms:500")
    environment = Inputs(tmp_path, tmp_path).environment
    assert not {"PYTHONDONTWRITEBYTECODE", "_RJEM_MALLOC_CONF"} & environment.keys()
    assert environment["PYTHONPYCACHEPREFIX"].startswith(str(tmp_path))
    assert environment["XDG_CACHE_HOME"].startswith(str(tmp_path))


def test_missing_corpora_are_left_out(tmp_path: Path) -> None:
    """A contributor without others' data can run the rest."""
    inputs = Inputs(tmp_path, tmp_path / "nowhere")
    assert inputs.sigmahq("all", lambda _: True) is None
    assert inputs.evtx() is None


def test_a_part_of_the_rules(tmp_path: Path) -> None:
    """Rules are chosen by their text, and come in the order of their names."""
    with zipfile.ZipFile(tmp_path / "sigmahq_rules.zip", "w") as archive:
        for name, text in {"b.yml": "two", "a.yml": "one", "c.txt": "one", "d.yml": "no"}.items():
            archive.writestr(name, text)
    inputs = Inputs(tmp_path, tmp_path)
    chosen = inputs.sigmahq("some", lambda text: text != "no")
    assert chosen is not None
    assert inputs.rule_texts(chosen) == ["one", "two"]

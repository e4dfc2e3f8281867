"""Workers start before anything heavy is loaded, which they load meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from hevesy.runner.workers import settle_memory

if TYPE_CHECKING:
    import pytest

_CODE = """
import sys
import hevesy.cli.assess, hevesy.runner.options, hevesy.runner.workers
print(sorted({"polars", "numpy", "yaml", "hyperscan"} & sys.modules.keys()))
"""


def test_what_starts_workers_loads_nothing_heavy() -> None:
    """One import too many costs every run a third of a second.

    And polars reads how its allocator is to work when it is loaded, which is said where workers
    start.
    """
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)  # noqa: S603  # our own
    assert done.stdout.strip() == "[]"


def test_what_polars_or_the_user_said_of_memory_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is usual is changed, which polars says where it is loaded; what a user says stays."""
    usual = "dirty_decay_ms:500,muzzy_decay_ms:1000"
    said = {}
    for before in ("", f"{usual},narenas:1", "dirty_decay_ms:7"):
        if before:
            monkeypatch.setenv("_RJEM_MALLOC_CONF", before)
        else:
            monkeypatch.delenv("_RJEM_MALLOC_CONF", raising=False)
        settle_memory()
        said[before] = os.environ["_RJEM_MALLOC_CONF"]
    ours = said[""]
    assert ours != usual
    assert said[f"{usual},narenas:1"] == f"{ours},narenas:1"
    assert said["dirty_decay_ms:7"] == "dirty_decay_ms:7"
